"""What stands behind one address: a proxy, two gateways, and the Redis that they share."""

from contextlib import contextmanager

from gateways import gateways
from servers.caddy import Caddy
from servers.haproxy import HAProxy
from servers.nginx import Nginx
from servers.redis_server import DURABLE, RedisServer

FRONTS = {"nginx": Nginx, "haproxy": HAProxy, "caddy": Caddy}


class Site:
    def __init__(self, redis, gateways, front):
        self.redis, self.gateways, self.front = redis, gateways, front


@contextmanager
def site(folder, front, settings=None):
    """Starts it all; `front` is one of the names in `FRONTS`, `settings` are the gateways'."""
    redis = RedisServer(folder / "redis", *DURABLE)
    try:
        redis.start()
        with gateways(folder) as start:
            pair = [start(redis.url, settings), start(redis.url, settings)]
            proxy = FRONTS[front](folder / "front", pair)
            try:
                yield Site(redis, pair, proxy.start())
            finally:
                proxy.stop()
    finally:
        redis.close()
