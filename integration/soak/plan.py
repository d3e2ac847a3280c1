"""How long, how many, how fast."""

from dataclasses import dataclass

# More than these connections of one address a gateway does not take (`limits.connections_per_address`).
READERS_PER_ADDRESS = 250
# A process of readers stays far below its 20,000 descriptors; what it costs is processor time.
READERS_PER_PROCESS = 2_500


@dataclass
class Plan:
    """`minutes` of `readers` who stay for `visit` seconds on average, of whom a part `slow` stops reading now and then.

    `rate` messages a second go to `channels` in turn, `large_rate` large ones to another that a tenth of the readers has. The
    broker is killed every `outage` seconds, and comes back after two.
    """

    minutes: float = 15.0
    readers: int = 10_000
    visit: float = 90
    slow: float = 0.02
    channels: int = 50
    rate: int = 40
    large_rate: int = 10
    outage: float = 150

    @property
    def seconds(self):
        return self.minutes * 60

    @property
    def processes(self):
        return max(1, self.readers // READERS_PER_PROCESS)

    @property
    def addresses(self):
        return [f"127.0.1.{index + 1}" for index in range(max(4, self.readers // READERS_PER_ADDRESS))]

    @property
    def arrival(self):
        """Over how many seconds they come at first."""
        return min(60, self.seconds / 10)

    @property
    def settled(self):
        """From when to when the memory is measured that the end is held against: all are there, and the first outage is over."""
        return self.seconds / 5, self.seconds / 3

    @property
    def last(self):
        return self.seconds * 13 / 15, self.seconds
