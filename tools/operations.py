#!/usr/bin/env python3
"""Writes what core knows of AWS's operations, from botocore's models.

    tools/operations.py            write core/src/operation/catalogue/operations.txt, and .bin from it
    tools/operations.py --check    say what would change, as a diff, and exit with 1 if anything would

The listing is for people: a re-generation is read as its diff. The packed form says the same, laid out so that nothing
is parsed when a program starts; `core/src/operation/catalogue.rs` reads it and describes it, and a test there holds
the two against each other. Both give the same bytes for the same botocore.
"""

import difflib
import gzip
import json
import re
import struct
import sys
from pathlib import Path

import botocore
from botocore.endpoint_provider import EndpointProvider

ROOM = Path(__file__).resolve().parent.parent / "core/src/operation/catalogue"

# ---------------------------------------------------------------------------------------------- what AWS does not say

# The prefix of a service's IAM actions, where it is not the signing name (Service Authorization Reference).
IAM = {
    "IoTSecuredTunneling": "iot", "awsssoportal": "sso", "awsssooidc": "sso-oauth", "cloudcontrolapi": "cloudformation",
    "iot-jobs-data": "iotjobsdata", "iotdata": "iot", "ioteventsdata": "iotevents", "monitoring": "cloudwatch",
    "partnercentral-selling": "partnercentral", "tagging": "tag",
}
# The same for models whose signing name is shared by services with actions of their own.
IAM_OF_MODEL = {
    "cloudcontrol": "cloudformation", "mturk": "mechanicalturk", "sso-oidc": "sso-oauth",
}
# Models that share wire forms under one signing name: the one that is named for them all comes first.
FIRST = ["rds", "qconnect", "elbv2", "s3", "lambda"]

# Operations whose answer carries credentials, or a login that is as good.
CREDENTIALS = {
    "sts": "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot GetDelegatedAccessToken GetFederationToken"
    " GetSessionToken GetWebIdentityToken",
    "s3": "CreateSession",
    "s3control": "GetDataAccess",
    "iam": "CreateAccessKey CreateServiceSpecificCredential ResetServiceSpecificCredential",
    "sso": "GetRoleCredentials",
    "sso-oidc": "CreateToken CreateTokenWithIAM",
    "signin": "CreateOAuth2Token CreateOAuth2TokenWithIAM",
    "cognito-identity": "GetCredentialsForIdentity",
    "eks-auth": "AssumeRoleForPodIdentity",
    "ecr": "GetAuthorizationToken",
    "ecr-public": "GetAuthorizationToken",
    "codeartifact": "GetAuthorizationToken",
    "lakeformation": "AssumeDecoratedRoleWithSAML GetTemporaryDataLocationCredentials"
    " GetTemporaryGlueFunctionCredentials GetTemporaryGluePartitionCredentials GetTemporaryGlueTableCredentials",
    "redshift": "GetClusterCredentials GetClusterCredentialsWithIAM",
    "redshift-serverless": "GetCredentials",
    "datazone": "GetConnection GetEnvironmentCredentials",
    "deadline": "AssumeFleetRoleForRead AssumeFleetRoleForWorker AssumeQueueRoleForRead AssumeQueueRoleForUser"
    " AssumeQueueRoleForWorker",
    "gamelift": "CreateBuild GetComputeAccess RequestUploadCredentials",
    "codepipeline": "GetJobDetails GetThirdPartyJobDetails PollForJobs",
    "finspace-data": "GetExternalDataViewAccessDetails GetProgrammaticAccessCredentials",
    "lightsail": "CreateBucketAccessKey GetBucketAccessKeys",
    "ssm": "GetAccessToken",
    "account-access-runtime": "GetRoleCredentials",
    "cloudwatchomni": "GetSpaceCredentialsForOrganization GetSpaceDataAccess",
}
# Output members that look like keys and are none of AWS's, and operations that have been looked at.
NOT_CREDENTIALS = {
    ("cognito-sync", "ListRecords"), ("cognito-sync", "UpdateRecords"),
    ("iot", "CreateTopicRuleDestination"), ("iot", "GetTopicRuleDestination"), ("iot", "ListTopicRuleDestinations"),
}
SECRET_MEMBER = re.compile(r"^(secretAccessKey|secretKey|awsSecretAccessKey)$", re.I)

