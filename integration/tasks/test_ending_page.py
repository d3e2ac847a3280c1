"""A page that follows one task after the other, each of which finishes at the very moment that the page begins."""

from pathlib import Path

import pytest
from tabs import script_page

MEANINGFUL = 0.03  # of all, at least, came before the end, and after it


@pytest.mark.parametrize("transport, count", [("websocket", 2000), ("sse", 500), ("poll", 250)])
def test_a_page_is_told_the_end_of_every_task_that_ends_as_it_comes(gateway, chromium, transport, count):
    with script_page(chromium, gateway, Path(__file__).with_name("race.js")) as page:
        page.wait_for_function("() => window.raceAll !== undefined")
        at_once = page.evaluate(
            "([name, count, transport]) => raceAll(name, count, {transports: [transport]})", [transport, count, transport])
    assert count * MEANINGFUL < at_once < count * (1 - MEANINGFUL), f"{at_once} of {count} had ended when the page came"
