"""Tokens of another implementation of JWT, and ours, at a gateway that knows the keys."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import jwt
import pytest
from gateway import until
from test_token_command import SECRET, minted, pem, private_keys, public_pem


def claims(**others):
    return {"exp": int(time.time()) + 60, "publish": ["build:*"], "subscribe": ["build:*"]} | others


def publish(gateway, token, channel="build:1"):
    return httpx.post(
        f"{gateway.base_url}/v1/channels/{channel}", content="x", headers={"authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def keys():
    return private_keys()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_of_each_algorithm_is_taken(start_gateway, tmp_path, keys, algorithm):
    (tmp_path / "keys.pem").write_bytes(b"".join(public_pem(key) for key in keys.values()))
    gateway = start_gateway({"auth.keys_file": tmp_path / "keys.pem"})
    token = jwt.encode(claims(), pem(keys[algorithm]), algorithm=algorithm)
    assert publish(gateway, token).status_code == 200
    assert publish(gateway, token, "other").status_code == 403
    assert publish(gateway, jwt.encode(claims(exp=1), pem(keys[algorithm]), algorithm=algorithm)).status_code == 401
    (tmp_path / "own.pem").write_bytes(pem(keys[algorithm]))
    assert publish(gateway, minted("--publish", "build:*", "--key", tmp_path / "own.pem")).status_code == 200


def test_forged_tokens_are_refused(start_gateway, tmp_path, keys):
    public = public_pem(keys["RS256"])
    (tmp_path / "keys.pem").write_bytes(public)
    gateway = start_gateway({"auth.keys_file": tmp_path / "keys.pem", "auth.secret": SECRET})
    assert publish(gateway, jwt.encode(claims(), SECRET, algorithm="HS256")).status_code == 200

    def forged(header, signature):
        parts = [json.dumps(header).encode(), json.dumps(claims()).encode()]
        return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts).decode() + "." + signature

    confused = forged({"alg": "HS256", "typ": "JWT"}, "").rstrip(".")
    mac = base64.urlsafe_b64encode(hmac.new(public, confused.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    for token in [
        forged({"alg": "none"}, ""), forged({"alg": "HS256"}, ""), f"{confused}.{mac}",
        jwt.encode(claims(), SECRET + "x", algorithm="HS256"),
        jwt.encode(claims(), pem(private_keys()["RS256"]), algorithm="RS256"),
        jwt.encode(claims(), SECRET, algorithm="HS256", headers={"crit": ["exp"]}),
        jwt.encode({"publish": ["*"]}, SECRET, algorithm="HS256"),
        jwt.encode(claims(nbf=int(time.time()) + 600), SECRET, algorithm="HS256"),
    ]:
        answer = publish(gateway, token)
        assert answer.status_code == 401, answer.text
        assert token[:20] not in answer.text
        assert token[-20:] not in gateway.log.read_text()


class Provider:
    """An identity provider's JWKS, over HTTP."""

    def __init__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({"keys": provider.keys}).encode()
                self.send_response(200 if provider.is_up else 500)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.keys, self.is_up = [], True
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, *keys):
        algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
        self.keys = [algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid} for kid, key in keys]


@pytest.fixture
def provider():
    provider = Provider()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


def test_a_provider_changes_its_keys(start_gateway, provider):
    old, new = private_keys()["ES256"], private_keys()["ES256"]

    def token(key, kid):
        return jwt.encode(claims(), pem(key), algorithm="ES256", headers={"kid": kid})

    provider.publish(("old", old))
    gateway = start_gateway({"auth.jwks_url": provider.url})
    assert publish(gateway, token(old, "old")).status_code == 200
    provider.publish(("new", new))
    until(lambda: publish(gateway, token(new, "new")).status_code == 200, 15, "the new key is not taken")
    assert publish(gateway, token(old, "old")).status_code == 401
    provider.is_up = False
    assert publish(gateway, token(new, "new")).status_code == 200
    until(lambda: publish(gateway, token(old, "third")).status_code == 503, 15, "it is not said that keys can't be had")
