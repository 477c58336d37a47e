"""When a source is asked again: the published cases, and threads that share a provider."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import awsaccess
import pytest
from awsaccess import AwsAccessError, Cached, Credentials, DeniedError, UnreachableError
from conftest import VECTORS

START = 1_800_000_000


def keys(key_id: str, end: float) -> Credentials:
    return Credentials(key_id, "s3cr3t-k", expires_at=end, source="imds")


def outage() -> AwsAccessError:
    return UnreachableError("nobody answers", retryable=True)


def refusal() -> AwsAccessError:
    return DeniedError("no", aws_code="AccessDenied")


class Caller:
    """One caller after another, as the published cases have it: the one that has to ask waits for the answer."""

    def __init__(self, given: dict[str, Any]) -> None:
        window = given.get("configuredAdvisoryWindowSeconds")
        wanted = given.get("refreshBackoffSeconds")
        self.cached, self.now, self.contacted = self._fresh(window, wanted), float(START), False
        passed = {"none": None, "valid": 0, "advisory": 3600 - 600, "mandatory": 3600 - 30, "expired": 3600 + 30}
        if given["cachedCredentials"] != "none":
            self.call(lambda: keys(given.get("accessKeyId", "CACHED"), self.now + 3600))
            self.now = START + passed[given["cachedCredentials"]]

    @staticmethod
    def _fresh(window: float | None, backoff: float | None) -> Cached:
        """With the backoff of the case, to the second: a seed is looked for whose second draw gives it."""
        for n in range(100_000):
            seed = n.to_bytes(4, "big") + bytes(28)
            cached = Cached(advisory_window=window, jitter=0, seed=seed)
            if backoff is None:
                return cached
            trial = Cached(jitter=0, seed=seed)
            trial.settle(START, keys("TRIAL", START + 3600))
            trial.settle(START + 3000, outage())
            ends = START + 3000 + backoff
            if trial.is_backing_off(ends - 1) and not trial.is_backing_off(ends + 1):
                return cached
        raise AssertionError

    def call(self, source: Callable[[], Credentials | AwsAccessError]) -> Credentials:
        decision = self.cached.decide(self.now)
        self.contacted = decision.kind in ("refresh_now", "refresh_in_background")
        match decision.kind:
            case "use":
                assert decision.credentials is not None
                return decision.credentials
            case "fail":
                assert decision.error is not None
                raise decision.error
            case "refresh_now" | "refresh_in_background":
                self.cached.settle(self.now, source())
                return self.cached.serve(self.now)
            case other:
                raise AssertionError(other)


def response(name: str, now: float, lifetime: float) -> Credentials | AwsAccessError:
    match name:
        case "freshCredentials":
            return keys("FRESH", now + lifetime)
        case "staleCredentials":
            return keys("STALE", now)
        case "error":
            return outage()
        case "nonRecoverableError":
            return refusal()
    raise AssertionError(name)


CASES = json.loads((VECTORS / "chain/credential-refresh-tests.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_published_cases(case: dict[str, Any]) -> None:
    assert len(CASES) == 24
    caller = Caller(case["given"])
    for step in case["steps"]:
        if step["type"] == "advanceTime":
            caller.now += step["seconds"]
            continue
        before = caller.cached.credentials
        if step["type"] == "invalidate":
            rejected = step["rejectedAccessKeyId"]
            assert before is not None
            assert caller.cached.invalidate(caller.now, rejected) == (before.access_key_id == rejected)
            continue
        aging = caller.cached.advisory_at is not None and caller.cached.advisory_at <= caller.now
        limited, lifetime = caller.cached.is_backing_off(caller.now), step.get("lifetimeSeconds", 3600)
        expected, error, found = step["expected"], None, None
        try:
            found = caller.call(lambda step=step: response(step["response"], caller.now, lifetime))
        except AwsAccessError as raised:
            error = raised
        match expected["result"]:
            case "cachedCredentials":
                assert found == before is not None
            case "newCredentials":
                assert found is not None and found.access_key_id == "FRESH"
            case "noCredentialsError":
                assert isinstance(error, UnreachableError) and error.retryable and str(error) == "nobody answers"
            case "nonRecoverableError":
                assert isinstance(error, DeniedError) and error.aws_code == "AccessDenied"
            case other:
                raise AssertionError(other)
        assert caller.contacted == expected["sourceContacted"]
        assert (limited and aging and not caller.contacted) == expected["rateLimited"]
        if "advisoryWindowSeconds" in expected:
            assert caller.cached.advisory_at == caller.now + lifetime - expected["advisoryWindowSeconds"]


def test_one_asks_and_the_others_wait() -> None:
    cached = Cached(jitter=0, longest_refresh=300, seed=bytes(32))
    first = cached.decide(START)
    assert (first.kind, first.credentials, first.until, first.error) == ("refresh_now", None, None, None)
    for _ in range(1000):
        other = cached.decide(START)
        assert (other.kind, other.until) == ("wait", START + 300)
    cached.abandon()
    assert cached.decide(START).kind == "refresh_now"
    with pytest.raises(awsaccess.NotConfiguredError):
        cached.serve(START)
    cached.settle(START, keys("A", START + 3600))
    assert cached.decide(START + 3000).kind == "refresh_in_background"
    assert cached.decide(START + 3000).kind == "use"
    match cached.decide(START + 60, need=7200):
        case awsaccess.Decision("refresh_now", None) | awsaccess.Decision("wait", None):
            pass
        case other:
            raise AssertionError(other.kind)
    cached.settle(START + 3000, outage())
    assert isinstance(cached.last_failure, UnreachableError) and cached.is_backing_off(START + 3001)
    assert "s3cr3t" not in repr(cached) + repr(cached.decide(START + 3001)) + repr(cached.last_failure)


def test_what_is_no_answer_of_a_source() -> None:
    cached = Cached()
    for wrong in (None, "secret", ValueError("no"), 5):
        with pytest.raises(awsaccess.InputTypeError):
            cached.settle(START, wrong)  # type: ignore[arg-type]
    for how in ({"jitter": 2}, {"seed": b"short"}, {"advisory_window": -1}):
        with pytest.raises(awsaccess.InputError):
            Cached(**how)  # type: ignore[arg-type]
    attempt = next(iter(awsaccess.start({}, START, order=["environment"]).trace))
    failed = DeniedError("no", attempts=(attempt,), retryable=False)
    with pytest.raises(DeniedError) as caught:
        cached.settle(START, failed)
    assert caught.value.attempts == (attempt,)


def test_a_thousand_callers_cause_one_request() -> None:
    asked, begin = [], threading.Barrier(50)

    def ask() -> Credentials:
        asked.append(1)
        return Credentials("AKID", "s3cr3t-k")

    provider = awsaccess.Provider(ask)
    found: list[Credentials] = []

    def many() -> None:
        begin.wait()
        found.extend(provider.get() for _ in range(20))

    threads = [threading.Thread(target=many) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(asked), len(found), {keys.access_key_id for keys in found}) == (1, 1000, {"AKID"})
    assert provider.invalidate("AKID") and not provider.invalidate("AKIDOTHER")
    provider.get()
    assert len(asked) == 2


def test_a_source_that_fails_is_told_and_holds_nobody_up() -> None:
    answers: list[Any] = [KeyboardInterrupt(), refusal(), Credentials("AKID", "s3cr3t-k")]

    def ask() -> Credentials:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    provider = awsaccess.Provider(ask, Cached(remember_failure=0, seed=bytes(32)))
    with pytest.raises(KeyboardInterrupt):
        provider.get()
    with pytest.raises(DeniedError):
        provider.get()
    # A refusal is told again for a moment, and the source is left alone.
    with pytest.raises(DeniedError):
        provider.get()
    assert len(answers) == 1
