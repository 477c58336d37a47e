#!/usr/bin/env python3
"""Writes what AWS's models mark as sensitive in what is sent, from botocore's models.

    tools/sensitive.py            write core/src/gateway/body/sensitive.txt
    tools/sensitive.py --check    say what would change, as a diff, and exit with 1 if anything would

A line is a model and the names of members, at any depth of the input of any of its operations, whose value, or what their
list or map holds, is marked: by the name that the model has for them and by the one on the wire, where that is another.
"""

import difflib
import sys
from pathlib import Path

import botocore

from operations import Model

ROOM = Path(__file__).resolve().parent.parent / "core/src/gateway/body"


def is_marked(model, reference, depth=0):
    """Whether a value is sensitive, or all that a list or a map has of one kind."""
    spec = model.shapes[reference["shape"]]
    if reference.get("sensitive") or spec.get("sensitive"):
        return True
    parts = [spec[part] for part in ("member", "key", "value") if part in spec]
    return depth < 4 and any(is_marked(model, part, depth + 1) for part in parts)


def wire_names(model, name, member):
    names = {name} | {member[key] for key in ("locationName", "queryName") if key in member}
    if "ec2" in model.protocols:
        names |= {name[:1].upper() + name[1:] for name in names}
    return names


def marked(model):
    found, seen = set(), set()
    waiting = [op["input"]["shape"] for op in model.data["operations"].values() if "input" in op]
    while waiting:
        shape = waiting.pop()
        if shape in seen:
            continue
        seen.add(shape)
        spec = model.shapes[shape]
        waiting += [spec[part]["shape"] for part in ("member", "key", "value") if part in spec]
        for name, member in spec.get("members", {}).items():
            waiting.append(member["shape"])
            if is_marked(model, member):
                found |= wire_names(model, name, member)
    return found


def listing():
    data = Path(botocore.__file__).parent / "data"
    models = [Model(path) for path in sorted(data.iterdir()) if any(path.glob("*/service-2.json.gz"))]
    lines = [(model.name, sorted(marked(model))) for model in models]
    return "\n".join(f"{name} {' '.join(found)}" for name, found in sorted(lines) if found) + "\n"


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    path, text = ROOM / "sensitive.txt", listing()
    before = path.read_text() if path.exists() else ""
    if sys.argv[1:] == []:
        path.write_text(text)
        return
    sides = (side.splitlines(True) for side in (before, text))
    sys.stdout.writelines(difflib.unified_diff(*sides, "committed/sensitive.txt", "generated/sensitive.txt", n=0))
    sys.exit(before != text)


if __name__ == "__main__":
    main()
