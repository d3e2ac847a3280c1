"""<telltale-task>: what it shows of a task, on the page and on a page of somebody else."""

import re
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from follows import Tasks
from playwright.sync_api import expect

PAGE = Path(__file__).resolve().parents[2] / "Sources/Gateway/Web/page"
LINES = 100_000
# Milliseconds of the page's thread for one frame, of the 16.7 that there are.
FRAME_BUDGET = 12
SCROLL_UP = """async (log) => {
    for (let frame = 0; frame < 200; frame++) {
        log.scrollTop -= 120;
        await new Promise(requestAnimationFrame);
    }
    return 200;
}"""


@pytest.fixture
def tasks(gateway):
    return Tasks(gateway)


@pytest.fixture
def element(gateway, view):
    """Puts the element on a page of its own, of the gateway's origin, with these attributes and this around it."""

    def put(attributes, style="", height=500):
        html = f"""<!doctype html><title>Own</title><style>telltale-task {{ --telltale-height: {height}px }} {style}</style>
            <script type="module" src="/telltale-task.js"></script><telltale-task {attributes}></telltale-task>"""
        view.page.route(re.compile("/own$"), lambda route: route.fulfill(body=html, content_type="text/html"))
        view.page.goto(f"{gateway.base_url}/own")
        return view.task

    return put


