"""What must be true of a channel whose newest messages, acknowledged and seen, a broker has lost."""

from client import http
from following import following
from gateway import until


def publish(gateway, channel, *texts):
    """The last receipt."""
    def attempt(text):
        # The gateway may not have found the server again yet.
        answer = http.post(gateway.url(channel), content=text)
        return answer.json() if answer.status_code == 200 else None

    return [until(lambda: attempt(text), 20, "nothing can be published") for text in texts][-1]


def page(gateway, channel, since):
    def attempt():
        answer = http.get(gateway.url(channel), params={"since": since})
        return answer.json() if answer.status_code == 200 else None

    return until(attempt, 20, "nothing can be read")


def wait_until_ready(gateway):
    until(lambda: http.get(f"{gateway.base_url}/readyz").status_code == 200, 30, "/readyz does not come back")


def assert_new_life(gateway, channel, epoch, kept, lost):
    """New messages take the offsets of the lost ones; who saw those is told so whenever it comes, and who did not goes on."""
    fresh = [f"new {number}" for number in range(kept + 1, lost + 1)]
    everything = [str(number) for number in range(1, kept + 1)] + fresh
    receipt = publish(gateway, channel, *fresh)
    assert (receipt["offset"], receipt["epoch"] == epoch) == (lost, False)
    # The new log has grown past the lost offsets, and past them again.
    for more in ([], ["more 1", "more 2"]):
        everything += more
        if more:
            publish(gateway, channel, *more)
        for offset in range(kept + 1, lost + 1):
            found = page(gateway, channel, f"{epoch}:{offset}")
            assert (found["complete"], found["gap"]["reason"], found["gap"]["asked"]) == (False, "future", f"{epoch}:{offset}")
            assert [message["data"] for message in found["messages"]] == everything
            with following(gateway, channel, since=f"{epoch}:{offset}") as readers:
                for reader in readers:
                    reader.wait(lambda reader: reader.data == everything)
                    assert [gap["reason"] for gap in reader.gaps] == ["future"]
        for offset in (0, 2, kept):
            found = page(gateway, channel, f"{epoch}:{offset}")
            assert found["complete"] is True, found
            assert [message["data"] for message in found["messages"]] == everything[offset:]
            with following(gateway, channel, since=f"{epoch}:{offset}") as readers:
                for reader in readers:
                    reader.wait(lambda reader: reader.data == everything[offset:])
                    assert reader.gaps == []


def assert_backwards_is_a_gap(gateway, channel, losing):
    """`losing` keeps what there is, and later loses what came after."""
    with following(gateway, channel) as readers:
        epoch = publish(gateway, channel, "1", "2", "3", "4", "5")["epoch"]
        losing.keep()
        assert publish(gateway, channel, "6", "7", "8")["offset"] == 8
        for reader in readers:
            reader.wait(lambda reader: reader.data[-1:] == ["8"])
        losing.lose()
        assert_new_life(gateway, channel, epoch, kept=5, lost=8)
        everything = ["1", "2", "3", "4", "5", "new 6", "new 7", "new 8", "more 1", "more 2"]
        for reader in readers:
            reader.wait(lambda reader: reader.data[-1:] == ["more 2"])
            assert [gap["reason"] for gap in reader.gaps] == ["future"]
            assert reader.data == ["1", "2", "3", "4", "5", "6", "7", "8", *everything]


def assert_others_go_on(gateway, channel, losing):
    """Readers who never saw what was lost, which was on another channel."""
    epoch = publish(gateway, channel, "1", "2", "3")["epoch"]
    losing.keep()
    publish(gateway, f"{channel}/other", "lost")
    with following(gateway, channel) as readers:
        losing.lose()
        receipt = publish(gateway, channel, "4")
        assert (receipt["offset"], receipt["epoch"] == epoch) == (4, False)
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["1", "2", "3", "4"])
            assert reader.gaps == []
    # A channel that is lost altogether comes back in another epoch.
    assert publish(gateway, f"{channel}/other", "again")["offset"] == 1


def assert_two_lives_are_remembered(gateway, channel, losing):
    """Positions of both are known for what they are."""
    first = publish(gateway, channel, "1", "2")["epoch"]
    losing.keep()
    publish(gateway, channel, "lost")
    losing.lose()
    second = publish(gateway, channel, "3", "4")["epoch"]
    assert second != first
    losing.keep()
    publish(gateway, channel, "lost again")
    losing.lose()
    assert publish(gateway, channel, "5")["epoch"] not in (first, second)
    for position, complete in [(f"{first}:2", True), (f"{first}:3", False), (f"{second}:4", True), (f"{second}:5", False)]:
        assert page(gateway, channel, position)["complete"] is complete, position
