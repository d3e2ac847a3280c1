"""What a gateway keeps of recent messages is full before memory is looked at: filling up is no leak."""

import json

from client import http

# A gateway keeps no more than so many of a channel, nor more than so many bytes.
MESSAGES, BYTES = 1024, 1 << 20


def fill(gateway, channels, text):
    """Publishes to each channel, which someone has to follow, as much as is kept of it. Returns the last offsets."""
    tops = {}
    count = min(MESSAGES, BYTES // len(text)) + 1
    for channel in channels:
        lines = json.dumps({"channel": channel, "data": text}) + "\n"
        answer = http.post(
            f"{gateway.base_url}/v1/publish", content=lines * count, headers={"Content-Type": "application/x-ndjson"})
        last = json.loads(answer.text.splitlines()[-1])
        assert last.get("offset") == count, answer.text[-500:]
        tops[channel] = count
    return tops
