"""Watchers that come at the very moment that a task ends: four kinds, each of which must be told the end and the last line.

Each knows the task's id and nothing else. It says whether the task had ended in the first thing it was told, or only later.
"""

import asyncio
import json
import random
from urllib.parse import urlencode

import aiohttp

SECONDS = 20  # until a watcher must know the end
SPREAD_SECONDS = 0.006  # within which the task ends and all watchers come
AT_ONCE = 12  # tasks
LAST_LINE = "the last line"
RESULT = {"answer": 42}


class Ending:
    """What one watcher has been told of one task, in order."""

    def __init__(self):
        self.states, self.lines, self.offset = [], [], 0
        self.result = None
        self.is_over = False

    def snapshot(self, fields):
        self.states.append(fields["state"])
        self.result = fields.get("result", self.result)

    def message(self, event, offset, data):
        assert offset > self.offset, f"offset {offset} after {self.offset}"
        self.offset = offset
        if event == "state":
            self.states.append(data["state"])
            self.result = data.get("result", self.result)
        elif event == "log":
            self.lines.append(data)

    def check(self):
        """`True`: it was over at once."""
        assert self.states[-1] == "finished" and self.result == RESULT, vars(self)
        return self.states[0] == "finished"


async def by_sse(session, base_url, task):
    ending = Ending()
    async with session.get(f"{base_url}/v1/tasks/{task}", headers={"Accept": "text/event-stream"}) as response:
        assert response.status == 200, response.status
        # The gateway ends the response itself.
        body = (await response.read()).decode()
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        event = fields.get("event")
        if event == "task":
            ending.snapshot(json.loads(fields["data"]))
        elif event == "stream-end":
            ending.is_over = json.loads(fields["data"])["reason"] == "closed"
        elif "id" in fields and event != "stream-open":
            data = json.loads(fields["data"]) if event == "state" else fields["data"]
            ending.message(event, int(fields["id"].rsplit(":", 1)[1]), data)
        assert event not in ("stream-gap", "stream-error"), block
    assert ending.is_over and ending.lines == [LAST_LINE], body
    return ending.check()


def take_frame(ending, frame):
    """`True`: the last one."""
    kind = frame["type"]
    assert kind not in ("gap", "error"), frame
    if kind == "task":
        ending.snapshot(frame["task"])
    elif kind == "message":
        ending.message(frame["event"], frame["offset"], frame["data"])
        ending.position = f"{frame['epoch']}:{frame['offset']}"
    elif kind == "subscribed":
        ending.position = frame["position"]
    return kind == "end"


async def by_websocket(session, base_url, task):
    ending = Ending()
    async with session.ws_connect(f"{base_url}/v1/ws?task={task}") as connection:
        async for message in connection:
            if take_frame(ending, json.loads(message.data)):
                break
    assert ending.lines == [LAST_LINE], vars(ending)
    return ending.check()


async def by_poll(session, base_url, task):
    """Long polls of frames, each after what the one before has brought."""
    ending = Ending()
    query = {"form": "frames", "wait": "15", "task": task}
    while not ending.is_over:
        if ending.states:
            query["last_event_id"] = urlencode({f"task:{task}": ending.position})
        async with session.get(f"{base_url}/v1/events", params=query) as response:
            if response.status == 204:
                break
            body = (await response.read()).decode()
        frames = [json.loads(line[len("data: "):]) for line in body.split("\n") if line.startswith("data: ")]
        ending.is_over = any([take_frame(ending, frame) for frame in frames])
    assert ending.lines == [LAST_LINE], vars(ending)
    return ending.check()


async def by_wait(session, base_url, task):
    """The snapshot, and then again when it changes."""
    ending, tag = Ending(), None
    while not ending.is_over:
        headers = {"If-None-Match": tag} if tag else {}
        async with session.get(f"{base_url}/v1/tasks/{task}" + ("?wait=15" if tag else ""), headers=headers) as response:
            assert response.status == 200, response.status
            tag = response.headers["ETag"]
            ending.snapshot(await response.json())
        ending.is_over = ending.states[-1] == "finished"
    return ending.check()


WATCHERS = {"sse": by_sse, "websocket": by_websocket, "poll": by_poll, "wait": by_wait}


async def race(session, writing_url, watching_url, task, chance):
    """For each watcher, whether the end was the first that it was told."""
    async def change(**fields):
        async with session.patch(f"{writing_url}/v1/tasks/{task}", json=fields) as response:
            assert response.status == 200, await response.text()

    async def late(action, *arguments, **fields):
        await asyncio.sleep(chance.uniform(0, SPREAD_SECONDS))
        return await asyncio.wait_for(action(*arguments, **fields), SECONDS)

    await change(state="started")
    _, *found = await asyncio.gather(
        late(change, state="finished", log=LAST_LINE, result=RESULT),
        *(late(watch, session, watching_url, task) for watch in WATCHERS.values()))
    return dict(zip(WATCHERS, found))


async def race_all(base_urls, name, count):
    """So many tasks, written to over one of the gateways and watched over the next: how often a watcher's first news was the end."""
    chance, numbers = random.Random(name), iter(range(count))
    at_once = dict.fromkeys(WATCHERS, 0)

    async def lane(session):
        for number in numbers:
            writing, watching = (base_urls[(number + side) % len(base_urls)] for side in range(2))
            found = await race(session, writing, watching, f"{name}-{number}", chance)
            for kind, was_at_once in found.items():
                at_once[kind] += was_at_once

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(lane(session) for _ in range(AT_ONCE)))
    return at_once
