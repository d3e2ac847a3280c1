"""The page, with one task in full."""

import re

from gateway import until
from playwright.sync_api import expect

PATIENCE_MS = 45_000
# The steps that are to be seen, from top to bottom; rows may stand in any order in the document.
SHOWN = """const shown = log => {
    const box = log.getBoundingClientRect();
    return [...log.querySelectorAll("*")]
        .filter(node => !node.childElementCount && /^step \\d+$/.test(node.textContent.trim()))
        .map(node => ({top: node.getBoundingClientRect().top, step: Number(node.textContent.trim().slice(5))}))
        .filter(row => row.top > box.top - 200 && row.top < box.bottom + 200)
        .sort((one, other) => one.top - other.top).map(row => row.step);
};"""
# The same for each screen of the whole log, from its top to its end.
SCREENS = """const frame = () => new Promise(requestAnimationFrame);
const scrollTo = async (log, top) => { log.scrollTop = top; await frame(); await frame(); };
const screens = async log => {
    const found = [];
    for (let top = 0, before = -1; log.scrollTop !== before; top = log.scrollTop + log.clientHeight / 2) {
        before = found.length ? log.scrollTop : -1;
        await scrollTo(log, top);
        found.push(shown(log));
    }
    return found;
};"""


class TaskView:
    def __init__(self, page, base_url, task, transport=None):
        self.page = page
        self.log = page.locator("telltale-task").get_by_role("log")
        self.state = page.locator("telltale-task").locator("[aria-live=polite]")
        page.goto(f"{base_url}/{f'?transport={transport}' if transport else ''}#/task/{task}")

    def expect_step(self, step, timeout=PATIENCE_MS):
        expect(self.log.get_by_text(f"step {step}", exact=True)).to_have_count(1, timeout=timeout)

    def wait_for_step_after(self, step):
        until(lambda: max(self.shown(), default=0) > step, PATIENCE_MS / 1000, f"nothing after step {step} is shown")

    def shown(self):
        return self.log.evaluate(f"log => {{ {SHOWN} return shown(log); }}")

    def expect_end(self, steps, timeout=PATIENCE_MS):
        """The end state, the last line, and every line before it once. A tab behind others draws nothing until it is looked at."""
        self.page.bring_to_front()
        expect(self.state.first).to_have_text(re.compile("finished", re.IGNORECASE), timeout=timeout)
        self.expect_step(steps)
        assert self.all_steps() == list(range(1, steps + 1))

    def all_steps(self):
        """By scrolling through the whole log; each screen has to go on where the one before was."""
        found = []
        for screen in self.log.evaluate(f"log => {{ {SHOWN} {SCREENS} return screens(log); }}"):
            assert screen == list(range(screen[0], screen[-1] + 1)) and screen[0] <= len(found) + 1, (found, screen)
            found += screen[len(found) + 1 - screen[0]:]
        return found
