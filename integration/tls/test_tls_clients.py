"""The command line against a gateway whose certificate a private authority signed."""

import subprocess

from gateway import BINARY, environment


def telltale(gateway, *arguments, ca=True):
    words = [BINARY, *arguments]
    settings = {"gateway": gateway.base_url} | ({"ca": gateway.authority.certificate} if ca else {})
    return subprocess.run(
        [str(word) for word in words], env=environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


def test_it_publishes_and_follows_when_it_is_told_the_authority(gateway):
    assert telltale(gateway, "publish", "a", "by TLS").returncode == 0
    gateway.publish("a", "the end", close=1)
    followed = telltale(gateway, "tail", "a", "--since", "0:0")
    assert followed.returncode == 0 and followed.stdout == "by TLS\nthe end\n"


def test_the_authority_can_be_an_option(gateway):
    done = telltale(gateway, "publish", "a", "hello", "--ca", gateway.authority.certificate, ca=False)
    assert done.returncode == 0, done.stderr


def test_it_runs_a_task(gateway):
    done = telltale(gateway, "run", "--task", "42", "--", "echo", "hello")
    assert done.returncode == 0, done.stderr
    assert "hello" in gateway.curl(gateway.base_url + "/v1/tasks/42/log")


def test_a_certificate_that_is_not_trusted_is_said_in_one_line(gateway):
    done = telltale(gateway, "publish", "a", "hello", ca=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "its certificate is not trusted" in done.stderr and "--ca" in done.stderr


def test_a_file_without_certificates_is_said(gateway, tmp_path):
    (tmp_path / "nothing").write_text("nothing")
    done = telltale(gateway, "publish", "a", "hello", "--ca", tmp_path / "nothing", ca=False)
    assert done.returncode != 0 and "has no certificate in PEM" in done.stderr