READ = re.compile(
    r"^(Get|List|Describe|Head|BatchGet|BatchDescribe|BatchList|BatchRead|BatchLookup|BatchCheck|BatchDetect|Search|Query|Scan"
    r"|Lookup|Check|Count|Detect(?!.*Drift)|Discover|Download|Estimate|Filter|Is|Peek|Preview|Read|Receive|Recognize|Select"
    r"|Simulate|Calculate|Compare|Contains|Predict|Validate|View|TransactGet|Can|Find)(?![a-z])"
)
# Operations that only look, by other words.
READS = {"kms": "Verify VerifyMac", "bedrock-agent-runtime": "Retrieve RetrieveAndGenerate"
         " RetrieveAndGenerateStream", "iot": "TestAuthorization"}
# Verbs that look at nothing, whatever a trait says.
STARTS = re.compile(
    r"^(Batch)?(Start|Stop|Create|Delete|Put|Update|Execute|Invoke|Send|Post|Publish|Run|Submit|Complete|Tag|Untag|Modify|Set"
    r"|Revoke|Associate|Disassociate|Enable|Disable)(?![a-z])"
)
PERMISSIONS = re.compile(
    r"Permission|(?<!Web)(?<!Network)(?<!Ip)Acl$|BucketAcl|ObjectAcl|ResourcePolic|KeyPolicy|BucketPolicy|AccessPolicy"
    r"|AccessPolicies|RepositoryPolicy|RegistryPolicy|FileSystemPolicy|TableBucketPolicy|TablePolicy|DomainPolicy|VaultPolicy"
    r"|RolePolic|UserPolic|GroupPolic|ManagedPolic|PermissionsBoundary|AccountAssignment|(Create|Retire|Revoke|Accept|Update)Grant"
    r"|AccessGrant|PublicAccessBlock|IdentityPolicy|AccessEntry|AccessPointPolicy|ResourceShare|TrustPolicy|AssumeRolePolicy"
    r"|PrincipalAssociation|OwnershipControls|FunctionUrlConfig|AuthorizationPolicy|DataLakeSettings|SnapshotAttribute"
    r"|ImageAttribute|BlockPublicAccess$|(Authorize|Revoke)(Snapshot|Endpoint|VpcEndpoint)Access|PodIdentityAssociation"
    r"|IamInstanceProfile|SetIdentityPoolRoles|SetPrincipalTag|DelegatedAdmin"
)
# Names that say it in one model only.
PERMISSIONS_OF_MODEL = {
    "organizations": re.compile(r"Policy|PolicyType|AWSServiceAccess"),
    "iot": re.compile(r"Policy|ThingPrincipal|RoleAlias"),
    "sqs": re.compile(r"^SetQueueAttributes$"),
    "sns": re.compile(r"^SetTopicAttributes$"),
}
# Services whose writes are permissions: what they hold is who may do what.
PERMISSION_SERVICES = {"iam", "sso-admin", "rolesanywhere", "ram", "verifiedpermissions"}
PERMISSIONS_NOT = re.compile(r"WebACL|NetworkAcl|^(Tag|Untag)[A-Z]|^Start|RateBased")

# Members whose value names what a request is about: the kind that a record shows. Others end in `Arn`.
KINDS = {
    "Bucket": "bucket", "BucketName": "bucket", "bucketName": "bucket", "bucket": "bucket",
    "TableName": "table", "tableName": "table", "QueueUrl": "queue", "QueueName": "queue",
    "FunctionName": "function", "functionName": "function",
    "RoleName": "role", "roleName": "role", "Role": "role", "UserName": "user", "GroupName": "group",
    "InstanceProfileName": "instance-profile", "AccessKeyId": "access-key",
    "SecretId": "secret", "StreamName": "stream", "StackName": "stack", "InstanceId": "instance",
    "ClusterName": "cluster", "clusterName": "cluster", "cluster": "cluster", "ClusterIdentifier": "cluster",
    "DBInstanceIdentifier": "database", "DBClusterIdentifier": "database", "DatabaseName": "database",
    "logGroupName": "log-group", "repositoryName": "repository", "DomainName": "domain", "domainName": "domain",
    "HostedZoneId": "hosted-zone", "DistributionId": "distribution", "projectName": "project", "pipelineName": "pipeline",
    "AccountId": "account", "accountId": "account", "Account": "account", "TargetId": "target",
    "ImageId": "image", "VolumeId": "volume", "SnapshotId": "snapshot", "VpcId": "vpc", "GroupId": "group",
    "UserPoolId": "user-pool", "IdentityPoolId": "identity-pool", "restApiId": "api", "ApiId": "api", "modelId": "model",
    "JobId": "job", "jobId": "job", "DocumentName": "document", "Path": "path", "vaultName": "vault",
    "backupVaultName": "vault", "WorkGroup": "workgroup", "FileSystemId": "file-system",
}
# Of one model only: the member's name alone says too little.
KINDS_OF_MODEL = {
    "kms": {"KeyId": "key", "AliasName": "alias"},
    "s3": {"Key": "key", "CopySource": "source", "VersionId": "version"},
    "ssm": {"Name": "parameter"},
    "sso": {"roleName": "role", "accountId": "account"},
    "sns": {"PhoneNumber": "phone-number"},
    "secretsmanager": {"Name": "secret"},
    "states": {"name": "name"},
    "stepfunctions": {"name": "name"},
}
MOST_HINTS = 6

