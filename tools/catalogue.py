#!/usr/bin/env python3
"""Writes what the library knows of AWS's partitions and endpoints, from botocore's models.

    tools/catalogue.py            write core/src/partition/catalogue/*.rs
    tools/catalogue.py --check    say what would change, as a diff, and exit with 1 if anything would

`service.rs` is the way there: of each service the host in every partition, as FIPS and as dual stack. It is found by
asking the service's own endpoint rule set about every region that botocore lists and about one that nobody has opened
yet. `prefix.rs` and `worldwide.rs` are the way back; they hold the hosts of the rule sets, those that `endpoints.json`
lists beside them, and a few that neither chooses any more. `partition.rs` is `partitions.json`.
"""
import collections
import difflib
import json
import pathlib
import re
import sys

import botocore.loaders
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointResolutionError

ROOM = pathlib.Path(__file__).resolve().parent.parent / "core/src/partition/catalogue"
VARIANTS = ["plain", "fips", "dual", "both"]
SHAPES = {
    "standard": ["*.{r}.{d}", "*-fips.{r}.{d}", "*.{r}.{s}", "*-fips.{r}.{s}"],
    "dualstack": ["*.{r}.{s}", "*-fips.{r}.{s}", "*.{r}.{s}", "*-fips.{r}.{s}"],
}
# Hosts that no rule set chooses any more, but that clients still sign for.
WORLDWIDE_BESIDES = {
    ("sts", "amazonaws.com"): {"us-east-1"},
    # The AWS CLI, version 1, goes there in us-east-1.
    ("queue", "amazonaws.com"): {"us-east-1"},
    ("rds", "amazonaws.com"): {"us-east-1"},
}
PREFIX_BESIDES = {"ec2messages": "ec2messages", "queue": "sqs", "waf-regional": "waf-regional"}
# Labels that come after the region, not before it.
REGION_FIRST = ["elasticmapreduce", "neptune-graph", "queue"]
# A slip in endpoints.json: the dot between the service and the region is missing.
NO_HOST = re.compile(r"^ramus-gov-|^localhost")
# Values for what a rule set cannot do without.
REQUIRED = {"acm": [{"ServiceType": "ACM"}, {"ServiceType": "ACM-ACME"}],
            "neptune-graph": [{"ApiType": "ControlPlane"}, {"ApiType": "DataPlane"}]}
WRITTEN = "Written by `tools/catalogue.py` from botocore's models; not to be edited by hand."

Answer = collections.namedtuple("Answer", "host region set name")


def main():
    loader = botocore.loaders.Loader()
    partitions = [Partition(one) for one in loader.load_data("partitions")["partitions"]]
    rules = loader.load_data("partitions")
    services = [Service(name, loader, rules, partitions) for name in loader.list_available_services("service-2")]
    world = World(partitions)
    for service in services:
        world.add(service)
    world.add_listed(loader.load_data("endpoints"), services)
    sign_in = next(service for service in services if service.name == "signin")
    files = {
        "service.rs": service_rust(services),
        "partition.rs": partition_rust(partitions, sign_in),
        "prefix.rs": world.prefix_rust(),
        "worldwide.rs": world.worldwide_rust(),
    }
    changed = False
    for name, text in files.items():
        path = ROOM / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before == text:
            continue
        changed = True
        if "--check" in sys.argv[1:]:
            sys.stdout.writelines(difflib.unified_diff(
                before.splitlines(True), text.splitlines(True), f"committed/{name}", f"generated/{name}", n=0))
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    sys.exit(changed and "--check" in sys.argv[1:])


class Partition:
    def __init__(self, data):
        self.id, out = data["id"], data["outputs"]
        self.plain, self.dual, self.implicit = out["dnsSuffix"], out["dualStackDnsSuffix"], out["implicitGlobalRegion"]
        self.regions = sorted(data["regions"])
        areas, rest = re.fullmatch(r"\^(.*?)\\-\\w\+\\-\\d\+\$()", data["regionRegex"]).groups()
        self.areas = re.sub(r"[()\\]", "", areas) if areas.startswith("(") else areas.replace("\\", "")
        self.areas = ["eusc-de"] if self.areas.startswith("eusc") or "eusc" in areas else self.areas.split("|")
        self.pattern = re.compile(data["regionRegex"])
        self.nowhere = f"{self.areas[0]}-nowhere-9"

    def has(self, label):
        return label in self.regions or bool(self.pattern.match(label)) or label == f"{self.id}-global"


