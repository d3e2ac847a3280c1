"""`compression` switches all of it off."""

import pytest
from client import PooledGateway, http
from raw import Connection
from websockets.sync.client import connect


@pytest.fixture(scope="module")
def plain_gateway(tmp_path_factory):
    gateway = PooledGateway(tmp_path_factory.mktemp("plain") / "gateway.log", {"compression": "false"}).start()
    yield gateway
    gateway.stop()


def test_nothing_is_compressed(plain_gateway):
    gateway = plain_gateway
    gateway.publish("news", "hello " * 1_000, close=1)
    for accept in ("application/json", "text/plain", "text/event-stream"):
        answer = http.get(gateway.url("news"), headers={"Accept": accept, "Accept-Encoding": "gzip"})
        assert "content-encoding" not in answer.headers
        assert "hello hello" in answer.text
    with Connection(gateway) as connection:
        connection.request("GET", "/telltale.js", "Accept-Encoding: gzip")
        assert "content-encoding" not in connection.answer().headers
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws?channel=news", compression="deflate") as socket:
        assert socket.protocol.extensions == []