# ------------------------------------------------------------------------------------------------- models to a listing


class Model:
    """A service model of botocore."""

    def __init__(self, folder):
        newest = max(path for path in folder.iterdir() if (path / "service-2.json.gz").exists())
        read = lambda name: json.loads(gzip.decompress((newest / name).read_bytes()))
        self.name, self.data = folder.name, read("service-2.json.gz")
        self.meta, self.shapes = self.data["metadata"], self.data["shapes"]
        rules = newest / "endpoint-rule-set-1.json.gz"
        self.rules = read("endpoint-rule-set-1.json.gz") if rules.exists() else None
        self.protocols = list(self.meta.get("protocols", [self.meta["protocol"]]))
        if self.meta["protocol"] not in self.protocols:
            self.protocols.append(self.meta["protocol"])
        if "awsQueryCompatible" in self.meta and "query" not in self.protocols:
            self.protocols.append("query")
        self.protocols = sorted({f"json{self.meta.get('jsonVersion', '1.0')}" if p == "json" else SHORT.get(p, p) for p in self.protocols})
        self.signs = self.meta.get("signingName") or self.meta["endpointPrefix"]

    def members(self, shape):
        return self.shapes[shape].get("members", {}) if shape else {}


SHORT = {"smithy-rpc-v2-cbor": "cbor"}
SUFFIXES = ("amazonaws.com", "api.aws", "amazonaws.com.cn", "api.amazonwebservices.com.cn")
REGION = re.compile(r"^(us|cn|us-gov)-[a-z]+-\d+$")


def hosts(model, provider):
    """What stands before region and suffix in the hosts of a model, without marks of FIPS and dual stack."""
    found = {model.meta["endpointPrefix"]}
    for region in ("us-east-1", "us-west-2", "us-gov-west-1", "cn-north-1"):
        for dual in (False, True):
            try:
                url = provider.resolve_endpoint(Region=region, UseFIPS=False, UseDualStack=dual).url
            except Exception:  # Not there in this region, or it wants parameters: other regions say enough.
                continue
            host = re.sub("^https://", "", url).split("/")[0]
            suffix = next((s for s in sorted(SUFFIXES, key=len, reverse=True) if host.endswith("." + s)), None)
            if suffix:
                labels = [label for label in host[: -len(suffix) - 1].split(".") if label != "dualstack"]
                found.add(".".join(label for label in labels if not REGION.match(label)))
    leads = {op["endpoint"]["hostPrefix"] for op in model.data["operations"].values() if "endpoint" in op}
    leads = {re.sub(r"\{[^}]*\}", "*", lead) for lead in leads}
    return sorted(found | {lead + host for lead in leads for host in found})


def kind_of(model, name):
    own = KINDS_OF_MODEL.get(model.name, {})
    if name in own:
        return own[name]
    if re.search(r"role(arn)?$", name, re.I):
        return "role"
    if name in ("TopicArn", "topicArn"):
        return "topic"
    if name in ("stateMachineArn", "executionArn"):
        return "state-machine" if name[0] == "s" else "execution"
    if name in ("PolicyArn", "policyArn"):
        return "policy"
    if name in ("SecretArn", "secretArn"):
        return "secret"
    if name in KINDS and not (name == "GroupName" and model.name not in ("iam", "ec2")):
        return KINDS[name]
    return "arn" if re.search(r"(Arn|ARN|^arn)$", name) else None


