"""One of two gateways is drained and comes back, under readers and a publisher."""

import time
from dataclasses import dataclass

from gateway import until
from proxies.producer import Publisher
from swarm.swarm import Swarm

CHANNELS = [f"failover:{number}" for number in range(20)]
MESSAGES_PER_SECOND = 40


@dataclass
class Outcome:
    """What the readers and the publisher have seen, and in which second after SIGTERM readers came back."""

    report: object
    refusals: dict
    histogram: dict

    @property
    def returns(self):
        return sum(self.histogram.values())

    @property
    def most(self):
        return max(self.histogram.values())

    @property
    def average(self):
        return self.returns / len(self.histogram)

    def __str__(self):
        lines = [f"{second:3} s {count:5} {'#' * round(40 * count / self.most)}" for second, count in self.histogram.items()]
        peak = self.most / self.average
        return "\n".join([
            *lines, f"{self.returns} reconnects, {self.average:.0f} a second on average, at most {peak:.2f} times that",
            f"readers' failed attempts: {dict(self.report.failures)}; the publisher's: {dict(self.refusals)}",
            f"{self.report.messages} messages seen, {self.report.wrongs} of them wrongly {self.report.samples}"])


def histogram(moments, begin):
    """How many in each second since `begin`, from the first second that has one to the last."""
    seconds = sorted(int(moment - begin) for moment in moments if moment >= begin)
    return {second: seconds.count(second) for second in range(seconds[0], seconds[-1] + 1)}


def drain_and_restart(site, gateway):
    """As an operator would: SIGTERM, and a new one when the old one has ended. Returns the moment of the signal."""
    begin = time.monotonic()
    gateway.stop()
    gateway.start()
    return begin


def fail_over(site, count, processes):
    """Drains one gateway under `count` readers, starts it again, and says how it went."""
    publisher = Publisher(site.front, CHANNELS, MESSAGES_PER_SECOND)
    with Swarm(("127.0.0.1", site.front.port), CHANNELS, count, processes, arrival=count / 400) as swarm:
        swarm.wait_until_open(60)
        publisher.start()
        until(lambda: len(publisher.tops) == len(CHANNELS), 30, lambda: f"nothing is published: {publisher.refusals}")
        begin = drain_and_restart(site, site.gateways[0])
        swarm.wait_until_open(30)
        tops = publisher.finish()
        swarm.wait_until_reached(tops, 60)
        report = swarm.ask()
    return Outcome(report, publisher.refusals, histogram(report.returns, begin))
