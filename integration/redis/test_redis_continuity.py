"""Whatever happens to the connection or the server: readers miss nothing, publishers are told at once, /readyz tells the operator."""

import pytest
from client import http
from outages import (
    MANY,
    Down,
    HalfOpen,
    Stopped,
    assert_all_attached_again,
    assert_everything_unavailable,
    assert_gap_after_deletion,
    assert_late_readers_get_everything,
    assert_told_at_once,
)
from scene import scene
from servers.redis_server import DURABLE, RedisServer


def cut(scene, redis, proxy):
    proxy.cut()


def kill_commands(scene, redis, proxy):
    assert redis.client.execute_command("CLIENT KILL TYPE NORMAL SKIPME yes") > 0


def kill_subscribers(scene, redis, proxy):
    assert redis.client.execute_command("CLIENT KILL TYPE PUBSUB") > 0


def pause_for_a_moment(scene, redis, proxy):
    redis.client.execute_command("CLIENT PAUSE 300 ALL")


def restart(scene, redis, proxy):
    redis.kill()
    redis.start()


@pytest.mark.parametrize("fault", [cut, kill_commands, kill_subscribers, pause_for_a_moment, restart], ids=lambda fault: fault.__name__)
def test_readers_miss_nothing_when_a_moment_is_lost(redis, proxy, start_gateway, channel, fault):
    gateway = start_gateway(url(proxy))
    with scene(gateway, channel) as play:
        for _ in range(3):
            fault(play, redis, proxy)
            play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


def url(proxy):
    return f"redis://127.0.0.1:{proxy.port}"


class Paused:
    """CLIENT PAUSE for longer than anybody waits; it ends by itself."""

    def begin(self, redis, ways):
        redis.client.execute_command("CLIENT PAUSE 6000 ALL")

    def end(self, redis, ways):
        pass


class OtherPassword:
    """The password is changed, and those who had the old one are thrown out."""

    def begin(self, redis, ways):
        redis.client.config_set("requirepass", "another")
        redis.client.execute_command("AUTH", "another")
        redis.client.execute_command("CLIENT KILL TYPE NORMAL SKIPME yes")
        redis.client.execute_command("CLIENT KILL TYPE PUBSUB")

    def end(self, redis, ways):
        redis.client.execute_command("AUTH", "another")
        redis.client.config_set("requirepass", "")


@pytest.mark.parametrize("outage", [Down(), Stopped(), HalfOpen(), Paused(), OtherPassword()], ids=lambda outage: type(outage).__name__)
def test_an_outage_is_told_at_once_and_nothing_is_missing_after_it(redis, proxy, start_gateway, channel, outage):
    gateway = start_gateway(url(proxy) + "?canary=1s")
    assert_told_at_once(gateway, channel, outage, redis, [proxy])
    assert "another" not in gateway.log.read_text()


def test_a_subscription_alone_that_is_half_open_is_noticed_by_the_canary(redis, start_gateway, channel, proxy):
    """Commands go on: only the canary, that does not arrive, tells that announcements are lost."""
    gateway = start_gateway(url(proxy))
    with scene(gateway, channel) as play:
        subscribed = subscribers(redis)
        proxy.stall(subscribed)
        play.publisher.go_on(50)
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()
        assert subscribers(redis) - subscribed, "nothing else was subscribed"


def subscribers(redis):
    """Their addresses, as the server sees them."""
    return {client["addr"] for client in redis.client.client_list(_type="pubsub")}


def test_readers_that_come_during_an_outage_get_everything_when_it_is_over(redis, start_gateway, channel):
    assert_late_readers_get_everything(start_gateway(redis.url), channel, redis)


def test_many_channels_are_all_attached_again(redis, start_gateway, channel):
    assert_all_attached_again(start_gateway(redis.url, {"limits.subscriptions": MANY}), channel, redis)


def test_flushall_is_a_gap_and_the_channel_goes_on_in_another_epoch(redis, start_gateway, channel):
    assert_gap_after_deletion(start_gateway(redis.url), channel, redis.client.flushall)


def test_a_function_library_that_was_removed_is_loaded_again(redis, start_gateway, channel):
    gateway = start_gateway(redis.url)
    with scene(gateway, channel) as play:
        redis.client.execute_command("FUNCTION FLUSH")
        redis.client.execute_command("SCRIPT FLUSH")
        play.publisher.go_on()
        assert play.publisher.refusals == 0
        play.assert_all_seen_once_in_order()


def test_a_full_memory_refuses_publishers_and_goes_on_when_there_is_room(redis, start_gateway, channel):
    gateway = start_gateway(redis.url)
    with scene(gateway, channel) as play:
        redis.client.config_set("maxmemory", "1mb")
        play.publisher.be_refused()
        answer = http.post(gateway.url(channel), content="x")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "memory" in answer.json()["detail"]
        assert http.get(gateway.url(channel)).status_code == 200, "what is there can still be read"
        redis.client.config_set("maxmemory", "0")
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()


def test_a_user_that_is_taken_away_and_given_back(redis, start_gateway, channel):
    def give(name="gateway"):
        redis.client.execute_command("ACL SETUSER", name, "on", ">opensesame", "~*", "&*", "+@all")

    give()
    gateway = start_gateway(f"redis://gateway:opensesame@127.0.0.1:{redis.port}")
    with scene(gateway, channel) as play:
        redis.client.acl_deluser("gateway")
        play.publisher.be_refused()
        play.wait_until_not_ready()
        give()
        play.wait_until_ready()
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()
    assert "opensesame" not in gateway.log.read_text()


def test_everything_else_is_told_as_unavailable_too(redis, start_gateway, channel):
    assert_everything_unavailable(start_gateway(redis.url), channel, redis)


def test_a_unix_socket_does_as_well(start_server, tmp_path, start_gateway, channel):
    path = tmp_path / "redis.sock"
    server = start_server(RedisServer, *DURABLE, f"unixsocket {path}")
    gateway = start_gateway(f"redis+unix://{path}")
    with scene(gateway, channel) as play:
        restart(play, server, None)
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()
