"""The grants that `telltale schema` prints are enough for roles that own nothing, and give no more."""

import re
import subprocess

import psycopg
import pytest
from gateway import BINARY, environment, until
from native import call, publish
from scene import log_of, scene

ROLES = ["telltale_gateway", "telltale_producer", "telltale_reader"]
DENIED = "42501"


def printed(*options):
    return subprocess.run(
        [BINARY, "schema", *options], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=10).stdout


def grants(script):
    """What stands there as comments, as statements."""
    _, _, comments = script.rpartition("\nCOMMIT;\n")
    return "\n".join(line[3:] for line in comments.splitlines() if re.match("-- (GRANT|    )", line))


@pytest.fixture
def granted(postgres):
    """The schema, put there by psql, and the roles."""
    return grant(postgres)


def grant(server):
    script = printed()
    said = server.psql("-v", "ON_ERROR_STOP=1", "-q", "-f", "-", standard_input=script)
    assert said == "", said
    server.query("; ".join(f"CREATE ROLE {role} LOGIN" for role in ROLES))
    server.query(grants(script))
    return server


def url(server, role):
    return f"postgres://{role}@127.0.0.1:{server.port}/postgres"


def test_a_gateways_role_may_do_all_that_a_gateway_does(granted, start_gateway, channel):
    gateway = start_gateway(url(granted, "telltale_gateway"), {"broker.postgres.publish": "relay"})
    with scene(gateway, channel) as play, granted.connect(user="telltale_producer") as producer:
        publish(producer, f"{channel}/native", "x" * 20_000)
        gateway.publish(f"{channel}/kept", "x", retain="k", close=1)
        until(lambda: len(log_of(gateway, f"{channel}/native")) == 1, 5, "nothing is relayed")
        play.assert_all_seen_once_in_order()


def test_copy_may_be_done_with_it_from_and_to(granted, start_server, start_gateway, channel):
    other = grant(start_server())
    receipt = start_gateway(url(granted, "telltale_gateway")).publish(channel, "x", retain="k")
    subprocess.run(
        [BINARY, "copy", "--from", url(granted, "telltale_gateway"), "--to", url(other, "telltale_gateway")], env=environment(),
        check=True, timeout=30)
    again = start_gateway(url(other, "telltale_gateway")).publish(channel, "y", expect=1, retain="k")
    assert (again["epoch"], again["offset"]) == (receipt["epoch"], 2)


def test_a_producer_publishes_and_can_do_nothing_else(granted, start_gateway, channel):
    gateway = start_gateway(url(granted, "telltale_gateway"))
    with granted.connect(user="telltale_producer") as producer:
        publish(producer, channel, "hello", retain="k", id="1")
        call(producer, "telltale.task", "42", "started")
        assert log_of(gateway, channel) == [(1, "hello")]
        for statement in FORBIDDEN + ["SELECT telltale.clean(1)", "SELECT * FROM telltale.log", "SELECT telltale.remove('a', 0)"]:
            assert_denied(producer, statement)


def test_a_reader_reads_and_can_do_nothing_else(granted, start_gateway, channel):
    start_gateway(url(granted, "telltale_gateway")).publish(channel, "hello")
    with granted.connect(user="telltale_reader") as reader:
        assert reader.execute("SELECT data FROM telltale.log WHERE channel = %s", (channel,)).fetchall() == [("hello",)]
        for statement in FORBIDDEN + ["SELECT telltale.publish('a', 'x')"]:
            assert_denied(reader, statement)


@pytest.mark.parametrize("role", ["telltale_gateway", "somebody"])
def test_whoever_has_no_grant_gets_nowhere(granted, role):
    granted.query("CREATE ROLE somebody LOGIN")
    with granted.connect(user=role) as other:
        for statement in FORBIDDEN:
            assert_denied(other, statement)
        assert_denied(other, "SELECT telltale.publish('a', 'x')")


FORBIDDEN = [
    "SELECT data FROM telltale.message", "DELETE FROM telltale.channel", "UPDATE telltale.setting SET version = 2",
    "INSERT INTO telltale.outbox (channel, event, data, flags) VALUES ('a', 'b', '', 't')",
    "DROP SCHEMA telltale CASCADE", "CREATE TABLE telltale.mine ()", "SELECT telltale.take('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    "CREATE OR REPLACE FUNCTION telltale.clean(max integer) RETURNS integer LANGUAGE sql AS 'SELECT 0'",
]


def assert_denied(connection, statement):
    with pytest.raises(psycopg.Error) as error:
        connection.execute(statement)
    assert error.value.sqlstate == DENIED, (statement, error.value)


def test_a_producer_cannot_lead_the_functions_astray(granted, start_gateway, channel):
    """They run as their owner: what they use must not be looked up where the caller says."""
    gateway = start_gateway(url(granted, "telltale_gateway"))
    granted.query("CREATE SCHEMA trap AUTHORIZATION telltale_producer")
    with granted.connect(user="telltale_producer") as producer:
        producer.execute("""
            CREATE FUNCTION trap.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT ''-infinity''::timestamptz';
            CREATE FUNCTION trap.octet_length(text) RETURNS integer LANGUAGE sql AS 'SELECT 0';
            CREATE FUNCTION trap.convert_to(text, text) RETURNS bytea LANGUAGE sql AS 'SELECT ''trapped''::bytea';
            CREATE FUNCTION trap.current_setting(text, boolean) RETURNS text LANGUAGE sql AS 'SELECT ''9''';
            CREATE TEMPORARY TABLE channel (id int);
            SET search_path = trap, pg_temp, telltale, pg_catalog""")
        publish(producer, channel, "hello")
    until(lambda: log_of(gateway, channel) == [(1, "hello")], 5, "it was trapped")


def test_a_schema_of_another_name_is_printed_with_it(postgres, start_gateway, channel):
    script = printed("--schema", "acme")
    assert '"telltale"' not in script
    assert postgres.psql("-v", "ON_ERROR_STOP=1", "-q", "-f", "-", standard_input=script) == ""
    gateway = start_gateway(postgres, {"broker.postgres.schema": "acme"})
    postgres.query("SELECT acme.publish(%s, 'x')", channel)
    until(lambda: log_of(gateway, channel) == [(1, "x")], 5, "nothing is published")
    assert postgres.query("SELECT nspname FROM pg_namespace WHERE nspname = 'telltale'") == []
