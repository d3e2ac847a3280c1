"""Someone who publishes through the proxy all the while, and tries again what was not answered."""

import threading
import uuid
from collections import Counter

import httpx

# A publication is tried again for a minute at least: a broker may take long to come back.
TRIES, TRY_SECONDS = 120, 10
PAUSE_SECONDS = 0.5


class Publisher(threading.Thread):
    """Publishes `rate` messages a second to the channels in turn. `tops` is the last offset of each."""

    def __init__(self, front, channels, rate, text="x" * 100, headers=None):
        super().__init__(daemon=True)
        self.front, self.channels, self.rate, self.text = front, channels, rate, text
        self.headers = headers or {}
        self.tops = {}
        self.refusals = Counter()
        self.failure = None
        self._ended = threading.Event()

    def run(self):
        with httpx.Client(timeout=TRY_SECONDS, headers=self.headers) as client:
            number = 0
            while not self._ended.wait(1 / self.rate):
                channel = self.channels[number % len(self.channels)]
                number += 1
                try:
                    self._publish(client, channel)
                except Exception as error:
                    self.failure = error
                    return

    def _publish(self, client, channel):
        key = uuid.uuid4().hex
        for _ in range(TRIES):
            try:
                answer = client.post(self.front.url(channel), content=self.text, headers={"Idempotency-Key": key})
                if answer.status_code == 200:
                    self._came(channel, answer.json()["offset"])
                    return
                self.refusals[f"status {answer.status_code}"] += 1
            except httpx.HTTPError as error:
                self.refusals[type(error).__name__] += 1
            self._ended.wait(PAUSE_SECONDS)
        raise AssertionError(f"not published after {TRIES} tries: {dict(self.refusals)}")

    def _came(self, channel, offset):
        before = self.tops.get(channel, 0)
        assert offset == before + 1, f"{channel}: offset {offset} follows {before}"
        self.tops[channel] = offset

    def finish(self):
        self._ended.set()
        self.join()
        if self.failure:
            raise self.failure
        return self.tops
