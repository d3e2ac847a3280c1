"""A small application with sessions in a cookie, which is asked who may do what: what Django, Flask or Rails would be."""

import json
import threading
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as the gateway opens."""

    request_queue_size = 128


class Application:
    """`sessions`: whose session a cookie is of. Each may read and write to `NAME:…`. `asked`: what the gateway has asked."""

    def __init__(self):
        self.sessions = {"s1": "ann", "s2": "bob"}
        self.asked = []
        self.answer = self.decide
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/may"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def decide(self, cookie, question):
        """Status and body."""
        user = self.sessions.get(cookie["session"].value) if "session" in cookie else None
        if user is None:
            return 401, {}
        return (200 if question["channel"].startswith(f"{user}:") else 403), {"subject": user}

    def fail(self, status):
        self.answer = lambda cookie, question: (status, {})

    def sleep(self, seconds):
        def late(cookie, question):
            time.sleep(seconds)
            return 200, {}
        self.answer = late

    def _handler(application):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                application.asked.append(question)
                status, body = application.answer(SimpleCookie(self.headers.get("Cookie", "")), question)
                data = json.dumps(body).encode()
                try:
                    self.send_response(status)
                    if 300 <= status < 400:
                        self.send_header("Location", "/yes")
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except ConnectionError:
                    pass

            def do_GET(self):
                application.asked.append({"redirected": self.path})
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler
