"""Answers that are read as a whole: JSON, text, the page."""

import gzip
import subprocess

import httpx
import pytest
from client import http
from raw import Connection

GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def filled(gateway, channel):
    """A channel whose messages as JSON are about 200 KB: they don't fit into one step."""
    lines = [f"line {number} of the build's output, much like the others" for number in range(1_000)]
    http.post(gateway.url(channel), params={"lines": 1}, content="\n".join(lines))
    return gateway.url(channel)


@pytest.mark.parametrize("limit", [10, 100, 1000])
def test_json_is_the_same_compressed_or_not(filled, limit):
    query = {"limit": limit, "since": "earliest"}
    compressed, plain = (http.get(filled, params=query, headers=headers) for headers in (GZIP, PLAIN))
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert compressed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert compressed.content == plain.content
    assert compressed.num_bytes_downloaded < len(plain.content) / 3


def test_text_of_any_length_is_one_member(filled):
    headers = GZIP | {"Accept": "text/plain"}
    with http.stream("GET", filled, headers=headers) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["transfer-encoding"] == "chunked"
    assert gzip.decompress(raw) == http.get(filled, headers=PLAIN | {"Accept": "text/plain"}).content


def test_a_small_answer_goes_as_it_is(gateway, channel):
    gateway.publish(channel, "hello")
    answer = http.get(gateway.url(channel), headers=GZIP)
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/", "/telltale.js", "/page/page.css", "/page/favicon.svg", "/telltale.d.ts"])
def test_the_page_is_compressed_and_known_again(gateway, path):
    url = gateway.base_url + path
    compressed, plain = (http.get(url, headers=headers) for headers in (GZIP, PLAIN))
    assert compressed.content == plain.content
    assert compressed.headers.get("content-encoding") == ("gzip" if len(plain.content) >= 1024 else None)
    for headers, answer in ((GZIP, compressed), (PLAIN, plain)):
        again = http.get(url, headers=headers | {"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert again.headers["etag"] == answer.headers["etag"]
        assert again.headers["vary"] == "Accept-Encoding"


def test_what_is_compressed_has_a_tag_of_its_own(gateway):
    compressed, plain = (http.get(f"{gateway.base_url}/telltale.js", headers=headers) for headers in (GZIP, PLAIN))
    assert compressed.headers["etag"] == f"W/{plain.headers['etag']}"


def test_head_says_what_get_would(gateway):
    answers = [http.request(method, f"{gateway.base_url}/telltale.js", headers=GZIP) for method in ("HEAD", "GET")]
    for name in ("content-encoding", "content-length", "etag", "vary"):
        assert answers[0].headers[name] == answers[1].headers[name]


def test_lines_are_answered_while_more_come(gateway, channel):
    """NDJSON both ways: the answer to a line does not wait for the next, though it is compressed."""
    import json
    import zlib
    line = json.dumps({"channel": channel, "data": "x"}).encode() + b"\n"
    with Connection(gateway) as connection:
        connection.request(
            "POST", "/v1/publish", "Content-Type: application/x-ndjson", "Accept-Encoding: gzip",
            "Transfer-Encoding: chunked")
        connection.send(b"%x\r\n%s\r\n" % (len(line), line))
        answer = connection.answer(has_body=False)
        assert answer.headers["content-encoding"] == "gzip"
        member = zlib.decompressobj(31)
        for offset in (1, 2, 3):
            text = b""
            while not text.endswith(b"\n"):
                text += member.decompress(connection.chunk())
            assert json.loads(text)["offset"] == offset
            connection.send(b"%x\r\n%s\r\n" % (len(line), line) if offset < 3 else b"0\r\n\r\n")
        while part := connection.chunk():
            assert member.decompress(part) == b""
        assert member.eof


def test_curl_and_httpx_read_it(gateway, filled):
    curl = subprocess.run(
        ["curl", "-s", "--compressed", "-w", "%{size_download}", f"{gateway.base_url}/telltale.js"], check=True,
        stdout=subprocess.PIPE, text=True)
    plain = httpx.get(f"{gateway.base_url}/telltale.js").text
    assert curl.stdout.startswith(plain)
    assert int(curl.stdout.removeprefix(plain)) < len(plain) / 2
    assert len(httpx.get(filled, params={"limit": 1000}).json()["messages"]) == 1000
