"""What the soak has to show for itself."""

# What memory may have grown by from the first minutes to the end.
GROWTH = 0.10
MEMORY = "memory at the end is that of the first minutes"
# Threads that a runtime may start and keep beside those it had.
MORE_THREADS = 4


class Verdict:
    def __init__(self, plan, watch, before, after, report, outages):
        self.plan, self.watch, self.before, self.after = plan, watch, before, after
        self.report, self.outages = report, outages

    @property
    def early(self):
        return self.watch.resident(*self.plan.settled)

    @property
    def late(self):
        return self.watch.resident(*self.plan.last)

    @property
    def checks(self):
        """Each promise, whether it was kept, and the figures."""
        growth = self.late / self.early - 1
        most = max(sample.threads for sample in self.watch.samples)
        return [
            ("nobody saw a gap, a double or a hole", self.report.wrongs == 0,
             f"{self.report.messages} messages, {self.report.wrongs} wrong {self.report.samples[:3]}"),
            (MEMORY, growth <= GROWTH,
             f"{self.early:.1f} MiB, then {self.late:.1f} MiB: {growth:+.1%}"),
            ("descriptors are back", self.after.descriptors <= self.before.descriptors,
             f"{self.before.descriptors} before, {max(sample.descriptors for sample in self.watch.samples)} at most, "
             f"{self.after.descriptors} after"),
            ("no subscription was left behind", self.after.subscriptions == self.before.subscriptions,
             f"{self.before.subscriptions} before, {self.after.subscriptions} after"),
            ("no thread was left behind", self.after.threads <= self.before.threads + MORE_THREADS,
             f"{self.before.threads} before, {most} at most, {self.after.threads} after"),
            ("readers stayed", self.report.visits > 0, f"{self.report.visits} visits, {len(self.report.returns)} returns, "
             f"{self.outages} broker restarts, failures {dict(self.report.failures)}"),
        ]

    @property
    def is_good(self):
        return all(kept for _, kept, _ in self.checks)

    def __str__(self):
        lines = [f"{'ok ' if kept else 'NOT'} {promise}: {figures}" for promise, kept, figures in self.checks]
        return "\n".join([*lines, f"soak: {'passed' if self.is_good else 'FAILED'}"])
