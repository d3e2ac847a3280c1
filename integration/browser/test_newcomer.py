"""The newcomer's story: a gateway, `telltale run -- make`, and the link that it prints."""

import re
import threading

import c_project
import pytest
from gateway import until
from playwright.sync_api import expect

LINK = re.compile(r"https?://\S+channel=\S+")


class Build:
    """`telltale run -- make` on a real project, and what the terminal has shown of it."""

    def __init__(self, process, project):
        self.process = process
        self.project = project
        self.shown = []
        self.reading = threading.Thread(target=self.read)
        self.reading.start()

    def read(self):
        for line in self.process.stdout:
            self.shown.append(line.rstrip("\n"))

    def link(self):
        return until(lambda: next(iter(LINK.findall("\n".join(self.shown))), None), 20, "no link was printed")

    def go_on(self):
        (self.project / "go").touch()

    def finish(self):
        status = self.process.wait(60)
        self.reading.join()
        return status

    def output(self):
        """The command's own lines, without what `telltale run` says."""
        return [line for line in self.shown if not line.startswith("telltale: ")]


@pytest.fixture
def build(gateway, telltale, tmp_path):
    project = c_project.write(tmp_path / "project")
    run = Build(telltale(gateway, "run", "--title", "The library", "--", "make", "-C", project), project)
    yield run
    run.go_on()
    run.finish()


def lines(view):
    """The output as the page shows it, without how the command began and ended."""
    return "\n".join(view.texts(".row:not(.start):not(.exit)")).split("\n")


def expect_each_once_in_order(view):
    offsets = view.offsets()
    assert offsets == list(range(1, len(offsets) + 1))


def test_a_build_is_seen_live_and_a_reload_in_the_middle_shows_all_of_it_again(build, view, via):
    view.open(f"{build.link()}&via={via}")
    expect(view.row(c_project.MIDDLE).first).to_be_visible()
    expect(view.status).to_have_text("Live")
    expect(view.page.locator("#title")).to_have_text("The library")
    expect(view.page.locator("#command-line")).to_contain_text("$ make -C")
    assert build.process.poll() is None, "the lines arrived before the command had ended"
    assert lines(view) == build.output()
    view.screenshot(f"build-live-{via}")

    view.page.reload()
    expect(view.row(c_project.MIDDLE).first).to_be_visible()
    expect(view.status).to_have_text("Live")
    assert build.process.poll() is None
    assert lines(view) == build.output()

    build.go_on()
    assert build.finish() == 0
    expect(view.outcome).to_contain_text("succeeded in")
    expect(view.status).to_have_text("Ended: closed")
    assert lines(view) == build.output()
    assert any("warning:" in line for line in lines(view)), "standard error is part of the output"
    expect_each_once_in_order(view)
    assert set(view.transports) == {via}
    view.screenshot(f"build-ended-{via}")


def test_a_link_opened_after_the_end_shows_everything_and_the_end(build, view, via):
    link = build.link()
    build.go_on()
    assert build.finish() == 0
    view.open(f"{link}&via={via}")
    expect(view.outcome).to_contain_text("succeeded in")
    expect(view.status).to_have_text("Ended: closed")
    assert lines(view) == build.output()
    expect_each_once_in_order(view)


def test_a_command_that_fails_says_so_on_the_page(gateway, telltale, view, via):
    run = telltale(gateway, "run", "--task", "broken", "--", "sh", "-c", "echo before; exit 3")
    view.follow(gateway, "task:broken", via)
    expect(view.outcome).to_contain_text("failed with status 3")
    expect(view.status).to_have_text("Ended: closed")
    assert lines(view) == ["before"]
    assert run.wait(10) == 3
    view.screenshot(f"failed-{via}")


def test_a_command_that_is_killed_says_by_which_signal(gateway, telltale, view):
    telltale(gateway, "run", "--task", "killed", "--", "sh", "-c", "kill -TERM $$")
    view.follow(gateway, "task:killed", "ws")
    expect(view.outcome).to_contain_text("killed by signal 15")
