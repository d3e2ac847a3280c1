"""/metrics: what there is, and that it is what the documentation, the dashboard and the alerts say."""

import json
import re

import pytest
from client import http
from gateway import ROOT, until
from prometheus import parse, promtool
from raw import Connection, WebSocketConnection

DOCS = ROOT / "docs"
#: | `name` | kind | labels | meaning |
ROW = re.compile(r"^\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]*) \| ([^|]+) \|$", re.MULTILINE)
#: Names in an expression: what is followed by a label, a range or an operator, and is no function or keyword.
METRIC = re.compile(r"\b((?:telltale|process)_\w+)")


def metrics(gateway):
    answer = http.get(f"{gateway.base_url}/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parse(answer.text)


def base_names(families):
    """All names that an expression may use."""
    names = set(families)
    for name, family in families.items():
        if family.kind == "histogram":
            names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    return names


def test_the_documented_list_is_what_there_is(gateway):
    http.get(gateway.url("no channel"))
    families = metrics(gateway)
    documented = {
        name: (kind, {label.strip(" `") for label in labels.split(",")} - {""}, meaning)
        for name, kind, labels, meaning in ROW.findall((DOCS / "operating.md").read_text())}
    real = {name: (family.kind, family.labels, family.help) for name, family in families.items()}
    assert documented == {name: (kind, labels, words) for name, (kind, labels, words) in real.items()}


def test_promtool_finds_nothing_wrong_with_the_real_output(gateway):
    http.get(gateway.url("no channel"))
    promtool("check", "metrics", text=http.get(f"{gateway.base_url}/metrics").text)


def test_promtool_takes_the_alerts_and_they_use_metrics_that_there_are(gateway):
    said = promtool("check", "rules", DOCS / "alerts.yml")
    expressions = re.findall(r"^ +expr: (.+)$", (DOCS / "alerts.yml").read_text(), re.MULTILINE)
    assert f"{len(expressions)} rules found" in said
    for expression in expressions:
        used = set(METRIC.findall(expression))
        assert used and used <= base_names(metrics(gateway)), expression


def test_the_dashboard_is_valid_and_uses_metrics_that_there_are(gateway):
    board = json.loads((DOCS / "grafana-dashboard.json").read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert all(panel["title"] and panel["targets"] for panel in panels)
    names = base_names(metrics(gateway))
    for expression in expressions:
        assert METRIC.findall(expression) and set(METRIC.findall(expression)) <= names, expression
        # As Prometheus reads it, with the dashboard's variables filled in.
        promtool("check", "rules", "/dev/stdin", text=json.dumps({"groups": [{"name": "dashboard", "rules": [
            {"record": "x", "expr": expression.replace("$__rate_interval", "1m").replace("$instance", ".*")}]}]}))


def test_connections_are_counted_by_what_they_speak(gateway):
    with (Connection(gateway) as sse, Connection(gateway) as text, Connection(gateway) as frames,
          WebSocketConnection(gateway, "/v1/ws?channel=spoken"), Connection(gateway)):
        sse.request("GET", "/v1/channels/spoken", "Accept: text/event-stream")
        text.request("GET", "/v1/channels/spoken?follow=1", "Accept: text/plain")
        frames.request("GET", "/v1/events?channel=spoken&form=frames", "Accept: text/event-stream")

        def counted():
            family = metrics(gateway)["telltale_connections"]
            return {kind: family.value(transport=kind) for kind in ("sse", "text", "frames", "websocket")}

        until(lambda: set(counted().values()) == {1}, 5, lambda: f"{counted()}")
        # The one that says nothing, and the one that asks.
        assert metrics(gateway)["telltale_connections"].value(transport="http") >= 2
    until(lambda: set(counted().values()) == {0}, 5, lambda: f"{counted()}")


def test_messages_and_bytes_are_counted_both_ways_and_those_of_tasks_too(gateway):
    before = metrics(gateway)
    with Connection(gateway) as reader:
        reader.request("GET", "/v1/channels/counted", "Accept: text/event-stream")
        until(lambda: metrics(gateway)["telltale_subscriptions"].value() == 1, 5, "the reader does not come")
        for number in range(3):
            gateway.publish("counted", "x" * 1000)
        http.post(f"{gateway.base_url}/v1/tasks", json={"id": "t1"}).raise_for_status()
        http.post(gateway.url("counted") + "?lines=1", content=b"a\nb\n").raise_for_status()
        http.post(f"{gateway.base_url}/v1/publish", content=b'{"channel":"counted","data":"c"}\n').raise_for_status()
        until(lambda: metrics(gateway)["telltale_delivered_total"].value() >= 6, 5, "nothing is delivered")
    after = metrics(gateway)

    def grown(name):
        return after[name].value() - before[name].value()

    assert grown("telltale_published_total") == 3 + 1 + 2 + 1
    assert grown("telltale_delivered_total") == 6
    assert grown("telltale_received_bytes_total") > 3000
    assert grown("telltale_sent_bytes_total") > 3000


def test_what_is_published_twice_with_one_key_counts_once(gateway):
    before = metrics(gateway)["telltale_published_total"].value()
    for _ in range(2):
        http.post(gateway.url("once"), content=b"x", headers={"Idempotency-Key": "k"}).raise_for_status()
    assert metrics(gateway)["telltale_published_total"].value() == before + 1


@pytest.mark.parametrize("refused, code", [
    (lambda gateway: http.get(f"{gateway.base_url}/nowhere"), "not_found"),
    (lambda gateway: http.post(gateway.url("closed") + "?fence=x", content=b"x"), "invalid_query"),
    (lambda gateway: http.get(gateway.url("a") + "?since=x", headers={"Accept": "text/event-stream"}), None),
    (lambda gateway: http.get(f"{gateway.base_url}/v1/ws"), "upgrade_required"),
    (lambda gateway: http.post(f"{gateway.base_url}/v1/publish", content=b"{]\n"), "invalid_json"),
], ids=["router", "publishing", "stream", "upgrade", "a line of NDJSON"])
def test_every_refusal_counts_once_by_its_code(gateway, refused, code):
    answer = refused(gateway)
    code = code or answer.json()["code"]
    assert metrics(gateway)["telltale_refused_total"].value(code=code) == 1
    refused(gateway)
    assert metrics(gateway)["telltale_refused_total"].value(code=code) == 2


def test_codes_are_ours_whatever_clients_write(gateway):
    for number in range(300):
        http.get(f"{gateway.base_url}/nowhere-{number}?code={number}")
        http.get(gateway.url("a") + f"?since={number}x")
    assert len(metrics(gateway)["telltale_refused_total"].samples) < 10


def test_the_broker_and_the_event_loops_are_measured(gateway):
    gateway.publish("measured", "x")

    def counts():
        families = metrics(gateway)
        return ([value for name, labels, value in families["telltale_broker_duration_seconds"].samples
                 if name.endswith("_count") and labels["operation"] == "publish"]
                + [value for name, _, value in families["telltale_event_loop_delay_seconds"].samples
                   if name.endswith("_count")])

    until(lambda: all(counts()), 5, lambda: f"{counts()}")
    families = metrics(gateway)
    for name in ("telltale_broker_duration_seconds", "telltale_event_loop_delay_seconds"):
        buckets = {}
        for sample, labels, value in families[name].samples:
            if sample.endswith("_bucket"):
                buckets.setdefault(tuple(sorted((labels | {"le": ""}).items())), []).append(value)
        assert all(values == sorted(values) for values in buckets.values()), "buckets hold the smaller ones too"
    assert {labels["loop"].split("-")[0] for _, labels, _ in families["telltale_event_loop_worst_delay_seconds"].samples
            } == {"http", "shard"}


def test_the_process_is_what_the_kernel_says(gateway):
    families = metrics(gateway)
    open_now = len(list((ROOT / f"/proc/{gateway.process.pid}/fd").iterdir()))
    assert abs(families["process_open_fds"].value() - open_now) <= 3
    assert families["process_max_fds"].value() > 1000
    assert 1e6 < families["process_resident_memory_bytes"].value() < 1e9
    assert families["process_start_time_seconds"].value() > 1.7e9


def test_metrics_may_be_for_who_has_a_key_or_for_nobody(start_gateway):
    key = "a-key-that-reads-the-metrics"
    gateway = start_gateway({"auth.api_keys": key, "auth.metrics": "key"})
    address = f"{gateway.base_url}/metrics"
    assert http.get(address).status_code == 401
    assert http.get(address, headers={"Authorization": "Bearer another-key-than-that"}).status_code == 401
    assert "telltale_sessions" in http.get(address, headers={"Authorization": f"Bearer {key}"}).text
    closed = start_gateway({"auth.api_keys": key, "auth.metrics": "nobody"})
    assert http.get(f"{closed.base_url}/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == 403


def test_metrics_are_for_who_has_a_key_where_there_are_keys(start_gateway):
    key = "a-key-that-reads-the-metrics"
    open_to_all = {"namespaces.default.subscribe": "anyone", "namespaces.default.publish": "anyone"}
    for others in ({}, open_to_all):
        gateway = start_gateway({"auth.api_keys": key} | others)
        address = f"{gateway.base_url}/metrics"
        assert (http.get(address).status_code, http.get(address).json()["code"]) == (401, "token_missing")
        assert http.get(address, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    said = start_gateway({"auth.api_keys": key, "auth.metrics": "anyone"})
    assert http.get(f"{said.base_url}/metrics").status_code == 200
