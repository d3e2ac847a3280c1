"""A primary, a replica, and three sentinels that fail over within seconds."""

from gateway import until
from servers.redis_server import DURABLE, RedisServer, in_step

MASTER = "main"
SECONDS = 30
# More than the second between two PINGs: with less a sentinel takes a primary that it has just learned of for down before it
# has asked it.
PATIENCE_MILLISECONDS = 2000


class Sentinel(RedisServer):
    program = "redis-sentinel"

    def __init__(self, folder, port):
        super().__init__(
            folder, f"sentinel monitor {MASTER} 127.0.0.1 {port} 2", f"sentinel down-after-milliseconds {MASTER} {PATIENCE_MILLISECONDS}",
            f"sentinel failover-timeout {MASTER} 3000", common=["bind 127.0.0.1", "daemonize no"])

    def knows_all(self):
        (state,) = (found for found in self.client.sentinel_masters().values() if found["name"] == MASTER)
        return state["num-slaves"] == 1 and state["num-other-sentinels"] == 2 and state["flags"] == "master"


class SentinelSetup:
    def __init__(self, folder):
        first = RedisServer(folder / "one", *DURABLE)
        self.nodes = [first, RedisServer(folder / "two", *DURABLE, f"replicaof 127.0.0.1 {first.port}")]
        self.sentinels = [Sentinel(folder / f"sentinel-{number}", first.port) for number in range(3)]

    def start(self):
        for node in self.nodes:
            node.start()
        for sentinel in self.sentinels:
            sentinel.start()
        self.wait_until_well()
        return self

    def wait_until_well(self):
        """Sentinels know each other and the replica, and the replica has everything."""
        until(self.is_well, SECONDS, "the sentinels do not find together")

    def is_well(self):
        return all(sentinel.knows_all() for sentinel in self.sentinels) and in_step(self.primary, self.replica)

    def primary_port(self, sentinel=0):
        return int(self.sentinels[sentinel].client.sentinel_get_master_addr_by_name(MASTER)[1])

    @property
    def primary(self):
        """What the sentinels take for the primary."""
        port = self.primary_port()
        return next(node for node in self.nodes if node.port == port)

    @property
    def primaries(self):
        return [self.primary]

    @property
    def replica(self):
        port = self.primary_port()
        return next(node for node in self.nodes if node.port != port)

    def wait_for_failover(self, former):
        def is_over():
            primary = self.primary
            return primary is not former and primary.client.info("replication")["role"] == "master"

        until(is_over, SECONDS, "the sentinels do not fail over")

    @property
    def url(self):
        return f"redis+sentinel://{','.join(f'127.0.0.1:{sentinel.port}' for sentinel in self.sentinels)}/{MASTER}"

    def close(self):
        for server in [*self.sentinels, *self.nodes]:
            server.close()
