"""Messages that are there before readers come."""

import contextlib
import http.client
import json
import time

from measure import MESSAGE_BYTES, Broken


def body():
    stamp = f"~{time.monotonic_ns():016x}"
    return stamp + "x" * (MESSAGE_BYTES - len(stamp))


def publish(port, publishing, count):
    """The answer to each publication to channel 0, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        for _ in range(count):
            connection.request("POST", publishing.path.replace("{n}", "0"), publishing.prefix + body() + publishing.suffix)
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status >= 300:
                raise Broken(f"a publication was refused: {answer.status} {text[:300]}")
            yield text


def positions(port, publishing, count):
    """Of each message, as a reader would say where it stands."""
    answers = map(json.loads, publish(port, publishing, count))
    return [f"{answer['epoch']}:{answer['offset']}" for answer in answers]
