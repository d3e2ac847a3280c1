"""Flask-SocketIO on gevent, with Redis as its message queue, as its documentation has it for more than one process."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from flask import Flask, request  # noqa: E402
from flask_socketio import SocketIO, join_room  # noqa: E402

DAY = 86_400

app = Flask(__name__)
# No pings within a run, which the readers would have to answer; no compression, no long polling.
socketio = SocketIO(
    app, async_mode="gevent", message_queue=sys.argv[2], ping_interval=DAY, ping_timeout=DAY, http_compression=False,
    allow_upgrades=False, transports=["websocket"], logger=False, engineio_logger=False)


@socketio.on("connect")
def connected():
    join_room(request.args["channel"])


@app.post("/publish/<channel>")
def publish(channel):
    socketio.emit("message", request.get_data(as_text=True), to=channel)
    return "ok"


socketio.run(app, "127.0.0.1", int(sys.argv[1]), log_output=False)
