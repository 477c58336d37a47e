"""The README's lines run, in order, as they stand."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from types import ModuleType

import awsaccess
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


@pytest.fixture
def prod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with the profile that the lines name."""
    (tmp_path / ".aws").mkdir()
    lines = "[prod]\naws_access_key_id = AKIDPROD\naws_secret_access_key = abcdefgh\n"
    (tmp_path / ".aws/credentials").write_text(lines)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)


def blocks(file: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", file.read_text(), re.DOTALL)


@pytest.mark.usefixtures("prod")
def test_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = blocks(README)
    assert len(found) == 13
    names: dict[str, object] = {}
    for block in found:
        exec(compile(block, str(README), "exec"), names)
    out = capsys.readouterr().out
    assert "POST https://dynamodb.us-east-1.amazonaws.com/ [('X-Amz-Target', 'DynamoDB_20120810.ListTables'), ('host'" in out
    assert "AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]" in out
    assert "AKIDPROD us-east-1 dynamodb" in out
    assert names["sent"] == b"hello"
    assert "v4a ('us-east-1', 'eu-*')" in out
    assert "url AKIDPROD dynamodb.us-east-1.amazonaws.com " in out and "policy https://dynamodb.us-east-1.amazonaws.com/\n" in out
    assert "sts AssumeRole query credentials\n[('role', 'arn:aws:iam::123456789012:role/reader')]\n" in out
    assert "path-encoded-once path True\n/stage/a%20b /stage/a%2520b\n" in out
    assert "portal.sso-fips.us-east-1.amazonaws.com ['s3'] my.bucket eu-west-1 aws\nAccessDenied False\n" in out
    assert "roleName=reader&displayName=prod" in out
    assert "AKID [('code', 'not_configured'), ('environment', 'not_configured'), ('profile', 'ok')]" in out
    assert "hold\nListTables arn:aws:iam::111122223333:role/crm-agent role agents: allow " in out
    assert "POST https://dynamodb.eu-west-1.amazonaws.com/ b'{}'\n[]\nmalformed 400\n" in out
    assert "vault\n" in out and "AKIDPROD\n" in out
    ten = [line for line in found[0].splitlines() if line and not line.startswith("import")]
    assert len(ten) == 10


@pytest.mark.parametrize("module", [awsaccess.access, awsaccess.audit, awsaccess.placeholder, awsaccess.sts])
def test_the_lines_in_the_modules_run(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 2 and failed == 0


@pytest.mark.usefixtures("prod")
def test_the_lines_of_the_projects_readme_run(capsys: pytest.CaptureFixture[str]) -> None:
    found = blocks(README.parents[1] / "README.md")
    assert found
    for block in found:
        exec(compile(block, "README.md", "exec"), {})
    assert "[aws-secret-access-key]" in capsys.readouterr().out
