"""Each bad start by its line, and nothing is written to who was refused."""

import pytest
from gateway import free_port
from proxy import Proxy
from refusing import WRONG, refused
from server_contents import contents
from servers.certificates import Authority
from servers.fake_server import WebServer
from servers.pgbouncer import PooledSetup
from servers.postgres_replica import ReplicaSetup
from servers.postgres_server import PostgresServer
from servers.postgres_tls import ESCAPED, TLSSetup

LISTEN = "broker.postgres.listen_url"


@pytest.fixture(scope="module")
def started():
    """One set-up of each kind for all of these tests."""
    servers = {}

    def get(kind, **options):
        key = (kind, *options.items())
        if key not in servers:
            servers[key] = kind(**options).start()
        return servers[key]

    yield get
    for server in servers.values():
        server.close()


@pytest.fixture(scope="module")
def plain(started):
    """Nobody who gets only as far as here writes anything."""
    server = started(PostgresServer)
    before = contents(server)
    yield server
    assert contents(server) == before


@pytest.fixture(scope="module")
def scratch():
    """One for what these tests put there."""
    server = PostgresServer()
    yield server.start()
    server.close()


@pytest.fixture
def tls(started):
    return started(TLSSetup)


def url(server, user="postgres", database="postgres", **options):
    query = "&".join(f"{name}={value}" for name, value in options.items())
    return f"postgres://{user}@127.0.0.1:{server.port}/{database}?{query}"


# The way there.

def test_nothing_listens():
    port = free_port()
    refused(f"postgres://127.0.0.1:{port}", port)


def test_a_host_that_there_is_not():
    refused("postgres://no-such-host.invalid", "no-such-host.invalid")


def test_several_hosts_and_none_of_them_there():
    ports = free_port(), free_port()
    refused(f"postgres://127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/postgres", *ports)


def test_a_socket_that_there_is_not(tmp_path):
    refused(f"host={tmp_path} user=postgres", tmp_path.name)


def test_a_server_that_never_answers(plain):
    with Proxy(plain) as proxy:
        proxy.stall()
        refused(url(proxy), proxy.port)


def test_something_that_is_no_postgres():
    with WebServer() as server:
        refused(url(server), server.port)


# Who may come in.

@pytest.mark.parametrize("user", [f"gateway:{WRONG}", f"nobody:{WRONG}", "gateway"])
def test_a_wrong_password(tls, user, monkeypatch):
    monkeypatch.delenv("PGPASSWORD", raising=False)
    refused(f"postgres://{user}@127.0.0.1:{tls.port}/postgres?sslmode=require", "password")


def test_the_right_password_is_nowhere_in_the_log(tls, start_gateway, channel):
    gateway = start_gateway(tls)
    assert gateway.publish(channel, "x")["offset"] == 1
    assert "opensesame" not in gateway.log.read_text()


def test_a_role_or_a_database_that_there_is_not(plain):
    refused(url(plain, user="nobody"), "nobody")
    refused(url(plain, database="nothing"), "nothing", "create database")


def test_a_role_that_may_not_log_in(scratch):
    scratch.query("DROP ROLE IF EXISTS resting; CREATE ROLE resting")
    refused(url(scratch, user="resting"), "resting", "login")


def test_an_address_that_is_not_let_in(tls):
    refused(f"postgres://gateway:{ESCAPED}@127.0.0.1:{tls.port}/postgres?sslmode=disable", "pg_hba.conf", "sslmode")


# TLS.

def test_tls_to_a_server_that_has_none(plain):
    for mode in ("require", "verify-ca", "verify-full"):
        refused(url(plain, sslmode=mode), "ssl")


def test_a_certificate_that_nobody_trusts(tls, tmp_path):
    other = Authority(tmp_path, "other")
    refused(tls.url_of(sslrootcert=other.certificate), "certificate", "sslrootcert")
    refused(tls.url_of(sslrootcert=tmp_path / "none.pem"), "none.pem", "sslrootcert")


def test_a_certificate_of_another_name(start_server, start_gateway, channel):
    server = start_server(TLSSetup, names="DNS:postgres.example")
    refused(server.url, "certificate", "name", "sslmode")
    assert start_gateway(server.url_of(sslmode="verify-ca")).publish(channel, "x")["offset"] == 1


def test_a_client_certificate_that_is_missing(start_server, start_gateway, channel):
    server = start_server(TLSSetup, rule="scram-sha-256 clientcert=verify-ca")
    refused(server.url, "certificate", "sslcert", "sslkey")
    certificate, key = server.authority.issue("client")
    assert start_gateway(server.url_of(sslcert=certificate, sslkey=key)).publish(channel, "x")["offset"] == 1


# What is wrong in itself.

@pytest.mark.parametrize("given, words", [
    ("postgres://127.0.0.1:{port}/postgres?sslmod=require", ["sslmod"]),
    ("postgres://127.0.0.1:{port}/postgres?sslmode=sometimes", ["sslmode", "sometimes"]),
    ("postgres://127.0.0.1:{port}/postgres?target_session_attrs=primry", ["target_session_attrs", "primry"]),
    ("postgres://127.0.0.1:99999/postgres", ["port"]),
    ("postgres://127.0.0.1:soon/postgres", ["port"]),
    ("host=127.0.0.1,127.0.0.2,127.0.0.3 port=1,2", ["port"]),
    ("postgres://127.0.0.1:{port}/postgres?service=nothing", ["nothing"]),
    (f"postgres://postgres:{WRONG}%@127.0.0.1:{{port}}/postgres", []),
    ("host=127.0.0.1 prt={port}", ["prt"]),
    (f"host=127.0.0.1 port={{port}} password='{WRONG}", []),
    ("postgress://127.0.0.1:{port}/postgres", ["postgres"]),
])
def test_a_url_that_is_wrong_in_itself(plain, given, words):
    refused(given.format(port=plain.port), *words)


