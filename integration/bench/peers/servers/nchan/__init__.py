"""nginx with nchan: the closest in kind, a module in C that keeps a log and serves WebSocket and Server-Sent Events."""

import contextlib
import os
from pathlib import Path

from harness import Running, answers, family, working_folder, write_settings
from measure import free_port
from packages import debian_version
from peer import Peer, Publishing

# A small record buffer: TLS keeps one for each connection, 16 KB of it otherwise. No session cache: nobody comes back.
TLS = """listen 127.0.0.1:{port} ssl backlog=4096;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_buffer_size 4k;
        ssl_session_cache off;
        ssl_session_tickets off;"""


# The port is open before there is a worker, which is one of the processes to measure.
HAS_WORKER = answers("/", 404)


class Nchan(Peer):
    name = "nchan"
    transports = ("WebSocket", "SSE")
    has_log = has_tls = shares = True

    def reading(self, transport, since="new"):
        return [*(["--ws"] if transport == "WebSocket" else []), "--path", f"/{since}/f{{n}}", "--more", ",f{n}"]

    def publishing(self, transport):
        return Publishing("/pub/f{n}")

    def version(self):
        return debian_version("libnginx-mod-nchan")

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        port, plain = free_port(), free_port()
        with working_folder() as folder:
            user = "user root;  # who may read the working folder" if os.geteuid() == 0 else ""
            secure = TLS.format(port=port, certificate=tls[0], key=tls[1]) if tls else ""
            settings = write_settings(Path(__file__).parent / "nginx.conf", folder, folder=folder, user=user,
                                      port=plain if tls else port, tls=secure)
            with bench.process(self.name, ["nginx", "-c", settings, "-p", folder], plain if tls else port,
                               HAS_WORKER) as pid:
                yield Running(family(pid), port, plain if tls else port)
