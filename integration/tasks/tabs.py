"""The tabs in which a person watches tasks."""

import re
from contextlib import contextmanager


@contextmanager
def context(chromium, **options):
    """Tabs that share what tabs of one person share. No script may fail in any of them, and the security policy must hold."""
    made = chromium.new_context(**options)
    complaints = []
    made.on("weberror", lambda error: complaints.append(str(error.error)))
    made.on("console", lambda told: "Security Policy" in told.text and complaints.append(told.text))
    try:
        yield made
    finally:
        made.close()
    assert complaints == []


@contextmanager
def script_page(chromium, gateway, script):
    """A page of the gateway's origin that runs this module and nothing else."""
    html = f"<!doctype html><title>{script.stem}</title><script type=module>{script.read_text()}</script>"
    with context(chromium) as tabs:
        page = tabs.new_page()
        page.route(re.compile("/own-page$"), lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"{gateway.base_url}/own-page")
        yield page