class Service:
    """A service model, with what its rule set answers for every region and variant."""

    def __init__(self, name, loader, rules, partitions):
        meta = loader.load_service_model(name, "service-2")
        ruleset = loader.load_service_model(name, "endpoint-rule-set-1")
        self.name, self.meta, self.partitions = name, meta["metadata"], partitions
        self.id = self.meta["serviceId"].lower().replace(" ", "-")
        self.prefix = self.meta["endpointPrefix"]
        self.bearer = self.meta.get("signatureVersion") == "bearer"
        leads = {op.get("endpoint", {}).get("hostPrefix") for op in meta["operations"].values()} - {None}
        self.leads = sorted({re.sub(r"\{[^}]*\}", "*", lead) for lead in leads})
        provider, params = EndpointProvider(ruleset, rules), ruleset["parameters"]
        self.answers, self.others = {}, []
        for number, required in enumerate(REQUIRED.get(name, [{}])):
            for partition in partitions:
                for region in [partition.nowhere, *partition.regions]:
                    for variant in VARIANTS:
                        asked = {"Region": region, "UseFIPS": variant in ("fips", "both"),
                                 "UseDualStack": variant in ("dual", "both"), **required}
                        answer = self.ask(provider, {k: v for k, v in asked.items() if k in params}, region)
                        if number == 0:
                            self.answers[partition.id, region, variant] = answer
                        elif answer:
                            self.others.append((partition, region, answer))
        # The label that most hosts begin with is the prefix, if the model's own is not it.
        found = [answer.host for answer in self.answers.values() if answer]
        if found and not any(host.startswith(self.prefix + ".") for host in found):
            first = next((answer.host for (_, region, variant), answer in self.answers.items()
                          if answer and variant == "plain" and f".{region}." in answer.host), found[0])
            cut = re.split(r"\.(?=[a-z-]+-nowhere-9\.|[a-z]+-[a-z]+-\d\.)", first)[0]
            self.prefix = cut if cut != first else self.prefix
        names = collections.Counter(answer.name for answer in self.answers.values() if answer)
        self.signs_as = names.most_common(1)[0][0] if names else self.signing()

    def signing(self):
        return self.meta.get("signingName", self.meta["endpointPrefix"])

    def ask(self, provider, params, region):
        try:
            endpoint = provider.resolve_endpoint(**params)
        except EndpointResolutionError:
            return None
        host = endpoint.url.removeprefix("https://")
        assert "/" not in host and "{" not in host, endpoint.url
        name, sign, region_set = self.signing(), region, None
        for scheme in endpoint.properties.get("authSchemes", []):
            if scheme["name"] == "sigv4":
                name, sign = scheme.get("signingName", name), scheme.get("signingRegion", region)
            elif scheme["name"] == "sigv4a":
                region_set = ",".join(scheme["signingRegionSet"])
        return Answer(host, sign, region_set, name)

    def template(self, partition, region, answer):
        """The answer with names in the place of what it took over."""
        if answer is None:
            return "none"
        host = answer.host
        if host == self.prefix or host.startswith((self.prefix + ".", self.prefix + "-fips.")):
            host = "*" + host.removeprefix(self.prefix)
        for suffix, mark in sorted([(partition.plain, "{d}"), (partition.dual, "{s}")], key=lambda one: -len(one[0])):
            if host.endswith("." + suffix):
                host = host.removesuffix(suffix) + mark
                break
        marks = {region: "{r}"} if region == partition.implicit else {region: "{r}", partition.implicit: "{g}"}
        host = ".".join(marks.get(label, label) for label in host.split("."))
        sign = [] if answer.region == region else [marks.get(answer.region, answer.region)]
        if answer.set:
            sign = sign or ["{r}"]
            sign.append(answer.set)
        return " ".join([host, *sign])

    def fill(self, template, partition, region):
        host, *sign = template.split(" ")
        if host == "none":
            return None
        marks = {"*": self.prefix, "{r}": region, "{g}": partition.implicit, "{d}": partition.plain, "{s}": partition.dual}
        for mark, value in marks.items():
            host = host.replace(mark, value)
        return Answer(host, marks.get(sign[0], sign[0]) if sign else region, sign[1] if len(sign) > 1 else None, None)

    def rust(self):
        """One row for the service, with a line for each way in which it leaves its shape."""
        rows = {}
        for variant in VARIANTS:
            rows[variant] = {p.id: self.template(p, p.nowhere, self.answers[p.id, p.nowhere, variant])
                             for p in self.partitions}
        usual = {v: collections.Counter(rows[v].values()).most_common(1)[0][0] for v in VARIANTS}
        score = {shape: sum(usual[v] == text for v, text in zip(VARIANTS, texts)) for shape, texts in SHAPES.items()}
        shape = max(score, key=score.get)
        found = collections.defaultdict(list)
        for variant, expected in zip(VARIANTS, SHAPES[shape]):
            if usual[variant] != expected:
                found[variant, usual[variant]].append("all")
            for partition in self.partitions:
                own = rows[variant][partition.id]
                if own != usual[variant]:
                    found[variant, own].append(partition.id)
                for region in partition.regions:
                    answer = self.answers[partition.id, region, variant]
                    if (answer and answer._replace(name=None)) != self.fill(own, partition, region):
                        found[variant, self.template(partition, region, answer)].append(region)
        order = {"all": 2} | {p.id: 1 for p in self.partitions}
        rules = []
        for (variant, text), where in found.items():
            # The narrowest comes first: a region, then a partition, then all of them.
            for rank in (0, 1, 2):
                names = sorted(name for name in where if order.get(name, 0) == rank)
                if names:
                    rules.append((VARIANTS.index(variant), rank, f"{variant} {','.join(names)} {text}"))
        rules = "".join(f"\\n\\\n        {text}" for _, _, text in sorted(rules))
        names = ", ".join(f'"{name}"' for name in (self.name, self.id, self.prefix, self.signs_as))
        return f"    {shape}({names}, \"{rules}\"),\n"


