"""What stands between a browser and a gateway: a proxy that meddles with streams, as some do."""

import re
import socket
import threading

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Middlebox:
    """Listens on a free port of the loopback, passes requests on to `port`, and notes the paths of `/v1/`.

    `most_streams` is how many event streams there were at once.
    `refuses_upgrades`: answers a WebSocket's handshake with 403.
    `buffers`: lets a WebSocket open and nothing through; the response of a stream comes when it has ended, as a whole.
    """

    def __init__(self, port):
        self.target = port
        self.paths = []
        self.ends = set()
        self.streams = 0
        self.most_streams = 0
        self.refuses_upgrades = False
        self.buffers = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def count(self, path):
        return sum(found.startswith(path) for found in self.paths)

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        """One connection: each request decides how its response is passed on."""
        try:
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return near.close()
        self.ends |= {near, far}
        state = {"kind": "plain"}
        threading.Thread(target=self.answer, args=(far, near, state), daemon=True).start()
        try:
            while data := near.recv(65536):
                if found := re.match(rb"GET (/v1/\S*)", data):
                    self.paths.append(found[1].decode())
                    if found[1].startswith(b"/v1/events"):
                        state["kind"] = "stream"
                        self.streams += 1
                        self.most_streams = max(self.most_streams, self.streams)
                if b"pgrade: websocket" in data:
                    state["kind"] = "websocket"
                    if self.refuses_upgrades:
                        near.sendall(REFUSAL)
                        break
                far.sendall(data)
        except OSError:
            pass
        if state["kind"] == "stream":
            self.streams -= 1
        self.shut(near, far)

    def answer(self, far, near, state):
        held = b""
        is_open = False
        try:
            while data := far.recv(65536):
                if not self.buffers or state["kind"] == "plain":
                    near.sendall(data)
                elif state["kind"] == "stream":
                    held += data
                elif not is_open:
                    near.sendall(data.split(b"\r\n\r\n")[0] + b"\r\n\r\n")
                    is_open = True
            near.sendall(held)
        except OSError:
            pass
        self.shut(near, far)

    def cut(self):
        """Ends all connections that there are."""
        self.shut(*self.ends)

    def shut(self, *ends):
        self.ends -= set(ends)
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def close(self):
        self.listener.close()
