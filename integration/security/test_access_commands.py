"""The command line against a gateway that asks for tokens."""

import subprocess

import pytest
from client import PooledGateway, http
from gateway import BINARY, environment
from tokens import API_KEY, PROTECTED, all_of, bearer, mint

SECONDS = 20


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = PooledGateway(tmp_path_factory.mktemp("commands") / "gateway.log", PROTECTED).start()
    yield gateway
    gateway.stop()


def run(gateway, *arguments, token=None, **options):
    settings = {"gateway": gateway.base_url} | ({"token": token} if token else {})
    return subprocess.run(
        [BINARY, *arguments], env=environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, **options)


@pytest.mark.parametrize("way", ["flag", "variable"])
def test_publish_and_tail_bring_their_token(gateway, channel, way):
    def ask(*arguments):
        token = all_of(channel)
        return run(gateway, *arguments, *(["--token", token] if way == "flag" else []), token=token if way == "variable" else None)

    assert ask("publish", channel, "a line", "--close").returncode == 0
    found = ask("tail", channel)
    assert (found.returncode, found.stdout) == (0, "a line\n"), found.stderr


@pytest.mark.parametrize("arguments", [["publish", "{}", "x"], ["tail", "{}"]])
def test_without_one_they_say_what_is_missing_in_one_line(gateway, channel, arguments):
    for token, word in [(None, "token"), (mint(subscribe=["other"], publish=["other"]), "")]:
        found = run(gateway, *[argument.format(channel) for argument in arguments], token=token)
        assert found.returncode == 1
        assert len(found.stderr.splitlines()) == 1
        assert word in found.stderr
        assert not token or token not in found.stderr


def test_run_is_a_task_of_a_protected_gateway(gateway, channel):
    task = channel.replace(":", ".")
    token = mint(publish=[f"task:{task}"])
    found = run(gateway, "run", "--task", task, "--", "echo", "done", token=token)
    assert found.returncode == 0, found.stderr
    snapshot = http.get(f"{gateway.base_url}/v1/tasks/{task}", headers=bearer(API_KEY)).json()
    assert snapshot["state"] == "finished"
    log = http.get(f"{gateway.base_url}/v1/tasks/{task}/log", headers=bearer(API_KEY)).text
    assert log == "done\n"


def test_run_without_a_token_warns_and_still_runs(gateway):
    found = run(gateway, "run", "--", "sh", "-c", "echo out; exit 3")
    assert (found.returncode, found.stdout) == (3, "out\n")
    assert "token" in found.stderr
