"""Prometheus' text format 0.0.4, read strictly, and its own tool."""

import re
import subprocess
from dataclasses import dataclass, field

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


@dataclass
class Family:
    help: str
    kind: str = ""
    samples: list = field(default_factory=list)

    @property
    def labels(self):
        return {name for _, labels, _ in self.samples for name in labels} - {"le"}

    def value(self, **labels):
        """The one sample with just these labels."""
        return next(value for _, own, value in self.samples if own == labels)


def parse(text):
    """The families by name; every sample stands behind its HELP and TYPE, and none comes twice."""
    families, seen, current = {}, set(), None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, current, words = line.split(" ", 3)
            assert current not in families, f"{current} comes twice"
            families[current] = Family(words)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current and kind in ("counter", "gauge", "histogram")
            families[name].kind = kind
        else:
            match = SAMPLE.match(line)
            assert match, f"this is no sample: {line!r}"
            name, labels, value = match[1], dict(LABEL.findall(match[2] or "")), float(match[3])
            ends = ("_bucket", "_sum", "_count") if families[current].kind == "histogram" else ("",)
            assert name in {current + end for end in ends}, f"{name} does not belong to {current}"
            assert (name, match[2]) not in seen, f"{line!r} comes twice"
            seen.add((name, match[2]))
            families[current].samples.append((name, labels, value))
    return families


def promtool(*arguments, text=None):
    """What promtool says; it must find nothing wrong."""
    run = subprocess.run(["promtool", *map(str, arguments)], input=text, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr
