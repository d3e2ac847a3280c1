"""Pushpin with condure and zurl, in front of the least of applications. All of them share the server's core."""

import contextlib
from pathlib import Path

from harness import PYTHON, Running, answers, family, working_folder, write_settings
from measure import accepts, free_port
from packages import debian_version
from peer import Peer, Publishing

FOLDER = Path(__file__).parent


# Its parts find each other some time after its port is open.
LETS_READERS_IN = answers("/warm-up", 200)


class Pushpin(Peer):
    name = "pushpin"
    transports = ("WebSocket", "SSE")
    window = 16
    rest_rate = 10_000

    def reading(self, transport, since="new"):
        return [*(["--ws"] if transport == "WebSocket" else []), "--path", "/f{n}"]

    def publishing(self, transport):
        return Publishing("/publish/f{n}")

    def version(self):
        return debian_version("pushpin")

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        port, application = free_port(), free_port()
        values = {"port": port, "application": application}
        with working_folder() as folder, contextlib.ExitStack() as started:
            settings, zurl, _ = (
                write_settings(FOLDER / name, folder, folder=folder, **values)
                for name in ("pushpin.conf", "zurl.conf", "routes"))

            def start(name, command, port, is_up=accepts):
                return started.enter_context(bench.process(name, command, port, is_up, folder))

            pids = [
                start("pushpin-application", [PYTHON, FOLDER / "app.py", application, f"ipc://{folder}/push"],
                      application),
                start("zurl", ["zurl", f"--config={zurl}"], 0, lambda _: (Path(folder) / "zurl-in").exists()),
                start("pushpin", ["pushpin", f"--config={settings}", "--merge-output"], port, LETS_READERS_IN)]
            yield Running([pid for first in pids for pid in family(first)], port, application)
