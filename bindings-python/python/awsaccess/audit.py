"""What happened: records as JSON lines, a chain through the lines of a log, and its verification.

>>> from awsaccess import audit
>>> chain = audit.Chain()
>>> record = audit.Record("placeholder", id="id-1", now=1_800_000_000, subject="alice@example.com", allowed=True)
>>> lines = [chain.line(record, phase) for phase in ("begin", "end")]
>>> audit.verify(line.encode() + b"\\n" for line in lines)
[]
>>> audit.verify([lines[0].encode() + b"\\n", lines[0].encode() + b"\\n"])
['line 2 was inserted']

Nothing here does I/O: the host writes the lines, in order, and syncs its file before a request goes on.
"""

from __future__ import annotations

from collections.abc import Iterable

from ._awsaccess import AuditChain as Chain
from ._awsaccess import AuditVerifier as Verifier
from ._awsaccess import Record

__all__ = ["Chain", "Record", "Verifier", "verify"]


def verify(lines: Iterable[bytes], *, after: str | None = None, noted: str | None = None) -> list[str]:
    """Everything that is wrong with a chain; nothing, where it holds.

    ``lines`` are the lines of a log with their line breaks, as a file that is open in binary gives them. ``after`` is
    the hash of the line before the first, where that is not at hand any more; ``noted`` a hash that was noted earlier,
    which one of the lines must have: without it, nobody sees that the end was cut off.
    """
    verifier = Verifier(after=after, noted=noted)
    faults: list[str | None] = []
    for line in lines:
        faults.append(verifier.line(line[:-1]) if line.endswith(b"\n") else verifier.unended())
    faults.append(verifier.finish())
    return [fault for fault in faults if fault is not None]
