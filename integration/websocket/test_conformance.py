"""The gateway's WebSocket codec, in an echo server, against the short cases of the public suite."""

import suite
from gateway import BINARY, ROOT

REPORTS = ROOT / ".build/kosoku"

# Framing, pings, reserved bits, opcodes, fragmentation, UTF-8, closing, messages of up to 16 MiB, and those cut at odd
# places: every case of each. There is no section 8 or 11.
PLAIN = [f"{section}.*" for section in (1, 2, 3, 4, 5, 6, 7, 9, 10)]
# Compressed messages, of every kind of content and by every kind of offer: few sizes and cuts of each.
COMPRESSED = [f"12.{kind}.{size}" for kind in range(1, 6) for size in (1, 5)]
COMPRESSED += [f"13.{offer}.{size}" for offer in range(1, 8) for size in (1, 5)]
CASES = 301 + 24

# Forty do where all pass; a case that fails may wait for a second of its own.
SUITE_SECONDS = 500


def test_the_codec_passes_the_public_suite():
    with suite.echo_server(BINARY.with_name("websocket-echo")) as port:
        cases, printed = suite.run(port, PLAIN + COMPRESSED, REPORTS, SUITE_SECONDS)
    failed = suite.failures(cases, REPORTS)
    assert not failed, f"{len(failed)} of {len(cases)} cases failed; see {REPORTS}/index.html\n" + "\n".join(failed)
    assert len(cases) == CASES, f"{CASES} cases were to run\n{printed}"
