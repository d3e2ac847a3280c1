"""The newcomer's story: a gateway, `telltale run -- make`, and the link that it prints."""

import re
import threading

import c_project
import pytest
from gateway import until
from playwright.sync_api import expect

LINK = re.compile(r"(https?://\S+/)(#/task/\S+)")


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
        """The page's address and the route behind it."""
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


def follow(build, view, via):
    base_url, route = build.link()
    return view.open(base_url.rstrip("/"), route, via)


def lines(view):
    return "\n".join(text for _, text in view.whole_log()).split("\n")


def test_a_build_is_seen_live_and_a_reload_in_the_middle_shows_all_of_it_again(build, view, via):
    follow(build, view, via)
    expect(view.row(c_project.MIDDLE).first).to_be_visible()
    view.expect_live(via)
    expect(view.state).to_have_text("Running")
    expect(view.task.get_by_role("heading")).to_have_text("The library")
    expect(view.task.locator(".facts")).to_contain_text("$ make -C")
    assert build.process.poll() is None, "the lines arrived before the command had ended"
    assert lines(view) == build.output()
    view.screenshot(f"build-live-{via}")

    view.page.reload()
    expect(view.row(c_project.MIDDLE).first).to_be_visible()
    view.expect_live(via)
    assert build.process.poll() is None
    assert lines(view) == build.output()

    build.go_on()
    assert build.finish() == 0
    expect(view.state).to_have_text("Finished")
    expect(view.outcome).to_contain_text(re.compile(r"exit_status\s*0"))
    expect(view.connection).to_have_text("Ended")
    assert lines(view) == build.output()
    assert any("warning:" in line for line in lines(view)), "standard error is part of the output"
    view.screenshot(f"build-ended-{via}")


def test_a_link_opened_after_the_end_shows_everything_and_the_end(build, view, via):
    build.link()
    build.go_on()
    assert build.finish() == 0
    follow(build, view, via)
    expect(view.state).to_have_text("Finished")
    expect(view.connection).to_have_text("Ended")
    assert lines(view) == build.output()


def test_a_command_that_fails_says_so_on_the_page(gateway, telltale, view, via):
    run = telltale(gateway, "run", "--task", "broken", "--", "sh", "-c", "echo before; exit 3")
    view.watch(gateway, "broken", via)
    expect(view.state).to_have_text("Failed")
    expect(view.outcome).to_contain_text("before")
    expect(view.outcome).to_contain_text(re.compile(r"exit_status\s*3"))
    expect(view.connection).to_have_text("Ended")
    assert lines(view) == ["before"]
    assert run.wait(10) == 3
    view.screenshot(f"failed-{via}")


def test_a_command_that_is_killed_says_by_which_signal(gateway, telltale, view):
    telltale(gateway, "run", "--task", "killed", "--", "sh", "-c", "kill -TERM $$")
    view.watch(gateway, "killed")
    expect(view.state).to_have_text("Failed")
    expect(view.outcome).to_contain_text(re.compile(r"signal\s*15"))


def test_a_command_is_cancelled_from_the_page(gateway, telltale, view):
    run = telltale(gateway, "run", "--task", "long", "--", "sleep", "60")
    view.watch(gateway, "long")
    expect(view.state).to_have_text("Running")
    view.task.get_by_role("button", name="Cancel").click()
    expect(view.state).to_have_text("Cancelled")
    assert run.wait(10) != 0
