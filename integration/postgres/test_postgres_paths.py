"""Queries and announcements have ways of their own: either may be broken while the other works."""

from client import http
from scene import log_of, scene


def test_listening_alone_that_is_half_open_is_noticed_by_the_canary(postgres, start_gateway, channel, paths):
    """Queries go on: only the canary, that does not arrive, tells that announcements are lost."""
    gateway = start_gateway(paths)
    with scene(gateway, channel) as play:
        listening = paths.listening.connections
        paths.listening.stall(listening)
        play.publisher.go_on(50)
        play.wait_until_not_ready()
        play.wait_until_ready()
        assert paths.listening.connections - listening, "nothing else listens"
        assert play.publisher.refusals == 0
        play.assert_all_seen_once_in_order()


def test_publishing_goes_on_while_nobody_can_listen(postgres, start_gateway, channel, paths):
    """What is there can be read; those who follow get the rest when announcements come again."""
    gateway = start_gateway(paths)
    with scene(gateway, channel) as play:
        paths.listening.refuse()
        play.wait_until_not_ready()
        play.publisher.go_on(50)
        assert play.publisher.refusals == 0
        assert len(log_of(gateway, channel)) >= 50
        paths.listening.lead_to(postgres)
        play.wait_until_ready()
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()


def test_readers_miss_nothing_while_no_query_gets_through(postgres, start_gateway, channel, paths):
    """Others publish meanwhile: through a gateway that works, small messages and those that must be fetched."""
    gateway, other = start_gateway(paths), start_gateway(postgres)
    with scene(other, channel, elsewhere=gateway) as play:
        paths.queries.refuse()
        assert http.post(gateway.url(channel), content="x").status_code == 503
        assert http.get(f"{gateway.base_url}/readyz").status_code == 503
        play.publisher.bytes = 20_000
        play.publisher.go_on(20)
        play.publisher.bytes = 0
        play.publisher.go_on(20)
        assert play.publisher.refusals == 0
        paths.queries.lead_to(postgres)
        play.assert_all_seen_once_in_order()
        play.gateway = gateway
        play.wait_until_ready()


def test_both_ways_fail_in_turn(postgres, start_gateway, channel, paths):
    gateway = start_gateway(paths)
    with scene(gateway, channel) as play:
        for broken, whole in [paths.both, paths.both[::-1]] * 2:
            broken.refuse()
            play.wait_until_not_ready()
            whole.cut()
            broken.lead_to(postgres)
            play.wait_until_ready()
            play.publisher.go_on()
        play.assert_all_seen_once_in_order()
