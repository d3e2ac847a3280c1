"""What is measured: each row is a way through the gateway, and gives what one of those that go this way costs."""

import itertools
from contextlib import ExitStack

from costs.readers import MARK, DeflateReader, GzipReader, Publisher, Reader, WebSocketReader, opened

TEXT = MARK + b"x" * 127
LONGER_TEXT = MARK + b"compiling Sources/Gateway/Hub.swift; " * 27  # so that it is worth compressing
POSTS, LINES = 100, 500
FEW, MORE = 10, 250  # readers: so many more that they outweigh how much the cost of publications varies
AT_REST, GATHERED, REQUESTS = 40, 10, 20
BACKLOG, OPENINGS = 100, 20

_numbers = itertools.count(100)


def new_channel():
    """Names are of one length."""
    return f"costs:{next(_numbers)}"


def publish_one_by_one(gateway):
    channel = new_channel()
    with Publisher(gateway) as publisher:
        return gateway.cost(lambda: [publisher.post(channel, TEXT) for _ in range(POSTS)]).per(POSTS)


def publish_lines(gateway):
    channel = new_channel()
    with Publisher(gateway) as publisher:
        return gateway.cost(lambda: publisher.post_lines(channel, TEXT, LINES)).per(LINES)


def delivery(kind, target, publish, count):
    """What each delivery of `count` messages to a further reader costs. The publication is paid by the few before."""
    def deliver(publisher, channel, readers):
        for taken in publish(publisher, channel):
            for reader in readers:
                reader.take(taken)

    def measure(gateway):
        channel = new_channel()
        place = target.format(channel)
        with Publisher(gateway) as publisher, opened(FEW, kind, gateway, place) as few:
            cost_of_few = gateway.cost(lambda: deliver(publisher, channel, few))
            with opened(MORE, kind, gateway, place) as others:
                cost_of_all = gateway.cost(lambda: deliver(publisher, channel, few + others))
        return (cost_of_all - cost_of_few).per(MORE * count)

    return measure


def at_rest(kind, target, text=TEXT):
    """Of messages that come one by one."""
    def publish(publisher, channel):
        for _ in range(AT_REST):
            publisher.post(channel, text)
            yield 1

    return delivery(kind, target, publish, AT_REST)


def gathered(kind, target):
    """Of messages that come by ten in one request."""
    def publish(publisher, channel):
        for _ in range(REQUESTS):
            publisher.post_lines(channel, TEXT, GATHERED)
            yield GATHERED

    return delivery(kind, target, publish, REQUESTS * GATHERED)


def opening(kind, target):
    """Of a reader who connects and is given the backlog. That it leaves is not in it."""
    def measure(gateway):
        channel = new_channel()
        with Publisher(gateway) as publisher, ExitStack() as leaving:
            publisher.post_lines(channel, TEXT, BACKLOG)

            def open_all():
                for reader in leaving.enter_context(opened(OPENINGS, kind, gateway, target.format(channel))):
                    reader.take(BACKLOG)

            return gateway.cost(open_all).per(OPENINGS)

    return measure


STREAM, SOCKET = "/v1/channels/{}?since=latest", "/v1/ws?channel={}&since=latest"
STREAM_OF_TWO = "/v1/events?channel={}&channel=costs:none&since=latest"
ROWS = {
    "publication by POST": publish_one_by_one,
    "publication as a line of NDJSON": publish_lines,
    "delivery at rest, SSE": at_rest(Reader, STREAM),
    "delivery at rest, SSE of two channels": at_rest(Reader, STREAM_OF_TWO),
    "delivery at rest, SSE as gzip": at_rest(GzipReader, STREAM, LONGER_TEXT),
    "delivery at rest, WebSocket": at_rest(WebSocketReader, SOCKET),
    "delivery at rest, WebSocket deflated": at_rest(DeflateReader, SOCKET, LONGER_TEXT),
    "delivery gathered by 10, WebSocket": gathered(WebSocketReader, SOCKET),
    "opening with a backlog of 100, SSE": opening(Reader, "/v1/channels/{}"),
    "opening with a backlog of 100, WebSocket": opening(WebSocketReader, "/v1/ws?channel={}"),
}
