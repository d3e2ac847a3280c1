"""A real nginx, from deploy/nginx.conf."""

import resource

from servers.front import Front

# What a worker may hold where the hard limit is lower than in deploy/.
DESCRIPTORS = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


class Nginx(Front):
    name = "nginx.conf"

    def replaced(self):
        paths = {f"{kind}_temp_path": self.folder / kind for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")}
        return {
            "pid /run/nginx.pid;": f"pid {self.folder}/nginx.pid;\ndaemon off;",
            "/var/log/nginx/error.log": f"{self.folder}/error.log",
            "worker_rlimit_nofile 65536;": f"worker_rlimit_nofile {DESCRIPTORS};",
            "worker_connections 32768;": f"worker_connections {DESCRIPTORS // 2};",
            "http {\n": "http {\n" + "".join(f"    {key} {path};\n" for key, path in paths.items()),
            "listen 80;": f"listen 127.0.0.1:{self.port};",
        }

    def command(self):
        return ["nginx", "-c", self.configuration, "-p", self.folder]
