"""One process of readers. Options come as JSON on the command line; a line on standard input asks for a report."""

import asyncio
import json
import random
import sys

from swarm.event_stream import EventStreamReader
from swarm.reader import Tally
from swarm.visitors import Visitors
from swarm.websocket import WebSocketReader

KINDS = (EventStreamReader, WebSocketReader)


class Member:
    """Its readers, and what they have seen.

    `count` readers of the `channels`, both kinds in turn, arrive over `arrival` seconds; with `visit` they leave after so many
    seconds on average and come back, and a part of `slow` stops reading now and then.
    """

    def __init__(self, options):
        self.options = options
        self.tally = Tally()
        self.readers = []
        self.visitors = Visitors(self, options["visit"], options["slow"]) if options.get("visit") else None

    def add(self, index):
        options = self.options
        sources = options.get("sources") or [None]
        channels = options["channels"]
        reader = KINDS[index % 2](
            self.tally, tuple(options["server"]), channels[index // 2 % len(channels)], sources[index % len(sources)],
            options.get("since", "earliest"))
        self.readers.append(reader)
        if self.visitors:
            self.visitors.welcome(reader, index)
        reader.begin()

    async def arrive(self):
        """So many a second, on a busy machine too: those who are late come together."""
        loop = asyncio.get_running_loop()
        begin, count, seconds = loop.time(), self.options["count"], self.options["arrival"]
        while len(self.readers) < count:
            due = min(count, 1 + int(count * (loop.time() - begin) / seconds))
            for index in range(len(self.readers), due):
                self.add(index)
            await asyncio.sleep(0.02)

    def report(self):
        tally = self.tally
        reached = {}
        for reader in self.readers:
            reached[reader.channel] = min(reached.get(reader.channel, 1 << 60), reader.offset or 0)
        return {
            "open": tally.open, "messages": tally.messages, "wrongs": tally.wrongs, "samples": tally.samples,
            "failures": tally.failures, "returns": tally.returns, "reached": reached,
            "visits": self.visitors.visits if self.visitors else 0}

    def leave(self):
        if self.visitors:
            self.visitors.close()
        for reader in self.readers:
            reader.leave()


async def main(options):
    random.seed(options["seed"])
    member = Member(options)
    arriving = asyncio.ensure_future(member.arrive())
    questions = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    while question := (await questions.readline()).decode().strip():
        if question == "leave":
            arriving.cancel()
            member.leave()
            await asyncio.sleep(0)
        print(json.dumps(member.report()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