def hints(model, op):
    """`kind@place` of the members that say what a request is about: `{Label}`, `?query`, `header:`, or a body member."""
    shape = op.get("input", {}).get("shape")
    required = model.shapes[shape].get("required", []) if shape else []
    payload = model.shapes[shape].get("payload") if shape else None
    found = []
    for name, member in model.members(shape).items():
        kind = kind_of(model, name)
        of = model.shapes[member["shape"]]
        wire, location = member.get("locationName", name), member.get("location")
        listed = of["type"] == "list" and model.meta["protocol"] == "ec2" and wire in KINDS
        if listed:
            kind, wire = KINDS[wire], wire + ".1"
        if kind is None or (of["type"] != "string" and not listed):
            continue
        if model.meta["protocol"] == "ec2" and not listed:
            wire = member.get("queryName") or wire[0].upper() + wire[1:]
        place = {"uri": f"{{{wire}}}", "querystring": f"?{wire}", "header": f"{wire.lower()}:"}.get(location, wire)
        if location is None and payload:
            continue
        if place == wire and model.meta["protocol"] == "rest-xml":
            continue
        rank = (location != "uri", name not in required, kind == "arn")
        found.append((rank, f"{kind}@{place}"))
    found = [text for _, text in sorted(found, key=lambda pair: pair[0])][:MOST_HINTS]
    if "cbor" in model.protocols or "query" in model.protocols:
        found = [hint for hint in found if hint.split("@")[1][0] not in "{?" and not hint.endswith(":")]
    return found


def access(model, name, op):
    """What an operation does with what is there."""
    if name in CREDENTIALS.get(model.name, "").split():
        return "credentials"
    reads = READ.match(name) or op.get("readonly") or op["http"]["method"] == "HEAD"
    if name in READS.get(model.name, "").split() or (reads and not STARTS.match(name)):
        return "read"
    if PERMISSIONS_NOT.search(name):
        return "write"
    own = PERMISSIONS_OF_MODEL.get(model.name)
    if model.name in PERMISSION_SERVICES or PERMISSIONS.search(name) or (own and own.search(name)):
        return "permissions"
    return "write"


def carries_keys(model, shape, depth=0, seen=()):
    if shape is None or depth > 6 or shape in seen:
        return False
    spec = model.shapes[shape]
    inner = [(n, m["shape"]) for n, m in spec.get("members", {}).items()]
    inner += [("", spec[k]["shape"]) for k in ("member", "value") if k in spec]
    return any(
        (SECRET_MEMBER.match(n) and model.shapes[s]["type"] == "string") or carries_keys(model, s, depth + 1, (*seen, shape))
        for n, s in inner
    )


def listing():
    data = Path(botocore.__file__).parent / "data"
    partitions = json.loads((data / "partitions.json").read_text())
    models = [Model(path) for path in sorted(data.iterdir()) if any(path.glob("*/service-2.json.gz"))]
    shared = [model.signs for model in models]
    faults = []
    for model in models:
        operations = model.data["operations"]
        unknown = set(CREDENTIALS.get(model.name, "").split()) - set(operations)
        faults += [f"{model.name} has no {name}" for name in sorted(unknown)]
        for name, op in operations.items():
            keys = carries_keys(model, op.get("output", {}).get("shape"))
            if keys and (model.name, name) not in NOT_CREDENTIALS and access(model, name, op) != "credentials":
                faults.append(f"{model.name} {name} may answer with keys: list it in CREDENTIALS or NOT_CREDENTIALS")
    if faults:
        sys.exit("\n".join(faults))
    rank = {name: at for at, name in enumerate(FIRST)}
    models.sort(key=lambda model: (model.signs.encode(), rank.get(model.name, len(FIRST)), model.name.encode()))

    out = [
        "# The operations of AWS's public service models, and what is said of them. Written by tools/operations.py from",
        f"# botocore {botocore.__version__}; not to be edited by hand.",
        "#",
        "#   service MODEL signs=SIGNING-NAME iam=PREFIX speaks=PROTOCOLS version=API-VERSION [target=PREFIX] [hosts=LABELS]",
        "#     OPERATION ACCESS [METHOD PATH?FIXED-QUERY] [KIND@PLACE ...]",
        "#",
        "# A place is a {label} of the path, a ?parameter, a header: or a member of the body.",
    ]
    for model in models:
        head = [f"signs={model.signs}", f"iam={IAM_OF_MODEL.get(model.name) or IAM.get(model.signs, model.signs)}"]
        head += [f"speaks={','.join(model.protocols)}", f"version={model.meta['apiVersion']}"]
        if model.meta.get("targetPrefix"):
            head.append(f"target={model.meta['targetPrefix']}")
        if shared.count(model.signs) > 1:
            provider = EndpointProvider(model.rules, partitions) if model.rules else None
            head.append(f"hosts={','.join(hosts(model, provider))}")
        out.append(f"service {model.name} {' '.join(head)}")
        for name in sorted(model.data["operations"], key=str.encode):
            op = model.data["operations"][name]
            line = [name, access(model, name, op)]
            if any(protocol.startswith("rest") for protocol in model.protocols):
                line += [op["http"]["method"], op["http"]["requestUri"]]
            out.append("  " + " ".join(line + hints(model, op)))
    return "\n".join(out) + "\n"


