"""What must be true while a broker is away, for a moment or longer, and after it has come back."""

import json

from client import http
from following import KINDS
from losing import wait_until_ready
from publishing import ANSWER_SECONDS
from raw import TEXT, WebSocketConnection, frame
from scene import log_of, scene

MANY = 500
# Half of what a broker may take for an answer.
AT_ONCE_SECONDS = 1


class Down:
    """Killed; started again on the same port."""

    def begin(self, server, ways):
        server.kill()

    def end(self, server, ways):
        server.start()


class Stopped:
    """SIGSTOP: the kernel takes everything and the server answers nothing."""

    def begin(self, server, ways):
        server.pause()

    def end(self, server, ways):
        server.resume()


class HalfOpen:
    """Nothing comes through, nothing fails; new connections as well."""

    def begin(self, server, ways):
        for way in ways:
            way.stall()

    def end(self, server, ways):
        for way in ways:
            way.flow()


def assert_told_at_once(gateway, channel, outage, server, ways):
    """`ways`: the proxies that stand between the gateway and the server."""
    with scene(gateway, channel) as play:
        outage.begin(server, ways)
        try:
            play.publisher.be_refused()
            play.wait_until_not_ready()
            # From now on nobody waits for a timeout.
            play.publisher.slowest = 0
            play.publisher.be_refused(10)
            assert play.publisher.slowest < AT_ONCE_SECONDS
            assert http.get(f"{gateway.base_url}/healthz").status_code == 200
        finally:
            outage.end(server, ways)
        play.wait_until_ready()
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()


def assert_late_readers_get_everything(gateway, channel, server):
    """Those that come while the server is away."""
    with scene(gateway, channel) as play:
        server.kill()
        play.publisher.be_refused()
        late = [kind(gateway, channel) for kind in KINDS.values()]
        for reader in late:
            reader.start()
        play.publisher.be_refused()
        server.start()
        try:
            play.publisher.go_on()
            came = [reader for reader in late if not reader.problem]
            # Who is refused instead is told when to come back, which an EventSource and every client do.
            assert all("503" in str(reader.problem) or "101" in str(reader.problem) for reader in late if reader not in came)
            play.readers += came
            play.assert_all_seen_once_in_order()
        finally:
            for reader in late:
                reader.leave()


def assert_all_attached_again(gateway, channel, server):
    """`limits.subscriptions` of the gateway must be `MANY` at least."""
    names = [f"{channel}/{number}" for number in range(MANY)]
    with WebSocketConnection(gateway) as connection:
        assert connection.message()["type"] == "open"
        for name in names:
            connection.send(frame(TEXT, json.dumps({"type": "subscribe", "channel": name}).encode()))
        assert {connection.message()["channel"] for _ in names} == set(names)
        server.kill()
        server.start()
        wait_until_ready(gateway)
        for name in names:
            gateway.publish(name, "x")
        found = [connection.message() for _ in names]
        assert {message["type"] for message in found} == {"message"}
        assert {message["channel"] for message in found} == set(names)


def assert_gap_after_deletion(gateway, channel, delete):
    """`delete` takes every channel away behind the gateway's back."""
    with scene(gateway, channel) as play:
        play.publisher.finish()
        before = play.publisher.receipts[-1]
        for reader in play.readers:
            reader.wait(lambda reader: reader.messages and reader.messages[-1]["offset"] == before["offset"])
        delete()
        receipts = [gateway.publish(channel, f"after {number}") for number in range(3)]
        assert [receipt["offset"] for receipt in receipts] == [1, 2, 3]
        assert receipts[0]["epoch"] != before["epoch"]
        for reader in play.readers:
            reader.wait(lambda reader: reader.data[-3:] == ["after 0", "after 1", "after 2"])
            (gap,) = reader.gaps
            assert (gap["reason"], gap["epoch"], gap["have_from"]) == ("epoch", receipts[0]["epoch"], 1)


def assert_everything_unavailable(gateway, channel, server):
    """Whatever is asked while the server is away."""
    gateway.publish(channel, "x")
    server.kill()
    answers = [
        http.post(f"{gateway.base_url}/v1/publish", content='{"channel":"a","data":"x"}', headers={"Content-Type": "application/x-ndjson"}),
        http.post(gateway.url(channel), params={"lines": 1}, content="one\ntwo"),
        http.delete(gateway.url(channel)),
        http.get(gateway.url(channel)),
        http.get(f"{gateway.base_url}/v1/channels"),
    ]
    batch, *others = answers
    assert batch.json()["code"] == "unavailable"
    for answer in others:
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert answer.elapsed.total_seconds() < ANSWER_SECONDS
    server.start()
    wait_until_ready(gateway)
    assert log_of(gateway, channel) == [(1, "x")]
