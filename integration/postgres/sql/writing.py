"""Calling the write side, and reading what it announces."""

import hashlib
from dataclasses import dataclass

APPEND = "SELECT telltale.append(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::int8[], %s::int8[], %s::text[], %s)"


@dataclass
class Publication:
    channel: str
    data: bytes = b""
    event: str = "message"
    flags: str = "t"
    key: str | None = None
    expect: int | None = None
    fence: int | None = None
    id: str | None = None


def append(db, *publications, patience=0):
    """The answers to one call."""
    columns = [[getattr(publication, name) for publication in publications]
               for name in ("channel", "event", "data", "flags", "key", "expect", "fence", "id")]
    return db.execute(APPEND, (*columns, patience)).fetchone()[0].split("\n")


@dataclass
class Section:
    """What a notification says of one channel: `+` records, `*` a pointer from and to, `-` deleted."""

    kind: str
    epoch: str
    channel: str
    records: list
    first: int = 0
    last: int = 0


@dataclass
class Record:
    offset: int
    time: int
    flags: str
    event: str
    key: str
    data: bytes


def sections(payload):
    """Reads a payload to its very end."""
    rest, found = payload.encode(), []
    while rest:
        line, _, rest = rest.partition(b"\n")
        kind, words = line[:1].decode(), line[1:].decode().split(" ")
        if kind == "*":
            found.append(Section(kind, words[0], words[1], [], int(words[2]), int(words[3])))
            continue
        records = []
        for _ in range(int(words[2]) if kind == "+" else 0):
            line, _, rest = rest.partition(b"\n")
            offset, time, flags, event, key, size = line.decode().split(" ")
            records.append(Record(int(offset), int(time), flags, event, key, rest[:int(size)]))
            assert len(rest) >= int(size)
            rest = rest[int(size):]
        found.append(Section(kind, words[0], words[1], records))
    return found


def bucket(channel):
    return f"telltale_{hashlib.sha256(channel.encode()).digest()[0] & 63:02}"


def listen(db):
    for number in range(64):
        db.execute(f"LISTEN telltale_{number:02}")


def arrived(listener, writer):
    """All notifications until a sentinel that comes behind them."""
    listener.execute("LISTEN sentinel")
    writer.execute("NOTIFY sentinel")
    found = []
    for notification in listener.notifies(timeout=10):
        if notification.channel == "sentinel":
            return found
        found.append(notification)
    raise AssertionError("the sentinel has not come")


def offsets(db, channel):
    """What the log holds of a channel."""
    return [row[0] for row in db.execute('SELECT "offset" FROM telltale.log WHERE channel = %s ORDER BY 1', (channel,))]
