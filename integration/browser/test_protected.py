"""A real browser against a gateway that protects something: its own EventSource and WebSocket, telltale.js, and the page."""

import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from client import http
from follows import Tab
from playwright.sync_api import expect
from tokens import API_KEY, PROTECTED, all_of, bearer, mint


_numbers = itertools.count(1)


@pytest.fixture
def channel():
    return f"test:{next(_numbers)}"


class Site:
    """An origin with an empty page, and `/token?seconds=2&…`, where the page's reader gets an access token."""

    def __init__(self):
        self.tokens = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _handler(site):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = b"<!doctype html><title>Site</title>"
                if self.path.startswith("/token"):
                    site.tokens += 1
                    body = mint(seconds=float(self.path.partition("=")[2]), sub="ann", subscribe=["*"]).encode()
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


@pytest.fixture(scope="module")
def sites():
    sites = [Site(), Site()]
    yield sites
    for site in sites:
        site.stop()


@pytest.fixture
def gateway(start_gateway, sites):
    return start_gateway(PROTECTED | {"origins": sites[0].origin, "auth.cookie": "telltale", "auth.leeway": "0s"})


@pytest.fixture
def page(chromium, gateway):
    context = chromium.new_context()
    context.add_cookies([{"name": "telltale", "value": all_of("*"), "url": gateway.base_url}])
    yield context.new_page()
    context.close()


