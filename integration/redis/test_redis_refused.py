"""What can't work stops the start: one line on standard error says which it is and what to do, and shows no password."""

import pytest
from gateway import free_port
from proxy import Proxy
from refusing import PASSWORD, WRONG, refused
from servers.certificates import Authority
from servers.fake_server import FakeServer, old_redis, web_server
from servers.redis_cluster import ClusterSetup
from servers.redis_sentinel import SentinelSetup
from servers.redis_server import RedisServer
from servers.redis_tls import TLSSetup


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """One set-up of each kind for all of these tests: none of them gets in."""
    servers = {}

    def get(kind, *lines, **access):
        if (kind, lines) not in servers:
            servers[kind, lines] = kind(tmp_path_factory.mktemp("refused") / "server", *lines, **access)
            servers[kind, lines].start()
        return servers[kind, lines]

    yield get
    plain = servers.get((RedisServer, ()))
    keys = plain.client.dbsize() if plain else 0
    for server in servers.values():
        server.close()
    assert keys == 0, "who was refused has written keys"


@pytest.fixture
def plain(started):
    return started(RedisServer)


@pytest.fixture
def tls(started):
    return started(TLSSetup)


def test_nothing_listens():
    port = free_port()
    refused(f"redis://127.0.0.1:{port}", port)


def test_a_host_that_there_is_not():
    refused("redis://no-such-host.invalid:6379", "no-such-host.invalid")


def test_a_socket_that_there_is_not(tmp_path):
    refused(f"redis+unix://{tmp_path}/none.sock", "none.sock")


def test_a_server_that_never_answers(plain):
    with Proxy(plain) as proxy:
        proxy.stall()
        refused(f"redis://127.0.0.1:{proxy.port}", proxy.port)


def test_something_that_is_no_redis():
    with FakeServer(web_server) as server:
        refused(f"redis://127.0.0.1:{server.port}", server.port)


def test_a_server_that_is_too_old():
    with FakeServer(old_redis) as server:
        refused(f"redis://127.0.0.1:{server.port}", "6.0.16", "6.2")


@pytest.fixture
def locked(started):
    """The password has characters that a URL must escape; so does the wrong one, in part."""
    return started(RedisServer, 'requirepass "p@ss/word"', password="p@ss/word")


@pytest.mark.parametrize("user", ["", f":{WRONG}@", f"default:{WRONG}@", f"nobody:{WRONG}@", f":{WRONG}%40x@"])
def test_a_wrong_password(locked, user):
    refused(f"redis://{user}127.0.0.1:{locked.port}", "password")


def test_the_right_password_with_escapes_lets_in(locked, start_gateway, channel):
    gateway = start_gateway(f"redis://:p%40ss%2Fword@127.0.0.1:{locked.port}")
    assert gateway.publish(channel, "x")["offset"] == 1
    assert "p@ss/word" not in gateway.log.read_text() and "p%40ss" not in gateway.log.read_text()


def test_a_database_that_there_is_not(plain):
    refused(f"redis://127.0.0.1:{plain.port}/99", "database", "99")


@pytest.mark.parametrize("url, words", [
    ("redis://127.0.0.1:{port}?prefx=a:", ["prefx", "prefix", "timeout"]),
    ("redis://127.0.0.1:{port}?prefix={{x}}", ["prefix"]),
    ("redis://127.0.0.1:{port}?timeout=soon", ["timeout", "2s"]),
    ("redis://127.0.0.1:{port}?ca=/x", ["ca"]),
    ("redis://127.0.0.1:99999", ["port"]),
    ("redis://127.0.0.1:{port}/x", ["database"]),
    ("redis://127.0.0.1:{port},127.0.0.1:{port}", ["redis+cluster", "redis+sentinel"]),
    ("redis://", ["host"]),
    ("redis+sentinel://127.0.0.1:{port}", ["master"]),
    ("redis+cluster://127.0.0.1:{port}/3", ["database"]),
    (f"redis://:{WRONG}@127.0.0.1:{{port}}?pasword={WRONG}", ["pasword"]),
])
def test_a_url_that_is_wrong_in_itself(plain, url, words):
    refused(url.format(port=plain.port), *words)


