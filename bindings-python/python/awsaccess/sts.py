"""Requests to AWS STS for those who send them themselves, and the meaning of its replies.

Nothing here does I/O. Each function checks its parameters against STS's published limits, and gives the HTTP request to
send: an :class:`awsaccess.Http` with ``.method .url .headers .body``, signed where the operation is. :func:`read` reads
what comes back.

>>> import awsaccess
>>> keys = awsaccess.Credentials("AKIDEXAMPLE", "hush")
>>> request = awsaccess.sts.get_caller_identity(credentials=keys, region="eu-west-1", now=1_800_000_000)
>>> request.url, request.body
('https://sts.eu-west-1.amazonaws.com/', b'Action=GetCallerIdentity&Version=2011-06-15')

Of the keywords that all have, ``region`` and ``endpoint`` (an address in the place of AWS's) say where, one of them at
least; ``fips`` and ``dual_stack`` choose those endpoints; ``now`` is the time to sign for, ``None`` the clock's.
``InputError`` is raised for a parameter that STS would not take, ``MfaError`` for a code that is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import SupportsFloat, TypeAlias

from ._awsaccess import Credentials, Http, HttpReply, StsReply, _session_name, _sts_read, _sts_request

__all__ = [
    "assume_role",
    "assume_role_with_saml",
    "assume_role_with_web_identity",
    "assume_root",
    "decode_authorization_message",
    "get_access_key_info",
    "get_caller_identity",
    "get_federation_token",
    "get_session_token",
    "read",
    "session_name",
]

_Duration: TypeAlias = SupportsFloat | timedelta
_Time: TypeAlias = SupportsFloat | datetime
_Pairs: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]


def assume_role(
    role_arn: str,
    session_name: str,
    *,
    credentials: Credentials,
    external_id: str | None = None,
    duration: _Duration | None = None,
    serial_number: str | None = None,
    token_code: str | None = None,
    source_identity: str | None = None,
    policy: str | None = None,
    policy_arns: Iterable[str] = (),
    tags: _Pairs = (),
    transitive_tag_keys: Iterable[str] = (),
    provided_contexts: _Pairs = (),
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
    now: _Time | None = None,
) -> Http:
    """AssumeRole. Over credentials whose ``source`` is a role's session, an hour is the longest ``duration``."""
    given = {
        "role_arn": role_arn,
        "session_name": session_name,
        "external_id": external_id,
        "duration": duration,
        "serial_number": serial_number,
        "token_code": token_code,
        "source_identity": source_identity,
        "policy": policy,
        "policy_arns": list(policy_arns),
        "tags": tags,
        "transitive_tag_keys": list(transitive_tag_keys),
        "provided_contexts": provided_contexts,
    }
    return _sts_request("AssumeRole", given, credentials, region, endpoint, fips, dual_stack, now)


def assume_role_with_web_identity(
    role_arn: str,
    session_name: str,
    token: str,
    *,
    provider_id: str | None = None,
    duration: _Duration | None = None,
    policy: str | None = None,
    policy_arns: Iterable[str] = (),
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
) -> Http:
    """AssumeRoleWithWebIdentity, which needs no signature."""
    given = {
        "role_arn": role_arn,
        "session_name": session_name,
        "token": token,
        "provider_id": provider_id,
        "duration": duration,
        "policy": policy,
        "policy_arns": list(policy_arns),
    }
    return _sts_request("AssumeRoleWithWebIdentity", given, None, region, endpoint, fips, dual_stack, None)


def assume_role_with_saml(
    role_arn: str,
    principal_arn: str,
    assertion: str,
    *,
    duration: _Duration | None = None,
    policy: str | None = None,
    policy_arns: Iterable[str] = (),
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
) -> Http:
    """AssumeRoleWithSAML, which needs no signature; the assertion is in base64, as the provider posts it."""
    given = {
        "role_arn": role_arn,
        "principal_arn": principal_arn,
        "assertion": assertion,
        "duration": duration,
        "policy": policy,
        "policy_arns": list(policy_arns),
    }
    return _sts_request("AssumeRoleWithSAML", given, None, region, endpoint, fips, dual_stack, None)


def assume_root(
    target_principal: str,
    task_policy_arn: str,
    *,
    credentials: Credentials,
    duration: _Duration | None = None,
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
    now: _Time | None = None,
) -> Http:
    """AssumeRoot: the root user of a member account, for one task of ``arn:aws:iam::aws:policy/root-task/``."""
    given = {"target_principal": target_principal, "task_policy_arn": task_policy_arn, "duration": duration}
    return _sts_request("AssumeRoot", given, credentials, region, endpoint, fips, dual_stack, now)


def get_session_token(
    *,
    credentials: Credentials,
    duration: _Duration | None = None,
    serial_number: str | None = None,
    token_code: str | None = None,
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
    now: _Time | None = None,
) -> Http:
    """GetSessionToken: a session of the same user, with or without an MFA code."""
    given = {"duration": duration, "serial_number": serial_number, "token_code": token_code}
    return _sts_request("GetSessionToken", given, credentials, region, endpoint, fips, dual_stack, now)


def get_federation_token(
    name: str,
    *,
    credentials: Credentials,
    duration: _Duration | None = None,
    policy: str | None = None,
    policy_arns: Iterable[str] = (),
    tags: _Pairs = (),
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
    now: _Time | None = None,
) -> Http:
    """GetFederationToken: a session for a federated user, over a user's long-lived keys."""
    given = {
        "name": name,
        "duration": duration,
        "policy": policy,
        "policy_arns": list(policy_arns),
        "tags": tags,
    }
    return _sts_request("GetFederationToken", given, credentials, region, endpoint, fips, dual_stack, now)


def get_caller_identity(
    *,
    credentials: Credentials,
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
    now: _Time | None = None,
) -> Http:
    """GetCallerIdentity: whose credentials these are."""
    return _sts_request("GetCallerIdentity", {}, credentials, region, endpoint, fips, dual_stack, now)


def get_access_key_info(
    access_key_id: str,
    *,
    credentials: Credentials,
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
    now: _Time | None = None,
) -> Http:
    """GetAccessKeyInfo: whose account a key is of."""
    given = {"access_key_id": access_key_id}
    return _sts_request("GetAccessKeyInfo", given, credentials, region, endpoint, fips, dual_stack, now)


def decode_authorization_message(
    encoded_message: str,
    *,
    credentials: Credentials,
    region: str | None = None,
    endpoint: str | None = None,
    fips: bool = False,
    dual_stack: bool = False,
    now: _Time | None = None,
) -> Http:
    """DecodeAuthorizationMessage: what a service refused, and by which statement."""
    given = {"encoded_message": encoded_message}
    return _sts_request("DecodeAuthorizationMessage", given, credentials, region, endpoint, fips, dual_stack, now)


def read(reply: HttpReply | tuple[int, object, bytes]) -> StsReply:
    """What an operation answered: ``.credentials``, ``.arn``, ``.account_id``, ``.request_id`` and ``.get(path)``.

    ``reply`` is an ``HttpReply`` or ``(status, headers, body)``. What STS refused is raised as the error of its kind, with
    ``aws_code``, ``request_id`` and ``retryable``; ``MalformedError`` is a reply that cannot be read.
    """
    return _sts_read(reply)


def session_name(template: str, **values: str) -> str:
    """A session name from a template such as ``{app}-{user}``: at most 64 characters that STS takes.

    Two sets of values never share a name: where they might, a digest is appended.
    """
    return _session_name(template, values)
