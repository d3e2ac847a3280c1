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
