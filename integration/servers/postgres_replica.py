"""A primary and a streaming replica that can take its place."""

from gateway import until
from servers.postgres_server import START_SECONDS, PostgresServer, run


def copy(server, path, *options):
    """Of a running server's data, as it is now."""
    run("pg_basebackup", "-h", "127.0.0.1", "-p", server.port, "-U", "postgres", "-D", path, "-X", "stream", "-c", "fast", "-N", *options)


class ReplicaSetup:
    """Asynchronous until `be_synchronous`."""

    settings = {}

    def __init__(self, *lines):
        self.lines = lines
        self.first = PostgresServer(*lines)
        self.second = None

    def start(self):
        self.first.start()
        self.second = PostgresServer(*self.lines, data=self._copy_first).start()
        self.wait_until_in_step()
        return self

    def _copy_first(self, path):
        copy(self.first, path, "-R")

    def be_synchronous(self):
        self.first.change(synchronous_standby_names="*", synchronous_commit="remote_apply")
        until(lambda: self.first.query("SELECT true FROM pg_stat_replication WHERE sync_state = 'sync'"), START_SECONDS, "no replica is synchronous")

    def wait_until_in_step(self):
        until(self.is_in_step, START_SECONDS, "the replica lags")

    def is_in_step(self):
        """Whether the replica shows all that is committed on the primary."""
        return self.first.query("SELECT true FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()")

    def promote(self):
        """From now on both take writes, as when a partition hides the one from the other."""
        self.second.query("SELECT pg_promote(true, 30)")

    def fail_over(self):
        """The primary is lost, and the replica takes its place with what it has."""
        self.first.kill()
        self.promote()

    @property
    def url(self):
        return f"postgres://postgres@127.0.0.1:{self.first.port},127.0.0.1:{self.second.port}/postgres"

    @property
    def primary(self):
        return self.first if self.first.is_running else self.second

    def close(self):
        for server in filter(None, (self.first, self.second)):
            server.close()


class PromotedSetup(ReplicaSetup):
    """What is left when the primary has died: the URL still names it, and names it first."""

    def start(self):
        super().start()
        self.fail_over()
        return self
