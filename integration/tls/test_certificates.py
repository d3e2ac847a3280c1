"""Certificates are read again when their files change; no reader notices, and broken files change nothing."""

import os
import shutil
import socket

import pytest
from gateway import until


def served(gateway):
    """The serial number of the certificate that a new connection is shown."""
    with socket.create_connection(("127.0.0.1", gateway.port), 15) as plain:
        shown = gateway.trust.wrap_socket(plain, server_hostname="localhost").getpeercert()
    return shown["serialNumber"]


def replace(certificate, with_files):
    """As a tool that renews certificates does: each file is complete when it appears."""
    for target, source in zip(certificate, with_files, strict=True):
        copy = target.with_suffix(".new")
        shutil.copy(source, copy)
        os.replace(copy, target)


@pytest.mark.parametrize("http2", [True, False], ids=["http2", "http1"])
def test_new_files_are_taken_and_readers_stay(gateway, authority, certificate, http2):
    first = served(gateway)
    with gateway.client(http2=http2) as client, client.stream("GET", "/v1/channels/a", headers={"Accept": "text/event-stream"}) as stream:
        lines = stream.iter_lines()
        assert "event: stream-open" in (next(lines) for _ in range(3))
        replace(certificate, authority.issue("renewed"))
        until(lambda: served(gateway) != first, 15, "the old certificate is still shown")
        gateway.publish("a", "still here", close=1)
        assert "data: still here" in lines


@pytest.mark.parametrize("what", ["no certificate", "no key", "another's key", "missing"])
def test_broken_files_change_nothing_until_they_are_mended(gateway, authority, certificate, what):
    first = served(gateway)
    renewed = authority.issue("renewed")
    match what:
        case "no certificate": certificate[0].write_text("nothing")
        case "no key": certificate[1].write_text("nothing")
        case "another's key": shutil.copy(renewed[1], certificate[1])
        case "missing": certificate[0].unlink()
    until(lambda: "the old one stays" in gateway.log.read_text(), 15, "nothing is said about it")
    line = next(line for line in gateway.log.read_text().splitlines() if "the old one stays" in line)
    assert ("listen.tls.certificate" if what in ["no certificate", "missing"] else "listen.tls.key") in line
    assert served(gateway) == first
    replace(certificate, renewed)
    until(lambda: served(gateway) != first, 15, "mended files are not taken")


@pytest.mark.parametrize(
    "key, content, reason",
    [
        ("certificate", None, "No such file or directory"), ("key", None, "No such file or directory"),
        ("certificate", "nothing", "it has no certificate in PEM"), ("key", "nothing", "it has no key in PEM"),
    ])
def test_bad_files_are_said_in_one_line_at_the_start_and_by_check(check, certificate, key, content, reason):
    file = certificate[0 if key == "certificate" else 1]
    file.write_text(content) if content else file.unlink()
    status, said = check({"listen.tls.certificate": certificate[0], "listen.tls.key": certificate[1]})
    assert status == 1
    lines = [line for line in said.splitlines() if f"listen.tls.{key}: {file}: " in line]
    assert len(lines) == 1 and reason in lines[0]


def test_a_key_of_another_certificate_is_said(check, authority, certificate):
    other = authority.issue("other")
    status, said = check({"listen.tls.certificate": certificate[0], "listen.tls.key": other[1]})
    assert status == 1 and f"listen.tls.key: {other[1]}: it is not the key of {certificate[0]}" in said


def test_good_files_pass_check(check, certificate):
    assert check({"listen.tls.certificate": certificate[0], "listen.tls.key": certificate[1]})[0] == 0
