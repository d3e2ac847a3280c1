"""A publisher that goes on whatever happens to the broker, and that holds the gateway to how it may refuse."""

import threading
import time

import httpx
from gateway import until

# A refusal is at once; what was under way when the connection was lost is answered within the broker's timeout.
ANSWER_SECONDS = 6
PACE_SECONDS = 0.01


class Publisher(threading.Thread):
    """Publishes 0, 1, 2 …, each with an Idempotency-Key, and repeats what was refused or got no answer until it is acknowledged."""

    def __init__(self, gateway, channel, name="p"):
        super().__init__(daemon=True)
        self.url = gateway.url(channel)
        self.name = name
        # What is or will be there; the last may have no receipt yet.
        self.texts = []
        self.receipts = []
        # The least that the next messages have.
        self.bytes = 0
        self.refusals = 0
        # The detail of the last one.
        self.refusal = None
        self.wrong = []
        self.slowest = 0.0
        self._stopping = threading.Event()

    def run(self):
        with httpx.Client(timeout=ANSWER_SECONDS * 2) as client:
            # What was begun is brought to its end: after a refusal nobody knows whether the message is there.
            while not self.wrong and not (self.attempt(client, len(self.receipts)) and self._stopping.is_set()):
                self._stopping.wait(PACE_SECONDS)

    def attempt(self, client, number):
        """Whether it was acknowledged."""
        if number == len(self.texts):
            self.texts.append(str(number).ljust(self.bytes, "."))
        begun = time.monotonic()
        try:
            answer = client.post(self.url, content=self.texts[number], headers={"Idempotency-Key": f"{self.name}-{number}"})
        except httpx.HTTPError as error:
            self.wrong.append(repr(error))
            return False
        took = time.monotonic() - begun
        self.slowest = max(self.slowest, took)
        if took > ANSWER_SECONDS:
            self.wrong.append(f"{answer.status_code} after {took:.1f} s")
        if answer.status_code == 200:
            self.receipts.append(answer.json())
        elif answer.status_code == 503 and answer.json()["code"] == "unavailable" and int(answer.headers.get("retry-after", 0)) > 0:
            self.refusals += 1
            self.refusal = answer.json()["detail"]
        else:
            self.wrong.append(f"{answer.status_code} {answer.headers} {answer.text}")
        return answer.status_code == 200

    def go_on(self, count=20, seconds=30):
        """Waits until so many more are acknowledged."""
        goal = len(self.receipts) + count
        self._until(lambda: len(self.receipts) >= goal, seconds, "nothing is acknowledged any more")

    def go_on_in_another_epoch(self, after, seconds=30):
        """Waits until, `after` having been done, a message is acknowledged by another primary than the last one's."""
        epoch = self.receipts[-1]["epoch"]
        after()
        self._until(lambda: self.receipts[-1]["epoch"] != epoch, seconds, "the primary stays the same")

    def be_refused(self, count=3, seconds=20):
        """Waits until so many more are refused."""
        goal = self.refusals + count
        self._until(lambda: self.refusals >= goal, seconds, "nothing is refused")

    def _until(self, condition, seconds, what):
        until(lambda: condition() or self.wrong, seconds, lambda: f"{what}: {len(self.receipts)} acknowledged, {self.refusals} refused")
        assert not self.wrong, self.wrong

    def stop(self):
        self._stopping.set()
        self.join(ANSWER_SECONDS * 3)

    def finish(self):
        """Ends, with nothing left unanswered."""
        self.stop()
        assert not self.is_alive() and not self.wrong, self.wrong
