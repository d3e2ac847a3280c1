"""The permissions that the README gives are enough, and none of them is too much."""

import re
import subprocess

import pytest
from gateway import BINARY, ROOT, environment

README = (ROOT / "README.md").read_text()


def permissions(user):
    rules = re.search(rf"^ACL SETUSER {user} (.*)$", README, re.MULTILINE).group(1)
    return rules.replace(">PASSWORD", ">secret").split()


GATEWAY = permissions("telltale")
PRODUCER = permissions("worker")
# What a user may do without being asked to, or does not need in order to work.
CONVENIENCES = {"+client|setname"}


def setuser(redis, name, rules):
    redis.client.execute_command("ACL", "SETUSER", name, "reset", *rules)


def start_verify(redis):
    return subprocess.Popen(
        [BINARY, "verify", f"redis://telltale:secret@127.0.0.1:{redis.port}"], env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_user_with_these_permissions_can_be_verified(redis):
    setuser(redis, "telltale", [*GATEWAY, "+function|delete"])
    with start_verify(redis) as run:
        printed = run.communicate(timeout=120)[0]
    assert run.returncode == 0, printed
    assert redis.client.dbsize() == 0 and redis.client.function_list() == []


@pytest.mark.parametrize("permission", [word for word in GATEWAY if word[0] == "+" and word not in CONVENIENCES])
def test_each_of_them_is_needed(redis, permission):
    setuser(redis, "telltale", [word for word in [*GATEWAY, "+function|delete"] if word != permission])
    with start_verify(redis) as run:
        try:
            # It does not start, or a case fails: the others need not be waited for.
            assert any(line.startswith(("✗", "telltale: ")) for line in run.stdout)
        finally:
            run.kill()


def test_a_producer_with_these_permissions_publishes_to_a_channel_and_can_do_nothing_else(redis, start_gateway):
    gateway = start_gateway(f"redis://127.0.0.1:{redis.port}")
    setuser(redis, "worker", PRODUCER)
    worker = ["--user", "worker", "--pass", "secret", "--no-auth-warning"]
    said = redis.cli(*worker, "FCALL", "telltale_publish", "1", "telltale:{a}", "hello", "retain", "k", "id", "1")
    assert re.fullmatch(r"\w+:1\n", said), said
    assert gateway.publish("a", "from the gateway")["offset"] == 2
    assert "NOPERM" in redis.cli(*worker, "DEL", "telltale:{a}")
