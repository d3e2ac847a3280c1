"""A real PostgreSQL with the schema's SQL files in it, and nothing of a gateway."""

import itertools
import pathlib

import psycopg
import pytest
from servers.postgres_server import PostgresServer

SQL = pathlib.Path(__file__).parents[3] / "Backends" / "Postgres" / "Schema" / "SQL"
# Nothing here takes so long, unless it hangs.
STATEMENT_SECONDS = 60
_numbers = itertools.count(1)


def rendered(schema):
    """All of the schema's files, in the order of their numbers, for a schema of this name."""
    text = "\n".join(path.read_text() for path in sorted(SQL.glob("[0-9][0-9]-*.sql")))
    return f'CREATE SCHEMA "{schema}";\n' + text.replace("@schema@", f'"{schema}"').replace("@name@", schema)


@pytest.fixture(scope="session")
def server():
    """One server for all tests that do not restart it."""
    server = PostgresServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def database(server):
    """A database of its own with the schema `telltale` in it: its connection string."""
    name = f"sql_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name}")
    url = psycopg.conninfo.make_conninfo(server.url, dbname=name)
    with psycopg.connect(url) as owner:
        owner.execute(rendered("telltale"))
    yield url
    with psycopg.connect(server.url, autocommit=True) as administrator:
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def connect(database):
    """Opens connections to the database, each statement a transaction unless `autocommit=False`."""
    opened = []

    def connect(**options):
        opened.append(psycopg.connect(database, **{"autocommit": True, "options": f"-c statement_timeout={STATEMENT_SECONDS}s"} | options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def db(connect):
    return connect()
