#!/usr/bin/env python3
"""Writes core/src/partition/catalogue.rs from a table of AWS service models.

    tools/catalogue.py services.json > core/src/partition/catalogue.rs

The input is one JSON object, a member a service model (as botocore names it) with: `effectiveSigningName`,
`serviceId`, `hostPrefixes` (prefix to number of operations, where the model has any) and `endpoints`, which maps
`region[+fips][+dualstack]` to what the model's endpoint rule set answers: `{"url", "auth": [{"name", "signingName",
"signingRegion"}]}` or `{"error"}`.
"""
import json
import re
import sys

SUFFIXES = """amazonaws.com api.aws amazonaws.com.cn api.amazonwebservices.com.cn amazonaws.eu
api.amazonwebservices.eu c2s.ic.gov api.aws.ic.gov sc2s.sgov.gov api.aws.scloud cloud.adc-e.uk
api.cloud-aws.adc-e.uk csp.hci.ic.gov api.aws.hci.ic.gov""".split()
DUAL = {suffix for suffix in SUFFIXES if suffix.startswith("api.")}
REGION = re.compile(
    r"^((us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+|(cn|us-gov|eusc-de|us-iso|us-isob|eu-isoe|us-isof)-[a-z]+-\d+)$"
)
# Hosts that the rule sets of today no longer choose, but that clients still sign for.
GLOBAL_BESIDES = {("sts", "amazonaws.com"): {"us-east-1"}}
REGIONAL_BESIDES = {"queue": "sqs", "waf-regional": "waf-regional", "ec2messages": "ec2messages"}


def bare(prefix):
    labels = [re.sub(r"-fips$", "", label) for label in prefix.split(".")]
    return ".".join(label for label in labels if label not in ("fips", "dualstack"))


def split(host):
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if host.endswith("." + suffix):
            return host[: -len(suffix) - 1].split("."), suffix
    return None, None


def main():
    services = json.load(open(sys.argv[1], encoding="utf-8"))
    regional, suffixes, world, alias = dict(REGIONAL_BESIDES), {}, {k: set(v) for k, v in GLOBAL_BESIDES.items()}, {}
    names = {}
    for model, service in services.items():
        if service["signatureVersion"] in ("v2", "bearer"):
            continue
        prefixes = set()
        for key, endpoint in service["endpoints"].items():
            host = re.sub("^https://", "", endpoint.get("url", ""))
            labels, suffix = split(host)
            if not labels or "/" in host:
                continue
            name, region = service["effectiveSigningName"], key.split("+")[0]
            for auth in endpoint.get("auth", []):
                if auth["name"] == "sigv4":
                    name, region = auth.get("signingName", name), auth.get("signingRegion", region)
            if labels[-1] == "us-gov" and len(labels) > 2:
                labels = labels[:-1]
            if REGION.match(labels[-1]):
                prefix = bare(".".join(labels[:-1]))
                regional[prefix] = name
                suffixes.setdefault(prefix, set()).add(suffix in DUAL if "dualstack" not in key else None)
            else:
                prefix = bare(".".join(labels))
                world.setdefault((prefix, suffix), set()).add(region)
                names[prefix] = name
            if key == "us-east-1":
                prefixes.add(prefix)
        for prefix in sorted(prefixes):
            for lead in service.get("hostPrefixes", {}):
                lead = re.sub(r"\{[^}]*\}", "*", lead)
                regional.setdefault(lead + prefix, regional.get(prefix, service["effectiveSigningName"]))
                suffixes.setdefault(lead + prefix, {"lead"})
            for other in {model, service["serviceId"].lower().replace(" ", "-")}:
                if other != prefix:
                    alias[other] = prefix
    for (prefix, _), regions in world.items():
        regional.setdefault(prefix, names.get(prefix, prefix))
        suffixes.setdefault(prefix, {"lead"} if "." in prefix else {False})
    alias = {k: v for k, v in alias.items() if k not in regional}

    out = sys.stdout.write
    out("//! The hosts of the AWS APIs and what they sign as. Written by `tools/catalogue.py` from AWS's own service\n")
    out("//! models and endpoint rule sets; not to be edited by hand.\n\n")
    out("/// What the first labels of a host say.\npub(super) struct Entry {\n    /// The labels before region and suffix,")
    out(" without marks of FIPS or dual stack; a leading `*` is any one label.\n    pub(super) prefix: &'static str,\n")
    out("    /// The service name of a credential scope.\n    pub(super) signs_as: &'static str,\n")
    out("    /// How a client that names no host reaches it: at the standard suffix, at the dual-stack one only, or not at\n")
    out("    /// all, since the host has a label of its own.\n    pub(super) home: Home,\n}\n\n")
    out("/// Where a service lives.\n#[derive(Clone, Copy, PartialEq, Eq)]\npub(super) enum Home {\n")
    out("    /// Under `amazonaws.com` and its kin.\n    Standard,\n    /// Under `api.aws` and its kin only.\n    DualStack,\n")
    out("    /// A host label of one operation; never the answer to \"which host is this service's?\".\n    Label,\n}\n\n")
    out("const fn e(prefix: &'static str, signs_as: &'static str, home: Home) -> Entry {\n    Entry { prefix, signs_as, home }\n}\n\n")
    out("/// Sorted by prefix, in byte order.\n#[rustfmt::skip]\npub(super) const SERVICES: &[Entry] = &[\n")
    for prefix in sorted(regional, key=str.encode):
        seen = suffixes.get(prefix, {"lead"})
        home = "Label" if "lead" in seen else "DualStack" if False not in seen else "Standard"
        out(f'    e("{prefix}", "{regional[prefix]}", Home::{home}),\n')
    out("];\n\n/// Hosts without a region label: prefix, suffix, and the regions that they may be signed for. Sorted.\n")
    out("#[rustfmt::skip]\npub(super) const WORLDWIDE: &[(&str, &str, &[&str])] = &[\n")
    for prefix, suffix in sorted(world):
        regions = ", ".join(f'"{r}"' for r in sorted(world[prefix, suffix]))
        out(f'    ("{prefix}", "{suffix}", &[{regions}]),\n')
    out("];\n\n/// Other names of a service (its model, its service id), and the prefix of its host. Sorted.\n")
    out("#[rustfmt::skip]\npub(super) const ALIASES: &[(&str, &str)] = &[\n")
    for name in sorted(alias, key=str.encode):
        out(f'    ("{name}", "{alias[name]}"),\n')
    out("];\n")


main()
