"""A tab that follows by telltale.js, and what it has seen."""

import httpx

FOLLOW = """async ([name, target, options]) => {
    const { follow } = await import("/telltale.js");
    const seen = { messages: [], tasks: [], states: [], gaps: [], ends: [], errors: [] };
    (globalThis.seen ??= {})[name] = seen;
    seen.following = follow(target, {
        onmessage: (message) => seen.messages.push(message),
        ontask: (task) => seen.tasks.push(task),
        onstate: (state) => seen.states.push(state),
        ongap: (gap) => seen.gaps.push(gap),
        onend: (reason) => seen.ends.push(reason),
        onerror: (problem) => seen.errors.push(problem),
        ...options,
    });
}"""


class Tab:
    """A page of its own on the gateway's origin. It shows nothing: all that happens is what the test asks for."""

    def __init__(self, page, base_url):
        self.page = page
        page.goto(f"{base_url}/healthz")

    def follow(self, target, name="it", **options):
        self.page.evaluate(FOLLOW, [name, target, options])
        return self

    def seen(self, what, name="it"):
        return self.page.evaluate(f"seen.{name}.{what}")

    def lines(self, name="it"):
        return self.seen("messages.map(({ data }) => data)", name)

    def until(self, what, name="it", seconds=15):
        """Waits for an expression over what was seen: `messages.length === 3`."""
        self.page.wait_for_function(f"() => {{ with (seen.{name}) return {what} }}", timeout=seconds * 1000)
        return self

    def until_lines(self, lines, name="it", seconds=15):
        """Waits for the last of these lines, and then there must be just these."""
        self.until(f"messages.at(-1)?.data === '{lines[-1]}'", name, seconds)
        assert self.lines(name) == lines
        return self

    def until_live(self, name="it", seconds=15):
        return self.until("states.at(-1)?.state === 'live'", name, seconds)


class Tasks:
    """A worker's side of the gateway's tasks."""

    def __init__(self, gateway):
        self.url = f"{gateway.base_url}/v1/tasks"

    def create(self, task, **fields):
        return httpx.post(self.url, json={"id": task, **fields}).raise_for_status().json()

    def change(self, task, **fields):
        return httpx.patch(f"{self.url}/{task}", json=fields).raise_for_status().json()

    def snapshot(self, task):
        return httpx.get(f"{self.url}/{task}").json()


def readers(gateway, channel):
    """How many connections the gateway counts on the channel."""
    channels = httpx.get(f"{gateway.base_url}/v1/channels").json()["channels"]
    return next((found["readers"] for found in channels if found["channel"] == channel), 0)
