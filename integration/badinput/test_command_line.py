"""The command line: one line on standard error says what is wrong, and the exit status is 1 or 2."""

import socket
import subprocess

import pytest
from gateway import BINARY, environment


def fails(*arguments, settings=None, status=None):
    process = subprocess.run(
        [BINARY, *map(str, arguments)], env=environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=30)
    assert process.returncode == status if status else process.returncode in (1, 2), process.stderr
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1, process.stderr
    return process.stderr


def test_a_taken_port(gateway):
    said = fails("serve", "--listen", f"127.0.0.1:{gateway.port}", status=1)
    assert str(gateway.port) in said and "taken" in said


def test_a_host_that_is_not_of_this_machine():
    assert "192.0.2.1" in fails("serve", "--listen", "192.0.2.1:8080", status=1)


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1:99999", "127.0.0.1:x"])
def test_an_address_that_is_none(listen):
    fails("serve", "--listen", listen)


def test_a_configuration_that_is_not_there(tmp_path):
    assert "missing.json" in fails("serve", "--config", tmp_path / "missing.json")


def test_a_configuration_that_is_a_directory(tmp_path):
    assert str(tmp_path) in fails("serve", "--config", tmp_path)


def test_a_configuration_that_cannot_be_read():
    # Reading it is an error for everybody, root included.
    assert "/proc/self/mem" in fails("serve", "--config", "/proc/self/mem")


@pytest.mark.parametrize("text, named", [
    ("{", "config.json"), ('{"listn": {}}', "listn"), ('{"listen": {"port": "x"}}', "listen.port"),
    ('{"limits": {"message_bytes": "17MiB"}}', "limits.message_bytes"), ('{"heartbeat": "soon"}', "heartbeat"),
])
def test_a_configuration_that_is_wrong_is_named_by_its_key(tmp_path, text, named):
    file = tmp_path / "config.json"
    file.write_text(text)
    assert named in fails("serve", "--config", file)


def test_an_environment_variable_that_is_wrong():
    assert "TELLTALE_LISTEN_PORT" in fails("serve", settings={"listen.port": "x"})


def test_a_broker_that_is_unknown():
    assert "carrier-pigeon" in fails("serve", "--broker", "carrier-pigeon://coop", "--listen", "127.0.0.1:0")


def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.parametrize("url", [
    "redis://user:hush@127.0.0.1:{port}/0", "redis://hush@127.0.0.1:{port}", "redis+cluster://user:hush@127.0.0.1:{port}",
    "redis+sentinel://user:hush@127.0.0.1:{port}/main?sentinel_password=hush", "redis+unix://:hush@/nowhere/{port}.sock",
])
@pytest.mark.parametrize("command", [["serve", "--listen", "127.0.0.1:0", "--broker"], ["verify"]], ids=["serve", "verify"])
def test_a_broker_that_does_not_answer(command, url):
    port = closed_port()
    said = fails(*command, url.format(port=port), status=1)
    assert str(port) in said and "hush" not in said


@pytest.mark.parametrize("url, named", [
    ("redis://user:hush@host/0?nonsense=1", "nonsense"), ("redis://user:hush@host:port", "port"), ("redis://hush@host/x", "database"),
    ("redis+sentinel://a:26379/?sentinel_password=hush", "master"), ("redis+cluster://:hush@a:7000/3", "database"),
    ("postgresql+x://user:hush@host", "postgresql+x"), ("memory:hush", "memory:"),
])
def test_a_broker_url_that_is_wrong_is_named_by_its_key_and_never_shown(url, named):
    for arguments in (["check"], ["serve"]):
        said = fails(*arguments, settings={"broker.url": url}, status=1)
        assert "broker.url (TELLTALE_BROKER_URL)" in said and named in said and "hush" not in said
    said = fails("verify", url, status=2)
    assert named in said and "hush" not in said


def test_a_broker_url_is_checked_without_a_connection():
    url = f"rediss://user:hush@127.0.0.1:{closed_port()}/0?ca=/nowhere.pem"
    process = subprocess.run(
        [BINARY, "check"], env=environment({"broker.url": url}), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert process.returncode == 0, process.stderr
    assert url.replace("hush", "***") in process.stdout and "hush" not in process.stdout + process.stderr


@pytest.mark.parametrize("arguments", [["serve", "--nonsense"], ["nonsense"], ["publish"], ["run"], ["serve", "extra"]])
def test_a_usage_that_is_wrong(arguments):
    fails(*arguments, status=2)


def test_a_gateway_that_is_not_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        said = fails("publish", "a", "x", settings={"gateway": f"http://127.0.0.1:{port}"}, status=1)
        assert str(port) in said