@pytest.mark.parametrize("key, value", [
    ("schema", "a b"), ("schema", "1st"), ("schema", "s" * 41), ("schema", "pg_mine"), ("publish", "sometimes"),
    ("listen_url", "redis://127.0.0.1"), ("listen_url", f"postgres://postgres:{WRONG}@127.0.0.1?nonsense=1"),
])
def test_a_setting_that_is_wrong_in_itself(plain, key, value):
    refused(plain.url, f"broker.postgres.{key}", settings={f"broker.postgres.{key}": value})


# What the server is.

def test_a_server_that_is_too_old(scratch):
    """It says so to one role: its version is looked up in a schema of that role's before the server's own."""
    scratch.query("""
        CREATE SCHEMA old;
        CREATE FUNCTION old.current_setting(name text) RETURNS text LANGUAGE sql AS $$
            SELECT CASE name WHEN 'server_version_num' THEN '120022' WHEN 'server_version' THEN '12.22'
                ELSE pg_catalog.current_setting(name) END $$;
        CREATE ROLE old LOGIN SUPERUSER;
        ALTER ROLE old SET search_path = old, pg_catalog""")
    refused(url(scratch, user="old"), "12.22", "13")


def test_a_database_of_another_encoding(scratch):
    scratch.query("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    refused(url(scratch, database="latin"), "latin1", "utf8")


@pytest.mark.parametrize("setting, value", [
    ("default_transaction_read_only", "on"), ("default_transaction_isolation", "serializable"),
    ("default_transaction_isolation", "repeatable read")])
def test_a_role_whose_transactions_are_of_another_kind(scratch, setting, value):
    scratch.query(f"DROP ROLE IF EXISTS other; CREATE ROLE other LOGIN SUPERUSER; ALTER ROLE other SET {setting} = '{value}'")
    refused(url(scratch, user="other"), setting, "alter role")


def test_a_standby(started):
    pair = started(ReplicaSetup)
    refused(pair.second.url, "standby", "primary")
    refused(f"{pair.second.url}?target_session_attrs=standby", "standby")
    hosts = f"127.0.0.1:{pair.second.port},127.0.0.1:{pair.first.port}"
    refused(f"postgres://postgres@{hosts}/postgres?target_session_attrs=any", "standby")


# Where LISTEN goes.

def test_listen_through_a_pooler(started):
    pooled = started(PooledSetup)
    refused(pooled.url, f"set {LISTEN}")
    refused(pooled.server.url, LISTEN, settings={LISTEN: pooled.url})


def test_a_listen_url_that_leads_elsewhere(used, plain):
    used.query("CREATE DATABASE another")
    refused(used.url, LISTEN, "another", settings={LISTEN: url(used, database="another")})
    refused(used.url, LISTEN, "another server", settings={LISTEN: plain.url})
    port = free_port()
    refused(used.url, port, settings={LISTEN: f"postgres://postgres:{WRONG}@127.0.0.1:{port}/postgres"})


# The schema, and what a role may do with it.

def test_a_schema_that_is_missing_and_may_not_be_made(scratch):
    scratch.query("DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN")
    refused(url(scratch, user="poor"), "schema", "poor", "grant create on database", "telltale schema")
    scratch.query("CREATE SCHEMA empty")
    refused(url(scratch, user="poor"), "empty", "grant create", settings={"broker.postgres.schema": "empty"})


@pytest.fixture
def used(start_server, start_gateway):
    """A server with a schema that somebody else has made, and a role that has all it needs."""
    server = start_server()
    start_gateway(server).stop()
    server.query("""
        CREATE ROLE gateway LOGIN;
        GRANT USAGE ON SCHEMA telltale TO gateway;
        GRANT SELECT ON telltale.setting TO gateway;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA telltale TO gateway""")
    return server


def test_a_schema_that_is_newer_or_of_no_known_version(used):
    for version in (999, 0, -1):
        used.query("UPDATE telltale.setting SET version = %s", version)
        refused(used.url, "version", version, "telltale")


FUNCTIONS = ["append", "recover", "fetch", "inspect", "remove", "list", "relay", "clean", "configure"]


def test_a_grant_that_is_missing_is_named_with_the_statement_that_mends_it(used, start_gateway, channel):
    role = url(used, user="gateway")
    for missing in [*(f"EXECUTE ON FUNCTION telltale.{function}" for function in FUNCTIONS), "USAGE ON SCHEMA telltale"]:
        used.query(f"REVOKE {missing} FROM gateway, public")
        refused(role, f"GRANT {missing} TO gateway")
        used.query(f"GRANT {missing} TO gateway")
    used.query("REVOKE SELECT ON telltale.setting FROM gateway")
    refused(role, "GRANT SELECT ON telltale.setting TO gateway")
    used.query("GRANT SELECT ON telltale.setting TO gateway")
    assert start_gateway(role).publish(channel, "x")["offset"] == 1


def test_a_schema_of_which_half_is_gone(used):
    used.query("DROP FUNCTION telltale.recover")
    refused(used.url, "telltale.recover", "missing")


def test_a_schema_of_somebody_elses_with_the_same_name(scratch):
    scratch.query("DROP SCHEMA IF EXISTS taken CASCADE; CREATE SCHEMA taken; CREATE TABLE taken.setting (name text, value text)")
    refused(scratch.url, "taken", settings={"broker.postgres.schema": "taken"})
