"""Redaction of Python objects: dicts, lists, dataclasses, exceptions and whatever they hold."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Mapping, Set
from typing import Any, Final

from ._awsaccess import Redactor

_DEEPEST: Final = 64
_PLAIN: Final = (bool, float, complex, type(None))
_NAMES: Final = frozenset(
    ("name", "key", "header", "headername", "parameterkey", "parametername", "variable", "field", "attribute")
)


def redact_value(value: Any, redactor: Redactor | None = None, *, name: str | None = None) -> Any:
    """A copy of a value without its secrets: what stands under a secret's name is hidden, and every text is searched.

    Dicts, lists, tuples, sets, dataclasses (as dicts) and exceptions (as the text of their traceback, causes and
    notes included) are walked, cycles and all. An object of another kind stays if neither its ``str`` nor its ``repr``
    holds a secret; otherwise its text takes its place. ``name`` is what the value itself is called.
    """
    return _Walk(redactor or Redactor()).value(value, name)


class _Walk:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._open: set[int] = set()

    def value(self, value: Any, name: str | None) -> Any:
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, (bytes, bytearray, memoryview)):
            data = bytes(value)
            return self._redactor.redact(data) if name is None else self._redactor.field(name, data)
        if isinstance(value, int):
            text = str(value)
            shown = text if name is None else self._redactor.field(name, text)
            return value if shown == text else shown
        if id(value) in self._open or len(self._open) >= _DEEPEST:
            return "[circular]" if id(value) in self._open else "[secret]"
        self._open.add(id(value))
        try:
            return self._composed(value, name)
        finally:
            self._open.discard(id(value))

    def _text(self, text: str, name: str | None) -> str:
        return self._redactor.redact(str(text)) if name is None else self._redactor.field(name, str(text))

    def _composed(self, value: Any, name: str | None) -> Any:
        if isinstance(value, BaseException):
            return self._redactor.redact("".join(traceback.format_exception(value)).rstrip("\n"))
        if isinstance(value, Mapping):
            return self._mapping(value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._mapping({field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)})
        if isinstance(value, tuple):
            if hasattr(value, "_asdict"):
                return self._mapping(value._asdict())
            return tuple(self._items(list(value), name))
        if isinstance(value, list):
            return self._items(value, name)
        if isinstance(value, Set):
            return self._items(list(value), name)
        return self._other(value, name)

    def _mapping(self, value: Mapping[Any, Any]) -> dict[Any, Any]:
        named = next((found for key, text in value.items() if (found := self._names(key, text))), None)
        out: dict[Any, Any] = {}
        for key, item in value.items():
            called = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
            called = called if isinstance(called, str) else None
            if named is not None and called is not None and called.lower().endswith("value"):
                called = named
            shown = self.value(key, None) if isinstance(key, (str, bytes)) else key
            while shown in out:  # Two keys that look alike now are two all the same.
                shown += "'" if isinstance(shown, str) else b"'"
            out[shown] = self.value(item, called)
        return out

    def _names(self, key: Any, text: Any) -> str | None:
        """What an entry says another is the value of: ``{"name": "PASSWORD", "value": …}``."""
        if not isinstance(key, str) or not isinstance(text, str):
            return None
        if key.lower() == "type" and text == "SecureString":
            return "SecretString"
        return text if key.lower() in _NAMES and self._is_secret(text) else None

    def _is_secret(self, name: str) -> bool:
        probe = "x1" * 20
        return len(name) <= 128 and self._redactor.field(name, probe) != probe

    def _items(self, items: list[Any], name: str | None) -> list[Any]:
        out: list[Any] = []
        before: str | None = None
        for item in items:
            own = before is not None and isinstance(item, (str, bytes)) and self._follows(before, item, len(items) == 2)
            out.append(self.value(item, before if own else name))
            text = item.decode("latin-1") if isinstance(item, bytes) else item
            before = text if isinstance(text, str) and not own else None
        return out

    def _follows(self, name: str, value: str | bytes, pair: bool) -> bool:
        """Whether a text in a list is the name of the one behind it: a header's, or an option's."""
        if not all(c.isascii() and (c.isalnum() or c in "_-.") for c in name) or not name:
            return False
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        word = all(c.isalpha() or c in "_-" for c in text)
        return ("-" in name or (pair and not word)) and self._is_secret(name)

    def _other(self, value: Any, name: str | None) -> Any:
        texts = []
        for how in (str, repr):
            try:
                texts.append(how(value))
            except Exception:
                texts.append(f"<{type(value).__name__}>")
        shown = [self._text(text, name) for text in texts]
        return value if shown == texts else shown[0]