@pytest.fixture
def foreign(tmp_path):
    """Serves a page with this in it and a copy of the modules, from another origin; gives its address."""
    (tmp_path / "page").mkdir()
    for file in PAGE.glob("*.js"):
        shutil.copy(file, tmp_path / ("" if file.name.startswith("telltale") else "page"))
    handler = partial(QuietHandler, directory=tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(content):
        (tmp_path / "index.html").write_text(
            f'<!doctype html><title>Foreign</title><script type="module" src="telltale-task.js"></script>{content}')
        return serve.origin

    serve.origin = f"http://127.0.0.1:{server.server_port}"
    yield serve
    server.shutdown()
    server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_a_task_that_is_unknown_is_waited_for(tasks, view, element):
    element('task="42"')
    expect(view.state).to_have_text("Unknown")
    expect(view.outcome).to_contain_text("no such task yet")
    tasks.create("42", title="Here it is")
    expect(view.state).to_have_text("Queued")
    expect(view.task.get_by_role("heading")).to_have_text("Here it is")
    expect(view.outcome).to_be_hidden()


def test_a_life_is_shown_from_queued_to_finished(tasks, view, element):
    tasks.create("42", title="Report", meta={"command": ["make", "it all"]})
    task = element('task="42"')
    expect(view.state).to_have_text("Queued")
    tasks.change("42", state="started", worker="host:7", progress={"current": 3, "total": 4, "note": "joining"})
    expect(view.state).to_have_text("Running")
    expect(task.locator(".facts")).to_contain_text("on host:7")
    expect(task.locator(".facts")).to_contain_text("$ make 'it all'")
    bar = task.get_by_role("progressbar", name="Progress")
    expect(bar).to_have_attribute("aria-valuenow", "75")
    expect(bar).to_have_attribute("aria-valuetext", "75 % · 3 of 4 · joining")
    expect(task.get_by_role("timer")).to_have_text(re.compile(r"\d+ s"))
    tasks.change("42", state="finished", result={"rows": 412, "ok": True})
    expect(view.state).to_have_text("Finished")
    expect(view.outcome).to_contain_text(re.compile(r"rows\s*412"))
    expect(task.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(task.locator(".connection")).to_have_text("Ended")


def test_a_failure_shows_its_error_with_the_colours_of_a_terminal(tasks, view, element):
    tasks.create("42")
    tasks.change("42", state="started")
    tasks.change("42", state="failed", error="Traceback:\n  line 3\n\x1b[1;31mKeyError\x1b[0m: 'id'")
    element('task="42"')
    expect(view.state).to_have_text("Failed")
    expect(view.outcome).to_contain_text("KeyError: 'id'")
    expect(view.outcome.locator(".bold.fg1")).to_have_text("KeyError")


def test_a_worker_that_is_silent_is_lost_and_a_later_attempt_goes_on(tasks, view, element):
    tasks.create("42")
    tasks.change("42", state="started", worker="host:7", lease=1)
    element('task="42"')
    expect(view.state).to_have_text("Lost")
    expect(view.outcome).to_contain_text("Worker host:7 has not been heard from within its lease of 1 s")
    tasks.change("42", state="started", attempt=2, log="again")
    expect(view.state).to_have_text("Running")
    expect(view.outcome).to_be_hidden()
    expect(view.task.locator(".facts")).to_contain_text("attempt 2")
    expect(view.log).to_contain_text(re.compile(r"Started.*\(attempt 2\)"))


def test_a_cancel_is_asked_for_by_the_keyboard_and_what_is_refused_is_told(gateway, tasks, view, element):
    tasks.create("42")
    tasks.change("42", state="started")
    cancel = element('task="42"').locator(".cancel")
    expect(cancel).to_be_visible()
    view.page.keyboard.press("Tab")
    expect(cancel).to_be_focused()
    view.page.keyboard.press("Enter")
    expect(view.state).to_have_text("Cancelling")
    expect(cancel).to_be_disabled()
    assert tasks.snapshot("42")["cancel_requested"] is True
    tasks.change("42", state="cancelled")
    expect(view.state).to_have_text("Cancelled")


def test_a_refused_cancel_is_told_in_the_gateways_words(tasks, view, element):
    tasks.create("42")
    tasks.change("42", state="started")
    refusal = {"title": "Forbidden", "detail": "this token may not cancel"}
    view.page.route(re.compile("/cancel$"), lambda route: route.fulfill(status=403, json=refusal))
    task = element('task="42"')
    task.get_by_role("button", name="Cancel").click()
    expect(task.get_by_role("alert")).to_have_text("this token may not cancel")
    expect(task.locator(".cancel")).to_be_enabled()


def test_nothing_that_a_task_says_becomes_markup(tasks, view, element):
    hostile = "<img src=x onerror=alert(1)>"
    tasks.create("42", title=hostile, meta={"command": [hostile], hostile: hostile})
    tasks.change("42", state="started", worker=hostile, progress={"percent": 1, "note": hostile},
                 log=f"{hostile} \x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07 \x1b]0;title\x07\x1b[2Jend")
    tasks.change("42", state="failed", error={hostile: hostile}, result=[hostile, {"deep": {hostile: 1}}])
    task = element('task="42"')
    expect(task.get_by_role("heading")).to_have_text(hostile)
    task.get_by_text("Details").click()
    expect(task.locator(".details")).to_contain_text(hostile)
    expect(view.rows).to_have_text(re.compile(re.escape(f"{hostile} link end")))
    assert task.locator("img, .log a, script").count() == 0


def test_the_colours_and_sizes_are_the_pages_to_set(tasks, view, element):
    tasks.create("42")
    tasks.change("42", state="started", progress={"percent": 50})
    element('task="42"', "telltale-task { --telltale-accent: rgb(1 2 3) } telltale-task::part(title) { color: rgb(4 5 6) }")
    expect(view.task.locator(".fill")).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(view.task.get_by_role("heading")).to_have_css("color", "rgb(4, 5, 6)")


@pytest.mark.parametrize("scheme, ground", [("light", "rgb(255, 255, 255)"), ("dark", "rgb(22, 27, 26)")])
def test_it_is_light_or_dark_as_the_reader_likes_it(tasks, view, element, scheme, ground):
    tasks.create("42")
    view.page.emulate_media(color_scheme=scheme)
    element('task="42"')
    expect(view.task.locator(".task")).to_have_css("background-color", ground)


def test_its_attributes_hide_log_and_cancel_and_change_the_task(tasks, view, element):
    tasks.create("42", title="One")
    tasks.create("43", title="Two")
    task = element('task="42" log="no" cancel="no"')
    expect(task.get_by_role("heading")).to_have_text("One")
    expect(view.log).to_be_hidden()
    expect(task.locator(".cancel")).to_be_hidden()
    task.evaluate("(task) => task.setAttribute('task', '43')")
    expect(task.get_by_role("heading")).to_have_text("Two")
    task.evaluate("(task) => task.removeAttribute('cancel')")
    expect(task.locator(".cancel")).to_be_visible()


def test_a_page_of_a_listed_origin_shows_a_task_of_the_gateway(start_gateway, view, foreign):
    gateway = start_gateway({"origins": foreign.origin})
    tasks = Tasks(gateway)
    tasks.create("42", title="From afar")
    tasks.change("42", state="started", log="a line")
    view.open(foreign(f'<telltale-task task="42" gateway="{gateway.base_url}"></telltale-task>'))
    expect(view.task.get_by_role("heading")).to_have_text("From afar")
    expect(view.rows).to_have_count(1)
    tasks.change("42", log="and another", state="finished")
    expect(view.state).to_have_text("Finished")
    expect(view.rows).to_have_count(2)


def test_a_hundred_thousand_lines_scroll_smoothly(start_gateway, view):
    history = "namespaces.task.history"
    gateway = start_gateway({f"{history}.messages": 2 * LINES, f"{history}.bytes": "256MiB"})
    tasks = Tasks(gateway)
    tasks.create("42")
    tasks.change("42", state="started")
    body = "".join(f"\x1b[32mok\x1b[0m line {number} of the output\n" for number in range(1, LINES + 1))
    httpx.post(f"{tasks.url}/42/log", params={"lines": 1}, content=body.encode(), timeout=120).raise_for_status()
    view.watch(gateway, "42")
    expect(view.row(f"line {LINES} of")).to_be_in_viewport(timeout=120_000)
    expect(view.task.locator(".count")).to_have_text(re.compile("^100,000 lines"))
    devtools = view.page.context.new_cdp_session(view.page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy():
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    before = busy()
    frames = view.log.evaluate(SCROLL_UP)
    spent = (busy() - before) * 1000 / frames
    assert spent < FRAME_BUDGET, f"{spent:.1f} ms a frame"
    assert view.rows.count() < 500, "only the rows near the view are in the document"
    expect(view.row(f"line {LINES} of")).to_have_count(0)


def test_all_its_modules_are_served_as_scripts(gateway):
    names = re.findall(r'from "\./(page/[\w-]+\.js)"', (PAGE / "telltale-task.js").read_text())
    assert names
    for name in ["telltale-task.js", *names]:
        answer = httpx.get(f"{gateway.base_url}/{name}")
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8", name
