"""Access tokens as an application makes them (RFC 7519, HS256), right and wrong."""

import base64
import hashlib
import hmac
import json
import time

SECRET = "the secret of these tests, 32 bytes and more"
API_KEY = "key-of-a-producer-in-these-tests"
PROTECTED = {"auth.secret": SECRET, "auth.api_keys": API_KEY}


def _text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mint(seconds=60, secret=SECRET, header=None, **claims):
    """A token that expires in so many seconds."""
    head = {"alg": "HS256", "typ": "JWT"} | (header or {})
    body = {"exp": time.time() + seconds} | claims
    signed = ".".join(_text(json.dumps(part).encode()) for part in (head, body))
    return f"{signed}.{_text(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def bearer(token):
    return {"Authorization": f"Bearer {token}"} if token else {}


def all_of(pattern, **others):
    """A token for everything on these channels."""
    return mint(subscribe=[pattern], publish=[pattern], cancel=[pattern], **others)
