"""How much is measured: all of it, or just enough to see that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    readers: tuple  # of one channel
    growing: tuple  # readers of one channel whose cost a delivery is compared; the second is what the last is held against
    idle: int  # connections that say nothing
    storm: int  # readers that resume at once
    seconds: float  # of publishing
    alone: int  # channels that have one reader each
    shared: tuple  # (channels, readers) of growing channels
    slow: tuple  # readers, those of them that are slow

    @property
    def few(self):
        return self.readers[1]

    @property
    def many(self):
        return self.readers[2]


FULL = Sizes(
    readers=(100, 1_000, 10_000), growing=(100, 1_000, 15_000), idle=15_000, storm=10_000, seconds=5, alone=10_000,
    shared=((1, 1), (1_000, 1_000), (10_000, 1_000), (100_000, 1_000)), slow=(1_000, 100))
QUICK = Sizes(
    readers=(10, 50, 200), growing=(10, 50, 300), idle=300, storm=200, seconds=0.5, alone=200,
    shared=((1, 1), (20, 20), (200, 20)), slow=(50, 5))
SIZES = {"full": FULL, "quick": QUICK}
