"""HTTP/2 by hand: a connection whose every frame the test decides. Nothing waits longer than `SECONDS`."""

import json
import socket
import ssl
import time
from collections import defaultdict

import h2.config
import h2.connection
import h2.events

SECONDS = 15


class HTTP2Connection:
    """A client; windows are opened only when the test says so, unless `reads`."""

    def __init__(self, gateway, settings=None, reads=True, validates=True):
        plain = socket.create_connection(("127.0.0.1", gateway.port), SECONDS)
        trust = getattr(gateway, "trust", None)
        self.socket = plain
        if trust:
            trust.set_alpn_protocols(["h2"])
            self.socket = trust.wrap_socket(plain, server_hostname="localhost")
            assert self.socket.selected_alpn_protocol() == "h2"
        self.scheme = "https" if trust else "http"
        self.reads = reads
        config = h2.config.H2Configuration(
            header_encoding="utf-8", validate_outbound_headers=validates, normalize_outbound_headers=validates)
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        if settings:
            self.h2.update_settings(settings)
        self.input = b""
        self.heads, self.bodies = {}, defaultdict(bytes)
        self.informed = defaultdict(list)
        self.ended, self.resets = set(), {}
        self.goaways = []
        self.pongs = 0
        self.is_closed = False
        self.acknowledged = 0
        self.flush()
        # What either side has set counts from the first request on.
        self.until(lambda: self.acknowledged == (2 if settings else 1) and self.h2.remote_settings.max_concurrent_streams < 1 << 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        if data := self.h2.data_to_send():
            self.socket.sendall(data)

    def send_raw(self, data):
        """`False`: the gateway had enough."""
        try:
            self.socket.sendall(data)
            return True
        except (ConnectionError, ssl.SSLError):
            return False

    def begin(self, method, path, *headers, ends=True):
        """Begins a request; its stream."""
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", self.scheme), (":authority", "localhost"), (":path", path), *headers]
        self.h2.send_headers(stream, fields, end_stream=ends)
        self.flush()
        return stream

    def send(self, stream, data, ends=False):
        """Sends a part of a body, as the gateway's window opens."""
        while data:
            self.until(lambda: self.h2.local_flow_control_window(stream) > 0)
            size = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(data))
            self.h2.send_data(stream, data[:size])
            self.flush()
            data = data[size:]
        if ends:
            self.h2.end_stream(stream)
            self.flush()

    def read(self, within=SECONDS):
        """Takes what comes next; `False`: nothing came within so many seconds, or it was the end."""
        if self.is_closed:
            return False
        self.socket.settimeout(within)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        except (ConnectionError, ssl.SSLError):
            data = b""
        if not data:
            self.is_closed = True
            return False
        self.input += data
        while len(self.input) >= 9 and len(self.input) >= (size := 9 + int.from_bytes(self.input[:3], "big")):
            whole, self.input = self.input[:size], self.input[size:]
            for event in self.h2.receive_data(whole):
                self._note(event)
        try:
            self.flush()
        except (ConnectionError, ssl.SSLError):
            self.is_closed = True
        return True

    def _note(self, event):
        match event:
            case h2.events.InformationalResponseReceived():
                self.informed[event.stream_id].append(dict(event.headers)[":status"])
            case h2.events.ResponseReceived():
                self.heads[event.stream_id] = dict(event.headers)
            case h2.events.DataReceived():
                self.bodies[event.stream_id] += event.data
                if self.reads and event.flow_controlled_length:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.StreamEnded():
                self.ended.add(event.stream_id)
            case h2.events.StreamReset():
                self.resets[event.stream_id] = event.error_code
            case h2.events.ConnectionTerminated():
                self.goaways.append(event)
                # The library takes it for the end, though streams that are open go on (RFC 9113 §6.8).
                self.h2.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
            case h2.events.SettingsAcknowledged():
                self.acknowledged += 1
            case h2.events.PingAckReceived():
                self.pongs += 1

    def until(self, condition, seconds=SECONDS):
        """Reads until something holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0 and not self.is_closed, f"closed: {self.is_closed}, {self.goaways}, {self.resets}, {self.heads}"
            self.read(left)

    def answer(self, stream):
        """The status, and the body as JSON, of a whole answer."""
        self.until(lambda: stream in self.ended)
        return int(self.heads[stream][":status"]), json.loads(self.bodies[stream])

    def get(self, path, *headers):
        return self.answer(self.begin("GET", path, *headers))

    def until_closed(self, seconds=SECONDS):
        """Reads to the gateway's end of the connection."""
        self.until_or_closed(lambda: False, seconds)
        assert self.is_closed

    def until_or_closed(self, condition, seconds=SECONDS):
        deadline = time.monotonic() + seconds
        while not self.is_closed and not condition() and (left := deadline - time.monotonic()) > 0:
            self.read(left)


def frame(kind, flags=0, stream=0, payload=b""):
    """A frame's bytes (RFC 9113 §4.1)."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
