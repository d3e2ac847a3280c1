"""Which versions are measured."""

import subprocess

from harness import PYTHON


def debian_version(package):
    run = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return run.stdout.strip() or "?"


def python_version(package):
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    run = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True)
    return run.stdout.strip() or "?"
