"""Notifications: all that was published, in order, in as few as may be, and never more than NOTIFY takes."""

import random

from writing import Publication, append, arrived, bucket, listen, sections


def _publications(chance, count):
    sizes = [0, 10, 100, 1000, 7700, 7900, 7950, 8000, 30000]
    for _ in range(count):
        text = "".join(chance.choice("aäß漢🙂\n ") for _ in range(chance.choice(sizes) // 2))
        data = text.encode()[:chance.choice(sizes)].decode(errors="ignore").encode()
        if chance.random() < 0.05:
            data += b"\0"
        key = chance.choice([None, "k"])
        name = chance.choice([f"{number}:{'n' * (number * 20)}" for number in range(10)])[:200]
        yield Publication(name, data, flags="tc" if key and chance.random() < 0.3 else "j", key=key)


def test_every_message_is_announced_once_in_order_and_exactly(connect):
    writer, listener = connect(), connect()
    listen(listener)
    chance = random.Random(7)
    for _ in range(60):
        publications = list(_publications(chance, chance.choice([1, 5, 60])))
        answers = append(writer, *publications)
        expected = {}
        for publication, answer in zip(publications, answers, strict=True):
            epoch, offset = answer.split()
            expected.setdefault(publication.channel, []).append((epoch, int(offset), publication))
        found = {}
        for notification in arrived(listener, writer):
            assert 0 < len(notification.payload.encode()) <= 7999
            for section in sections(notification.payload):
                assert notification.channel == bucket(section.channel)
                found.setdefault(section.channel, []).append(section)
        assert {name: _spread(name, parts, expected[name]) for name, parts in found.items()} == {
            name: [offset for _, offset, _ in messages] for name, messages in expected.items()}


def _spread(name, parts, messages):
    """The offsets that the sections of a channel announce."""
    known = {offset: (epoch, publication) for epoch, offset, publication in messages}
    offsets = []
    for part in parts:
        for record in part.records:
            epoch, publication = known[record.offset]
            assert (part.epoch, record.flags, record.event, record.key or None, record.data) == (
                epoch, publication.flags, publication.event, publication.key, publication.data)
            offsets.append(record.offset)
        if part.kind == "*":
            for offset in range(part.first, part.last + 1):
                data = known[offset][1].data
                assert len(data) > 7700 - len(name) or b"\0" in data
                offsets.append(offset)
    return offsets


def test_a_call_makes_one_notification_a_bucket_if_it_fits(connect):
    writer, listener = connect(), connect()
    listen(listener)
    names = [f"n{number}" for number in range(128)]
    append(writer, *[Publication(name, b"x" * 100) for name in names])
    assert sorted(notification.channel for notification in arrived(listener, writer)) == sorted(set(map(bucket, names)))


def test_the_largest_that_fits_is_inline_and_one_byte_more_is_a_pointer(connect):
    writer, listener = connect(), connect()
    listen(listener)
    kinds = []
    for size in range(7900, 7960):
        append(writer, Publication("a", b"x" * size))
        (notification,) = arrived(listener, writer)
        (section,) = sections(notification.payload)
        kinds.append(section.kind)
        longest = len(notification.payload) if section.kind == "+" else longest
    assert "".join(kinds).strip("+").strip("*") == "" and {"+", "*"} == set(kinds)
    assert longest >= 7990


def test_nothing_is_announced_of_what_is_refused(connect):
    writer, listener = connect(), connect()
    listen(listener)
    append(writer, Publication("a", id="x"), Publication("a", key="k", expect=5), Publication("a", id="x"))
    (notification,) = arrived(listener, writer)
    assert [record.offset for record in sections(notification.payload)[0].records] == [1]
