"""One server behind pgbouncer, whose connections belong to a client for the length of a transaction, or of its session."""

import shutil
import subprocess

import psycopg
import pytest
from gateway import free_port, until
from servers.postgres_server import AS_USER, START_SECONDS, PostgresServer, give, own_folder

# More than one, so that a client's transactions do move between connections; few, so that they are shared.
POOLS = {"transaction": 4, "session": 20}
CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {pool}
max_client_conn = 200
# A server that is back is found again at once.
server_login_retry = 1
"""


class PgBouncer:
    """The pooler alone; its port stays over restarts."""

    def __init__(self, server, mode):
        self.folder = own_folder()
        self.port = free_port()
        self.log = self.folder / "pgbouncer.log"
        self._configuration, users = self.folder / "pgbouncer.ini", self.folder / "users"
        self._configuration.write_text(CONFIGURATION.format(server=server, port=self.port, folder=self.folder, mode=mode, pool=POOLS[mode]))
        users.write_text('"postgres" ""\n')
        give(self._configuration, users)
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/pgbouncer", self._configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **AS_USER)
        until(self.is_alive, START_SECONDS, lambda: f"pgbouncer does not answer\n{self.log.read_text()[-2000:]}")
        return self

    def is_alive(self):
        if self.process.poll() is not None:
            pytest.fail(f"pgbouncer ended with {self.process.returncode}\n{self.log.read_text()[-2000:]}")
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
            return True
        except psycopg.OperationalError:
            return False

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"


class PooledSetup:
    """Queries go through the pooler, LISTEN to the server itself."""

    def __init__(self, *lines, mode="transaction"):
        self.server = PostgresServer(*lines)
        self.bouncer = PgBouncer(self.server, mode)

    def start(self):
        self.server.start()
        self.bouncer.start()
        return self

    @property
    def url(self):
        return self.bouncer.url

    @property
    def settings(self):
        return {"broker.postgres.listen_url": self.server.url}

    @property
    def primary(self):
        return self.server

    def close(self):
        self.bouncer.close()
        self.server.close()
