"""Requests whose end two servers could see in different places: refused, and nothing behind them is served."""

import re

import pytest
from client import PooledGateway, http
from raw import Connection

SMUGGLED = b"POST /v1/channels/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx"
POST = b"POST /v1/channels/front HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = PooledGateway(tmp_path_factory.mktemp("smuggling") / "gateway.log", {}).start()
    yield gateway
    gateway.stop()


def statuses(gateway, sent):
    """The answers to these bytes, until the gateway closes the connection or is asked to."""
    with Connection(gateway) as connection:
        connection.try_send(sent)
        connection.try_send(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", connection.file.read())]


def was_smuggled(gateway):
    return http.get(gateway.url("smuggled")).json()["top"] > 0


HEADS = {
    "length-and-chunked": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
    "chunked-and-length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + END,
    "two-lengths": POST + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
    "length-list": POST + b"Content-Length: 0, %d\r\n\r\n" % len(SMUGGLED),
    "length-plus": POST + b"Content-Length: +0\r\n\r\n",
    "length-hex": POST + b"Content-Length: 0x0\r\n\r\n",
    "length-negative": POST + b"Content-Length: -0\r\n\r\n",
    "length-blank-inside": POST + b"Content-Length: 0 0\r\n\r\n",
    "length-empty": POST + b"Content-Length: \r\n\r\n",
    "length-overflow": POST + b"Content-Length: 18446744073709551616\r\n\r\n",
    "xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + END,
    "chunked-then-more": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + END,
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n" + END,
    "chunked-twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + END,
    "blank-before-colon": POST + b"Transfer-Encoding : chunked\r\n\r\n" + END,
    "tab-before-colon": POST + b"Content-Length\t: 0\r\n\r\n",
    "folded": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + END,
    "folded-other": POST + b"X: a\r\n Content-Length: 5\r\nContent-Length: 0\r\n\r\n",
    "bare-lf-header": b"POST /v1/channels/front HTTP/1.1\r\nHost: 127.0.0.1\nContent-Length: 0\r\n\r\n",
    "bare-lf-everywhere": b"POST /v1/channels/front HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 0\n\n",
    "bare-lf-request-line": b"POST /v1/channels/front HTTP/1.1\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
    "bare-lf-end-of-head": b"POST /v1/channels/front HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\n",
    "bare-cr": POST + b"X: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
    "nul": POST + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "blank-first": b"POST /v1/channels/front HTTP/1.1\r\n Host: 127.0.0.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
    "chunked-1.0": b"POST /v1/channels/front HTTP/1.0\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
    "two-hosts": POST + b"Host: h\r\nContent-Length: 0\r\n\r\n",
}
CHUNKS = {
    "size-negative": b"-1\r\nx\r\n", "size-plus": b"+1\r\nx\r\n", "size-0x": b"0x1\r\nx\r\n", "size-blank-before": b" 1\r\nx\r\n",
    "size-overflow": b"FFFFFFFFFFFFFFFFF\r\nx\r\n", "size-wraps": b"10000000000000001\r\nx\r\n", "size-none": b"\r\nx\r\n",
    "size-bare-lf": b"1\nx\r\n", "size-bare-cr": b"1\rx\r\n", "data-bare-lf": b"1\r\nx\n", "data-too-long": b"1\r\nxyz\r\n",
    "data-no-end": b"1\r\nx", "extension-bare-lf": b"1;a\nx\r\n", "extension-bare-cr": b"1;a\rb\r\nx\r\n",
    "last-bare-lf": b"1\r\nx\r\n0\n\n", "last-0x": b"1\r\nx\r\n0x0\r\n\r\n",
}


@pytest.mark.parametrize("sent", HEADS.values(), ids=HEADS)
def test_an_ambiguous_head_is_refused_and_nothing_behind_it_is_served(gateway, sent):
    assert statuses(gateway, sent + SMUGGLED) == [400]
    assert not was_smuggled(gateway)


@pytest.mark.parametrize("chunk", CHUNKS.values(), ids=CHUNKS)
def test_a_chunk_that_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_served(gateway, chunk):
    assert statuses(gateway, CHUNKED + chunk + END + SMUGGLED) == [400]
    assert not was_smuggled(gateway)


@pytest.mark.parametrize("field", [b"Content-Length: 67", b"Transfer-Encoding: chunked"])
def test_a_trailer_frames_nothing(gateway, field):
    assert statuses(gateway, CHUNKED + b"1\r\nx\r\n0\r\n" + field + b"\r\n\r\n" + SMUGGLED) == [400]
    assert not was_smuggled(gateway)


@pytest.mark.parametrize("sent", [
    POST + b"Content-Length: 1\r\n\r\n.", POST + b"content-LENGTH:1\r\n\r\n.", CHUNKED + b"1\r\n.\r\n" + END,
    CHUNKED + b"01;name=value\r\n.\r\n" + END, POST + b"Transfer-Encoding: Chunked\r\n\r\n1\r\n.\r\n" + END,
], ids=["length", "any-case", "chunk", "extension", "chunked-any-case"])
def test_what_is_proper_passes(gateway, sent):
    assert statuses(gateway, sent) == [200, 200]