# ------------------------------------------------------------------------------------------- a listing to its packed form

ACCESS = ["read", "write", "permissions", "credentials"]
METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]
PROTOCOLS = ["query", "ec2", "json1.0", "json1.1", "rest-json", "rest-xml", "cbor"]
PLACES = ["path", "query", "header", "body"]
NONE = 0xFFFF


class Text:
    """All texts in one, each kept once, short ones inside of longer ones."""

    def __init__(self, texts):
        self.all = ""
        for text in sorted(set(texts), key=lambda text: (-len(text), text)):
            if text not in self.all:
                self.all += text
        self.data = self.all.encode("ascii")

    def ref(self, text):
        """Where a text begins, in 20 bits, and its length, in seven above them."""
        at = self.all.index(text) if text else 0
        if at >> 20 or len(text) >> 7:
            sys.exit(f"no room for the text {text}")
        return at | len(text) << 20


def parse(lines):
    models = []
    for line in lines:
        words = line.split()
        if line.startswith("service "):
            model = {"name": words[1], "operations": [], "hosts": "", "target": ""}
            model.update(word.split("=", 1) for word in words[2:])
            models.append(model)
        elif line.startswith("  "):
            rest = words[2:]
            op = {"name": words[0], "access": words[1], "method": "", "path": ""}
            if rest and rest[0] in METHODS:
                op["method"], op["path"], rest = rest[0], rest[1], rest[2:]
            op["hints"] = rest
            models[-1]["operations"].append(op)
    return models


def segments(path):
    path = path.split("?")[0].strip("/")
    return path.split("/") if path else []


def fixed(path):
    """The parameters that a template has: a value, or none where any will do."""
    query = path.split("?", 1)[1] if "?" in path else ""
    return [tuple(pair.partition("=")[::2]) for pair in query.split("&") if pair]


def place_of(op, hint):
    """Kind, place and name of a hint; a label of the path by its number."""
    kind, place = hint.split("@")
    labels = [s.strip("{}+") for s in segments(op["path"]) if s.startswith("{")]
    if place.startswith("{"):
        return kind, 0, "", labels.index(place.strip("{}"))
    if place.startswith("?"):
        return kind, 1, place[1:], 0
    if place.endswith(":"):
        return kind, 2, place[:-1], 0
    return kind, 3, place, 0


