"""Credentials that many threads share, and that one of them renews."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ._awsaccess import Cached, Credentials
from .errors import AwsAccessError


class Provider:
    """Holds the credentials of one source, and asks it when :class:`Cached` says so: one call of ``ask`` at a time,
    however many threads need them. While they still serve, it is renewed on a thread of its own.

    ``ask`` is called without arguments, such as ``lambda: awsaccess.resolve(profile="prod")``; what it raises beside an
    ``AwsAccessError`` goes to the one who asked, and the next one asks anew.
    """

    def __init__(self, ask: Callable[[], Credentials], cached: Cached | None = None) -> None:
        self._ask = ask
        self._cached = cached or Cached()
        self._changed = threading.Condition()

    def get(self, need: float = 0) -> Credentials:
        """Credentials that are good for at least ``need`` seconds; waits for a source that has to be asked."""
        while True:
            with self._changed:
                decision = self._cached.decide(None, need)
                if decision.kind == "wait" and decision.until is not None:
                    self._changed.wait(max(0.0, decision.until - time.time()))
                    continue
            if decision.error is not None:
                raise decision.error
            if decision.kind == "refresh_in_background" and decision.credentials is not None:
                threading.Thread(target=self._renew, daemon=True).start()
            if decision.credentials is not None:
                return decision.credentials
            self._refresh()
            return self._cached.serve(None, need)

    def invalidate(self, access_key_id: str) -> bool:
        """AWS has refused this key as expired or invalid: the next :meth:`get` has the source asked."""
        return self._cached.invalidate(None, access_key_id)

    def _renew(self) -> None:
        try:
            self._refresh()
        except Exception:
            # The cache keeps the failure, and the old credentials serve meanwhile.
            pass

    def _refresh(self) -> None:
        """Asks the source and reports, whatever it does."""
        try:
            found: Credentials | AwsAccessError = self._ask()
        except AwsAccessError as error:
            found = error
        except BaseException:
            with self._changed:
                self._cached.abandon()
                self._changed.notify_all()
            raise
        with self._changed:
            try:
                self._cached.settle(None, found)
            finally:
                self._changed.notify_all()
