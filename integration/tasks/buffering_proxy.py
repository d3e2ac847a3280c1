"""A reverse proxy that buffers: it passes an answer on when it has all of it, and so passes nothing of a stream."""

import asyncio
import re
import threading

END = b"\r\n\r\n"
READ_BYTES = 65536


class BufferingProxy:
    """HTTP/1.1 on a port of its own, until `release`: from then on everything flows, and first what was held back."""

    def __init__(self, server):
        self._server = server
        self._held = set()
        self._holds = True
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20))
        self.port = self._listener.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.targets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _close(self):
        self._listener.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def release(self):
        async def flow():
            self._holds = False
            for answer in list(self._held):
                answer.flush()

        self._run(flow())

    async def _serve(self, reader, writer):
        try:
            server = await asyncio.open_connection("127.0.0.1", self._server.port, limit=1 << 20)
        except OSError:
            writer.close()
            return
        try:
            while await self._exchange(reader, writer, *server):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # One of the two has had enough, or the proxy.
        finally:
            writer.close()
            server[1].close()

    async def _exchange(self, reader, writer, server_reader, server_writer):
        """One request and its answer. `True`: the connection is of use for another."""
        request = await reader.readuntil(END)
        self.targets.append(request.split(b" ", 2)[1].decode())
        server_writer.write(request + await reader.readexactly(length(request) or 0))
        gone = asyncio.create_task(self._until_gone(reader, server_writer, request))
        try:
            head = await server_reader.readuntil(END)
            answer = HeldAnswer(self, writer)
            answer.write(head)
            parts, ends_connection = body(head, server_reader)
            await answer.take(parts)
            answer.finish()
            await writer.drain()
            return not ends_connection
        finally:
            gone.cancel()

    @staticmethod
    async def _until_gone(reader, server_writer, request):
        """What the client sends in an upgraded connection goes on at once; of others only the next request could come."""
        if b"upgrade: websocket" not in request.lower():
            return
        while data := await reader.read(READ_BYTES):
            server_writer.write(data)
        server_writer.close()

    def hold(self, answer):
        self._held.add(answer)

    def forget(self, answer):
        self._held.discard(answer)

    @property
    def holds(self):
        return self._holds


class HeldAnswer:
    """What has come of an answer so far."""

    def __init__(self, proxy, writer):
        self._proxy, self._writer = proxy, writer
        self._buffer = bytearray()
        proxy.hold(self)

    async def take(self, parts):
        try:
            async for part in parts:
                self.write(part)
        except BaseException:
            self._proxy.forget(self)
            raise

    def write(self, data):
        self._buffer += data
        if not self._proxy.holds:
            self.flush()

    def flush(self):
        self._writer.write(bytes(self._buffer))
        self._buffer.clear()

    def finish(self):
        self.flush()
        self._proxy.forget(self)


def length(head):
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(found[1]) if found else None


def body(head, reader):
    """Its parts as they stand, and whether they go on to the end of the connection (RFC 9112 §6.3)."""
    if head.split(b" ", 2)[1] in (b"204", b"304"):
        return iter_exactly(reader, 0), False
    if b"transfer-encoding: chunked" in head.lower():
        return iter_chunks(reader), False
    if (size := length(head)) is not None:
        return iter_exactly(reader, size), False
    return iter_any(reader), True


async def iter_any(reader):
    while data := await reader.read(READ_BYTES):
        yield data


async def iter_exactly(reader, size):
    yield await reader.readexactly(size)


async def iter_chunks(reader):
    """A chunked body (RFC 9112 §7.1) as it stands, to its last chunk."""
    size = None
    while size != 0:
        line = await reader.readuntil(b"\r\n")
        size = int(line, 16)
        yield line + await reader.readexactly(size + 2)