@pytest.fixture
def stranger(chromium):
    """A page of somebody without any cookie."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


LISTEN = """([url, options]) => new Promise((done) => {
    const source = new EventSource(url, options);
    const seen = [];
    for (const name of ["message", "stream-error"]) source.addEventListener(name, ({ data }) => {
        seen.push(data);
        if (name === "message") done(seen);
    });
    source.onerror = () => source.readyState === EventSource.CLOSED && done([...seen, "closed"]);
})"""


def publish(gateway, channel, text, **query):
    assert http.post(gateway.url(channel), params=query, content=text.encode(), headers=bearer(API_KEY)).status_code == 200


def test_an_eventsource_brings_its_token_in_the_address(gateway, sites, stranger, channel):
    publish(gateway, channel, "for ann")
    stranger.goto(sites[0].origin)
    found = stranger.evaluate(LISTEN, [f"{gateway.url(channel)}?token={mint(subscribe=[channel])}", {}])
    assert found == ["for ann"]
    assert stranger.evaluate(LISTEN, [gateway.url(channel), {}]) == ["closed"]
    assert stranger.evaluate(LISTEN, [f"{gateway.url(channel)}?token={mint(subscribe=['other'])}", {}]) == ["closed"]


def test_an_eventsource_brings_its_token_in_the_cookie_from_listed_pages_only(gateway, sites, page, channel):
    publish(gateway, channel, "for ann")
    page.goto(sites[0].origin)
    assert page.evaluate(LISTEN, [gateway.url(channel), {"withCredentials": True}]) == ["for ann"]
    assert page.evaluate(LISTEN, [gateway.url(channel), {}]) == ["closed"]
    page.goto(sites[1].origin)
    assert page.evaluate(LISTEN, [gateway.url(channel), {"withCredentials": True}]) == ["closed"]
    page.goto(f"{gateway.base_url}/healthz")
    assert page.evaluate(LISTEN, [gateway.url(channel), {}]) == ["for ann"]


def test_an_eventsource_gives_up_when_its_token_has_expired(gateway, sites, stranger, channel):
    stranger.goto(sites[0].origin)
    seen = stranger.evaluate(LISTEN, [f"{gateway.url(channel)}?token={mint(seconds=2, subscribe=[channel])}", {}])
    assert json.loads(seen[0])["code"] == "token_expired"
    assert seen[1:] == ["closed"]


SOCKET = """(url) => new Promise((done) => {
    const socket = new WebSocket(url);
    const seen = [];
    socket.onmessage = ({ data }) => {
        seen.push(JSON.parse(data).type);
        if (seen.at(-1) === "message") done(seen);
    };
    socket.onclose = ({ code }) => done([...seen, code]);
})"""


def test_a_cross_site_websocket_never_opens_though_the_browser_sends_the_cookie(gateway, sites, page, channel):
    publish(gateway, channel, "for ann")
    url = f"ws://127.0.0.1:{gateway.port}/v1/ws?channel={channel}&since=earliest"
    page.goto(sites[1].origin)
    assert page.evaluate(SOCKET, url) == [1006]
    page.goto(sites[0].origin)
    assert page.evaluate(SOCKET, url) == ["open", "subscribed", "message"]


FETCH = """async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        return [response.status, await response.text()];
    } catch (error) {
        return [0, error.name];
    }
}"""


@pytest.mark.parametrize("options", [
    {"credentials": "include"}, {"credentials": "include", "method": "POST", "body": "x"},
    {"credentials": "include", "method": "POST", "body": "x", "mode": "no-cors"}, {"credentials": "include", "method": "DELETE"},
    {"method": "PATCH", "body": "{}"}])
def test_a_page_that_is_not_listed_reads_nothing_and_changes_nothing(gateway, sites, page, channel, options):
    publish(gateway, channel, "for ann")
    page.goto(sites[1].origin)
    assert "for ann" not in page.evaluate(FETCH, [gateway.url(channel), options])[1]
    found = http.get(gateway.url(channel), headers=bearer(API_KEY)).json()
    assert [message["data"] for message in found["messages"]] == ["for ann"]


def test_a_form_of_another_site_changes_nothing(gateway, sites, page, channel):
    page.goto(sites[1].origin)
    page.set_content(f'<form method="post" enctype="text/plain" action="{gateway.url(channel)}"><input name="x" value="y"></form>')
    with page.expect_response(gateway.url(channel)) as answer:
        page.evaluate("document.forms[0].submit()")
    assert answer.value.status == 403
    assert http.get(gateway.url(channel), headers=bearer(API_KEY)).json()["top"] == 0


def test_a_listed_page_reads_and_writes_with_its_cookie_or_its_token(gateway, sites, page, stranger, channel):
    page.goto(sites[0].origin)
    assert page.evaluate(FETCH, [gateway.url(channel), {"credentials": "include", "method": "POST", "body": "x"}])[0] == 200
    stranger.goto(sites[0].origin)
    headers = {"Authorization": f"Bearer {all_of(channel)}", "Idempotency-Key": "k"}
    assert stranger.evaluate(FETCH, [gateway.url(channel), {"headers": headers, "method": "POST", "body": "y"}])[0] == 200
    assert stranger.evaluate(FETCH, [gateway.url(channel), {}])[0] == 401


FOLLOW = """async ([gateway, target, options, tokens]) => {
    const { follow } = await import(`${gateway}/telltale.js`);
    const seen = { messages: [], states: [], gaps: [], errors: [] };
    globalThis.seen = { it: seen };
    const token = async () => (await fetch(tokens)).text();
    seen.following = follow(target, {
        gateway, token, since: "earliest",
        onmessage: (message) => seen.messages.push(message), onstate: (state) => seen.states.push(state),
        ongap: (gap) => seen.gaps.push(gap), onerror: (problem) => seen.errors.push(problem), ...options,
    });
}"""


@pytest.mark.parametrize("where", ["own", "listed"])
@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
def test_telltale_js_gets_another_token_when_one_has_expired_and_misses_nothing(gateway, sites, stranger, channel, transport, where):
    tab = Tab(stranger, gateway.base_url)
    if where == "listed":
        stranger.goto(sites[0].origin)
    before = sites[0].tokens
    options = {"transports": [transport]}
    stranger.evaluate(FOLLOW, [gateway.base_url, channel, options, f"{sites[0].origin}/token?seconds=3"])
    tab.until_live()
    lines = []
    for number in range(14):
        lines.append(f"line {number}")
        publish(gateway, channel, lines[-1])
        stranger.wait_for_timeout(500)
    tab.until_lines(lines, seconds=30)
    assert tab.seen("gaps") == []
    assert tab.seen("errors") == []
    assert sites[0].tokens >= before + 2
    assert "token" not in json.dumps(stranger.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")).replace(
        f"{sites[0].origin}/token", "")


def test_telltale_js_tells_of_a_token_that_no_other_helps(gateway, sites, stranger, channel):
    tab = Tab(stranger, gateway.base_url)
    stranger.evaluate(FOLLOW, [gateway.base_url, channel, {}, f"{sites[0].origin}/token?seconds=-60"])
    tab.until("errors.length === 1")
    assert tab.seen("errors")[0]["code"] == "token_expired"
    assert tab.seen("states.at(-1).state") == "ended"


def test_readers_with_other_tokens_share_no_connection(gateway, stranger, channel):
    """What one may read is brought to no one else, though all tabs have one worker."""
    publish(gateway, channel, "for ann")
    tab = Tab(stranger, gateway.base_url)
    tab.follow(channel, "ann", since="earliest", token=mint(sub="ann", subscribe=[channel]))
    tab.until_lines(["for ann"], "ann")
    tab.follow(channel, "bob", since="earliest", token=mint(sub="bob", subscribe=["other"]))
    tab.follow(channel, "nobody", since="earliest")
    tab.until("errors.length === 1", "bob").until("errors.length === 1", "nobody")
    assert tab.lines("bob") == tab.lines("nobody") == []
    publish(gateway, channel, "again")
    tab.until_lines(["for ann", "again"], "ann")


def test_the_task_element_takes_its_token_by_property(gateway, view):
    key = bearer(API_KEY)
    http.post(f"{gateway.base_url}/v1/tasks", json={"id": "42", "title": "Protected"}, headers=key)
    http.patch(f"{gateway.base_url}/v1/tasks/42", json={"state": "started"}, headers=key)
    view.page.route("**/own", lambda route: route.fulfill(content_type="text/html", body="""<!doctype html><title>Own</title>
        <telltale-task task="42"></telltale-task>"""))
    view.page.goto(f"{gateway.base_url}/own")
    # Before the element is known, and as what gets one.
    view.page.evaluate("(token) => { document.querySelector('telltale-task').token = async () => token; }", all_of("task:*"))
    view.page.evaluate("() => import('/telltale-task.js')")
    expect(view.task.get_by_role("heading")).to_have_text("Protected")
    view.task.get_by_role("button", name="Cancel").click()
    expect(view.task.get_by_role("button")).to_have_text("Cancel requested")
    view.page.evaluate("(token) => { document.querySelector('telltale-task').token = token; }", mint(subscribe=["other"]))
    expect(view.task.get_by_role("alert")).to_be_visible()


def test_the_page_asks_for_a_token_when_it_is_refused(gateway, view, channel):
    key = bearer(API_KEY)
    http.post(f"{gateway.base_url}/v1/tasks", json={"id": channel.replace(":", "."), "title": "Protected"}, headers=key)
    view.open(gateway.base_url)
    field = view.page.get_by_label("Access token")
    expect(field).to_be_visible()
    view.screenshot("token-asked")
    field.fill(all_of("*"))
    view.page.get_by_role("button", name="Use it").click()
    expect(view.page.get_by_text("Protected")).to_be_visible()
    expect(view.page.get_by_label("Access token")).to_be_hidden()
    publish(gateway, channel, "a line")
    view.follow(gateway, channel)
    view.expect_live()
    expect(view.row("a line")).to_have_count(1)
    view.screenshot("token-given")
