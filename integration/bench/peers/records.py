"""What was measured, a line of JSON for each measurement, as it is made: an interrupted run has its figures, too."""

import json
import statistics
from collections import defaultdict

from harness import OUTPUT

FILE = OUTPUT / "results.jsonl"


def start(about):
    """Forgets the last run. `about`: the machine, the date and the versions."""
    FILE.write_text(json.dumps(about) + "\n")


def start_again(date, scenarios):
    """Forgets of the last run only these scenarios, which are measured once more at that date."""
    first, *lines = FILE.read_text().splitlines()
    about = json.loads(first)
    about["date"] += f"; {', '.join(scenarios)}: {date}"
    kept = [line for line in lines if json.loads(line)["scenario"] not in scenarios]
    FILE.write_text("\n".join([json.dumps(about), *kept]) + "\n")


def add(record):
    with FILE.open("a") as file:
        file.write(json.dumps(record) + "\n")


def identity(record):
    return record["scenario"], record["case"], record["peer"], record["round"]


class Records:
    """All of a run."""

    def __init__(self):
        about, *records = map(json.loads, FILE.read_text().splitlines())
        self.about = about
        self.good = [record for record in records if "error" not in record]
        self.failed = [record for record in records if "error" in record]

    @property
    def missing(self):
        """What failed, and was not measured by a later attempt of the same round either."""
        measured = {identity(record) for record in self.good}
        return [record for record in self.failed if identity(record) not in measured]

    def cases(self, scenario):
        """Their names, in the order in which they were measured first."""
        return list(dict.fromkeys(record["case"] for record in self.good if record["scenario"] == scenario))

    def rounds(self, scenario):
        """In how many every case was tried with every peer: fewer than were ordered, if the run was interrupted."""
        tried = defaultdict(set)
        for record in [*self.good, *self.failed]:
            if record["scenario"] == scenario:
                tried[record["case"], record["peer"]].add(record["round"])
        return min(map(len, tried.values()))

    def peers(self, scenario, case):
        return list(dict.fromkeys(
            record["peer"] for record in self.good if (record["scenario"], record["case"]) == (scenario, case)))

    def values(self, scenario, case, peer, key):
        """One for each round, by its number."""
        return {record["round"]: record[key] for record in self.good
                if (record["scenario"], record["case"], record["peer"]) == (scenario, case, peer) and key in record}

    def ratios(self, ours, theirs):
        """Of what was measured in the same round. Both: scenario, case, peer, key."""
        over = self.values(*theirs)
        return [value / over[round] for round, value in self.values(*ours).items() if over.get(round)]


def spread(values, form):
    """The median, and between what it lies."""
    values = list(values)
    if not values:
        return "–"
    middle = form.format(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({form.format(min(values))} – {form.format(max(values))})"
