"""Another start of the server is another generation: acknowledged writes may have been lost between the two."""

import psycopg
import pytest
from conftest import rendered
from servers.postgres_server import PostgresServer
from writing import Publication, append


@pytest.fixture
def own_server():
    server = PostgresServer()
    server.start()
    yield server
    server.close()


def _append(server):
    with psycopg.connect(server.url, autocommit=True) as db:
        (answer,) = append(db, Publication("a"))
        (before,) = db.execute("SELECT predecessors FROM telltale.channel").fetchone()
    epoch, offset = answer.split()
    return epoch, int(offset), before


def test_a_channel_goes_on_in_a_new_epoch_that_remembers_the_old_ones(own_server):
    with psycopg.connect(own_server.url) as db:
        db.execute(rendered("telltale"))
    first, offset, before = _append(own_server)
    assert (offset, before) == (1, "")
    assert _append(own_server) == (first, 2, "")
    positions = [f"{first}:2"]
    for round in range(9):
        own_server.restart() if round % 2 else (own_server.kill(), own_server.start())
        epoch, offset, before = _append(own_server)
        assert (offset, before) == (round + 3, " ".join(positions[:8]))
        positions.insert(0, f"{epoch}:{offset}")
