"""A TCP proxy that can lose its connections, as networks do."""

import socket
import struct
import threading


class Proxy:
    """Passes bytes on between its port and a server's, until it is told to cut, to stall or to lead elsewhere."""

    def __init__(self, server):
        self.lead_to(server)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs = []
        self._held = threading.Condition()
        self._holds = lambda connection: False
        self.port = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.heads = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self.flow()

    def lead_to(self, server):
        """Where new connections go; those that there are stay."""
        self._target = ("127.0.0.1", server.port)

    def refuse(self):
        """Resets every connection, and each new one, until it leads somewhere again."""
        # Nobody can listen there.
        self._target = ("127.0.0.1", 0)
        self.cut()

    @property
    def connections(self):
        """Their addresses, as the server sees them."""
        return {"{}:{}".format(*far.getsockname()) for _, far in self._pairs if far.fileno() >= 0}

    def stall(self, only=None):
        """Connections stay and new ones are taken, but nothing comes through: to either side the other is just silent.
        `only`: the addresses of those that stall, as the server sees them."""
        self._hold(lambda connection: only is None or connection in only)

    def flow(self):
        """Ends a stall; what was held back goes on."""
        self._hold(lambda connection: False)

    def _hold(self, holds):
        with self._held:
            self._holds = holds
            self._held.notify_all()

    def _wait(self, connection):
        with self._held:
            self._held.wait_for(lambda: not self._holds(connection))

    def cut(self):
        """Resets every connection."""
        pairs, self._pairs = self._pairs, []
        for end in (end for pair in pairs for end in pair):
            self._reset(end)

    @staticmethod
    def _reset(end):
        try:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target)
            except OSError:
                self._reset(near)
                continue
            self._pairs.append((near, far))
            connection = "{}:{}".format(*far.getsockname())
            for source, sink, heads in ((near, far, self.heads), (far, near, [])):
                threading.Thread(target=self._pass, args=(source, sink, heads, connection), daemon=True).start()

    def _pass(self, source, sink, heads, connection):
        try:
            while data := source.recv(65536):
                heads.append(data)
                self._wait(connection)
                sink.sendall(data)
            self._wait(connection)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            # A killed server that had not read everything resets its connections; silence would be something else.
            self._wait(connection)
            self._reset(source)
            self._reset(sink)
