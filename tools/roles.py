#!/usr/bin/env python3
"""Writes which operations hand a role to a service, from botocore's models.

    tools/roles.py            write core/src/access/guard/roles.txt
    tools/roles.py --check    say what would change, as a diff, and exit with 1 if anything would

An operation that changes something and takes the ARN or the name of a role, at any depth of its input, makes a service
act with that role: who may call it has what the role has, as far as `iam:PassRole` lets them. A line is a model and its
operations.
"""

import difflib
import gzip
import json
import re
import sys
from pathlib import Path

import botocore

from operations import Model, access

ROOM = Path(__file__).resolve().parent.parent / "core/src/access/guard"
ROLE = re.compile(r"(^|[a-z_])(Role|IamRole|iamRole)(Arn|ARN|Name|Id)?s?$|^[rR]ole(Arn|ARN|Name)?s?$")
# A structure in EC2, a text elsewhere.
PROFILE = re.compile(r"[iI]nstanceProfile")
# Told by the rule on services that hold who may do what.
ELSEWHERE = {"iam", "sts"}


def takes_role(model, shape, depth=0, seen=()):
    if shape is None or depth > 6 or shape in seen:
        return False
    spec = model.shapes[shape]
    inner = [(n, m["shape"]) for n, m in spec.get("members", {}).items()]
    inner += [("", spec[k]["shape"]) for k in ("member", "value") if k in spec]
    for name, of in inner:
        kind = model.shapes[of]
        is_text = kind["type"] == "string" and "enum" not in kind
        texts = kind["type"] == "list" and model.shapes[kind["member"]["shape"]]["type"] == "string" \
            and "enum" not in model.shapes[kind["member"]["shape"]]
        if ROLE.search(name) and (is_text or texts):
            return True
        if PROFILE.search(name):
            return True
        if takes_role(model, of, depth + 1, (*seen, shape)):
            return True
    return False


def listing():
    data = Path(botocore.__file__).parent / "data"
    models = [Model(path) for path in sorted(data.iterdir()) if any(path.glob("*/service-2.json.gz"))]
    out = []
    for model in models:
        if model.name in ELSEWHERE:
            continue
        found = [
            name
            for name, op in sorted(model.data["operations"].items())
            if access(model, name, op) == "write" and takes_role(model, op.get("input", {}).get("shape"))
        ]
        if found:
            out.append(f"{model.name} {' '.join(found)}")
    return "\n".join(sorted(out)) + "\n"


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    path, text = ROOM / "roles.txt", listing()
    before = path.read_text() if path.exists() else ""
    if sys.argv[1:] == []:
        path.write_text(text)
        return
    sides = (side.splitlines(True) for side in (before, text))
    sys.stdout.writelines(difflib.unified_diff(*sides, "committed/roles.txt", "generated/roles.txt", n=0))
    sys.exit(before != text)


if __name__ == "__main__":
    main()
