"""A server that says of itself what the test wants: another version, or something else altogether."""

import socket
import threading


class FakeServer:
    """Answers commands (RESP2 arrays of bulk strings, one a read) with what `answer` makes of their words."""

    def __init__(self, answer):
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            try:
                while head := lines.readline():
                    count = int(head[1:]) if head.startswith(b"*") else 0
                    connection.sendall(self._answer([self._word(lines) for _ in range(count)]))
            except (OSError, ValueError):
                return

    @staticmethod
    def _word(lines):
        word = lines.read(int(lines.readline()[1:]))
        lines.readline()
        return word.decode()


class WebServer(FakeServer):
    """Answers whatever it is sent with HTTP."""

    def __init__(self):
        super().__init__(web_server)

    def _serve(self, connection):
        with connection:
            try:
                while connection.recv(4096):
                    connection.sendall(self._answer([]))
            except OSError:
                return


def old_redis(words):
    """Redis 6.0."""
    if words[0].upper() == "INFO":
        text = "# Server\r\nredis_version:6.0.16\r\nredis_mode:standalone\r\nrun_id:0123456789\r\n# Replication\r\nrole:master\r\n"
        return f"${len(text)}\r\n{text}\r\n".encode()
    if words[0].upper() in ("FCALL", "FUNCTION", "FCALL_RO"):
        return b"-ERR unknown command\r\n"
    return b"+PONG\r\n" if words[0].upper() == "PING" else b"+OK\r\n"


def web_server(words):
    return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
