#!/usr/bin/env python3
"""Copies the doc comments of the native half into its stub, where editors look for them.

python stub.py            writes them
python stub.py --check    fails if one is missing or differs

It needs the package installed, as `test.sh` does.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from pathlib import Path
from typing import Any

STUB = Path(__file__).resolve().parent / "python/awsaccess/_awsaccess.pyi"
WIDTH = 118


def documented(source: str, module: Any) -> str:
    """The stub with the doc comments that the module has."""
    lines = source.splitlines()
    edits: list[tuple[int, int, list[str]]] = []
    seen: set[tuple[str, ...]] = set()

    def visit(node: ast.ClassDef | ast.FunctionDef, owner: Any, path: tuple[str, ...]) -> None:
        found = getattr(owner, node.name, None)
        text = (getattr(found, "__doc__", None) or "").strip()
        # Of overloads the first is enough; protocols of the stub and dunders have no comment of ours.
        if path not in seen and text and not node.name.startswith("_"):
            seen.add(path)
            indent = " " * (node.col_offset + 4)
            edits.append(place(node, quoted(text, indent), indent))
        if isinstance(node, ast.ClassDef):
            for child in node.body:
                if isinstance(child, ast.FunctionDef):
                    visit(child, found, (*path, child.name))

    def place(node: ast.ClassDef | ast.FunctionDef, doc: list[str], indent: str) -> tuple[int, int, list[str]]:
        first = node.body[0]
        start, end = first.lineno - 1, first.end_lineno or first.lineno
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            head = lines[start][: first.col_offset].rstrip()
            return start, end, ([head] if head else []) + doc
        return (
            start - len(getattr(first, "decorator_list", [])),
            start - len(getattr(first, "decorator_list", [])),
            doc,
        )

    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            visit(node, module, (node.name,))
    for start, end, text in sorted(edits, reverse=True):
        lines[start:end] = text
    return "\n".join(lines) + "\n"


def quoted(text: str, indent: str) -> list[str]:
    """A docstring, its paragraphs filled."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    wrapped = [textwrap.wrap(part, WIDTH - len(indent) - 3) for part in paragraphs]
    if len(wrapped) == 1 and len(wrapped[0]) == 1:
        return [f'{indent}"""{wrapped[0][0]}"""']
    body = [line for part in wrapped for line in (*part, "")][:-1]
    return [f'{indent}"""{body[0]}', *(f"{indent}{line}".rstrip() for line in body[1:]), f'{indent}"""']


def main() -> int:
    from awsaccess import _awsaccess

    source = STUB.read_text()
    made = documented(source, _awsaccess)
    if "--check" in sys.argv[1:]:
        if made != source:
            print("the stub lacks doc comments of the native half; run bindings-python/stub.py")
        return int(made != source)
    STUB.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
