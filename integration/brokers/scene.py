"""One channel, a publisher and readers, and what must be true of them after whatever was done to the broker."""

from contextlib import contextmanager

from client import http
from following import following
from gateway import until
from publishing import Publisher

# The data of the last message.
END = "end"


class Scene:
    def __init__(self, gateway, channel, publisher, readers):
        self.gateway, self.channel, self.publisher, self.readers = gateway, channel, publisher, readers

    def is_ready(self):
        return http.get(f"{self.gateway.base_url}/readyz").status_code == 200

    def wait_until_not_ready(self):
        until(lambda: not self.is_ready(), 20, "/readyz does not notice")

    def wait_until_ready(self):
        until(self.is_ready, 30, lambda: f"/readyz does not come back\n{self.gateway.log.read_text()[-2000:]}")

    def finish(self):
        """Ends the publisher, and waits until all readers have the last message."""
        self.publisher.finish()
        last = self.gateway.publish(self.channel, END)
        for reader in self.readers:
            reader.wait(lambda reader: reader.position == f"{last['epoch']}:{last['offset']}" or reader.problem)
            assert not reader.problem, reader.problem
        return last

    def assert_all_seen_once_in_order(self):
        """Nobody was told a gap: every message that was acknowledged was seen, once, and none out of order."""
        last = self.finish()
        everything = [*self.publisher.texts, END]
        for reader in self.readers:
            assert reader.gaps == [], reader
            seen = reader.messages
            assert [message["offset"] for message in seen] == list(range(1, last["offset"] + 1)), reader
            assert [message["data"] for message in seen] == everything, reader

    def assert_seen_or_told(self):
        """After a loss: what a reader saw has no hole but those that it was told, and at the end it has what the log has."""
        last = self.finish()
        log = log_of(self.gateway, self.channel)
        for reader in self.readers:
            tail = unbroken_tail(reader)
            assert tail == log[log.index(tail[0]):], reader
            assert tail[-1][0] == last["offset"]


def unbroken_tail(reader):
    """(Offset, data) of what was seen since the last gap; what came before must be without holes as well."""
    tail, expected = [], 1
    for item in reader.items:
        if item["kind"] == "gap":
            tail, expected = [], item["have_from"]
        elif item["kind"] == "message":
            assert item["offset"] == expected, f"{reader}: {item} where {expected} was due"
            tail.append((item["offset"], item["data"]))
            expected += 1
    return tail


def log_of(gateway, channel):
    """(Offset, data) of all that is kept."""
    found, since = [], "earliest"
    while True:
        page = http.get(gateway.url(channel), params={"since": since, "limit": 1000}).json()
        if not page["messages"]:
            return found
        found += [(message["offset"], message["data"]) for message in page["messages"]]
        since = page["next"]


@contextmanager
def scene(gateway, channel, elsewhere=None):
    """Readers of both kinds, here and on the gateway `elsewhere`; something has been published and seen."""
    with following(gateway, channel) as readers, following(elsewhere or gateway, channel) as others:
        publisher = Publisher(gateway, channel)
        publisher.start()
        try:
            publisher.go_on()
            yield Scene(gateway, channel, publisher, readers + others)
        finally:
            publisher.stop()
