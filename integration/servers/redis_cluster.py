"""A cluster of six: three primaries with a replica each."""

import subprocess

from gateway import free_port, until
from servers.redis_server import DURABLE, RedisServer

SECONDS = 40
REPLICAS = 1


class ClusterSetup:
    def __init__(self, folder, count=6):
        self.nodes = [
            RedisServer(
                folder / f"node-{number}", *DURABLE, "cluster-enabled yes", "cluster-node-timeout 1000", f"cluster-port {free_port()}",
                # A part that is down does not take the others with it, and a replica always takes over.
                "cluster-require-full-coverage no", "cluster-replica-validity-factor 0")
            for number in range(count)]

    def start(self):
        for node in self.nodes:
            node.start()
        created = subprocess.run(
            ["redis-cli", "--cluster", "create", *(f"127.0.0.1:{node.port}" for node in self.nodes), "--cluster-replicas", str(REPLICAS),
             "--cluster-yes"], capture_output=True, text=True, timeout=SECONDS)
        assert created.returncode == 0, created.stdout + created.stderr
        self.wait_until_well()
        return self

    def wait_until_well(self):
        until(self.is_well, SECONDS, lambda: f"the cluster does not find together\n{self.nodes[0].cli('CLUSTER', 'NODES')}")

    def is_well(self):
        return all(self._is_well(node) for node in self.nodes)

    def _is_well(self, node):
        state = node.client.execute_command("CLUSTER INFO")
        known = node.client.execute_command("CLUSTER NODES")
        replication = node.client.info("replication")
        return (
            state["cluster_state"] == "ok" and state["cluster_slots_ok"] == "16384" and len(known) == len(self.nodes)
            and not any("fail" in entry["flags"] for entry in known.values())
            and sum("slave" in entry["flags"] for entry in known.values()) == len(self.nodes) // 2
            and (replication["role"] == "master" or replication["master_link_status"] == "up"))

    @property
    def primaries(self):
        return [node for node in self.nodes if node.is_running and node.client.info("replication")["role"] == "master"]

    def slot(self, key):
        return self.nodes[0].client.execute_command("CLUSTER KEYSLOT", key)

    def owner(self, slot):
        """The primary that has the slot, as a majority of the living sees it."""
        living = [node for node in self.nodes if node.is_running]
        votes = [port for node in living if (port := self._owner_port(node, slot))]
        port = max(set(votes), key=votes.count)
        return next(node for node in self.nodes if node.port == port)

    @staticmethod
    def _owner_port(node, slot):
        owners = (primary[1] for first, last, primary, *_ in node.client.execute_command("CLUSTER SLOTS") if first <= slot <= last)
        return next(owners, None)

    def id(self, node):
        return node.client.execute_command("CLUSTER MYID")

    def begin_move(self, slot, target):
        """Brings the slot's keys to `target`; from then on the source answers for them with ASK."""
        source = self.owner(slot)
        target.client.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", self.id(source))
        source.client.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", self.id(target))
        while keys := source.client.execute_command("CLUSTER GETKEYSINSLOT", slot, 100):
            source.client.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)

    def finish_move(self, slot, target):
        for node in [target, *(node for node in self.primaries if node is not target)]:
            node.client.execute_command("CLUSTER SETSLOT", slot, "NODE", self.id(target))
        until(lambda: self.owner(slot) is target, SECONDS, "the slot does not move")

    @property
    def url(self):
        return f"redis+cluster://{','.join(f'127.0.0.1:{node.port}' for node in self.nodes[:3])}"

    def close(self):
        for node in self.nodes:
            node.close()
