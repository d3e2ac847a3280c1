"""What the read side answers, in Python: records, and a model of a channel that recovers as every broker must."""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

FAR = 2**62


class Record(NamedTuple):
    offset: int
    time: int
    flags: str
    event: str
    key: str | None
    data: bytes

    @property
    def is_conflated(self):
        return self.flags[1:2] == "c"


def records(text):
    """Those that follow one another in an answer."""
    found, rest = [], bytes(text)
    while rest:
        head, rest = rest.split(b"\n", 1)
        offset, time, flags, event, key, size = head.decode().split(" ")
        found.append(Record(int(offset), int(time), flags, event, key or None, rest[: int(size)]))
        assert len(found[-1].data) == int(size)
        rest = rest[int(size) :]
    return found


class Page(NamedTuple):
    reason: str
    start: int
    reaches_top: bool
    records: list


@dataclass
class Channel:
    """One life of a channel, with the bounds of its log."""

    name: str
    messages: int
    bytes: int
    epoch: str = "e0"
    predecessors: list = field(default_factory=list)
    top: int = 0
    trimmed: int = 0
    closed: bool = False
    fence: int | None = None
    log: list = field(default_factory=list)
    # What retention has taken out of the log, and cleaning not yet out of the table.
    rubbish: list = field(default_factory=list)
    retained: dict = field(default_factory=dict)

    def append(self, data, key=None, conflated=False):
        self.top += 1
        flags = random.choice("tj") + ("c" if conflated else "")
        record = Record(self.top, 1_700_000_000_000 + self.top, flags, "message", key, data)
        if key:
            self.retained[key] = record
        if not conflated:
            self.log.append(record)
        while len(self.log) > self.messages or (self.log_bytes > self.bytes and len(self.log) > 1):
            self.rubbish.append(self.log.pop(0))
            self.trimmed = self.rubbish[-1].offset

    def renew(self, epoch, lost=0):
        """The server came back without the newest messages."""
        self.predecessors.insert(0, (self.epoch, self.top - lost))
        self.epoch = epoch

    @property
    def log_bytes(self):
        return sum(len(record.data) for record in self.log)

    @property
    def earliest(self):
        kept = [record.offset for record in self.log + list(self.retained.values())]
        return min(self.trimmed, min(kept) - 1) if kept else self.top

    def recover(self, kind, count=0, epoch="", offset=0, max_messages=FAR, max_bytes=FAR):
        start, reason = self._resolve(kind, count, epoch, offset)
        return Page(reason, start, *self._page(start, max_messages, max_bytes))

    def _resolve(self, kind, count, epoch, offset):
        if kind == "latest":
            return self.top, ""
        if kind == "last" and max(count, 1) <= len(self.log):
            return self.log[-max(count, 1)].offset - 1, ""
        if kind != "after":
            return self.earliest, ""
        shared = dict(reversed(self.predecessors)) | {self.epoch: self.top}
        if (epoch, offset) == ("0", 0):
            epoch = self.epoch
        if epoch not in shared:
            return self.earliest, "epoch"
        if offset > shared[epoch]:
            return self.earliest, "future"
        return offset, "trimmed" if offset < self.trimmed else ""

    def _page(self, start, max_messages, max_bytes):
        loose = [kept for kept in self.retained.values() if kept.is_conflated or kept.offset <= self.trimmed]
        waiting = sorted(record for record in self.log + loose if record.offset > start)
        page, size = [], 0
        for record in waiting:
            size += len(record.data)
            if (len(page) >= max_messages or size > max_bytes) and page and page[-1].offset >= self.trimmed:
                return False, page
            page.append(record)
        return True, page

    def put(self, db, life="1 hour"):
        """Writes the channel as publishing would have left it. Returns its id."""
        ((id,),) = db.execute(
            "INSERT INTO telltale.channel (name, bucket, epoch, top, trimmed, closed, fence, log_bytes, log_count, expires_at,"
            " sweep_at, generation, predecessors) SELECT %s, telltale.bucket(%s), %s, %s, %s, %s, %s, %s, %s, t, t,"
            " telltale.generation(), %s FROM (SELECT clock_timestamp() + %s::interval AS t) AS x RETURNING id",
            [
                self.name, self.name, self.epoch, self.top, self.trimmed, self.closed, self.fence, self.log_bytes, len(self.log),
                " ".join(f"{epoch}:{last}" for epoch, last in self.predecessors), life,
            ])
        insert = "INSERT INTO telltale.{} (channel_id, \"offset\", time, flags, event, key, data) VALUES (%s, %s, %s, %s, %s, %s, %s)"
        with db.cursor() as cursor:
            cursor.executemany(insert.format("message"), [(id, *record) for record in self.rubbish + self.log])
            cursor.executemany(insert.format("retained"), [(id, *record) for record in self.retained.values()])
        return id


def recover(db, name, kind, count=0, epoch="", offset=0, max_messages=FAR, max_bytes=FAR):
    """The one row of the answer, with the records read; None if there is no such channel."""
    cursor = db.execute(
        "SELECT * FROM telltale.recover(%s, %s, %s, %s, %s, %s, %s)", [name, kind, count, epoch, offset, max_messages, max_bytes])
    rows = cursor.fetchall()
    if not rows:
        return None
    ((epoch, top, trimmed, closed, reason, start, reaches_top, predecessors, text),) = rows
    return (epoch, top, trimmed, closed, predecessors), Page(reason, start, reaches_top, records(text))


def append(db, *publications, patience=0):
    """Publishes `(channel, data)` or `(channel, data, key, flags)`; the answers' lines."""
    whole = [(*publication, None, "t")[:4] if len(publication) == 2 else publication for publication in publications]
    channels, datas, keys, flags = map(list, zip(*whole))
    none = [None] * len(whole)
    ((text,),) = db.execute(
        "SELECT telltale.append(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s)",
        [channels, ["message"] * len(whole), datas, flags, keys, none, none, none, patience])
    return text.split("\n")


def plans(db, statement):
    """Of all that a statement does, in functions as well."""
    seen = []
    db.execute("LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on")
    db.execute("SET auto_explain.log_analyze = on; SET client_min_messages = log")
    db.add_notice_handler(lambda notice: seen.append(notice.message_primary))
    db.execute(statement)
    return "\n".join(seen)
