"""`telltale token`, held against another implementation of JWT, and that one's tokens against the gateway."""

import subprocess
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from gateway import BINARY, environment

SECRET = "a-secret-of-at-least-thirty-two-bytes"


def mint(*arguments, settings=None):
    """Status, standard output and standard error of `telltale token`."""
    done = subprocess.run(
        [BINARY, "token", *map(str, arguments)], env=environment(settings), capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def minted(*arguments, settings=None):
    status, out, err = mint(*arguments, settings=settings)
    assert (status, err, out.count("\n")) == (0, "", 1), err
    return out.strip()


def private_keys():
    return {
        "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_token_says_what_was_asked_for_and_no_more():
    token = minted(
        "--subscribe", "build:*", "--subscribe", "user:{sub}", "--publish", "build:7", "--cancel", "task:1",
        "--sub", "alice", "--expires", "5m", settings={"auth.secret": SECRET})
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    issued = claims.pop("iat")
    assert abs(issued - time.time()) < 30
    assert claims == {
        "sub": "alice", "subscribe": ["build:*", "user:{sub}"], "publish": ["build:7"], "cancel": ["task:1"],
        "exp": issued + 300}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_it_has_the_issuer_and_audience_that_the_gateway_asks_for():
    settings = {"auth.secret": SECRET, "auth.issuer": "me", "auth.audience": "here"}
    claims = jwt.decode(
        minted("--subscribe", "*", settings=settings), SECRET, algorithms=["HS256"], issuer="me", audience="here")
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_private_key_signs_for_others(tmp_path, algorithm):
    key = private_keys()[algorithm]
    (tmp_path / "key.pem").write_bytes(pem(key))
    token = minted("--subscribe", "a", "--key", tmp_path / "key.pem", "--kid", "k1")
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    assert jwt.decode(token, public_pem(key), algorithms=[algorithm])["subscribe"] == ["a"]


def test_a_link_is_a_whole_url():
    link = minted("--link", "task:42", "--expires", "15m", "--gateway", "https://live.example.com/x/",
                  settings={"auth.secret": SECRET})
    address, token = link.split("?token=")
    assert address == "https://live.example.com/x/v1/channels/task:42"
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert claims["link"] == "task:42" and "subscribe" not in claims and claims["exp"] - claims["iat"] == 900


@pytest.mark.parametrize("arguments, status, said", [
    ([], 2, "--subscribe"),
    (["--link", "a", "--publish", "a"], 2, "leave"),
    (["--subscribe", "a b"], 2, "would allow nothing"),
    (["--subscribe", "user:{sub}"], 2, "--sub"),
    (["--subscribe", "user:{sub}", "--sub", "a:b"], 2, "--sub"),
    (["--link", "a b"], 2, "channel"),
    (["--subscribe", "a", "--expires", "soon"], 2, "expires"),
    (["--subscribe", "a", "--expires", "0s"], 2, "--expires"),
    (["--subscribe", "a", "--gateway", "http://x"], 2, "--gateway"),
    (["--subscribe", "a", "--kid", "x"], 2, "--kid"),
    (["--subscribe", "a"], 1, "TELLTALE_AUTH_SECRET"),
    (["--subscribe", "a", "--key", "/nowhere"], 1, "/nowhere"),
    (["--subscribe", "a", "--key", "/etc/hostname"], 1, "PEM"),
])
def test_what_is_wrong_is_said_in_one_line(arguments, status, said):
    found, out, err = mint(*arguments)
    assert (found, out, err.count("\n")) == (status, "", 1) and said in err, err


def test_the_secret_is_shown_to_nobody():
    for arguments in (["--subscribe", "a"], ["--subscribe", "a b"], ["--subscribe", "a", "--key", "/nowhere"]):
        assert SECRET not in "".join(map(str, mint(*arguments, settings={"auth.secret": SECRET})))
    assert "too-short" not in mint("--subscribe", "a", settings={"auth.secret": "too-short"})[2]
