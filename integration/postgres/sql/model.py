"""What the memory broker would do, in small: the judge of the SQL functions."""

from dataclasses import dataclass, field


@dataclass
class Channel:
    epoch: str
    top: int = 0
    trimmed: int = 0
    closed: bool = False
    fence: int | None = None
    log: list = field(default_factory=list)
    retained: dict = field(default_factory=dict)
    seen: dict = field(default_factory=dict)


class Model:
    def __init__(self, messages, size, message_bytes):
        self.messages, self.size, self.message_bytes = messages, size, message_bytes
        self.channels = {}

    def publish(self, p, epoch):
        """The answer without its epoch; a new channel takes `epoch`."""
        channel = self.channels.get(p.channel) or Channel(epoch)
        if p.id in channel.seen:
            return f"duplicate {channel.seen[p.id]}"
        refused = self._refusal(channel, p)
        if refused:
            return refused
        self.channels[p.channel] = channel
        channel.top += 1
        if p.key:
            channel.retained[p.key] = (channel.top, p.flags, p.event, p.data)
        if "c" not in p.flags:
            channel.log.append((channel.top, p.flags, p.event, p.key, p.data))
            self._trim(channel)
        if p.fence is not None:
            channel.fence = max(channel.fence or 0, p.fence)
        channel.closed = "x" in p.flags
        if p.id:
            channel.seen[p.id] = channel.top
        return f"{channel.top}"

    def _refusal(self, channel, p):
        reopens = p.fence is not None and (channel.fence is None or p.fence > channel.fence)
        if channel.closed and not reopens:
            return f"closed {channel.top}"
        if channel.fence is not None and p.fence is not None and p.fence < channel.fence:
            return f"fenced {channel.fence}"
        if p.expect is not None:
            if not p.key:
                return "expectwithoutkey"
            current = channel.retained.get(p.key, (0,))[0]
            if current != p.expect:
                return f"conflict {current}"
        if len(p.data) > self.message_bytes:
            return f"toolarge {len(p.data)} {self.message_bytes}"
        return None

    def _trim(self, channel):
        while len(channel.log) > self.messages or (self._bytes(channel) > self.size and len(channel.log) > 1):
            channel.trimmed = channel.log.pop(0)[0]

    @staticmethod
    def _bytes(channel):
        return sum(len(message[4]) for message in channel.log)
