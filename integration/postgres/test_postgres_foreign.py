"""Others write where only Telltale should: it is logged once, refused cleanly, and nothing else is harmed."""

import hashlib

import pytest
from client import http
from gateway import until
from scene import log_of, scene


@pytest.fixture
def gateway(postgres, start_gateway):
    return start_gateway(postgres)


def name_of_listen(channel):
    return f"telltale_{hashlib.sha256(channel.encode()).digest()[0] & 63:02}"


def notify(postgres, channel, payload):
    postgres.query("SELECT pg_notify(%s, %s)", name_of_listen(channel), payload)


PAYLOADS = [
    "", "rubbish", "+", "-", "*", "+\n", "+k3f9\n", "+k3f9 {channel}\n", "+k3f9 {channel} 1\n", "+k3f9 {channel} many\n",
    "+k3f9 {channel} 1\n99 1763700000123 t message  3\nab", "+k3f9 {channel} 1\n99999999999999999999 1 t message  1\na",
    "+k3f9 {channel} 1\n-1 1 t message  1\na", "+k3f9 {channel} 1\n1 1 q message  1\na", "+k3f9 {channel} 1\n1 1 t stream-end  1\na",
    "+k3f9 {channel} 99999999999\n1 1 t message  1\na", "*k3f9 {channel} 5 1\n", "*k3f9 {channel} 0 0\n", "*k3f9 {channel} a b\n",
    "-\n", "- \n", "-k3f9 a b\n", "+k3f9 a{{b}} 1\n1 1 t message  1\na", "é" * 3000,
]


def test_foreign_notifications_on_our_bucket(postgres, gateway, channel):
    with scene(gateway, channel) as play:
        before = warnings(gateway)
        for payload in PAYLOADS:
            for _ in range(3):
                notify(postgres, channel, payload.format(channel=channel))
            play.publisher.go_on(2)
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()
        assert play.publisher.refusals == 0
        assert len(warnings(gateway)) == len(before) + 1, warnings(gateway)


def warnings(gateway):
    return [line for line in gateway.log.read_text().splitlines() if " warning " in line.lower() or " error " in line.lower()]


def test_an_announcement_of_what_was_never_published_is_seen_by_nobody(postgres, gateway, channel):
    """It looks like ours, and is not in the log: readers are told what the log has."""
    with scene(gateway, channel) as play:
        play.publisher.finish()
        receipt = play.publisher.receipts[-1]
        for reader in play.readers:
            reader.wait(lambda reader: reader.position.endswith(f":{receipt['offset']}"))
        far = receipt["offset"] + 7
        notify(postgres, channel, f"+{receipt['epoch']} {channel} 1\n{far} 1763700000123 t message  6\nforged")
        notify(postgres, channel, f"*{receipt['epoch']} {channel} {far} {far + 1_000_000_000}\n")
        notify(postgres, channel, f"-zzzz {channel}\n")
        play.assert_all_seen_once_in_order()


def test_messages_that_somebody_has_deleted_from_the_log(postgres, gateway, channel):
    """A hole that nobody can explain: what is there is read, and the gateway serves on."""
    with scene(gateway, channel) as play:
        other = f"{channel}/other"
        for number in range(10):
            gateway.publish(other, str(number))
        postgres.query("DELETE FROM telltale.message WHERE data IN ('4', '5') AND channel_id = "
                       "(SELECT id FROM telltale.channel WHERE name = %s)", other)
        assert http.get(gateway.url(other)).status_code in (200, 503)
        assert gateway.publish(other, "10")["offset"] == 11
        play.publisher.go_on(5)
        play.assert_all_seen_once_in_order()


def test_rows_that_are_no_messages(postgres, gateway, channel):
    taken = f"{channel}/taken"
    gateway.publish(taken, "x")
    for change in ("flags = 'q'", "event = 'a b'", "time = -1", "event = 'stream-end'"):
        postgres.query(f"UPDATE telltale.message SET {change} WHERE channel_id = (SELECT id FROM telltale.channel WHERE name = '{taken}')")
        answer = http.get(gateway.url(taken))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), (change, answer.text)
        assert "telltale" in answer.json()["detail"]
        assert http.delete(gateway.url(taken)).status_code in (200, 204)
        gateway.publish(taken, "x")
        assert log_of(gateway, taken) == [(1, "x")]


def test_a_function_of_ours_that_is_replaced(postgres, gateway, channel):
    """An answer that is no answer of ours is told as such."""
    with scene(gateway, f"{channel}/fine") as play:
        postgres.query("ALTER FUNCTION telltale.inspect RENAME TO inspected")
        until(lambda: play.is_ready(), 5, "it is not ready")
        play.publisher.go_on(5)
        postgres.query("ALTER FUNCTION telltale.append RENAME TO appended")
        play.publisher.be_refused()
        assert "append" in play.publisher.refusal
        postgres.query("ALTER FUNCTION telltale.appended RENAME TO append")
        postgres.query("ALTER FUNCTION telltale.inspected RENAME TO inspect")
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()
