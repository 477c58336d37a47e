"""Sealed placeholders: made as AWS's own credentials look, opened by who has the keys, and revoked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import awsaccess
import pytest
from awsaccess import placeholder
from awsaccess.access import Identity
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from world import NOW

RANDOM, SEED = bytes(range(32)), bytes(reversed(range(32)))
LINE = placeholder.new_key(7, random=RANDOM)
KEYS = placeholder.GatewayKeys(LINE)
ALICE = Identity("alice@example.com", "crm", "reader", traits={"team": ["red", "blue"], "site": "oslo"}, session="s-1")


def mint(keys=KEYS, who=ALICE, **more) -> awsaccess.Credentials:
    return placeholder.mint(keys, who, 3600, NOW, **{"seed": SEED, **more})


def test_a_placeholder_says_who_it_is_for() -> None:
    made = mint(signed_in={"mfa": "true"})
    assert re.fullmatch(r"AGWP0007[A-Z2-7]{26}", made.access_key_id) and made.expires_at == NOW + 3600
    assert len(made.secret_access_key) == 40 and made.source == "placeholder"
    claims = placeholder.open(KEYS, made.access_key_id, made.session_token)
    assert claims.identity == ALICE and hash(claims.identity) == hash(ALICE)
    assert claims.identity.traits == {"site": ["oslo"], "team": ["red", "blue"]} and claims.identity.session == "s-1"
    assert (claims.issued_at, claims.expires_at, claims.signed_in) == (NOW, NOW + 3600, {"mfa": "true"})
    assert (claims.purpose, claims.credentials, claims.roles, claims.root) == ("issued", None, [], None)
    assert mint() == mint() != mint(seed=None)


def test_it_is_made_as_is_documented() -> None:
    """The construction again, with another library: keys by HMAC-SHA256, ChaCha20-Poly1305 with a nonce of noughts."""
    made = mint()

    def derive(label: bytes) -> bytes:
        text = b"awsaccess placeholder v1 " + label + b"\0" + made.access_key_id.encode()
        return hmac.digest(RANDOM, text, hashlib.sha256)

    assert base64.b64encode(derive(b"secret")[:30]).decode() == made.secret_access_key
    token = base64.urlsafe_b64decode(made.session_token + "=" * (-len(made.session_token) % 4))
    cipher = ChaCha20Poly1305(derive(b"token"))
    claims = cipher.decrypt(bytes(12), token[1:], token[:1])
    assert b"alice@example.com" in claims and b"alice" not in token
    with pytest.raises(InvalidTag):
        cipher.decrypt(bytes(12), token[1:-1] + bytes([token[-1] ^ 1]), token[:1])


def test_only_the_keys_that_made_it_open_it() -> None:
    made, other = mint(), mint(seed=bytes(32))
    assert placeholder.open(KEYS, other.access_key_id, made.session_token) is None
    assert placeholder.open(KEYS, made.access_key_id, made.session_token.encode()) is not None
    assert placeholder.open(placeholder.GatewayKeys(placeholder.new_key(7)), made.access_key_id, made.session_token) is None
    for at in range(0, len(made.session_token), 7):
        flipped = made.session_token[:at] + ("A" if made.session_token[at] != "A" else "B") + made.session_token[at + 1 :]
        assert placeholder.open(KEYS, made.access_key_id, flipped) is None


def test_keys_change_with_an_overlap() -> None:
    both = placeholder.GatewayKeys(f"# of today\n{LINE}\n\n{placeholder.new_key(8)}\n".encode())
    assert (KEYS.newest, both.newest) == (7, 8)
    old, new = mint(), mint(both)
    assert new.access_key_id.startswith("AGWP0008")
    assert placeholder.open(both, old.access_key_id, old.session_token).identity == ALICE
    assert placeholder.open(KEYS, new.access_key_id, new.session_token) is None


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (lambda: placeholder.GatewayKeys(""), "from 1 to 16 keys; make one with new_key()"),
        (lambda: placeholder.GatewayKeys(f"{LINE}\n{LINE[:-3]}"), "line 2 is no key"),
        (lambda: placeholder.GatewayKeys(f"{LINE}\n{LINE}"), "the key number 7 is there twice"),
        (lambda: placeholder.GatewayKeys(b"\xff"), "not utf-8"),
        (lambda: placeholder.GatewayKeys(7), "must be str or bytes, not int"),
        (lambda: placeholder.new_key(random=b"short"), "32 random bytes"),
        (lambda: placeholder.mint(KEYS, ALICE, 0, NOW), "longer life"),
        (lambda: placeholder.mint(KEYS, Identity("", "a", "r"), 60, NOW), "must be 1 to 512 characters"),
        (lambda: placeholder.mint(KEYS, Identity("a", "a", "r", traits={"t": ["x" * 1000] * 1 + [f"{n}" * 900 for n in range(9)]}), 60, NOW), "longer than 8192"),
        (lambda: Identity("a", "a", "r", traits={"t": "x" * 2000}), "more than 1024 bytes"),
        (lambda: Identity("a", "a", "r", traits={"t": 3}), "a str or a list of str"),
        (lambda: Identity("a", b"a", "r"), "application must be str"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_without_the_keys(call, wanted: str) -> None:
    with pytest.raises(awsaccess.InputError) as caught:
        call()
    assert wanted in str(caught.value) and LINE.split()[-1] not in str(caught.value)


def test_revocations() -> None:
    revoked = placeholder.Revocations()
    revoked.revoke(key_id="AGWP", until=NOW + 60, now=NOW)
    revoked.revoke(session="s-1", until=NOW + 60, now=NOW)
    revoked.revoke(subject="alice", until=NOW + 60, now=NOW)
    revoked.revoke(issued_until=NOW - 60, until=NOW + 60, now=NOW)
    assert revoked.in_force(NOW) == [
        ("session", "s-1", None, NOW + 60),
        ("key_id", "AGWP", None, NOW + 60),
        ("subject", "alice", NOW, NOW + 60),
        ("issued_until", None, NOW - 60, NOW + 60),
    ]
    assert revoked.restore(subject="alice", now=NOW) and not revoked.restore(subject="alice", now=NOW)
    assert len(revoked.in_force(NOW)) == 3 and revoked.in_force(NOW + 60) == []
    for wrong in ({}, {"key_id": "A", "session": "s"}, {"session": "s", "issued_until": NOW}):
        with pytest.raises(awsaccess.InputError, match="give one of"):
            revoked.revoke(**wrong, until=NOW + 60, now=NOW)
    with pytest.raises(awsaccess.InputError, match="give one of"):
        revoked.restore(now=NOW)
    for nth in range(10_000 - 3):
        revoked.revoke(key_id=f"{nth}", until=NOW + 60, now=NOW)
    with pytest.raises(awsaccess.LimitError, match="10000 revocations are in force"):
        revoked.revoke(key_id="one more", until=NOW + 60, now=NOW)


def test_what_a_client_is_told() -> None:
    made = mint()
    env = {"AWS_PROFILE": "prod", "AWS_ENDPOINT_URL_S3": "https://elsewhere", "NO_PROXY": "intern", "PATH": "/bin"}
    told = placeholder.client_env(made, "127.0.0.1:8877", env, region="eu-west-1")
    assert told["AWS_ENDPOINT_URL"] == "http://127.0.0.1:8877" and told["AWS_REGION"] == "eu-west-1"
    assert (told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"], told["AWS_SESSION_TOKEN"]) == (
        made.access_key_id,
        made.secret_access_key,
        made.session_token,
    )
    assert told["AWS_PROFILE"] is None and told["AWS_ENDPOINT_URL_S3"] is None and "PATH" not in told
    tunnel = placeholder.client_env(made, "127.0.0.1:8877", env, connect=True, ca_file="/ca", bundle_file="/bundle")
    assert tunnel["HTTPS_PROXY"] == "http://127.0.0.1:8877" and tunnel["AWS_CA_BUNDLE"] == "/bundle"
    assert tunnel["NODE_EXTRA_CA_CERTS"] == "/ca" and tunnel["NO_PROXY"].startswith("intern")
