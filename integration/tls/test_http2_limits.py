"""Many streams over one connection are as many as over connections of their own."""

from gateway import until
from http2_connection import HTTP2Connection

EVENTS = ("accept", "text/event-stream")
MOST = 5


def opened(connection):
    """A stream, or `None` if it was refused."""
    stream = connection.begin("GET", "/v1/channels/a", EVENTS)
    connection.until(lambda: stream in connection.heads)
    return stream if connection.heads[stream][":status"] == "200" else None


def test_streams_count_as_connections_of_their_address(start_plain):
    gateway = start_plain({"trusted_proxies": "10.0.0.0/8", "limits.connections_per_address": MOST})
    with HTTP2Connection(gateway) as one, HTTP2Connection(gateway) as other:
        # Who has asked whether the gateway is there may be counted for a moment more.
        streams = [until(lambda: opened(one), 5, "it takes no three streams") for _ in range(MOST - 2)]
        for connection in (one, other):
            for method in ("GET", "POST"):
                stream = connection.begin(method, "/v1/channels/a", EVENTS)
                status, problem = connection.answer(stream)
                assert (status, problem["code"]) == (429, "too_many_connections_of_address")
                assert connection.heads[stream]["retry-after"] == "5"
        one.h2.reset_stream(streams[0])
        one.flush()
        until(lambda: opened(other), 5, "a stream that has ended is still counted")


def test_behind_a_proxy_streams_are_counted_for_whom_they_are(start_plain):
    gateway = start_plain({"limits.connections_per_address": MOST})
    with HTTP2Connection(gateway) as proxy:
        for address in ("203.0.113.5", "203.0.113.6"):
            fields = [EVENTS, ("x-forwarded-for", address)]
            streams = [proxy.begin("GET", "/v1/channels/a", *fields) for _ in range(MOST + 1)]
            proxy.until(lambda: all(stream in proxy.heads for stream in streams))
            assert [proxy.heads[stream][":status"] for stream in streams] == ["200"] * MOST + ["429"]
        # Its own are not.
        streams = [proxy.begin("GET", "/v1/channels/a", EVENTS) for _ in range(2 * MOST)]
        proxy.until(lambda: all(stream in proxy.heads for stream in streams))
        assert all(proxy.heads[stream][":status"] == "200" for stream in streams)
