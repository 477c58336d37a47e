"""Redaction as a filter of the standard library's ``logging``."""

from __future__ import annotations

import logging
from typing import Final

from ._awsaccess import Redactor

_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class RedactFilter(logging.Filter):
    """Hides secrets in every record that passes: its message, its traceback and the text in ``extra``.

    Add it to handlers rather than loggers, so that records of child loggers pass through it too::

        handler.addFilter(awsaccess.RedactFilter(redactor))
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        super().__init__()
        self._redactor = redactor or Redactor()

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record, and lets it pass."""
        redact = self._redactor.redact
        try:
            message = record.getMessage()
        except Exception:  # A format that does not fit its arguments; logging reports that with both.
            message = f"{record.msg} {record.args}"
        record.msg, record.args = redact(message), None
        if record.exc_info:
            # The text is what a formatter would have made; the exception itself may hold anything.
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name, value in record.__dict__.items():
            if name not in _STANDARD and isinstance(value, str):
                setattr(record, name, redact(value))
        return True
