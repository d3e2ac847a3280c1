"""What every peer has to say of itself."""

import contextlib
from dataclasses import dataclass

# A body goes through a server unchanged but for its envelope; `{n}` is the number of the channel.
ALL, NEW = "all", "new"  # what a reader gets of a channel's log


@dataclass(frozen=True)
class Publishing:
    """How to publish by HTTP: the generator's arguments, and what a script needs to do the same."""
    path: str
    prefix: str = ""
    suffix: str = ""

    @property
    def arguments(self):
        return ["--pub-path", self.path, "--pub-prefix", self.prefix, "--pub-suffix", self.suffix]


class Peer:
    """A server that can be measured. Its folder has its settings; what they are for stands beside them."""

    name = ""  # on the command line and in tables
    transports = ()  # of "WebSocket" and "SSE"
    has_log = False  # whether a new reader can have what was published before
    has_tls = False
    shares = False  # whether one connection can read several channels
    readers_most = 15_000  # above it one message takes seconds
    window = 64  # messages under way when saturated: enough to keep it busy
    rest_rate = 40_000  # deliveries a second that leave it at rest
    log_is_redis = False

    def reading(self, transport, since=NEW):
        """The generator's arguments for readers."""
        raise NotImplementedError

    def publishing(self, transport):
        raise NotImplementedError

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        """Runs it on the server's core until the block ends. `tls`: the certificate's file and the key's."""
        raise NotImplementedError

    def version(self):
        """What is measured, in one word."""
        raise NotImplementedError

    def arguments(self, transport, since=NEW):
        return [*self.reading(transport, since), *self.publishing(transport).arguments]
