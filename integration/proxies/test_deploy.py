"""The files in deploy/ are right by the words of those who read them."""

import re
import subprocess

import pytest
from gateway import BINARY, ROOT

DEPLOY = ROOT / "deploy"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def unit(tmp_path):
    """The unit, with the binary where it is here."""
    path = tmp_path / "telltale.service"
    path.write_text((DEPLOY / path.name).read_text().replace("/usr/local/bin/telltale", str(BINARY)))
    return path


def setting(unit, name):
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.M)


def test_systemd_finds_nothing_wrong_with_the_unit(unit):
    found = run("systemd-analyze", "verify", unit)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_systemd_finds_the_unit_well_confined(unit):
    """The threshold is in tenths: 1.5 of 10, where 0 is a service that can do nothing at all."""
    found = run("systemd-analyze", "security", "--offline=true", "--threshold=15", unit)
    assert found.returncode == 0, found.stdout


def test_the_unit_gives_the_gateway_time_to_drain_and_to_answer(unit):
    (stop,) = setting(unit, "TimeoutStopSec")
    drain = run(BINARY, "check", "--keys").stdout
    (seconds,) = re.findall(r'`drain` \| `"(\d+)s"`', drain)
    assert int(stop.removesuffix("s")) >= 3 * int(seconds)


def test_caddy_finds_nothing_wrong_and_nothing_to_format():
    found = run("caddy", "validate", "--config", DEPLOY / "Caddyfile", "--adapter", "caddyfile")
    assert found.returncode == 0, found.stderr
    assert run("caddy", "fmt", DEPLOY / "Caddyfile").stdout == (DEPLOY / "Caddyfile").read_text()


def linked():
    """The shared libraries that the binary itself names, and where they are."""
    named = set(re.findall(r"Shared library: \[(.+)\]", run("readelf", "-d", BINARY).stdout))
    paths = dict(re.findall(r"^\t(\S+) => (\S+)", run("ldd", BINARY).stdout, re.M))
    return {name: paths[name] for name in named if name in paths}


def package_of(path):
    owner = run("dpkg", "-S", f"*{path.removeprefix('/usr')}").stdout
    return owner.split(":")[0]


def test_the_image_has_the_libraries_that_the_binary_is_linked_to_and_no_others():
    """Beside those of Swift, which its base has, and the C library."""
    needed = {package_of(path) for path in linked().values() if "/swift/" not in path} - {"libc6"}
    last = (DEPLOY / "Containerfile").read_text().split("FROM ")[-1]
    installed = set(re.search(r"--no-install-recommends \\\n(.*?)\\", last, re.S)[1].split())
    assert installed - {"ca-certificates", "curl"} == needed


def test_the_image_is_no_root_and_is_looked_after():
    text = (DEPLOY / "Containerfile").read_text()
    last = text.split("FROM ")[-1]
    assert re.search(r"^USER 10001:10001$", last, re.M)
    assert re.search(r"^HEALTHCHECK .*/healthz", last, re.M)
    assert re.search(r"^STOPSIGNAL SIGTERM$", last, re.M)


def test_the_image_is_built_and_run_with_one_swift():
    bases = re.findall(r"^FROM swift:(\S+?)(?:-slim)?(?: AS \w+)?$", (DEPLOY / "Containerfile").read_text(), re.M)
    assert len(bases) == 2 and bases[0] == bases[1]
    here = re.search(r"Swift version (\d+\.\d+)", run("swift", "--version").stdout)[1]
    assert bases[0].startswith(here)