class World:
    """The hosts there are, by what stands before region and suffix."""

    def __init__(self, partitions):
        self.partitions = partitions
        self.suffixes = sorted({s for p in partitions for s in (p.plain, p.dual)}, key=len, reverse=True)
        self.names = collections.defaultdict(collections.Counter)
        self.models = collections.defaultdict(set)
        self.bearer, self.world, self.elsewhere = set(), collections.defaultdict(set), collections.defaultdict(set)

    def add(self, service):
        prefixes = set()
        rows = [(next(p for p in self.partitions if p.id == key[0]), key[1], answer)
                for key, answer in service.answers.items() if answer]
        for partition, region, answer in rows + service.others:
            if region == partition.nowhere:
                continue
            sign = partition.implicit if service.bearer else answer.region
            prefix = self.note(answer.host, answer.name, sign, service.name)
            if prefix is None:
                continue
            if service.bearer:
                self.bearer.add(prefix)
            if service.prefix.split(".")[-1] in prefix.split("."):
                prefixes.add(prefix)
        for prefix in prefixes:
            for lead in service.leads:
                self.names[lead + prefix].setdefault(service.signs_as, 0)
                self.models[lead + prefix].add(service.name)

    def add_listed(self, listed, services):
        """What endpoints.json has beside the rule sets."""
        by_prefix = collections.defaultdict(list)
        for service in services:
            by_prefix[service.meta["endpointPrefix"]].append(service)
        for partition in listed["partitions"]:
            for prefix, entry in partition["services"].items():
                models = by_prefix.get(prefix, [])
                defaults = entry.get("defaults", {})
                scope = defaults.get("credentialScope", {}).get("service")
                name = scope or (models[0].signs_as if models else prefix)
                for region, one in entry.get("endpoints", {}).items():
                    hosts = [one["hostname"]] if "hostname" in one else []
                    hosts += [variant["hostname"] for variant in one.get("variants", []) if "hostname" in variant]
                    if not hosts and region in partition["regions"]:
                        hosts = [f"{prefix}.{region}.{partition['dnsSuffix']}"]
                    own = one.get("credentialScope", {})
                    for host in hosts:
                        if NO_HOST.match(host):
                            continue
                        known = self.split(host)[0]
                        sign = own.get("region", region)
                        if known in self.names and self.names[known]:
                            self.note(host, None, sign, None, listed=True)
                        else:
                            for model in models or [None]:
                                self.note(host, own.get("service", name), sign, model and model.name, listed=True)

    def split(self, host):
        suffix = next((s for s in self.suffixes if host.endswith("." + s)), None)
        if suffix is None:
            return None, None, None
        labels = host.removesuffix("." + suffix).split(".")
        if labels[-1] == "us-gov" and len(labels) > 2 and self.is_region(labels[-2]):
            labels.pop()
        if len(labels) > 1 and labels[-1] in REGION_FIRST and self.is_region(labels[-2]):
            labels[-2:] = [labels[-1], labels[-2]]
        region = labels.pop() if self.is_region(labels[-1]) else None
        labels = [re.sub(r"-fips$", "", label) for label in labels]
        return ".".join(label for label in labels if label not in ("fips", "dualstack")), region, suffix

    def is_region(self, label):
        return any(partition.has(label) for partition in self.partitions)

    def note(self, host, name, sign, model, listed=False):
        prefix, region, suffix = self.split(host)
        if prefix is None:
            return None
        if name:
            self.names[prefix][name] += 1
        if model:
            self.models[prefix].add(model)
        if region is None and self.is_region(sign):
            # A pseudo region signs as nothing; the entry beside it says what does.
            if not sign.endswith("-global"):
                self.world[prefix, suffix].add(sign)
        elif region is not None and sign != region and not listed and prefix not in self.bearer:
            self.elsewhere[prefix, suffix].add(sign)
        return prefix

    def prefix_rust(self):
        for prefix, name in PREFIX_BESIDES.items():
            self.names[prefix].setdefault(name, 0)
        out = [f"//! What the first labels of a host say. {WRITTEN}\n\n",
               "use super::{Entry, bearer, e};\n\n",
               "/// Sorted by prefix, in byte order: the signing names, and the service models that are reached there.\n",
               "#[rustfmt::skip]\npub(in crate::partition) const PREFIXES: &[Entry] = &[\n"]
        for prefix in sorted(self.names, key=str.encode):
            names = [name for name, _ in sorted(self.names[prefix].items(), key=lambda one: (-one[1], one[0]))]
            models = sorted(self.models[prefix], key=lambda model: (model != prefix, model))
            call = "bearer" if prefix in self.bearer else "e"
            out.append(f'    {call}("{prefix}", "{" ".join(names)}", "{" ".join(models)}"),\n')
        return "".join(out) + "];\n"

    def worldwide_rust(self):
        for key, regions in WORLDWIDE_BESIDES.items():
            self.world[key] |= regions
        out = [f"//! Hosts that sign for another region than a label of theirs. {WRITTEN}\n\n"]
        for name, doc, table in [
            ("WORLDWIDE", "Hosts without a region: prefix, suffix, and the regions that they may be signed for.", self.world),
            ("ELSEWHERE", "Hosts with a region that may be signed for others too: prefix, suffix, those regions.",
             self.elsewhere),
        ]:
            out.append(f"/// {doc} Sorted.\n#[rustfmt::skip]\n"
                       f"pub(in crate::partition) const {name}: &[(&str, &str, &[&str])] = &[\n")
            for prefix, suffix in sorted(table):
                regions = ", ".join(f'"{region}"' for region in sorted(table[prefix, suffix]))
                out.append(f'    ("{prefix}", "{suffix}", &[{regions}]),\n')
            out.append("];\n\n")
        return "".join(out).rstrip("\n") + "\n"


