"""What is measured on Postgres, beside what Postgres itself can do in the same round."""

import contextlib
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from measure import BUILD, HTTP_MODES, MESSAGE_BYTES, Bench, Broken

WRITERS, CHANNELS = 32, 32
WRITING_SECONDS, DRAIN_SECONDS = 10, 60
MESSAGES = 200_000
RATE, DELIVERY_SECONDS = 500, 10
FUNCTION = "telltale.publish"

# One transaction of a writer. `quiet` is the same schema without what announces; `bench` has a table like the one that
# publish() writes to, and nothing else.
TRANSACTION = f"""\\set channel random(0, {CHANNELS - 1})
SELECT {{schema}}.publish('bench:' || :channel, '{"x" * MESSAGE_BYTES}');
"""
QUIET = """
CREATE OR REPLACE FUNCTION quiet.notify(bucket smallint, payload text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN '';
END $$;
"""
BENCH = """
CREATE SCHEMA bench;
CREATE TABLE bench.outbox (LIKE telltale.outbox INCLUDING ALL);
CREATE FUNCTION bench.publish(channel text, data text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench.outbox (channel, event, flags, data)
    VALUES (channel, 'message', 't', convert_to(data, 'UTF8'));
END $$;
"""
RELAYING = {"relayed": "telltale", "unannounced": "quiet", "row": "bench"}


def programs():
    """Where Debian has the server's programs, the newest first; elsewhere they are on the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    return folders[0] if folders else Path(shutil.which("postgres") or "/usr/bin/postgres").parent


def as_owner():
    """What stands before a command of the server's, which does not run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]


class PostgresBench(Bench):
    """A Postgres with its defaults, durability included, and a gateway on it for each round; both are stopped by pid."""

    @contextlib.contextmanager
    def postgres_server(self, core=None):
        """Its first process, and its URL. It shares both cores unless it is given one."""
        with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
            os.chmod(folder, 0o711)
            if os.geteuid() == 0:
                owner = pwd.getpwnam("postgres")
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            data = f"{folder}/data"
            subprocess.run(
                [*as_owner(), programs() / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                 "--locale=C"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
            with self.server(
                    *as_owner(), str(programs() / "postgres"), "-D", data, "-p", "{port}", "-k", folder,
                    "-c", "listen_addresses=127.0.0.1", is_up=self.answers,
                    core=core or self.both_cores) as (pid, port):
                yield pid, self.url(port)

    @contextlib.contextmanager
    def postgres(self):
        with self.postgres_server() as (_, url):
            yield url

    @staticmethod
    def url(port):
        return f"postgres://postgres@127.0.0.1:{port}/postgres"

    def psql(self, url, statements):
        run = subprocess.run(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", url], input=statements, capture_output=True, text=True)
        if run.returncode != 0:
            raise Broken(run.stderr.strip())
        return run.stdout.strip()

    def answers(self, port):
        with contextlib.suppress(Broken):
            return self.psql(self.url(port), "SELECT 1;") == "1"

    def gateway_on(self, url, mode="notify", core=None):
        return self.gateway("--broker", url, core=core, TELLTALE_BROKER_POSTGRES_PUBLISH=mode)

    def writers(self, url, schema="telltale"):
        """Transactions a second of the writers together, each transaction with one message."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(TRANSACTION.format(schema=schema))
            file.flush()
            run = subprocess.run(
                ["taskset", "-c", self.both_cores, programs() / "pgbench", "-n", "-c", str(WRITERS), "-j", "2",
                 "-M", "prepared", "-T", str(WRITING_SECONDS), "-f", file.name, url], capture_output=True, text=True)
        rates = [line.split()[2] for line in run.stdout.splitlines() if line.startswith("tps = ")]
        if run.returncode != 0 or not rates:
            raise Broken(f"pgbench: {run.stderr.strip()}")
        return float(rates[0])

    def publishing(self):
        """One publish a transaction by many writers, then what one gateway publishes that is asked by HTTP."""
        with self.postgres() as url, self.gateway_on(url, core=self.both_cores) as (pid, port):
            figures = {"transactions": self.writers(url)}
            return figures | {
                mode: self.http(mode, port, pid, MESSAGES, CHANNELS) for mode in HTTP_MODES}

    def relaying(self, relay_first):
        """The writers with a relay at work, and the same transactions without anything that announces."""
        with self.postgres() as url, self.gateway_on(url, "relay", core=self.both_cores):
            schema = subprocess.run(
                [self.binary, "schema", "--schema", "quiet"], capture_output=True, text=True, check=True).stdout
            self.psql(url, schema + QUIET + BENCH)
            figures = {}
            for name in RELAYING if relay_first else reversed(RELAYING):
                figures[name] = self.writers(url, RELAYING[name])
                if name == "relayed":
                    figures["behind_s"] = self.drain(url)
            return figures

    def drain(self, url):
        """Seconds until the relay has announced all that was written."""
        began = time.monotonic()
        while self.psql(url, "SELECT count(*) FROM telltale.outbox;") != "0":
            if time.monotonic() - began > DRAIN_SECONDS:
                raise Broken(f"the relay is not done {DRAIN_SECONDS} s after the writers")
            time.sleep(0.05)
        return time.monotonic() - began

    def delivery(self):
        with self.postgres() as url, self.gateway_on(url, core=self.both_cores) as (_, port):
            setting = [BUILD / "delivery", "postgres", url, str(RATE), str(DELIVERY_SECONDS), str(MESSAGE_BYTES)]
            return {
                "bare": json.loads(self.generate(*setting)),
                "listener": json.loads(self.generate(*setting, FUNCTION)),
                "gateway": json.loads(self.generate(*setting, FUNCTION, str(port))),
            }

    def measure_postgres(self, relay_first):
        """One round."""
        return {"publishing": self.publishing(), "relaying": self.relaying(relay_first), "delivery": self.delivery()}
