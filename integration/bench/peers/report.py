"""The tables, in Markdown."""

import statistics
from collections import Counter

from charts import chart
from figures import figures
from records import Records, identity, spread
from scenarios import SCENARIOS
from sizes import SIZES

FILE = "table.md"


def table(head, rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def verdict(figure):
    if not figure.values:
        return "not measured"
    return "met" if figure.is_met(statistics.median(figure.values)) else "**not met**"


def figures_table(records):
    rows = ([figure.what, figure.against, f"{figure.sign} {figure.bound:g}", spread(figure.values, "{:.2f}"), verdict(figure)]
            for figure in figures(records, SIZES[records.about["sizes"]]))
    return table(["what", "against", "target", "median (lowest – highest)", ""], rows)


def scenario_table(records, name, scenario):
    rows = []
    for case in records.cases(name):
        for peer in records.peers(name, case):
            found = [spread(records.values(name, case, peer, column.key).values(), column.form) for column in scenario.COLUMNS]
            rows.append([case, peer, *found])
    return table(["case", "peer", *(column.title for column in scenario.COLUMNS)], rows)


def rounds(records):
    """How many, and which scenarios an interruption has left with fewer."""
    ordered = records.about["rounds"]
    fewer = [f"{found} of {name}" for name in SCENARIOS if records.cases(name) and (found := records.rounds(name)) < ordered]
    return f"{ordered} rounds" + (f", interrupted: {', '.join(fewer)}" if fewer else "")


def about(records):
    facts = records.about
    yield "# Telltale and its peers"
    yield f"{facts['date']}. " + "  \n".join(facts["machine"])
    yield f"Median (lowest – highest) of {rounds(records)}. Measured: " + ", ".join(
        f"{peer} ({version})" for peer, version in facts["versions"].items()) + "."
    if facts["sizes"] != "full":
        yield "**A quick run, to see that everything works: its figures mean nothing.**"


def failures(records):
    """What failed how often, and in how many rounds to the end."""
    times = Counter((failed["scenario"], failed["case"], failed["peer"], " ".join(failed["error"].split())[:200])
                    for failed in records.failed)
    if times:
        missing = Counter(failed[:3] for failed in set(map(identity, records.missing)))
        yield "## What did not work"
        yield table(["case", "peer", "failed attempts", "rounds without a figure", "why"], (
            [f"{scenario}: {case}", peer, str(count), str(missing[scenario, case, peer]), f"`{why}`"]
            for (scenario, case, peer, why), count in times.items()))


def sections(records, folder):
    yield from about(records)
    yield "## Figures to reach"
    yield figures_table(records)
    for name, scenario in SCENARIOS.items():
        if not records.cases(name):
            continue
        yield f"## {scenario.TITLE}"
        yield " ".join(scenario.__doc__.split())
        yield from (f"![{scenario.TITLE}]({file.name})" for file in chart(records, name, scenario, folder))
        yield scenario_table(records, name, scenario)
    yield from failures(records)


def write(records, folder):
    """Writes table and charts of what has been measured, in place of those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCENARIOS:
        for old in folder.glob(f"{name}-*.svg"):
            old.unlink()
    (folder / FILE).write_text("\n\n".join(sections(records, folder)) + "\n")