def service_rust(services):
    out = [f"//! The hosts of each service. {WRITTEN}\n//!\n",
           "//! A row is a service: its model, its service id, the first labels of its host, the name that it signs as, and what\n"
           "//! differs from its shape, the narrowest rule first: variant, where, the host (or `none`), then the region and the\n"
           "//! region set to sign for, where that is not the region asked for. `*` is the first labels, `{r}` the region, `{g}`\n"
           "//! that of global services, `{d}` and `{s}` the partition's suffixes, plain and dual-stack.\n\n",
           "use super::{Service, dualstack, standard};\n\n",
           "/// Sorted by model.\n#[rustfmt::skip]\npub(in crate::partition) const SERVICES: &[Service] = &[\n"]
    return "".join([*out, *(service.rust() for service in services), "];\n"])


def partition_rust(partitions, sign_in):
    out = [f"//! The partitions and their regions. {WRITTEN}\n\nuse crate::partition::Partition;\n\n"
           "/// Every partition there is.\n#[rustfmt::skip]\n"
           f"pub static PARTITIONS: [Partition; {len(partitions)}] = [\n"]
    order = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"]
    for one in sorted(partitions, key=lambda p: (order.index(p.id) if p.id in order else 9, p.id)):
        host = sign_in.answers[one.id, one.nowhere, "plain"].host
        web = host.removeprefix(f"{one.nowhere}.signin.")
        assert web != host, host
        listed = lambda texts: ", ".join(f'"{text}"' for text in texts)
        out.append("    Partition {\n"
                   f'        id: "{one.id}",\n        dns_suffix: "{one.plain}",\n        dual_stack_suffix: "{one.dual}",\n'
                   f'        web_domain: "{web}",\n        implicit_region: "{one.implicit}",\n'
                   f"        areas: &[{listed(one.areas)}],\n"
                   f"        regions: &[\n")
        real = [region for region in one.regions if not region.endswith("-global")]
        out.extend(f'            "{region}",\n' for region in real)
        out.append("        ],\n    },\n")
    return "".join(out) + "];\n"


if __name__ == "__main__":
    main()
