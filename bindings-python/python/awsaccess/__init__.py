"""AWS credentials, role chains, SigV4 verification and re-signing, and log redaction.

Everything but :func:`resolve` and :func:`resolve_async` is pure: no file, no socket, no process, and the clock only
where ``now`` is ``None``.
"""

from __future__ import annotations

import os as _os
from collections.abc import Callable as _Callable
from collections.abc import Mapping as _Mapping
from collections.abc import Sequence as _Sequence

from ._awsaccess import (
    Attempt,
    BodyResigner,
    Claim,
    Credentials,
    Delegate,
    Diagnosis,
    Explanation,
    FileFailure,
    Http,
    HttpFailure,
    HttpReply,
    Listen,
    ListenFailure,
    ListenReply,
    ListFiles,
    Lock,
    OfflinePresign,
    Operation,
    Plan,
    PlanStep,
    Policy,
    ProcessFailure,
    ProcessReply,
    Profiles,
    Prompt,
    ProvenPresign,
    ReadFile,
    Redactor,
    RedactStream,
    RemoveFile,
    Resigned,
    ResignedPresign,
    Resolve,
    Role,
    RunProcess,
    Sign,
    SignFailure,
    Step,
    Verified,
    Wait,
    WriteFile,
    __version__,
    claim,
    diagnose,
    explain,
    identify,
    parse_profiles,
    plan,
    presign,
    recognize_presign,
    redact,
    sign,
    start,
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
from .logs import RedactFilter

__all__ = [
    "DECLINED",
    "ERRORS",
    "AsyncHost",
    "Attempt",
    "AwsAccessError",
    "BodyError",
    "BodyResigner",
    "CancelledError",
    "Claim",
    "ConfigError",
    "Credentials",
    "DeclinedError",
    "Delegate",
    "DeniedError",
    "Diagnosis",
    "ExpiredError",
    "Explanation",
    "FileFailure",
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
    "Lock",
    "MalformedError",
    "MfaError",
    "NotConfiguredError",
    "OfflinePresign",
    "Operation",
    "Plan",
    "PlanStep",
    "Policy",
    "ProcessFailure",
    "ProcessReply",
    "ProfileError",
    "Profiles",
    "Prompt",
    "ProvenPresign",
    "ReadFile",
    "RedactFilter",
    "RedactStream",
    "Redactor",
    "RemoveFile",
    "ResignError",
    "Resigned",
    "ResignedPresign",
    "Resolve",
    "Role",
    "RunProcess",
    "ServiceError",
    "Sign",
    "SignError",
    "SignFailure",
    "Step",
    "TimedOutError",
    "UnreachableError",
    "UsedError",
    "Verified",
    "VerifyError",
    "Wait",
    "WriteFile",
    "WrongAnswerError",
    "__version__",
    "claim",
    "diagnose",
    "explain",
    "identify",
    "parse_profiles",
    "plan",
    "presign",
    "recognize_presign",
    "redact",
    "resolve",
    "resolve_async",
    "run",
    "run_async",
    "sign",
    "start",
    "verify",
]


def resolve(
    profile: str | None = None,
    region: str | None = None,
    *,
    env: _Mapping[str, str] | None = None,
    home: str | None = None,
    credentials: Credentials | None = None,
    order: _Sequence[str] | None = None,
    assume: _Sequence[Role | str] | None = None,
    sts_endpoint: str | None = None,
    imds_endpoint: str | None = None,
    prompt: _Callable[[Prompt], str | None] | None = None,
    host: Host | None = None,
) -> Credentials:
    """Finds credentials as AWS's SDKs do, with the files, network and clock of this process.

    ``env`` stands for the environment of this process; the other settings outrank it, as those of :func:`start`
    do. ``prompt(ask)`` gives an MFA code, or ``None``; without it the terminal is asked, if there is one.

    Raises the error of its kind; ``error.attempts`` lists what every source said.
    """
    env, home = _surroundings(env, home)
    step = start(
        env,
        None,
        profile,
        region,
        home,
        credentials=credentials,
        order=order,
        assume=assume,
        sts_endpoint=sts_endpoint,
        imds_endpoint=imds_endpoint,
    )
    return run(step, host or Host(prompt=prompt)).result()


async def resolve_async(
    profile: str | None = None,
    region: str | None = None,
    *,
    env: _Mapping[str, str] | None = None,
    home: str | None = None,
    credentials: Credentials | None = None,
    order: _Sequence[str] | None = None,
    assume: _Sequence[Role | str] | None = None,
    sts_endpoint: str | None = None,
    imds_endpoint: str | None = None,
    prompt: _Callable[[Prompt], str | None] | None = None,
    host: AsyncHost | None = None,
) -> Credentials:
    """:func:`resolve`, without blocking the event loop."""
    env, home = _surroundings(env, home)
    step = start(
        env,
        None,
        profile,
        region,
        home,
        credentials=credentials,
        order=order,
        assume=assume,
        sts_endpoint=sts_endpoint,
        imds_endpoint=imds_endpoint,
    )
    return (await run_async(step, host or AsyncHost(prompt=prompt))).result()


def _surroundings(env: _Mapping[str, str] | None, home: str | None) -> tuple[_Mapping[str, str], str | None]:
    """The environment, and a home directory where no variable names one."""
    if env is not None:
        return env, home
    env = dict(_os.environ)
    if home is None and not env.get("HOME") and not env.get("USERPROFILE"):
        found = _os.path.expanduser("~")
        home = None if found == "~" else found
    return env, home
