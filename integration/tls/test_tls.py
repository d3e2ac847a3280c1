"""HTTP/1.1 and HTTP/2 by TLS are the same gateway."""

import socket
import ssl
import subprocess
import time

import pytest
from client import http
from gateway import until
from http2_connection import frame
from process import metric
from websockets.sync.client import connect

SETTINGS = 4


@pytest.mark.parametrize("version, spoken", [("--http2", "HTTP/2 200"), ("--http1.1", "HTTP/1.1 200")])
def test_requests_are_answered_alike(gateway, version, spoken):
    published = gateway.curl(version, "-d", "hello", gateway.url("a"))
    assert published.startswith(spoken) and '"offset":1' in published
    assert "hello" in gateway.curl(version, gateway.url("a"))
    head = gateway.curl(version, "-I", gateway.url("a")).lower()
    assert "x-content-type-options: nosniff" in head and head.endswith("\r\n\r\n")
    assert ("connection:" in head) is False


@pytest.mark.parametrize("http2", [True, False], ids=["http2", "http1"])
def test_an_event_stream_brings_what_is_published(gateway, http2):
    with gateway.client(http2=http2) as client, client.stream("GET", "/v1/channels/a", headers={"Accept": "text/event-stream"}) as stream:
        assert stream.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        lines = stream.iter_lines()
        assert "event: stream-open" in (next(lines) for _ in range(3))
        gateway.publish("a", "through TLS", close=1)
        rest = list(lines)
    assert "data: through TLS" in rest and "event: stream-end" in rest


def test_a_finished_channel_is_204_by_both(gateway):
    last = gateway.publish("a", "over", close=1)
    for http2 in [True, False]:
        with gateway.client(http2=http2) as client:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": f"{last['epoch']}:{last['offset']}"}
            assert client.get("/v1/channels/a", headers=headers).status_code == 204


def test_a_websocket_goes_by_tls(gateway):
    with connect(f"wss://localhost:{gateway.port}/v1/ws?channel=a", ssl=gateway.trust) as reader:
        assert '"type":"open"' in reader.recv(timeout=15)
        assert '"type":"subscribed"' in reader.recv(timeout=15)
        reader.send('{"type":"publish","id":"1","channel":"a","data":"both ways"}')
        got = {reader.recv(timeout=15), reader.recv(timeout=15)}
    assert any("both ways" in text for text in got) and any('"published"' in text for text in got)


def test_http2_is_spoken_on_a_plain_port_to_those_who_know(start_plain):
    plain = start_plain()
    done = subprocess.run(
        ["curl", "-sSi", "-m", "15", "--http2-prior-knowledge", f"{plain.base_url}/healthz"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("HTTP/2 200")


@pytest.fixture
def plain_and_reads(start_plain):
    """A plain gateway, and what waits until it has read so many bytes of a connection."""
    plain = start_plain({"timeouts.header": "2s"})

    def received():
        return metric(http, plain, "received_bytes_total")

    received()
    before = received()
    each = received() - before

    def reads(count):
        # Every look is so many bytes, too.
        until(lambda: (received() - before) % each == count, 5, "the gateway does not read")

    return plain, reads


@pytest.mark.parametrize("cut", [1, 3, 15])
def test_the_preface_of_http2_may_come_in_pieces(plain_and_reads, cut):
    plain, reads = plain_and_reads
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS)
    with socket.create_connection(("127.0.0.1", plain.port), 15) as client:
        client.sendall(preface[:cut])
        reads(cut)
        client.sendall(preface[cut:])
        assert client.recv(9)[3] == SETTINGS


def test_and_so_may_what_only_begins_like_it(plain_and_reads):
    plain, reads = plain_and_reads
    with socket.create_connection(("127.0.0.1", plain.port), 15) as client:
        client.sendall(b"P")
        reads(1)
        client.sendall(b"OST /v1/channels/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_preface_that_does_not_go_on_has_the_time_of_a_head(plain_and_reads):
    plain, _ = plain_and_reads
    with socket.create_connection(("127.0.0.1", plain.port), 15) as client:
        client.sendall(b"PRI * HTTP/2")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")


def test_http2_can_be_switched_off(start_gateway):
    gateway = start_gateway({"listen.http2": "false"})
    assert gateway.curl("--http2", f"{gateway.base_url}/healthz").startswith("HTTP/1.1 200")


@pytest.mark.parametrize("version, works", [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_tls_is_spoken_from_1_2_on(gateway, version, works):
    trust = ssl.create_default_context(cafile=gateway.authority.certificate)
    trust.set_ciphers("DEFAULT:@SECLEVEL=0")
    trust.minimum_version = trust.maximum_version = ssl.TLSVersion[version]
    with socket.create_connection(("127.0.0.1", gateway.port), 15) as plain:
        if works:
            assert trust.wrap_socket(plain, server_hostname="localhost").version() == version.replace("_", ".")
        else:
            # The gateway's word, and for this reason: that there is no cipher for it either is another.
            with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
                trust.wrap_socket(plain, server_hostname="localhost")


def test_a_cipher_without_forward_secrecy_is_not_taken(gateway):
    trust = ssl.create_default_context(cafile=gateway.authority.certificate)
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    trust.set_ciphers("AES128-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA")
    with socket.create_connection(("127.0.0.1", gateway.port), 15) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        trust.wrap_socket(plain, server_hostname="localhost")


def test_plain_http_to_the_tls_port_is_told_so(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), 15) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: plain.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400") and b'"tls_required"' in answer


@pytest.mark.parametrize("begun", [b"", b"\x16\x03\x01\x02\x00"], ids=["silent", "half a record"])
def test_a_handshake_has_its_time(start_gateway, begun):
    gateway = start_gateway({"timeouts.handshake": "500ms"})
    with socket.create_connection(("127.0.0.1", gateway.port), 15) as slow:
        slow.sendall(begun)
        before = time.monotonic()
        try:
            assert slow.recv(1) == b""
        except ConnectionResetError:
            pass
    assert time.monotonic() - before < 5


def test_a_connection_too_many_is_closed_before_the_handshake(start_gateway):
    gateway = start_gateway({"limits.connections": 3})
    held = [socket.create_connection(("127.0.0.1", gateway.port), 15) for _ in range(3)]

    def is_refused():
        with socket.create_connection(("127.0.0.1", gateway.port), 15) as one, pytest.raises((ssl.SSLError, OSError)):
            gateway.trust.wrap_socket(one, server_hostname="localhost")
        return True

    assert until(is_refused, 5, "a fourth connection was served")
    for one in held:
        one.close()
    until(gateway.is_alive, 5, "no room came back")
