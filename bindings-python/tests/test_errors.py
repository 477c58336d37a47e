"""The exceptions are the core's table, and a fault of the library is one of them."""

from __future__ import annotations

import pickle

import awsaccess
import pytest
from awsaccess import _awsaccess


def test_every_kind_has_its_class() -> None:
    assert len(_awsaccess._ERROR_KINDS) >= 20
    assert [name for _, name in _awsaccess._ERROR_KINDS] == list(awsaccess.ERRORS)
    assert [code for code, _ in _awsaccess._ERROR_KINDS] == list(range(1, len(awsaccess.ERRORS) + 1))
    for name, error in awsaccess.ERRORS.items():
        assert error.kind == name and issubclass(error, awsaccess.AwsAccessError)
        assert getattr(awsaccess, error.__name__) is error and error.__doc__
        assert error("text").kind == name and str(error("text")) == "text"


def test_a_panic_is_an_error_with_a_fixed_message(capfd: pytest.CaptureFixture[str]) -> None:
    if not hasattr(_awsaccess, "_panic"):
        pytest.skip("a release build has no function that panics")
    for _ in range(2):
        with pytest.raises(awsaccess.InternalError) as caught:
            _awsaccess._panic()
        assert caught.value.kind == "internal" and "asked to" not in str(caught.value)
    capfd.readouterr()


def test_errors_survive_a_pickle() -> None:
    with pytest.raises(awsaccess.VerifyError) as caught:
        awsaccess.claim("GET", "/", {"host": "h"}, now=0)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is awsaccess.VerifyError
    assert (str(again), again.kind, again.aws_code, again.status, again.operator_detail) == (
        str(caught.value),
        "missing-authentication",
        "MissingAuthenticationToken",
        403,
        "the request carries no SigV4 signature, in its headers or in its query",
    )


def test_python_conventions() -> None:
    for sub, base in [
        (awsaccess.TimedOutError, TimeoutError),
        (awsaccess.InputError, ValueError),
        (awsaccess.InputTypeError, TypeError),
        (awsaccess.SignError, ValueError),
        (awsaccess.WrongAnswerError, TypeError),
        (awsaccess.BodyError, awsaccess.ResignError),
    ]:
        assert issubclass(sub, base)
