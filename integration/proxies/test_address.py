"""A gateway behind a proxy knows who its readers are, and believes none who says that he is somebody else."""

import http.client
import json

import pytest
from proxies.site import FRONTS, site

MOST = 3
GATEWAYS = 2
MADE_UP = [{}, {"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}, {"X-Real-IP": "192.0.2.7"}]


@pytest.fixture(params=list(FRONTS))
def front(request, tmp_path):
    with site(tmp_path, request.param, {"trusted_proxies": "127.0.0.1", "limits.connections_per_address": MOST}) as found:
        yield found.front


@pytest.fixture
def open_stream(front):
    """Asks for an event stream from this address, which stays open; gives the answer."""
    connections, answers = [], []

    def open_one(address, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=15, source_address=(address, 0))
        connections.append(connection)
        connection.request("GET", "/v1/channels/address", headers={"Accept": "text/event-stream"} | (headers or {}))
        # An answer that nobody holds closes its connection.
        answers.append(connection.getresponse())
        return answers[-1]

    yield open_one
    for connection in connections:
        connection.close()


def test_readers_are_counted_by_their_own_address_whatever_they_say(open_stream):
    open_streams = 0
    for _ in range(4 * MOST * GATEWAYS):
        open_streams += open_stream("127.0.0.2").status == 200
    assert open_streams == MOST * GATEWAYS
    for headers in MADE_UP:
        answer = open_stream("127.0.0.2", headers)
        assert (answer.status, json.loads(answer.read())["code"]) == (429, "too_many_connections_of_address")
    assert open_stream("127.0.0.3").status == 200
