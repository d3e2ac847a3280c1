"""uWebSockets by its Python package: every delivery is native; Python sees a reader once and each publication once."""

import sys

from socketify import App, CompressOptions, OpCode

# Nobody is cut off for silence or for being behind, so that nothing is lost: without these it drops at 64 KB.
BACKPRESSURE_BYTES = 64 << 20
NEVER = 0


def upgrade(response, request, context):
    response.upgrade(
        request.get_header("sec-websocket-key"), request.get_header("sec-websocket-protocol"),
        request.get_header("sec-websocket-extensions"), context, request.get_url()[1:])


def subscribe(socket):
    for channel in socket.get_user_data().split(","):
        socket.subscribe(channel)


def publish(response, request):
    """The body comes in one part, as the generator sends it; `publish` coalesces until the loop's turn ends."""
    channel = request.get_parameter(0)

    def deliver(response, chunk, is_end):
        app.publish(channel, chunk, OpCode.TEXT)
        response.cork_end("ok")

    response.on_data(deliver)


app = App()
app.ws("/*", {
    "compression": CompressOptions.DISABLED,
    "idle_timeout": NEVER,
    "max_backpressure": BACKPRESSURE_BYTES,
    "upgrade": upgrade,
    "open": subscribe,
    "message": lambda socket, message, opcode: None,
})
app.post("/:channel", publish)
app.listen(int(sys.argv[1]))
app.run()
