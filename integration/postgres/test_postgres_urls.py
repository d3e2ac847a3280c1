"""Whatever leads libpq to a server leads a gateway there."""

import pytest
from servers.pgbouncer import PooledSetup
from servers.postgres_replica import ReplicaSetup
from servers.postgres_tls import PASSWORD, TLSSetup


def assert_serves(gateway, channel):
    assert gateway.publish(channel, "x")["offset"] == 1


@pytest.mark.parametrize("url", [
    "postgresql://postgres@127.0.0.1:{port}/postgres", "postgres://postgres@%2Ftmp%2F{name}:{port}/postgres",
    "postgres://?host=127.0.0.1&port={port}&user=postgres", "host=127.0.0.1 port={port} user='postgres' dbname=postgres",
    "dbname=postgres host={folder} port={port} user=postgres connect_timeout=3",
    "postgres://postgres@127.0.0.1:{port}/postgres?application_name=mine&options=-c%20statement_timeout%3D60000",
])
def test_a_url_or_a_connection_string(postgres, start_gateway, channel, url):
    given = url.format(port=postgres.port, folder=postgres.folder, name=postgres.folder.name)
    assert_serves(start_gateway(given), channel)


def test_a_service_file(postgres, start_gateway, channel, tmp_path, monkeypatch):
    file = tmp_path / "services"
    file.write_text(f"[telltale]\nhost=127.0.0.1\nport={postgres.port}\nuser=postgres\ndbname=postgres\n")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    assert_serves(start_gateway("postgres://?service=telltale"), channel)


def test_a_password_file(start_server, start_gateway, channel, tmp_path):
    server = start_server(TLSSetup)
    file = tmp_path / "passwords"
    file.write_text(f"127.0.0.1:*:*:gateway:{PASSWORD.replace(':', chr(92) + ':')}\n")
    file.chmod(0o600)
    assert_serves(start_gateway(f"postgres://gateway@127.0.0.1:{server.port}/postgres?sslmode=require&passfile={file}"), channel)


@pytest.mark.parametrize("attribute", ["", "?target_session_attrs=primary"])
def test_the_primary_is_found_among_several_hosts(start_server, start_gateway, channel, attribute):
    pair = start_server(ReplicaSetup)
    hosts = f"127.0.0.1:{pair.second.port},127.0.0.1:{pair.first.port}"
    gateway = start_gateway(f"postgres://postgres@{hosts}/postgres{attribute}")
    assert_serves(gateway, channel)
    pair.first.query("SELECT telltale.publish(%s, 'x')", channel)
    assert gateway.publish(channel, "x")["offset"] == 3


def test_a_session_pooler_needs_no_listen_url(start_server, start_gateway, channel):
    pooled = start_server(PooledSetup, mode="session")
    assert_serves(start_gateway(pooled.url), channel)
