"""One page, ten EventSources, one connection: the end of the limit of six."""

import pytest

READERS = 10
FOLLOW = """(count) => {
    window.got = Array(count).fill("");
    window.opened = Array(count).fill(false);
    window.sources = window.got.map((_, index) => {
        const source = new EventSource(`/v1/channels/reader:${index}`);
        source.addEventListener("stream-open", () => { window.opened[index] = true; });
        source.onmessage = (event) => { window.got[index] += event.data; };
        return source;
    });
}"""


@pytest.fixture
def page(chromium, gateway):
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{gateway.base_url}/healthz")
    yield page
    context.close()


def test_ten_event_sources_of_one_page_are_live_at_once(gateway, page):
    page.evaluate(FOLLOW, READERS)
    page.wait_for_function("window.opened.every(Boolean)", timeout=15_000)
    for number in range(READERS):
        gateway.publish(f"reader:{number}", f"for {number}")
    page.wait_for_function("window.got.every((text, index) => text === `for ${index}`)", timeout=15_000)
    # Requests find their way besides.
    assert page.evaluate("fetch('/healthz').then((answer) => answer.text())").strip() == "ok"
    spoken = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.nextHopProtocol).filter(Boolean)")
    assert set(spoken) == {"h2"}


def test_without_http2_the_seventh_waits(start_gateway, chromium):
    """What the test above would look like without HTTP/2: it is HTTP/2 that makes the difference."""
    gateway = start_gateway({"listen.http2": "false"})
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{gateway.base_url}/healthz")
    page.evaluate(FOLLOW, READERS)
    page.wait_for_function("window.opened.filter(Boolean).length >= 6", timeout=15_000)
    # Which six is a matter of chance: a request whose connection has a certificate that is to be ignored queues up again.
    one = page.evaluate("window.opened.indexOf(true)")
    gateway.publish(f"reader:{one}", "it is live")
    page.wait_for_function(f"window.got[{one}] !== ''", timeout=15_000)
    assert page.evaluate("window.opened.filter(Boolean).length") == 6
    context.close()


def test_a_websocket_of_the_page_goes_by_tls_beside_http2(gateway, page):
    page.evaluate("""() => {
        window.texts = [];
        window.socket = new WebSocket(`wss://${location.host}/v1/ws?channel=ws`);
        window.socket.onmessage = (event) => window.texts.push(event.data);
    }""")
    page.wait_for_function("window.texts.some((text) => text.includes('subscribed'))", timeout=15_000)
    gateway.publish("ws", "by WebSocket")
    page.wait_for_function("window.texts.some((text) => text.includes('by WebSocket'))", timeout=15_000)
