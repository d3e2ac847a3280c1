"""A real PostgreSQL in a temporary folder of its own, on a free port of the loopback, ended by pid."""

import atexit
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from gateway import free_port, until

START_SECONDS = 30
STOP_SECONDS = 30
# Debian keeps the server's programs out of the path.
PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/usr/bin"))
# The server refuses to run as root.
USER = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
COMMON = [
    "listen_addresses = '127.0.0.1'", "max_connections = 200", "shared_buffers = 64MB", "max_wal_size = 256MB", "log_min_messages = warning"]
AS_USER = {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def own_folder():
    """A new folder, that the server's user may enter wherever pytest keeps its own."""
    folder = Path(tempfile.mkdtemp(prefix="telltale-postgres-"))
    folder.chmod(0o711)
    give(folder)
    return folder


def give(*paths):
    """Makes the server's user their owner."""
    for path in paths:
        shutil.chown(path, USER, pwd.getpwnam(USER).pw_gid)


def run(program, *words, **options):
    """A program of the server's, to its end."""
    done = subprocess.run(
        [PROGRAMS / program, *map(str, words)], capture_output=True, text=True, timeout=START_SECONDS, cwd="/", **AS_USER, **options)
    assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
    return done.stdout


@functools.cache
def template():
    """A fresh data folder, made once: copying it takes a tenth of the time."""
    folder = own_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    return folder / "data"


class PostgresServer:
    """One server; its port, folder and data stay over restarts. It loses nothing that was committed, if it is killed."""

    user = "postgres"
    database = "postgres"
    # What a gateway needs to know besides the URL.
    settings = {}

    def __init__(self, *lines, data=None):
        """`data`: copies a data folder into a path, if not a fresh one is wanted."""
        self.folder = own_folder()
        self.data = self.folder / "data"
        self.port = free_port()
        self.log = self.folder / "server.log"
        (data or self._copy_template)(self.data)
        self.configure(*COMMON, f"port = {self.port}", f"unix_socket_directories = '{self.folder}'", *lines)
        self.process = None

    @staticmethod
    def _copy_template(path):
        subprocess.run(["cp", "-a", "--reflink=auto", f"{template()}/.", path], check=True)

    def configure(self, *lines):
        """For the next start; the last word on a setting counts."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAMS / "postgres", "-D", self.data], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **AS_USER)
        until(self.is_alive, START_SECONDS, lambda: f"the server does not answer\n{self.log.read_text()[-4000:]}")
        return self

    def is_alive(self):
        if self.process.poll() is not None:
            pytest.fail(f"the server ended with {self.process.returncode}\n{self.log.read_text()[-4000:]}")
        try:
            return self.query("SELECT true")
        except psycopg.OperationalError:
            return False

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, how=signal.SIGINT):
        """As an operator: a fast shutdown."""
        if self.is_running:
            self.process.send_signal(how)
            self.process.wait(STOP_SECONDS)

    def restart(self):
        self.stop()
        return self.start()

    def kill(self):
        """As a crash: SIGKILL to all of its processes, since its children would live on for a while."""
        if not self.is_running:
            return
        self.process.send_signal(signal.SIGSTOP)
        children = self._children()
        for child in children:
            self._signal(child, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        until(lambda: not any(map(self._lives, children)), STOP_SECONDS, "a child of the server lives on")

    def pause(self):
        """Takes everything and answers nothing, until `resume`."""
        self.process.send_signal(signal.SIGSTOP)
        for child in self._children():
            self._signal(child, signal.SIGSTOP)

    def resume(self):
        for child in self._children():
            self._signal(child, signal.SIGCONT)
        self.process.send_signal(signal.SIGCONT)

    def kill_child(self, child):
        """The others take that for a corrupted memory: the server starts all over by itself."""
        self._signal(child, signal.SIGKILL)

    def pause_child(self, child):
        self._signal(child, signal.SIGSTOP)

    def _children(self):
        return list(map(int, Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()))

    @staticmethod
    def _lives(process):
        try:
            return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    @staticmethod
    def _signal(process, signal):
        try:
            os.kill(process, signal)
        except ProcessLookupError:
            pass  # It has ended by itself.

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return f"postgres://{self.user}@127.0.0.1:{self.port}/{self.database}"

    @property
    def primary(self):
        """The server that takes writes; elsewhere there are more."""
        return self

    @property
    def access(self):
        """How an administrator connects: by the unix socket."""
        return {"host": str(self.folder), "port": self.port, "user": "postgres", "dbname": self.database, "connect_timeout": 5}

    def connect(self, **options):
        """Each statement is its own transaction unless told otherwise."""
        return psycopg.connect(**self.access | {"autocommit": True} | options)

    def query(self, statement, *parameters, **options):
        """The rows of one statement, over a connection of its own."""
        with self.connect(**options) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else None

    def change(self, **settings):
        """Settings of the running server that need no restart; None: back to what the file says."""
        for name, value in settings.items():
            self.query(f"ALTER SYSTEM RESET {name}" if value is None else f"ALTER SYSTEM SET {name} = '{value}'")
        self.query("SELECT pg_reload_conf()")

    def terminate(self, where="true", **options):
        """Ends the connections of others for which this holds in `pg_stat_activity`; how many."""
        ((count,),) = self.query(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            f" WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND ({where})", **options)
        return count

    def psql(self, *words, standard_input=None):
        """What `psql` prints, errors included."""
        done = subprocess.run(
            ["psql", "-X", "-A", "-t", "-h", self.folder, "-p", str(self.port), "-U", "postgres", "-d", self.database, *words],
            input=standard_input or "", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
        return done.stdout
