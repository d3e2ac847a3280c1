"""A changed configuration takes effect without a restart where it can, says so where it can't, and never by halves."""

import signal
import socket
import ssl
import subprocess

import httpx
import pytest
from client import http
from gateway import until
from process import metric
from raw import WebSocketConnection
from servers.certificates import Authority


def hang_up(gateway):
    gateway.process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("how", ["SIGHUP", "the file has changed"])
def test_a_changed_file_takes_effect_and_the_log_says_which_key(configured, how):
    gateway = configured({"limits": {"subscriptions": 1}})
    gateway.write({"limits": {"subscriptions": 2}})
    if how == "SIGHUP":
        hang_up(gateway)
    gateway.says("configuration: applied from=1 key=limits.subscriptions to=2")
    answer = http.get(f"{gateway.base_url}/v1/events?channel=a&channel=b&channel=c", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_subscriptions")
    assert "2 channels" in answer.json()["detail"]
    assert metric(http, gateway, "config_last_reload_successful") == 1


def test_what_needs_a_restart_is_said_and_stays(configured):
    gateway = configured({"limits": {"message_bytes": "1KiB"}, "log": {"level": "info"}})
    gateway.write({"limits": {"message_bytes": "2KiB"}, "log": {"level": "debug"}, "listen": {"port": 1}})
    hang_up(gateway)
    gateway.says('configuration: applied from="\\"info\\"" key=log.level to="\\"debug\\""')
    gateway.says('configuration: needs a restart from="\\"1KiB\\"" key=limits.message_bytes')
    assert http.post(gateway.url("a"), content=b"x" * 1500).status_code == 413
    assert "listen.port" not in gateway.log.read_text(), "the flag wins over the file"


@pytest.mark.parametrize("wrong, reason", [
    ('{"limits": {"subscriptions": 0}}', "limits.subscriptions"),
    ('{"limitz": {}}', "limitz"),
    ('{"heartbeat": "20s"', "no valid JSON"),
], ids=["value", "key", "syntax"])
def test_an_invalid_file_changes_nothing_and_says_why(configured, wrong, reason):
    gateway = configured({"limits": {"subscriptions": 3}})
    gateway.write(wrong)
    hang_up(gateway)
    gateway.says("configuration not reloaded: nothing has changed")
    assert reason in gateway.log.read_text()
    with WebSocketConnection(gateway, "/v1/ws?channel=a"):
        assert metric(http, gateway, "config_last_reload_successful") == 0
    gateway.write({"limits": {"subscriptions": 4}})
    gateway.says("configuration: applied from=3 key=limits.subscriptions to=4")
    until(lambda: metric(http, gateway, "config_last_reload_successful") == 1, 5, "the next one does not work")


def test_a_secret_that_changes_is_not_shown(configured):
    old, new = "an-old-key-of-a-producer", "a-new-key-of-a-producer"
    gateway = configured({"auth": {"api_keys": [old]}})
    gateway.write({"auth": {"api_keys": [new]}})
    gateway.says("key=auth.api_keys")
    assert old not in gateway.log.read_text() and new not in gateway.log.read_text()

    def publish(key):
        return http.post(gateway.url("a"), content=b"x", headers={"Authorization": f"Bearer {key}"}).status_code

    until(lambda: publish(new) == 200, 5, "the new key does not work")
    assert publish(old) == 401


def test_readers_stay_through_a_reload(configured):
    gateway = configured({"heartbeat": "15s"})
    with WebSocketConnection(gateway, "/v1/ws?channel=a") as reader:
        assert reader.message()["type"] == "open"
        assert reader.message()["type"] == "subscribed"
        gateway.write({"heartbeat": "20s", "timeouts": {"write": "30s"}, "limits": {"session_buffer_bytes": "2MiB"}})
        gateway.says("configuration reloaded")
        gateway.publish("a", "still here")
        assert reader.message()["data"] == "still here"


def test_a_file_that_is_away_for_a_moment_changes_nothing(configured):
    gateway = configured({"heartbeat": "15s"})
    gateway.file.rename(gateway.file.with_suffix(".away"))
    hang_up(gateway)
    gateway.says("can't be read")
    gateway.file.with_suffix(".away").rename(gateway.file)
    hang_up(gateway)
    gateway.says("configuration reloaded applied=0")


def test_a_reload_during_a_slow_start_is_for_everybody(configured):
    old, new = "an-old-key-of-a-producer", "a-new-key-of-a-producer"
    with socket.create_server(("127.0.0.1", 0)) as provider:
        provider.settimeout(15)
        auth = {"jwks_url": f"http://127.0.0.1:{provider.getsockname()[1]}/keys"}
        gateway = configured({"auth": auth | {"api_keys": [old]}}, waits=False)
        question, _ = provider.accept()
        with question:
            # The start waits for the provider's keys.
            gateway.write({"auth": auth | {"api_keys": [new]}})
            hang_up(gateway)
            with pytest.raises(subprocess.TimeoutExpired):
                gateway.process.wait(1)
            assert "configuration: applied" not in gateway.log.read_text()
            question.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{"keys":[]}')
        gateway.says("key=auth.api_keys")
        until(gateway.is_alive, 15, "it does not start")
        answer = http.post(gateway.url("a"), content=b"x", headers={"Authorization": f"Bearer {new}"})
        assert answer.status_code == 200


def test_a_configuration_that_can_be_taken_up_only_in_part_changes_nothing(configured, tmp_path):
    """Who takes it up first is not left with it when a later one, the certificate, can't."""
    authority = Authority(tmp_path / "ca")
    certificate, key = authority.issue("server")
    gateway = configured({"limits": {"subscriptions": 1}, "auth": {"api_keys": ["an-old-key-of-a-producer"]}},
                         {"listen.tls.certificate": certificate, "listen.tls.key": key}, waits=False)
    gateway.says(" listening ")
    key.write_text("no key")
    gateway.write({"limits": {"subscriptions": 2}, "auth": {"api_keys": ["a-new-key-of-a-producer"]}, "log": {"level": "error"}})
    gateway.says("configuration not reloaded: nothing has changed")
    url = f"https://localhost:{gateway.port}/v1/channels/a"
    trust = ssl.create_default_context(cafile=authority.certificate)

    def publish(secret):
        return httpx.post(url, content=b"x", headers={"Authorization": f"Bearer {secret}"}, verify=trust).status_code

    assert [publish("an-old-key-of-a-producer"), publish("a-new-key-of-a-producer")] == [200, 401]
    assert "listen.tls.key" in gateway.log.read_text()
