"""The committed data is what the tools make of botocore's models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import botocore
import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def test_the_tools_ask_for_the_botocore_that_is_here() -> None:
    assert f"botocore=={botocore.__version__}" in (TOOLS / "requirements.txt").read_text().split()


@pytest.mark.parametrize("tool", [tool for tool in ("catalogue", "operations") if (TOOLS / f"{tool}.py").exists()])
def test_the_data_is_made_anew_without_a_difference(tool: str) -> None:
    made = subprocess.run(
        [sys.executable, TOOLS / f"{tool}.py", "--check"], capture_output=True, text=True, timeout=600, check=False
    )
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
