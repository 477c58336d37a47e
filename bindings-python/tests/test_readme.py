"""The README's lines run, in order, as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        "[prod]\naws_access_key_id = AKIDPROD\naws_secret_access_key = abcdefgh\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
    out = capsys.readouterr().out
    assert "POST https://dynamodb.us-east-1.amazonaws.com/ [('host'" in out
    assert "AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]" in out
    assert "AKIDPROD us-east-1 dynamodb" in out
    assert names["sent"] == b"hello"
    assert "AKID [('code', 'not_configured'), ('environment', 'not_configured'), ('profile', 'ok')]" in out
    ten = [line for line in blocks[0].splitlines() if line and not line.startswith("import")]
    assert len(ten) == 10
