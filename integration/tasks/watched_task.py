"""One task, as who works on it and who asks for it see it over HTTP."""

from client import http


class WatchedTask:
    def __init__(self, gateway, id):
        self.gateway, self.id = gateway, id
        self.url = f"{gateway.base_url}/v1/tasks/{id}"

    @property
    def channel(self):
        return f"task:{self.id}"

    def patch(self, **change):
        """The snapshot after it."""
        answer = http.patch(self.url, json=change)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def snapshot(self):
        answer = http.get(self.url)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def messages(self):
        """All that the channel keeps, page by page."""
        messages, since = [], "earliest"
        while True:
            page = http.get(self.gateway.url(self.channel), params={"since": since, "limit": 1000}).json()
            assert page["complete"], page
            if not page["messages"]:
                return messages
            messages += page["messages"]
            since = page["next"]

    @property
    def states(self):
        """All states that it was ever said to be in, in order."""
        return [message["data"]["state"] for message in self.messages if message["event"] == "state"]
