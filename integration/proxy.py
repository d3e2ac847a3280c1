"""A TCP proxy that can lose its connections, as networks do."""

import socket
import struct
import threading


class Proxy:
    """Passes bytes on between its port and a gateway's, until it is told to cut."""

    def __init__(self, gateway):
        self._target = ("127.0.0.1", gateway.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs = []
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

    def cut(self):
        """Resets every connection."""
        pairs, self._pairs = self._pairs, []
        for end in (end for pair in pairs for end in pair):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
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
            far = socket.create_connection(self._target)
            self._pairs.append((near, far))
            for source, sink, heads in ((near, far, self.heads), (far, near, [])):
                threading.Thread(target=self._pass, args=(source, sink, heads), daemon=True).start()

    @staticmethod
    def _pass(source, sink, heads):
        try:
            while data := source.recv(65536):
                heads.append(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return