def test_tls_to_a_port_that_is_plain(plain):
    refused(f"rediss://127.0.0.1:{plain.port}", "tls")


def test_plain_to_a_port_that_speaks_tls(tls):
    refused(f"redis://127.0.0.1:{tls.port}", "tls", "rediss")


def test_a_certificate_that_nobody_trusts(tls, tmp_path):
    other = Authority(tmp_path, "other")
    refused(tls.url_of(ca=None), "certificate", "ca")
    refused(tls.url_of(ca=other.certificate), "certificate", "ca")


def test_a_certificate_of_another_name(tmp_path, start_server, start_gateway, channel):
    authority = Authority(tmp_path / "certificates")
    certificate, key = authority.issue("server", names="DNS:redis.example")
    files = [f"tls-cert-file {certificate}", f"tls-key-file {key}", f"tls-ca-cert-file {authority.certificate}"]
    server = start_server(
        RedisServer, *files, "tls-auth-clients no", ssl=True, ssl_ca_certs=authority.certificate, ssl_check_hostname=False)
    url = f"rediss://127.0.0.1:{server.port}?ca={authority.certificate}"
    refused(url, "certificate", "name", "server_name")
    refused(f"{url}&server_name=other.example", "certificate", "name")
    assert start_gateway(f"{url}&server_name=redis.example").publish(channel, "x")["offset"] == 1


def test_a_client_certificate_that_is_missing(tls):
    refused(tls.url_of(cert=None, key=None), "certificate", "cert")


def test_files_that_there_are_not_or_are_no_certificates(tls, tmp_path):
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("rubbish")
    for file in (tmp_path / "none.pem", rubbish):
        refused(tls.url_of(ca=file), file.name)
        refused(tls.url_of(cert=file), file.name)
        refused(tls.url_of(key=file), file.name)


def test_a_certificate_for_a_host_name_is_as_good(tls, start_gateway, channel):
    assert start_gateway(tls.url_of(host="localhost")).publish(channel, "x")["offset"] == 1


@pytest.mark.parametrize("rules, words", [
    ("~* &* +@all -fcall -fcall_ro -function -eval -evalsha -script", ["fcall"]),
    ("~* &* +@all -function", ["function"]),
    ("~* &* +@all -subscribe", ["subscribe"]),
    ("~* &other:* +@all", ["&telltale:*"]),
    ("~other:* &* +@all", ["~telltale:*"]),
    ("~* &* +@all -hset", ["hset"]),
    ("~* &* +@all -publish", ["publish"]),
])
def test_a_permission_that_is_missing(started, rules, words):
    server = started(RedisServer, "user default on nopass ~* &* +@all")
    server.client.execute_command("ACL SETUSER", "gateway", "reset", "on", f">{PASSWORD}", *rules.split())
    refused(f"redis://gateway:{PASSWORD}@127.0.0.1:{server.port}", "gateway", *words)


def test_a_replica(started):
    primary = started(RedisServer, "maxclients 500")
    replica = started(RedisServer, f"replicaof 127.0.0.1 {primary.port}")
    refused(f"redis://127.0.0.1:{replica.port}", "replica")


def test_a_sentinel_that_does_not_know_the_master(started):
    url = started(SentinelSetup).url
    refused(url.replace("/main", "/mian"), "mian", "master")


def test_sentinels_that_are_none(plain):
    refused(f"redis+sentinel://127.0.0.1:{plain.port}/main", "sentinel", "redis://")


def test_a_server_that_is_a_sentinel(started):
    sentinel = started(SentinelSetup).sentinels[0]
    refused(f"redis://127.0.0.1:{sentinel.port}", "redis+sentinel://")


def test_a_cluster_url_for_a_single_server(plain):
    refused(f"redis+cluster://127.0.0.1:{plain.port}", "cluster", "redis://")


def test_a_single_servers_url_for_a_cluster(started):
    refused(f"redis://127.0.0.1:{started(ClusterSetup).nodes[0].port}", "redis+cluster://")
