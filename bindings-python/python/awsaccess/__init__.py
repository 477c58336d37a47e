"""AWS credentials, role chains, SigV4 verification and re-signing, and log redaction.

Everything but :func:`resolve`, :func:`resolve_async` and :func:`console_url` is pure: no file, no socket, no process, and the clock only
where ``now`` is ``None``.
"""

from __future__ import annotations

import os as _os
from collections.abc import Callable as _Callable
from collections.abc import Mapping as _Mapping
from collections.abc import Sequence as _Sequence
from datetime import timedelta as _timedelta
from typing import Unpack as _Unpack

from . import access, audit, placeholder, sts
from ._awsaccess import (
    Admitted,
    Attempt,
    BodyResigner,
    Cached,
    Claim,
    Cognito,
    ConsoleGrant,
    ConsoleLink,
    Credentials,
    Custom,
    CustomFailure,
    Decision,
    Delegate,
    Diagnosis,
    Endpoint,
    Explanation,
    FederationToken,
    FileFailure,
    Forward,
    Gateway,
    Http,
    HttpFailure,
    HttpReply,
    Listen,
    ListenFailure,
    ListenReply,
    ListFiles,
    Location,
    Lock,
    OfflinePresign,
    Operation,
    Partition,
    Plan,
    PlanStep,
    Policy,
    ProcessFailure,
    ProcessReply,
    Profiles,
    Prompt,
    Proven,
    ProvenPresign,
    ReadFile,
    Redactor,
    RedactStream,
    RemoveFile,
    Resigned,
    ResignedPresign,
    Resolve,
    Role,
    RolesAnywhere,
    RunProcess,
    Saml,
    SessionToken,
    Sign,
    SignFailure,
    Step,
    StsReply,
    Throttle,
    TokenFile,
    Verified,
    Wait,
    WebIdentity,
    WriteFile,
    __version__,
    claim,
    diagnose,
    endpoint,
    find_secret,
    explain,
    identify,
    locate,
    parse_endpoint,
    parse_profiles,
    partition,
    partitions,
    plan,
    presign,
    profile_files,
    recognize_presign,
    redact,
    sign,
    start,
    start_bearer_token,
    start_cache_clear,
    start_cache_list,
    start_caller_identity,
    start_configure_sso,
    start_login,
    start_logout,
    start_plan,
    start_region,
    start_sso_accounts,
    start_sso_login,
    start_console,
    switch_role_url,
    verify,
)
from .errors import (
    ERRORS,
    AwsAccessError,
    BodyError,
    CancelledError,
    ConfigError,
    DeclinedError,
    DeniedError,
    ExpiredError,
    InputError,
    InputTypeError,
    InternalError,
    LimitError,
    MalformedError,
    MfaError,
    NotConfiguredError,
    ProfileError,
    RefusedError,
    ResignError,
    ServiceError,
    SignError,
    TimedOutError,
    UnreachableError,
    UsedError,
    VerifyError,
    WrongAnswerError,
)
from .host import DECLINED, AsyncHost, Host, run, run_async
from .logs import RedactFilter, RedactProcessor
from .options import ChainOptions, Options
from .provider import Provider
from .results import (
    Account,
    BearerToken,
    CallerIdentity,
    Cleared,
    LoggedIn,
    LoggedOut,
    SignedIn,
    StoredFile,
)
from .walk import redact_value

__all__ = [
    "DECLINED",
    "ERRORS",
    "Account",
    "Admitted",
    "AsyncHost",
    "Attempt",
    "AwsAccessError",
    "BearerToken",
    "BodyError",
    "BodyResigner",
    "Cached",
    "CallerIdentity",
    "CancelledError",
    "ChainOptions",
    "Claim",
    "Cleared",
    "Cognito",
    "ConfigError",
    "ConsoleGrant",
    "ConsoleLink",
    "Credentials",
    "Custom",
    "CustomFailure",
    "Decision",
    "DeclinedError",
    "Delegate",
    "DeniedError",
    "Diagnosis",
    "Endpoint",
    "ExpiredError",
    "Explanation",
    "FederationToken",
    "FileFailure",
    "Forward",
    "Gateway",
    "Host",
    "Http",
    "HttpFailure",
    "HttpReply",
    "InputError",
    "InputTypeError",
    "InternalError",
    "LimitError",
    "ListFiles",
    "Listen",
    "ListenFailure",
    "ListenReply",
    "Location",
    "Lock",
    "LoggedIn",
    "LoggedOut",
    "MalformedError",
    "MfaError",
    "NotConfiguredError",
    "OfflinePresign",
    "Operation",
    "Options",
    "Partition",
    "Plan",
    "PlanStep",
    "Policy",
    "ProcessFailure",
    "ProcessReply",
    "ProfileError",
    "Profiles",
    "Prompt",
    "Proven",
    "ProvenPresign",
    "Provider",
    "ReadFile",
    "RedactFilter",
    "RedactProcessor",
    "RedactStream",
    "Redactor",
    "RefusedError",
    "RemoveFile",
    "ResignError",
    "Resigned",
    "ResignedPresign",
    "Resolve",
    "Role",
    "RolesAnywhere",
    "RunProcess",
    "Saml",
    "ServiceError",
    "SessionToken",
    "Sign",
    "SignError",
    "SignFailure",
    "SignedIn",
    "Step",
    "StoredFile",
    "StsReply",
    "Throttle",
    "TimedOutError",
    "TokenFile",
    "UnreachableError",
    "UsedError",
    "Verified",
    "VerifyError",
    "Wait",
    "WebIdentity",
    "WriteFile",
    "WrongAnswerError",
    "__version__",
    "access",
    "audit",
    "caller_identity",
    "caller_identity_async",
    "claim",
    "console_url",
    "diagnose",
    "endpoint",
    "find_secret",
    "explain",
    "identify",
    "locate",
    "parse_endpoint",
    "parse_profiles",
    "partition",
    "partitions",
    "placeholder",
    "plan",
    "presign",
    "profile_files",
    "recognize_presign",
    "redact",
    "redact_value",
    "resolve",
    "resolve_async",
    "run",
    "run_async",
    "sign",
    "start",
    "start_bearer_token",
    "start_cache_clear",
    "start_cache_list",
    "start_caller_identity",
    "start_configure_sso",
    "start_login",
    "start_logout",
    "start_plan",
    "start_region",
    "start_sso_accounts",
    "start_sso_login",
    "start_console",
    "sts",
    "switch_role_url",
    "verify",
]


