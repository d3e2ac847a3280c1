"""Too many connections: of one address, behind a proxy, of one address in the tens of thousands, and more than there are
descriptors for."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from client import http
from gateway import Gateway, until
from process import descriptors, metric, resident
from raw import Connection

EVENTS = "Accept: text/event-stream"
# Connections that may take their time to read why they are refused.
REFUSED = 64

# Opens connections from one address, a thousand at a time, and keeps those that are not closed. Says how many those are, and
# the first that others were told.
FLOOD = """
import select, socket, sys
port, source, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
poll, kept, told = select.epoll(), {}, b""

def look(seconds):
    global told
    found = poll.poll(seconds)
    for number, _ in found:
        try:
            data = kept[number].recv(4096)
        except OSError:
            data = b""
        told = told or data
        if not data:
            kept.pop(number).close()
    return found

for made in range(1, count + 1):
    one = socket.socket()
    one.bind((source, 0))
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", port))
    kept[one.fileno()] = one
    poll.register(one.fileno(), select.EPOLLIN | select.EPOLLRDHUP)
    if made % 1000 == 0:
        while look(0.1):
            pass
while look(1):
    pass
print(len(kept), told.split(b"\\r\\n")[0].decode(), flush=True)
sys.stdin.read()
"""


def flood(gateway, source, count):
    """A process with so many connections from this address. It keeps those that are not closed until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", FLOOD, str(gateway.port), source, str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def end(process):
    process.stdin.close()
    process.wait(20)
    process.stdout.close()


def test_an_address_has_so_many_connections_and_others_have_theirs(start_gateway):
    gateway = start_gateway({"trusted_proxies": "127.0.0.1", "limits.connections_per_address": 10})
    taken = [Connection(gateway, source="127.0.0.2") for _ in range(8)]
    streams = [Connection(gateway, source="127.0.0.2").request("GET", "/v1/channels/a", EVENTS) for _ in range(2)]
    for stream in streams:
        assert stream.answer(has_body=False).status == 200
    with Connection(gateway, source="127.0.0.2") as refused:
        answer = refused.answer()
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (429, "too_many_connections_of_address", "5")
        assert refused.is_ended()
    with Connection(gateway, source="127.0.0.3") as other:
        assert other.request("GET", "/healthz").answer().status == 200

    def is_free():
        with Connection(gateway, source="127.0.0.2") as connection:
            return connection.request("GET", "/healthz").answer().status == 200

    assert not is_free()
    streams.pop().__exit__()
    until(is_free, 5, "a stream that has ended is still counted")
    for connection in taken + streams:
        connection.__exit__()
    assert metric(http, gateway, 'refused_total{code="too_many_connections_of_address"}') >= 2


@pytest.mark.parametrize("header", [
    "X-Forwarded-For: 6.6.6.{}, 203.0.113.5", "Forwarded: for=6.6.6.{}, for=203.0.113.5;proto=https",
    "X-Forwarded-For: 6.6.6.{}, [2001:db8::{}]:80, 127.0.0.7"])
def test_behind_a_trusted_proxy_the_address_that_it_names_is_counted_and_none_that_is_made_up(start_gateway, header):
    gateway = start_gateway({"limits.connections_per_address": 3})
    streams = []
    for number in range(1, 4):
        streams.append(Connection(gateway))
        streams[-1].request("GET", "/v1/channels/a", EVENTS, header.format(number, number))
        assert streams[-1].answer(has_body=False).status == 200
    with Connection(gateway) as connection:
        answer = connection.request("GET", "/v1/channels/a", EVENTS, header.format(4, 4)).answer()
        assert (answer.status, answer.code) == (429, "too_many_connections_of_address")
        # The proxy's connection goes on, with what others ask for.
        assert connection.request("POST", "/v1/channels/a", header.format(4, 4), body=b"x").answer().status == 429
        assert connection.request("POST", "/v1/channels/a", "X-Forwarded-For: 203.0.113.9", body=b"x").answer().status == 200
    for stream in streams:
        stream.__exit__()


def test_a_client_that_writes_the_header_that_the_proxy_does_not_write_is_refused(start_gateway):
    gateway = start_gateway({"limits.connections_per_address": 1})
    with Connection(gateway) as proxy, Connection(gateway) as other:
        for forwarded in ("6.6.6.6", "127.0.0.1", "unknown"):
            for method, body in (("GET", None), ("POST", b"x")):
                headers = [f"Forwarded: for={forwarded}", "X-Forwarded-For: 203.0.113.5"]
                answer = proxy.request(method, "/v1/channels/a", *headers, body=body).answer()
                assert (answer.status, answer.code) == (400, "contradictory_addresses")
        # The proxy's connection goes on, with what others ask for.
        proxy.request("GET", "/v1/channels/a", EVENTS, "X-Forwarded-For: 203.0.113.5")
        assert proxy.answer(has_body=False).status == 200
        answer = other.request("GET", "/v1/channels/a", EVENTS, "X-Forwarded-For: 203.0.113.5").answer()
        assert answer.code == "too_many_connections_of_address"


def test_requests_under_way_count_too_and_only_so_long(start_gateway):
    gateway = start_gateway({"limits.connections_per_address": 2})
    fields = ["Accept: application/json", "X-Forwarded-For: 203.0.113.5"]
    waiting = [Connection(gateway).request("GET", "/v1/channels/a?wait=60", *fields) for _ in range(2)]
    # Who asks before both wait takes a place of theirs.
    until(lambda: metric(http, gateway, "sessions") == 2, 5, "they do not wait")
    with Connection(gateway) as connection:
        assert connection.request("GET", "/v1/channels/a", *fields).answer().status == 429
        gateway.publish("a", "news")
        assert [one.answer().status for one in waiting] == [200, 200]
        until(lambda: connection.request("GET", "/v1/channels/a", *fields).answer().status == 200, 5, "none is admitted")
    for one in waiting:
        one.__exit__()


