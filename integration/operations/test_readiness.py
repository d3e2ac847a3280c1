"""/healthz says that the process lives, /readyz whether it should be sent anyone, and why not."""

import resource

from client import http
from gateway import until
from raw import Connection


def test_a_ready_gateway_says_so_as_json_and_as_text(gateway):
    answer = http.get(f"{gateway.base_url}/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
    assert http.get(f"{gateway.base_url}/readyz", headers={"Accept": "text/plain"}).text == "ok\n"
    assert http.get(f"{gateway.base_url}/healthz").text == "ok\n"


def test_a_broker_that_does_not_answer_is_a_start_that_is_not_over_and_later_a_failure(start_gateway, redis):
    gateway = start_gateway({"broker.url": redis.url})
    redis.pause()

    def refusal():
        answer = http.get(f"{gateway.base_url}/readyz")
        problem = answer.json()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert problem["code"] == problem["reasons"][0]["code"] and problem["detail"] == problem["reasons"][0]["detail"]
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert str(redis.port) not in answer.text, "where the broker stands is for the log"
        return problem["code"]

    assert refusal() == "starting"
    text = http.get(f"{gateway.base_url}/readyz", headers={"Accept": "text/plain"})
    assert (text.status_code, text.text) == (503, "starting: the broker has not answered yet\n")
    assert http.get(f"{gateway.base_url}/healthz").status_code == 200
    redis.resume()
    until(lambda: http.get(f"{gateway.base_url}/readyz").status_code == 200, 10, "it does not become ready")
    redis.pause()
    assert refusal() == "unavailable"
    redis.resume()
    until(lambda: http.get(f"{gateway.base_url}/readyz").status_code == 200, 10, "it does not come back")


def test_a_gateway_whose_descriptors_are_nearly_out_is_not_ready_until_they_are_not(start_gateway):
    gateway = start_gateway()
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (200, 200))
    # Of 200 a quarter is kept free, and the gateway itself has some twenty.
    held = [Connection(gateway).request("GET", "/v1/channels/held", "Accept: text/event-stream") for _ in range(135)]
    try:
        until(lambda: http.get(f"{gateway.base_url}/readyz").status_code == 503, 20, "it is ready for more")
        problem = http.get(f"{gateway.base_url}/readyz").json()
        assert problem["code"] == "descriptors" and "of 200" in problem["detail"]
    finally:
        for connection in held:
            connection.__exit__()
    until(lambda: http.get(f"{gateway.base_url}/readyz").status_code == 200, 10, "it does not come back")