def pack(listed):
    models = parse(listed.splitlines())
    texts = []
    for model in models:
        texts += [model[key] for key in ("name", "signs", "iam", "version", "target")] + model["hosts"].split(",")
        for op in model["operations"]:
            texts += [op["name"], *[s for s in segments(op["path"]) if not s.startswith("{")]]
            texts += [text for pair in fixed(op["path"]) for text in pair]
            texts += [text for hint in op["hints"] for text in (place_of(op, hint)[0], place_of(op, hint)[2])]
    text = Text([text for text in texts if text])

    sections = {name: bytearray() for name in ("models", "operations", "nodes", "hints", "fixed", "hosts", "targets")}
    count, hint_lists, hint_count, node_count = 0, {}, 0, 0
    nodes = []

    def hint_list(op):
        nonlocal hint_count
        own = tuple(place_of(op, hint) for hint in op["hints"])
        if own not in hint_lists:
            hint_lists[own] = hint_count
            for nth, (kind, place, name, label) in enumerate(own):
                last = nth + 1 == len(own)
                sections["hints"] += struct.pack("<IIBB", text.ref(kind), text.ref(name), place | last << 7, label)
            hint_count += len(own)
        return hint_lists[own] if own else NONE

    def add(op):
        nonlocal count
        method = METHODS.index(op["method"]) if op["method"] else 7
        flags = ACCESS.index(op["access"]) << 27 | method << 29
        sections["operations"] += struct.pack("<IH", text.ref(op["name"]) | flags, hint_list(op))
        for name, value in fixed(op["path"]):
            sections["fixed"] += struct.pack("<HII", count, text.ref(name), text.ref(value))
        count += 1

    def tree(operations):
        """Nodes in order of breadth, so that children are neighbours, and the operations in the order of the nodes."""
        nonlocal node_count
        root = {"children": {}, "operations": []}
        for op in operations:
            at = root
            for segment in segments(op["path"]):
                key = (0, segment.encode()) if not segment.startswith("{") else (1 + segment.endswith("+}"), b"")
                at = at["children"].setdefault(key, {"children": {}, "operations": []})
            at["operations"].append(op)
        level, first = [((0, b""), root)], node_count
        node_count += 1
        while level:
            below = []
            for (kind, name), node in level:
                children = sorted(node["children"].items())
                start = count
                # Those with fixed parameters come first, the ones with most of them before others.
                for op in sorted(node["operations"], key=lambda op: (-len(fixed(op["path"])), op["method"], op["name"])):
                    add(op)
                ref = text.ref(name.decode()) if kind == 0 else 0
                sections["nodes"] += struct.pack("<IHH", ref | kind << 27, node_count, start)
                node_count += len(children)
                below += children
            level = below
        # Where the last node's children and operations end.
        sections["nodes"] += struct.pack("<IHH", 0, node_count, count)
        node_count += 1
        return first

    for nth, model in enumerate(models):
        start = count
        rest = any(word.startswith("rest") for word in model["speaks"].split(","))
        root = tree(model["operations"]) if rest else NONE
        if not rest:
            for op in model["operations"]:
                add(op)
        speaks = sum(1 << PROTOCOLS.index(word) for word in model["speaks"].split(","))
        refs = [text.ref(model[key]) for key in ("name", "signs", "iam", "version", "target")]
        hosts_at, own = len(sections["hosts"]) // 4, [host for host in model["hosts"].split(",") if host]
        for host in own:
            sections["hosts"] += struct.pack("<I", text.ref(host))
        sections["models"] += struct.pack("<5IHBBHHH", *refs, hosts_at, len(own), speaks, start, count - start, root)
    order = sorted((model["target"].encode(), nth) for nth, model in enumerate(models) if model["target"])
    for target, nth in order:
        sections["targets"] += struct.pack("<IH", text.ref(target.decode()), nth)

    if count > NONE or node_count > NONE or hint_count > NONE:
        sys.exit("there are more than 65535 of a kind: the packed form needs wider numbers")
    parts = [text.data, *(bytes(sections[name]) for name in ("models", "operations", "nodes", "hints", "fixed", "hosts", "targets"))]
    at, table = 4 * (len(parts) + 1), []
    for part in parts:
        table.append(at)
        at += len(part)
    return struct.pack(f"<{len(parts) + 1}I", *table, at) + b"".join(parts)


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    text = listing()
    changed = False
    for name, data in (("operations.txt", text.encode()), ("operations.bin", pack(text))):
        path = ROOM / name
        before = path.read_bytes() if path.exists() else b""
        changed |= before != data
        if sys.argv[1:] == []:
            path.write_bytes(data)
        elif before != data and name.endswith(".txt"):
            sides = (side.decode().splitlines(True) for side in (before, data))
            sys.stdout.writelines(difflib.unified_diff(*sides, f"committed/{name}", f"generated/{name}", n=0))
        elif before != data:
            print(f"{name} is not what its listing says")
    sys.exit(changed and sys.argv[1:] == ["--check"])


if __name__ == "__main__":
    main()
