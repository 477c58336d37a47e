#!/usr/bin/env python3
"""Records presigned URLs and tokens as the clients' own generators make them, with fixed keys and a fixed clock.

    pip install awscli==1.46.3 botocore==1.44.5 aws-msk-iam-sasl-signer-python==1.0.2
    tools/presigned.py > vectors/presigned/cases.json

Each is made with a placeholder key, then with keys that a service would know, at the same time and, where a lifetime can
be given, 300 seconds later for what remains.
"""
import contextlib
import datetime
import io
import json
import sys
from unittest import mock

import awscli.customizations.codecommit as codecommit
import aws_msk_iam_sasl_signer.MSKAuthTokenProvider as msk
import botocore.session
from botocore.awsrequest import prepare_request_dict
from awscli.customizations.eks.get_token import STSClientFactory, TokenGenerator
from botocore.credentials import Credentials

NOON = datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.timezone.utc)
LATER = NOON + datetime.timedelta(seconds=300)
PLACEHOLDER = ("AKIAPLACEHOLDER00001", "placeholder-secret-of-presigns-0001")
TEMPORARY = ("ASIAPLACEHOLDER00002", "placeholder-secret-of-presigns-0002", "placeholder/token+of=presigns")
REAL = ("AKIAREALREALREALREAL", "real-secret-of-presigns-000000000001")
SESSION = ("ASIAREALREALREALREAL", "real-secret-of-presigns-000000000002", "real/session+token==of/presigns")


def client(service, keys, region="eu-west-1"):
    session = botocore.session.Session()
    session.set_credentials(*keys)
    return session.create_client(service, region)


def s3(operation, expires=3600, **params):
    def make(keys, expires=expires):
        config = botocore.config.Config(signature_version="s3v4")
        session = botocore.session.Session()
        session.set_credentials(*keys)
        made = session.create_client("s3", "eu-west-1", config=config)
        return made.generate_presigned_url(operation, Params={"Bucket": "bucket", **params}, ExpiresIn=expires)
    return make


def eks(keys):
    session = botocore.session.Session()
    session.set_credentials(*keys)
    return TokenGenerator(STSClientFactory(session).get_sts_client(region_name="eu-west-1")).get_token("my-cluster")


def rds(keys):
    return client("rds", keys).generate_db_auth_token("db.x.eu-west-1.rds.amazonaws.com", 5432, "jane doe")


def dsql(keys, expires=900):
    return client("dsql", keys).generate_db_connect_admin_auth_token("x.dsql.eu-west-1.on.aws", ExpiresIn=expires)


def cache(service):
    def make(keys):
        request = {"url_path": "/", "query_string": "", "headers": {}, "body": {"Action": "connect", "User": "app"},
                   "method": "GET"}
        prepare_request_dict(request, "https://my-cache")
        held = client(service, keys)  # its signer refers to it weakly
        signer = held._request_signer
        url = signer.generate_presigned_url(request, operation_name="connect", region_name="eu-west-1", expires_in=900,
                                            signing_name=service)
        return url.removeprefix("https://")
    return make


def kafka(keys):
    return getattr(msk, "__construct_auth_token")("eu-west-1", botocore.credentials.Credentials(*keys).get_frozen_credentials())[0]


def sts(keys, expires=60):
    return client("sts", keys).generate_presigned_url("get_caller_identity", ExpiresIn=expires)


def git(keys):
    session = mock.Mock()
    session.get_credentials.return_value = Credentials(*keys)
    asked = "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/my repo\n".replace("my repo", "my-repo")
    out = io.StringIO()
    command = codecommit.CodeCommitGetCommand(session)
    command.ignore_host_check = False
    with mock.patch.object(sys, "stdin", io.StringIO(asked)), mock.patch.object(
        codecommit, "NonTranslatedStdout", lambda: contextlib.nullcontext(out)
    ):
        command._run_main(mock.Mock(ignore_host_check=False), mock.Mock(region=None))
    return asked + out.getvalue()


def at(time, make, *args, **more):
    names = ["botocore.auth.get_current_datetime", "awscli.customizations.codecommit.get_current_datetime"]
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(mock.patch(name, lambda *_, **__: time.replace(tzinfo=None)))
        return make(*args, **more)


def main():
    kinds = [
        ("s3", "s3", "bucket/a b/ü+.txt", s3("get_object", Key="a b/ü+.txt"), 3600, {}),
        ("s3", "s3", "bucket/a~b", s3("put_object", Key="a~b"), 3600, {}),
        ("eks-token", "sts", "my-cluster", eks, None, {"x-k8s-aws-id": "my-cluster"}),
        ("rds-token", "rds-db", "jane doe", rds, None, {}),
        ("dsql-token", "dsql", "DbConnectAdmin", dsql, 900, {}),
        ("elasticache-token", "elasticache", "app", cache("elasticache"), None, {}),
        ("memorydb-token", "memorydb", "app", cache("memorydb"), None, {}),
        ("msk-token", "kafka-cluster", None, kafka, None, {}),
        ("url", "sts", "/", sts, 3600, {}),
        ("codecommit", "codecommit", "v1/repos/my-repo", git, None, {}),
    ]
    cases = []
    for kind, service, resource, make, expires, headers in kinds:
        for placeholder in (PLACEHOLDER, TEMPORARY):
            for real in (REAL, SESSION):
                lifetime = {} if expires is None else {"expires": expires}
                case = {"kind": kind, "service": service, "region": "eu-west-1", "resource": resource,
                        "headers": headers, "signed_at": "20261121T120000Z", "placeholder": placeholder, "real": real}
                case["text"] = at(NOON, make, placeholder, **lifetime)
                case["resigned"] = at(NOON, make, real, **lifetime)
                if expires is not None:
                    case["resigned_later"] = at(LATER, make, real, expires=expires - 300)
                cases.append(case)
    json.dump(cases, sys.stdout, indent=1)
    print()


main()
