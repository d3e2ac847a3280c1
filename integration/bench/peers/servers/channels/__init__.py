"""Django Channels with channels_redis and Daphne: what a Django application has at hand. One process, as there is one core.

There are two layers in channels_redis. The documented one keeps a list in Redis for each reader; the other one uses PUBLISH
once for each process, and is the faster. Both are measured.
"""

import contextlib
import json
from pathlib import Path

from harness import PYTHON, Running
from measure import accepts, free_port
from packages import python_version
from peer import Peer, Publishing

CAPACITY = 10_000  # messages that the layer keeps for a reader; it drops what is beyond, which is 100 otherwise


class Channels(Peer):
    name = "channels"
    layer, settings = "channels_redis.core.RedisChannelLayer", {"capacity": CAPACITY}
    transports = ("WebSocket",)
    readers_most = 1_000
    window = 4  # one message to 1,000 readers takes it a third of a second
    rest_rate = 1_000

    def reading(self, transport, since="new"):
        return ["--ws", "--path", "/read/f{n}"]

    def publishing(self, transport):
        return Publishing("/publish/f{n}")

    def version(self):
        return f"{python_version('channels')}, daphne {python_version('daphne')}"

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        port = free_port()
        daphne = [PYTHON, "-m", "daphne", "-b", "127.0.0.1", "-p", port, "-v", "0", "app:application",
                  "--ping-interval", "0"]  # no pings within a run, which the readers would have to answer
        with bench.redis() as (redis, redis_port), bench.process(
                self.name, daphne, port, accepts, Path(__file__).parent, PYTHONDONTWRITEBYTECODE="1",
                PEER_LAYER=self.layer, PEER_LAYER_SETTINGS=json.dumps(self.settings),
                PEER_REDIS=f"redis://127.0.0.1:{redis_port}/0") as pid:
            yield Running([pid, redis], port)


class ChannelsPubSub(Channels):
    name = "channels-pubsub"
    layer, settings = "channels_redis.pubsub.RedisPubSubChannelLayer", {}
