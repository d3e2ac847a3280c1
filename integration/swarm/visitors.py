"""Readers that come and go, and some that stop reading for a while."""

import asyncio
import random

# How long a slow reader reads nothing, and how long it then reads, in seconds at most.
PAUSE_SECONDS, READING_SECONDS = 25, 15
# How long a place stays empty, in seconds at most.
ABSENCE_SECONDS = 2


class Visitors:
    """Lets each reader of a member leave after `visit` seconds on average, and come again: half of them as new ones."""

    def __init__(self, member, visit, slow):
        self.member, self.visit, self.slow = member, visit, slow
        self.visits = 0
        self.is_closed = False

    def welcome(self, reader, place):
        """`place`: where the member keeps the reader."""
        reader.is_slow = random.random() < self.slow
        self._later(random.expovariate(1 / self.visit), self._leave, reader, place)
        if reader.is_slow:
            self._later(random.uniform(0, READING_SECONDS), self._pause, reader)

    def close(self):
        self.is_closed = True

    def _later(self, seconds, then, *arguments):
        def due():
            if not self.is_closed:
                then(*arguments)

        asyncio.get_running_loop().call_later(seconds, due)

    def _leave(self, reader, place):
        reader.leave()
        self._later(random.uniform(0, ABSENCE_SECONDS), self._come_again, reader, place)

    def _come_again(self, before, place):
        self.visits += 1
        position = before.position if random.random() < 0.5 else None
        reader = type(before)(before.tally, before.server, before.channel, before.source, before.since, position)
        self.member.readers[place] = reader
        self.welcome(reader, place)
        reader.begin()

    def _pause(self, reader):
        if reader.is_leaving:
            return
        if reader.transport:
            reader.transport.pause_reading()
        self._later(random.uniform(0, PAUSE_SECONDS), self._read_on, reader)

    def _read_on(self, reader):
        # It may be another connection, that was never paused.
        if reader.transport:
            reader.transport.resume_reading()
        self._later(random.uniform(0, READING_SECONDS), self._pause, reader)