def test_who_is_no_trusted_proxy_is_not_believed(start_gateway):
    gateway = start_gateway({"trusted_proxies": "10.0.0.0/8", "limits.connections_per_address": 2})

    def accepted(number):
        one = Connection(gateway).request("GET", "/v1/channels/a", EVENTS, f"X-Forwarded-For: 1.1.1.{number}")
        if one.answer(has_body=False).status == 200:
            return one
        one.__exit__()

    # Those that have asked whether it is there may be counted for a moment more.
    taken = [until(lambda: accepted(number), 5, "it takes no two connections") for number in range(2)]
    with Connection(gateway) as connection:
        assert connection.answer().code == "too_many_connections_of_address"
    for one in taken:
        one.__exit__()


def test_fifteen_thousand_connections_of_one_address_are_a_thousand_and_nobody_else_notices(start_gateway):
    gateway = start_gateway({"trusted_proxies": "127.0.0.1"})
    before, memory = descriptors(gateway.process), resident(gateway.process)
    process = flood(gateway, "127.0.0.2", 15_000)
    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(process.stdout.readline)
        waits = []
        while not said.done():
            begun = time.monotonic()
            gateway.publish("others", "x")
            waits.append(time.monotonic() - begun)
    assert said.result().strip() == "1000 HTTP/1.1 429 Too Many Requests"
    assert max(waits) < 2
    assert descriptors(gateway.process) < before + 1_100
    assert resident(gateway.process) - memory < 40_000
    end(process)
    until(lambda: descriptors(gateway.process) <= before + 5, 10, "connections are held that are gone")


def test_only_so_many_may_take_their_time_to_read_why_they_are_refused(start_gateway):
    gateway = start_gateway({"trusted_proxies": "127.0.0.1", "limits.connections_per_address": 1})
    refused = 'refused_total{code="too_many_connections_of_address"}'
    with Connection(gateway, source="127.0.0.2"):
        before = descriptors(gateway.process)
        crowd = [Connection(gateway, source="127.0.0.2") for _ in range(400)]
        until(lambda: metric(http, gateway, refused) == 400, 0.5, "they are not refused at once")
        # Nobody has closed yet, and who lingers does so for a second.
        until(lambda: descriptors(gateway.process) - before < REFUSED + 10, 0.3, "all of them linger")
        for one in crowd:
            one.__exit__()


def test_connections_in_all_are_bounded(start_gateway):
    gateway = start_gateway({"limits.connections": 20})
    taken = [Connection(gateway).request("GET", "/v1/channels/a", EVENTS) for _ in range(15)]
    for one in taken:
        assert one.answer(has_body=False).status == 200
    found = []
    for _ in range(10):
        taken.append(Connection(gateway))
        if taken[-1].has_something(within=0.5):
            found.append(taken[-1].answer())
    assert len(found) >= 4
    assert {(one.status, one.code, one.headers["retry-after"]) for one in found} == {(503, "too_many_connections", "5")}
    for one in taken:
        one.__exit__()
    until(lambda: http.get(f"{gateway.base_url}/healthz").status_code == 200, 5, "nobody is served any more")


class FewDescriptors(Gateway):
    """A gateway that may have so many descriptors."""

    def __init__(self, log, settings, descriptors):
        super().__init__(log, settings)
        self.command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$0" "$@"', *self.command]


@pytest.fixture
def few(tmp_path, request):
    gateway = FewDescriptors(tmp_path / "gateway.log", {"limits.connections": 100_000}, request.param).start()
    yield gateway
    gateway.stop()


def processor_seconds(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.parametrize("few", [600], indirect=True)
def test_a_part_of_the_descriptors_is_kept_back(few):
    most = 450
    taken = [Connection(few) for _ in range(most - 10)]
    told = []
    for _ in range(40):
        taken.append(Connection(few))
        if taken[-1].has_something(within=0.1):
            told.append(taken[-1].answer().code)
    assert len(told) >= 20 and set(told) == {"too_many_connections"}
    assert "can't be accepted" not in few.log.read_text()
    assert taken[0].request("POST", "/v1/channels/a", body=b"x").answer().status == 200
    for one in taken:
        one.__exit__()
    until(few.is_alive, 10, "nobody is served any more")


@pytest.mark.parametrize("few", [80], indirect=True)
def test_a_gateway_without_descriptors_serves_those_it_has_says_so_once_and_recovers(few):
    assert "descriptors=80" in few.log.read_text()
    assert "limits.connections is more than the descriptors allow" in few.log.read_text()
    with Connection(few) as reader, Connection(few) as writer:
        reader.request("GET", "/v1/channels/a", EVENTS)
        assert reader.answer(has_body=False).status == 200
        assert writer.request("POST", "/v1/channels/a", body=b"before").answer().status == 200
        crowd = [Connection(few) for _ in range(200)]
        until(lambda: "can't be accepted" in few.log.read_text(), 10, "the gateway does not run out")
        # Before any of those who are refused have had their second: it is the gateway that gives one up.
        until(lambda: descriptors(few.process) < 80, 0.5, "none is left for what the process itself opens")
        begun = processor_seconds(few.process)
        time.sleep(1)
        assert processor_seconds(few.process) - begun < 0.15, "it spins"
        assert writer.request("POST", "/v1/channels/a", body=b"meanwhile").answer().status == 200
        lines = iter(reader.file.readline, b"")
        assert any(line == b"data: meanwhile\n" for line in lines)
        for one in crowd:
            one.__exit__()
        until(lambda: few.is_alive(), 10, "nobody is served any more")
    assert few.log.read_text().count("can't be accepted") == 1
