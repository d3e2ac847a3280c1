"""What is secret stands in no log and in no answer, whatever goes wrong with it."""

import json
import subprocess

import pytest
from client import http
from gateway import BINARY, environment
from raw import Connection
from tokens import API_KEY, PROTECTED, SECRET, all_of, bearer, mint
from websockets.sync.client import connect

SECONDS = 15
REFUSED = "refused-" + "x" * 24


@pytest.fixture
def gateway(start_gateway):
    return start_gateway(PROTECTED | {"log.level": "trace", "auth.cookie": "telltale", "auth.leeway": "0s"})


def say(gateway, heard, *frames, token=None):
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws", additional_headers=bearer(token)) as socket:
        heard.append(socket.recv(timeout=SECONDS))
        for frame in frames:
            socket.send(frame)
            heard.append(socket.recv(timeout=SECONDS))


def test_no_token_no_key_and_no_secret_shows_anywhere(gateway, channel):
    expired, early, foreign = mint(seconds=-5, subscribe=["*"]), mint(nbf=9_999_999_999), mint(secret="y" * 32)
    good = all_of(channel)
    tokens = [expired, early, foreign, good, API_KEY, REFUSED, good[:-2] + "AA"]
    heard = []
    for token in tokens:
        for given in (
                {"headers": bearer(token)}, {"params": {"token": token}}, {"params": {"access_token": token}},
                {"headers": {"Cookie": f"telltale={token}"}}, {"params": {"token": token}, "headers": bearer(token + "x")}):
            for method in ("GET", "POST"):
                answer = http.request(method, gateway.url(channel), content=b"x" if method == "POST" else None, **given)
                heard.append(str(answer.headers) + answer.text)
            heard.append(http.get(gateway.url("secret:1/%zz"), **given).text)
            heard.append(http.get(f"{gateway.url(channel)}?since=1&token={token}%zz").text)
            heard.append(http.get(f"{gateway.base_url}/v1/nothing", **given).text)
            heard.append(http.get(f"{gateway.base_url}/v1/tasks/x?wait=abc", **given).text)
            heard.append(http.post(f"{gateway.base_url}/v1/publish", content=b"{", **given).text)
        with Connection(gateway) as connection:
            connection.send(f"GET /v1/channels/{channel}?token={token} HTTP/9.9\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            heard.append(connection.answer().body.decode())
        auth = json.dumps({"type": "auth", "token": token})
        say(gateway, heard, auth, *([auth, json.dumps({"type": "refresh", "token": token})] if token in (good, API_KEY) else []))
        say(gateway, heard, auth[:-1], json.dumps({"type": "auth", "token": token, token: 1})[:4096] + " x", json.dumps({"type": "auth", "token": [token]}))
    assert not [text for text in heard for token in tokens if token in text]
    metrics = http.get(f"{gateway.base_url}/metrics", headers=bearer(API_KEY)).text
    log = gateway.log.read_text()
    for secret in [*tokens, SECRET]:
        for part in {secret, secret[-20:]}:
            assert part not in metrics
            assert part not in log, [line for line in log.splitlines() if part in line][:3]


def test_the_configuration_that_is_shown_hides_them():
    urls = {"auth.callback.url": "http://user:hidden-one@app/may?k=hidden-two", "auth.jwks_url": "http://hidden-one@idp/keys?hidden-two"}
    shown = subprocess.run([BINARY, "check"], env=environment(PROTECTED | urls), capture_output=True, text=True, timeout=SECONDS).stdout
    assert '"secret": "***"' in shown
    assert "http://***@app/may?k=***" in shown and "http://***@idp/keys?***" in shown
    assert not [secret for secret in (SECRET, API_KEY, "hidden-") if secret in shown]
