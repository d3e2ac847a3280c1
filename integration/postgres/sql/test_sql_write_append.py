"""append: the same answers and the same contents as the memory broker's."""

import contextlib
import json
import random
from dataclasses import replace

import psycopg
import pytest
from model import Model
from writing import Publication, append, offsets

LIMITS = {"message_bytes": 50, "policies": {"": {"messages": 7, "bytes": 120, "ttl_ms": 3_600_000}}}


def _random_publication(chance, channels):
    key = chance.choice([None, None, "k", "l"])
    flags = chance.choice("tj") + ("c" if key and chance.random() < 0.4 else "") + ("x" if chance.random() < 0.05 else "")
    return Publication(
        chance.choice(channels), b"\0" * chance.choice([0, 0, 1]) + b"d" * chance.choice([0, 3, 20, 49, 50, 60]),
        chance.choice(["message", "log"]), flags, key,
        expect=chance.choice([None] * 8 + [0, 1, chance.randrange(40)]),
        fence=chance.choice([None] * 6 + [0, 1, 2, chance.randrange(12)]),
        id=chance.choice([None, None, None, f"id{chance.randrange(60)}"]))


def _contents(db, name):
    """A channel's row, log and retained messages as the model has them."""
    row = db.execute(
        "SELECT id, epoch, top, trimmed, closed, fence, log_count, log_bytes FROM telltale.channel"
        " WHERE name = %s AND expires_at > clock_timestamp()", (name,)).fetchone()
    if row is None:
        return None
    number, epoch, top, trimmed, closed, fence, count, size = row
    log = db.execute(
        'SELECT "offset", flags, event, key, data FROM telltale.message WHERE channel_id = %s AND "offset" > %s'
        ' ORDER BY "offset"', (number, trimmed)).fetchall()
    assert (count, size) == (len(log), sum(len(message[4]) for message in log))
    retained = db.execute(
        'SELECT key, "offset", flags, event, data FROM telltale.retained WHERE channel_id = %s', (number,)).fetchall()
    return epoch, top, trimmed, closed, fence, log, {key: tuple(rest) for key, *rest in retained}


def _expected(channel):
    if channel is None:
        return None
    return (channel.epoch, channel.top, channel.trimmed, channel.closed, channel.fence, channel.log, channel.retained)


@pytest.mark.parametrize("seed", range(8))
def test_thousands_of_random_publications_are_answered_as_the_memory_broker_answers(db, seed):
    db.execute("SELECT telltale.configure(%s)", (json.dumps(LIMITS),))
    chance = random.Random(seed)
    names = [f"c:{number}" for number in range(12)]
    model = Model(7, 120, 50)
    for _ in range(120):
        publications = [_random_publication(chance, names) for _ in range(chance.choice([1, 1, 2, 5, 20, 60]))]
        answers = append(db, *publications, patience=chance.choice([0, 100]))
        for publication, answer in zip(publications, answers, strict=True):
            words = answer.split(" ")
            known = model.channels.get(publication.channel)
            epoch = words[-2] if words[0] == "duplicate" or len(words) == 2 and words[0] not in ("closed", "fenced", "conflict") else None
            if epoch:
                words.remove(epoch)
                assert known is None or epoch == known.epoch
            assert " ".join(words) == model.publish(publication, epoch), publication
    for name in names:
        assert _contents(db, name) == _expected(model.channels.get(name))


def _plain_publications(chance, count):
    """What publish() can bring as well, and little that closes the channel for good."""
    for _ in range(count):
        publication = _random_publication(chance, ["together"])
        flags = "t" + publication.flags[1:].replace("x", chance.choice([""] * 9 + ["x"]))
        yield replace(publication, flags=flags, data=publication.data.strip(b"\0"), expect=None, id=None)


@pytest.mark.parametrize("seed", range(4))
def test_publications_that_come_alone_end_as_those_of_one_call(db, seed):
    """They take another way through the functions, and that by append or by publish."""
    db.execute("SELECT telltale.configure(%s)", (json.dumps(LIMITS),))
    publications = list(_plain_publications(random.Random(seed), 200))
    together = append(db, *publications)
    for publication, answer in zip(publications, together, strict=True):
        (alone,) = append(db, replace(publication, channel="alone"))
        assert alone.split()[-1] == answer.split()[-1]
        with contextlib.suppress(psycopg.DatabaseError):
            db.execute(
                "SELECT telltale.publish('published', %s, %s, retain => %s, conflate => %s, fence => %s, close => %s)",
                (publication.data.decode(), publication.event, publication.key, "c" in publication.flags,
                 publication.fence, "x" in publication.flags))
    expected = _contents(db, "together")[1:]
    assert expected[0] > 20
    assert _contents(db, "alone")[1:] == expected
    assert _contents(db, "published")[1:] == expected


