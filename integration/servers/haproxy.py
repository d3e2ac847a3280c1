"""A real HAProxy, from deploy/haproxy.cfg."""

import resource

from servers.front import Front

# Two descriptors a connection, and some, have to be within the hard limit.
MOST = min(30000, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 500) // 2)


class HAProxy(Front):
    name = "haproxy.cfg"

    def replaced(self):
        return {
            "log /dev/log local0 notice": "log stdout format raw local0 notice",
            "maxconn 30000": f"maxconn {MOST}",
            # Below its own folder: a socket's path may have 97 bytes, and the names of tests are long.
            "/run/haproxy/admin.sock": "unix@admin.sock",
            "bind :80": f"bind 127.0.0.1:{self.port}",
        }

    def command(self):
        return ["haproxy", "-db", "-f", self.configuration]