def resolve(
    profile: str | None = None,
    region: str | None = None,
    *,
    env: _Mapping[str, str] | None = None,
    home: str | None = None,
    prompt: _Callable[[Prompt], str | None] | None = None,
    host: Host | None = None,
    **options: _Unpack[ChainOptions],
) -> Credentials:
    """Finds credentials as AWS's SDKs do, with the files, network and clock of this process.

    ``env`` stands for the environment of this process; the other settings outrank it, as those of :func:`start`
    do (:class:`Options`). ``prompt(ask)`` gives an MFA code, or ``None``; without it the terminal is asked, if there is
    one.

    Raises the error of its kind; ``error.attempts`` lists what every source said, and ``error.report`` prints it.
    """
    env, home = _surroundings(env, home)
    step = start(env, None, profile, region, home, **options)
    return run(step, host or Host(prompt=prompt)).result()


async def resolve_async(
    profile: str | None = None,
    region: str | None = None,
    *,
    env: _Mapping[str, str] | None = None,
    home: str | None = None,
    prompt: _Callable[[Prompt], str | None] | None = None,
    host: AsyncHost | None = None,
    **options: _Unpack[ChainOptions],
) -> Credentials:
    """:func:`resolve`, without blocking the event loop."""
    env, home = _surroundings(env, home)
    step = start(env, None, profile, region, home, **options)
    return (await run_async(step, host or AsyncHost(prompt=prompt))).result()


def caller_identity(
    *,
    env: _Mapping[str, str] | None = None,
    prompt: _Callable[[Prompt], str | None] | None = None,
    host: Host | None = None,
    **options: _Unpack[Options],
) -> CallerIdentity:
    """Whose credentials :func:`resolve` would find, as STS says."""
    env, options["home"] = _surroundings(env, options.get("home"))
    step = start_caller_identity(env, None, **options)
    return run(step, host or Host(prompt=prompt)).result()


async def caller_identity_async(
    *,
    env: _Mapping[str, str] | None = None,
    prompt: _Callable[[Prompt], str | None] | None = None,
    host: AsyncHost | None = None,
    **options: _Unpack[Options],
) -> CallerIdentity:
    """:func:`caller_identity`, without blocking the event loop."""
    env, options["home"] = _surroundings(env, options.get("home"))
    step = start_caller_identity(env, None, **options)
    return (await run_async(step, host or AsyncHost(prompt=prompt))).result()


def console_url(
    credentials: Credentials | None = None,
    *,
    role: str | None = None,
    session_name: str = "awsaccess",
    external_id: str | None = None,
    federated_user: str | None = None,
    policy: str | None = None,
    duration: float | _timedelta | None = None,
    destination: str | None = None,
    issuer: str | None = None,
    region: str | None = None,
    endpoint: str | None = None,
    sts_endpoint: str | None = None,
    host: Host | None = None,
) -> str:
    """A URL that signs in to the AWS console, over the network of this process; good once, for fifteen minutes.

    Whoever opens it is signed in: keep it as you keep a password. The arguments are those of :func:`start_console`,
    which does the same a step at a time; without ``credentials`` they are found as :func:`resolve` does. Without
    ``region`` the one of the environment or the profile says which partition the console is of.
    """
    default_region = None
    if region is None:
        env, home = _surroundings(None, None)
        # Not from the instance, which answers elsewhere only after a while that it is not there.
        named = start_region(env, home=home, order=("environment", "profile"))
        default_region = run(named, host or Host()).result()
    step = start_console(
        credentials or resolve(region=region, host=host),
        None,
        role=role,
        session_name=session_name,
        external_id=external_id,
        federated_user=federated_user,
        policy=policy,
        duration=duration,
        destination=destination,
        issuer=issuer,
        region=region,
        default_region=default_region,
        endpoint=endpoint,
        sts_endpoint=sts_endpoint,
    )
    return run(step, host or Host()).result().url


def _surroundings(env: _Mapping[str, str] | None, home: str | None) -> tuple[_Mapping[str, str], str | None]:
    """The environment, and a home directory where no variable names one."""
    if env is not None:
        return env, home
    env = dict(_os.environ)
    if home is None and not env.get("HOME") and not env.get("USERPROFILE"):
        found = _os.path.expanduser("~")
        home = None if found == "~" else found
    return env, home