def test_a_refused_publication_leaves_no_channel(db):
    assert append(db, Publication("a", key="k", expect=3)) == ["conflict 0"]
    assert db.execute("SELECT count(*) FROM telltale.channel WHERE expires_at > clock_timestamp()").fetchone() == (0,)


def test_an_expired_channel_comes_back_as_another(db):
    (first,) = append(db, Publication("a", b"old", key="k", id="once", fence=7))
    db.execute("UPDATE telltale.channel SET expires_at = clock_timestamp() - interval '1 second'")
    (number,) = db.execute("SELECT id FROM telltale.channel").fetchone()
    (second,) = append(db, Publication("a", b"new", id="once", fence=1))
    assert first.split()[0] != second.split()[0]
    assert second.split()[1] == "1"
    assert offsets(db, "a") == [1]
    assert db.execute("SELECT channel_id, through FROM telltale.rubbish").fetchall() == [(number, 2**63 - 1)]
    assert db.execute("SELECT count(*) FROM telltale.channel WHERE id = %s", (number,)).fetchone() == (0,)


def test_an_idempotency_key_is_forgotten_after_five_minutes(db):
    (first,) = append(db, Publication("a", id="once"))
    db.execute("UPDATE telltale.idempotency SET time = time - 299000")
    assert append(db, Publication("a", id="once")) == [f"duplicate {first}"]
    db.execute("UPDATE telltale.idempotency SET time = time - 1000")
    assert append(db, Publication("a", id="once"), Publication("a", id="once")) == [
        f"{first.split()[0]} 2", f"duplicate {first.split()[0]} 2"]


def test_a_namespace_has_its_own_policy(db):
    default, own = {"messages": 5, "bytes": 1000, "ttl_ms": 9000}, {"messages": 2, "bytes": 1000, "ttl_ms": 5000, "ttl_after_close_ms": 1000}
    db.execute("SELECT telltale.configure(%s)", (json.dumps({"policies": {"": default, "x:": own, ":": own | {"messages": 1}}}),))
    for name in ["x:1", "x", "y:1", ":1"]:
        append(db, *[Publication(name)] * 6)
    assert [offsets(db, name) for name in ["x:1", "x", "y:1", ":1"]] == [[5, 6], [2, 3, 4, 5, 6], [2, 3, 4, 5, 6], [6]]
    append(db, Publication("x:2", flags="tx"))
    lives = dict(db.execute("SELECT name, extract(epoch FROM expires_at - clock_timestamp()) FROM telltale.channel").fetchall())
    assert 4 < lives["x:1"] <= 5 and 8 < lives["x"] <= 9 and 0 < lives["x:2"] <= 1
    assert db.execute("SELECT count(*) FROM telltale.channel WHERE sweep_at > expires_at").fetchone() == (0,)


def test_what_is_trimmed_is_told_to_the_rubbish_in_batches(db):
    db.execute("SELECT telltale.configure(%s)", (json.dumps({"policies": {"": {"messages": 10, "bytes": 1000, "ttl_ms": 9000}}}),))
    for _ in range(14):
        append(db, *[Publication("a")] * 10)
    assert db.execute("SELECT through FROM telltale.rubbish").fetchall() == [(130,)]
    assert db.execute("SELECT trimmed, trashed FROM telltale.channel").fetchone() == (130, 130)


def test_publishing_makes_no_garbage_in_the_indexes_of_the_channels(db):
    append(db, Publication("a"))
    for _ in range(50):
        append(db, Publication("a"))
    db.execute("SELECT pg_stat_force_next_flush()")
    updates, hot = db.execute("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'channel'").fetchone()
    # The first makes the row live.
    assert hot == updates - 1


def test_configure_says_whether_it_has_changed_anything(db):
    settings = json.dumps({"message_bytes": 7, "publish": "relay", "task_namespace": "job", "policies": {
        "": {"messages": 1, "bytes": 2, "ttl_ms": 3, "ttl_after_close_ms": None}, "a:": {"messages": 1, "bytes": 2, "ttl_ms": 3}}})
    assert db.execute("SELECT telltale.configure(%s)", (settings,)).fetchone() == (True,)
    assert db.execute("SELECT telltale.configure(%s)", (settings,)).fetchone() == (False,)
    assert db.execute("SELECT telltale.configure('{\"policies\": {}}')").fetchone() == (True,)
    assert db.execute("SELECT prefix FROM telltale.policy").fetchall() == [("",)]
