"""A task over HTTP, for the tests of transports."""

import itertools

from client import http

_numbers = itertools.count(1)


class CalledTask:
    """A task that no other test uses."""

    def __init__(self, gateway, id=None):
        self.gateway = gateway
        self.id = id or f"transports-{next(_numbers)}"
        self.channel = f"task:{self.id}"
        self.url = f"{gateway.base_url}/v1/tasks/{self.id}"

    def create(self, **fields):
        answer = http.post(f"{self.gateway.base_url}/v1/tasks", json={"id": self.id} | fields)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def patch(self, **fields):
        answer = http.patch(self.url, json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, **options):
        return http.get(self.url, **options)
