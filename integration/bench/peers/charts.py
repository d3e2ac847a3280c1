"""Bars of medians with their spread, as SVG."""

import math
import re
import statistics
from html import escape

WIDTH, LEFT, RIGHT, BAR, GAP, HEAD = 860, 150, 190, 16, 6, 34  # pixels
COLORS = {"telltale": "#1769aa", "telltale-redis": "#1769aa", "telltale-postgres": "#1769aa", "bare": "#8a8a8a"}
OTHERS = "#c9863a"


def scale(values):
    """From the least to the greatest in powers of ten, as a share of the width: peers differ by a thousand times."""
    low = math.floor(math.log10(min(values)))
    high = max(math.ceil(math.log10(max(values))), low + 1)
    return lambda value: max(0.0, (math.log10(value) - low) / (high - low)), range(low, high + 1)


def text(x, y, words, anchor="start", size=12, color="#222"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}" fill="{color}">{escape(words)}</text>'


def bar(peer, values, form, share, y):
    span = WIDTH - LEFT - RIGHT
    middle = statistics.median(values)
    low, mid, high = (LEFT + share(value) * span for value in (min(values), middle, max(values)))
    yield text(LEFT - 8, y + 12, peer, "end")
    yield (f'<rect x="{LEFT}" y="{y}" width="{max(mid - LEFT, 1):.1f}" height="{BAR}" '
           f'fill="{COLORS.get(peer, OTHERS)}"/>')
    yield f'<path d="M{low:.1f} {y + BAR / 2}H{high:.1f}" stroke="#222" stroke-width="1.5"/>'
    yield text(max(mid, high) + 6, y + 12, form.format(middle))


def grid(powers, share, bottom):
    for power in powers:
        x = LEFT + share(10.0 ** power) * (WIDTH - LEFT - RIGHT)
        yield f'<path d="M{x:.1f} {HEAD}V{bottom}" stroke="#ddd"/>'
        yield text(x, bottom + 14, f"{10 ** power:,}" if power >= 0 else f"{10.0 ** power:g}", "middle", 10, "#777")


def draw(heading, unit, measured, form):
    """`measured`: a peer's values, of each peer."""
    share, powers = scale([value for values in measured.values() for value in values])
    bottom = HEAD + len(measured) * (BAR + GAP)
    lines = [text(8, 20, heading, size=14), text(WIDTH - 8, 20, unit, "end", color="#777"), *grid(powers, share, bottom)]
    for index, (peer, values) in enumerate(measured.items()):
        lines += bar(peer, values, form, share, HEAD + GAP // 2 + index * (BAR + GAP))
    body = "\n".join(lines)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 22}" width="{WIDTH}" '
            f'font-family="sans-serif">\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n')


def file_name(scenario, case):
    words = re.sub("[^a-z0-9]+", "-", case.lower().replace(",", ""))
    return f"{scenario}-{words}.svg"


def chart(records, name, scenario, folder):
    """Writes one for each case of the scenario that has something to compare; yields the files."""
    column = scenario.CHART
    for case in records.cases(name):
        measured = {peer: [value for value in records.values(name, case, peer, column.key).values() if value > 0]
                    for peer in records.peers(name, case)}
        measured = {peer: values for peer, values in measured.items() if values}
        if len(measured) > 1:
            file = folder / file_name(name, case)
            file.write_text(draw(f"{scenario.TITLE}: {case}", f"{column.title}: {column.better} is better, logarithmic", measured, column.form))
            yield file
