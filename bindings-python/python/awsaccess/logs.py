"""Redaction where people log: a filter of the standard library's ``logging``, a processor of structlog."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from ._awsaccess import Redactor
from .walk import redact_value

_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class RedactFilter(logging.Filter):
    """Hides secrets in every record that passes: its message, its traceback and whatever is in ``extra``.

    Add it to handlers rather than loggers, so that records of child loggers pass through it too::

        handler.addFilter(awsaccess.RedactFilter(redactor))
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        super().__init__()
        self._redactor = redactor or Redactor()

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record, and lets it pass."""
        redact = self._redactor.redact
        if isinstance(record.args, Mapping):
            # A name in the format would be gone from the text: `"%(password)s"`.
            record.args = redact_value(record.args, self._redactor)
        try:
            message = record.getMessage()
        except Exception:  # A format that does not fit its arguments; logging reports that with both.
            message = _shown(record)
        record.msg, record.args = redact(message), None
        if record.exc_info:
            # The text is what a formatter would have made; the exception itself may hold anything.
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name, value in list(record.__dict__.items()):
            if name not in _STANDARD:
                setattr(record, name, redact_value(value, self._redactor, name=name))
        return True


def _shown(record: logging.LogRecord) -> str:
    try:
        return f"{record.msg} {record.args}"
    except Exception:  # An argument that cannot be shown at all.
        return f"<{type(record.msg).__name__}>"


class RedactProcessor:
    """A processor of structlog that hides secrets in every event: its text, its fields, its exception.

    Put it behind those that add to the event, and before the renderer; behind the renderer it works too, on what was
    rendered, but there a name may be gone that gave a secret away::

        structlog.configure(processors=[..., awsaccess.RedactProcessor(redactor), structlog.processors.JSONRenderer()])
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        self._redactor = redactor or Redactor()

    def __call__(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        """Rewrites the event."""
        if not isinstance(event_dict, MutableMapping):
            return redact_value(event_dict, self._redactor)
        found = _exception(event_dict.get("exc_info"))
        if found is not None:
            del event_dict["exc_info"]
            event_dict.setdefault("exception", "".join(traceback.format_exception(found)).rstrip("\n"))
        # Entries of the standard library's adapter are its own; its formatter needs the record as it is.
        own = {name: event_dict.pop(name) for name in ("_record", "_from_structlog") if name in event_dict}
        shown = redact_value(event_dict, self._redactor)
        event_dict.clear()
        event_dict.update(shown)
        event_dict.update(own)
        return event_dict


def _exception(exc_info: Any) -> BaseException | None:
    """The exception that is meant by any of the forms that ``exc_info`` may have."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if len(exc_info) > 1 and isinstance(exc_info[1], BaseException) else None
    return sys.exception() if exc_info else None
