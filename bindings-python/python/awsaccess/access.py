"""Who may use which AWS role, and for what: rules over subjects, their groups and claims, the roles of applications,
guards on operations, and how sessions are named, tagged and narrowed.

>>> from awsaccess.access import Identity, Rules
>>> ACCOUNT = "arn:aws:iam::111122223333:role"
>>> rules = Rules.parse({
...     "application": [{"name": "crm", "services": ["dynamodb"], "guards": ["read-only"], "session_policy": "guards",
...                      "role": [{"name": "reader", "assume": [{"role_arn": f"{ACCOUNT}/crm-reader"}]}]}],
...     "role": [{"name": "dev", "allow": [f"{ACCOUNT}/crm-*"]}],
...     "subject": [{"name": "alice@example.com", "roles": ["dev"]}],
... })
>>> rules.role_of(Identity("alice@example.com", "crm", "reader"))
'arn:aws:iam::111122223333:role/crm-reader'

The tables are those of the gateway's configuration file, so that ``Rules.parse(tomllib.load(file))`` reads them; an
application's ``source`` may be left out here (``default``). Nothing here does I/O: times come as arguments, ``None`` is
now.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ._awsaccess import AccessDecision as Decision
from ._awsaccess import AccessQuestion as Question
from ._awsaccess import Identity, Rules
from ._awsaccess import session_name_of as session_name
from .errors import ConfigError

__all__ = ["BUILT_IN_GUARDS", "Decision", "Identity", "Question", "Rules", "session_name"]

BUILT_IN_GUARDS: Final = ("read-only", "no-privilege-escalation", "no-credential-exfiltration")
"""The guards that need no table of their own."""


def _read_json(text: str | bytes) -> Any:
    """Reads JSON that two readers would read alike. The text may hold what is secret, and no error shows it."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        at = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        fault = str(error) if isinstance(error, _TwiceError) else f"the rules are not json{at}"
    raise ConfigError(fault, faults=(fault,))


class _TwiceError(ValueError):
    """A key that is there twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in pairs:
        if name in table:
            raise _TwiceError(f"the key '{name}' is there twice")
        table[name] = value
    return table
