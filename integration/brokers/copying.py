"""`telltale copy`, as an operator runs it."""

import subprocess

from gateway import BINARY, environment

SECONDS = 120


def start(source, target, *words, settings=None):
    return subprocess.Popen(
        [BINARY, "copy", "--from", url(source), "--to", url(target), *words], env=environment(settings),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(source, target, *words, settings=None):
    """Its exit status, and what it said on standard output and on standard error."""
    process = start(source, target, *words, settings=settings)
    output, error = process.communicate(timeout=SECONDS)
    return process.returncode, output, error


def copied(source, target, **options):
    """What it printed; it must bring everything."""
    status, output, error = run(source, target, **options)
    assert status == 0, output + error
    assert output.startswith("complete: "), output
    return output


def url(broker):
    return broker if isinstance(broker, str) else broker.url
