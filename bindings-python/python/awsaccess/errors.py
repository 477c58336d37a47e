"""Everything that can be raised: one class for each kind of failure, under one base.

The table is the core's own, the same in every language; ``kind`` is the stable name to act on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._awsaccess import Attempt, Record


class AwsAccessError(Exception):
    """The base of all. The text is one line for a person; it holds no secret."""

    kind: str = "internal"
    """The stable name of what went wrong."""
    retryable: bool = False
    """Whether the same call may succeed later without a change of configuration."""
    aws_code: str | None = None
    """AWS's own code: the one that AWS answered with, or would answer with."""
    request_id: str | None = None
    """The number of the request, where AWS refused one that :mod:`awsaccess.sts` made; AWS's support asks for it."""
    attempts: tuple[Attempt, ...] = ()
    """Each source that was tried before, in order."""

    def __init__(self, message: str = "", **attributes: Any) -> None:
        super().__init__(message)
        self._report: str = attributes.pop("report", message)
        self.__dict__.update(attributes)

    @property
    def report(self) -> str:
        """The text, and beneath it what each source said: a few lines for a person."""
        return self._report


class NotConfiguredError(AwsAccessError):
    """No source that was asked is configured here."""

    kind = "not_configured"


class ProfileError(AwsAccessError):
    """A file cannot be read as profiles."""

    kind = "profile"
    file: str = ""
    """``config`` or ``credentials``."""
    line: int = 0
    """Counted from 1."""


class ConfigError(AwsAccessError):
    """The configuration contradicts itself, or lacks a key."""

    kind = "config"
    faults: tuple[str, ...] = ()
    """Of rules: everything that is wrong, each with its key."""


class DeclinedError(AwsAccessError):
    """The host would not answer a question that a configured source depends on."""

    kind = "declined"


class UnreachableError(AwsAccessError):
    """Nothing answered at that address."""

    kind = "unreachable"


class TimedOutError(AwsAccessError, TimeoutError):
    """No answer came in time."""

    kind = "timeout"


class DeniedError(AwsAccessError):
    """AWS, or the rules of a gateway, refused: the identity may not do this, or is not accepted."""

    kind = "denied"


class ServiceError(AwsAccessError):
    """AWS answered with another error."""

    kind = "service"


class MalformedError(AwsAccessError):
    """A reply that cannot be read."""

    kind = "malformed"


class ExpiredError(AwsAccessError):
    """The credentials, or those that they come from, are past their time."""

    kind = "expired"


class MfaError(AwsAccessError):
    """A multi-factor code is needed, and none that could be right was given."""

    kind = "mfa"


class LimitError(AwsAccessError):
    """A bound was reached: questions in a task, bytes in a reply, roles in a chain."""

    kind = "limit"


class InputError(AwsAccessError, ValueError):
    """An argument of the call is wrong."""

    kind = "input"


class InputTypeError(InputError, TypeError):
    """An argument is of a type that cannot be used."""


class SignError(AwsAccessError, ValueError):
    """A request cannot be signed; the caller can mend it."""

    kind = "sign"


class VerifyError(AwsAccessError):
    """A request's signature is not accepted. The text is for the client, in AWS's own words."""

    kind = "verify"
    status: int = 403
    """The HTTP status that AWS answers with."""
    operator_detail: str = ""
    """What the operator should know; never to be sent to the client."""


class ResignError(AwsAccessError):
    """A verified request cannot be signed again."""

    kind = "resign"


class BodyError(ResignError):
    """A body is not the one that was signed. Nothing more of it must be sent."""

    refusal: str = "payload-mismatch"
    """What a gateway refuses the request for: ``payload-mismatch``, or ``signature-mismatch`` where it was the signature of
    a chunk, a trailer or a message that was wrong."""


class RefusedError(AwsAccessError):
    """A gateway refuses a request. The text is for the client; ``reply`` is the whole answer to give.

    ``kind`` is the stable name of what was wrong (``signature-mismatch``, ``denied`` …), as it stands in the record.
    """

    kind = "refused"
    status: int = 403
    """The HTTP status to answer with."""
    operator_detail: str = ""
    """What the operator should know; never to be sent to the client."""
    reply: tuple[int, list[tuple[str, str]], bytes] = (403, [], b"")
    """Status, headers and body, in the shape of the client's protocol, so that an SDK reads an error of the service."""
    record: Record | None = None
    """What is to be written into the log."""

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in self.__dict__.items() if name != "record"}
        return type(self), self.args, state


class UsedError(AwsAccessError):
    """A step, a claim, a verified request or a stage of a gateway was used before, and serves once."""

    kind = "used"


class WrongAnswerError(AwsAccessError, TypeError):
    """The answer is of another kind than the question; the step can still be answered."""

    kind = "wrong_answer"


class InternalError(AwsAccessError):
    """A fault of this library itself."""

    kind = "internal"


class CancelledError(AwsAccessError):
    """The caller gave up the task."""

    kind = "cancelled"


ERRORS: dict[str, type[AwsAccessError]] = {
    each.kind: each
    for each in (
        NotConfiguredError,
        ProfileError,
        ConfigError,
        DeclinedError,
        UnreachableError,
        TimedOutError,
        DeniedError,
        ServiceError,
        MalformedError,
        ExpiredError,
        MfaError,
        LimitError,
        InputError,
        SignError,
        VerifyError,
        ResignError,
        UsedError,
        WrongAnswerError,
        InternalError,
        CancelledError,
    )
}
"""Every kind by its stable name."""

_CLASSES = {**ERRORS, "input_type": InputTypeError, "body": BodyError, "refused": RefusedError}
"""What the native half raises, by the names that it knows."""
