"""A page behind a proxy: gateways go one after the other, by SIGTERM and by a crash, and it misses nothing.

All browser tests pass behind a proxy too: `make test-behind`.
"""

import pytest
from browser.conftest import browser_context  # noqa: F401
from client import http
from follows import Tab, readers
from gateway import until
from proxies.site import FRONTS, site
from transports.readers import FOLLOW

PLAIN = """(channel) => {
    globalThis.lines = [];
    globalThis.source = new EventSource(`/v1/channels/${channel}`);
    source.onmessage = ({ data }) => lines.push(data);
}"""


@pytest.fixture(params=list(FRONTS))
def own_site(request, tmp_path):
    with site(tmp_path, request.param, {"drain": "1s"}) as found:
        yield found


def wait_until_used(site, gateway):
    """Waits until the proxy has noticed that the gateway is back."""
    http.post(site.front.url("probe"), content="probe").raise_for_status()

    def is_used():
        with FOLLOW["sse"](site.front, "probe") as items:
            next(items)
            return readers(gateway, "probe")

    until(is_used, 20, "the proxy does not use the gateway that came back")


def each_gateway_goes(site):
    """One is drained and comes back, then the other crashes; yields after each."""
    one, other = site.gateways
    one.stop()
    yield other
    one.start()
    wait_until_used(site, one)
    other.kill()
    yield one


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
def test_a_page_by_telltale_js_reloads_and_outlives_each_gateway(own_site, browser_context, transport):  # noqa: F811
    lines = ["0", "1"]
    tab = Tab(browser_context.new_page(), own_site.front.base_url)
    own_site.gateways[0].publish("news", "0")
    tab.follow("news", transports=[transport]).until_lines(["0"])
    own_site.gateways[1].publish("news", "1")
    tab.until_lines(lines)
    tab.page.reload()
    tab.follow("news", transports=[transport]).until_lines(lines)
    for left in each_gateway_goes(own_site):
        lines.append(str(len(lines)))
        left.publish("news", lines[-1])
        tab.until_lines(lines, seconds=40)
    assert tab.seen("gaps") == []
    assert tab.seen("states.at(-1)") == {"state": "live", "transport": transport}


def test_a_plain_event_source_outlives_each_gateway(own_site, browser_context):  # noqa: F811
    page = browser_context.new_page()
    page.goto(f"{own_site.front.base_url}/healthz")
    lines = ["0"]
    own_site.gateways[0].publish("news", "0")
    page.evaluate(PLAIN, "news")
    page.wait_for_function("lines.length === 1")
    for left in each_gateway_goes(own_site):
        lines.append(str(len(lines)))
        left.publish("news", lines[-1])
        page.wait_for_function(f"lines.length === {len(lines)}", timeout=30_000)
    assert page.evaluate("lines") == lines
