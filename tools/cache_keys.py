#!/usr/bin/env python3
"""Records what botocore makes of the AWS CLI's credential cache: names of files, and a file that it wrote.

    tools/cache_keys.py [--check]

writes `vectors/cache/keys.json` and `vectors/cache/botocore.json`, or checks that they are as botocore makes them
today; and has botocore read `vectors/cache/ours.json`, a file as this library writes it. Needs botocore.
"""
import datetime
import json
import pathlib
import sys
import tempfile

import botocore
from botocore.credentials import AssumeRoleCredentialFetcher, SSOCredentialFetcher
from botocore.utils import JSONFileCache

FOLDER = pathlib.Path(__file__).parent.parent / "vectors" / "cache"
ROLE = "arn:aws:iam::123456789012:role/demo"
MFA = "arn:aws:iam::123456789012:mfa/me"
POLICY = '{"Version":"2012-10-17","Statement":[{"Sid":"é","Resource":"*","Effect":"Allow","Action":["s3:Get*"],"n":12345678901}]}'
ASSUME_ROLE = [
    {},
    {"RoleSessionName": "me", "ExternalId": "x:1", "DurationSeconds": 900},
    {"ExternalId": "a=b,c.d@e:f/g-h"},
    {"SerialNumber": MFA},
    {"SerialNumber": MFA, "RoleSessionName": "me", "DurationSeconds": 43200},
    {"SourceIdentity": "ana"},
    {"Policy": '{"Version":"2012-10-17","Statement":[]}'},
    {"Policy": POLICY, "RoleSessionName": "me"},
    {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}], "RoleSessionName": "me"},
    {"Tags": [{"Key": "team", "Value": "é"}, {"Key": "a", "Value": ""}], "TransitiveTagKeys": ["team"]},
    {"Policy": '{"z":null,"a":[true,false,{"é":"\\ud83d\\ude00\\u0007\\t\\"\\\\/"}],"":-1}'},
]
SSO = [
    {"accountId": "123456789012", "roleName": "Admin", "startUrl": "https://my-org.awsapps.com/start"},
    {"accountId": "123456789012", "roleName": "Admin", "sessionName": "my-sso"},
    {"accountId": "123456789012", "roleName": "Rôle \U0001f600", "sessionName": "a b"},
]
REPLY = {
    "Credentials": {
        "AccessKeyId": "ASIATHEIRS",
        "SecretAccessKey": "cached-s3cr3t-of-botocore",
        "SessionToken": "cached-t0k3n-of-botocore",
        "Expiration": datetime.datetime(2099, 1, 15, 8, tzinfo=datetime.timezone.utc),
    },
    "AssumedRoleUser": {"AssumedRoleId": "AROA:me", "Arn": "arn:aws:sts::123456789012:assumed-role/demo/me"},
}


def assume_role(arguments):
    return AssumeRoleCredentialFetcher(None, None, ROLE, extra_args=arguments)._cache_key


def sso(given):
    return SSOCredentialFetcher(
        given.get("startUrl"), "us-east-1", given["roleName"], given["accountId"], None,
        sso_session_name=given.get("sessionName"),
    )._cache_key


def written():
    """What botocore leaves in a cache folder after it assumed a role."""
    with tempfile.TemporaryDirectory() as folder:
        fetcher = AssumeRoleCredentialFetcher(None, None, ROLE, cache=JSONFileCache(folder))
        fetcher._get_credentials = lambda: fetcher._add_account_id_to_response(REPLY) or REPLY
        fetcher.fetch_credentials()
        (file,) = pathlib.Path(folder).iterdir()
        assert file.stem == assume_role({})
        return file.read_text()


def read_by_botocore(text):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / f"{assume_role({})}.json").write_text(text)
        fetcher = AssumeRoleCredentialFetcher(None, None, ROLE, cache=JSONFileCache(folder))
        fetcher._get_credentials = lambda: sys.exit("botocore does not take our file for a session")
        return fetcher.fetch_credentials()


keys = {
    "recorded_with": "botocore",
    "assume_role": [{"arguments": {"RoleArn": ROLE, **given}, "key": assume_role(given)} for given in ASSUME_ROLE],
    "sso": [{"arguments": given, "key": sso(given)} for given in SSO],
}
files = {"keys.json": json.dumps(keys, indent=1) + "\n", "botocore.json": written()}
FOLDER.mkdir(exist_ok=True)
for name, text in files.items():
    if "--check" not in sys.argv:
        (FOLDER / name).write_text(text)
    elif (FOLDER / name).read_text() != text:
        sys.exit(f"vectors/cache/{name} is not what botocore {botocore.__version__} makes")
ours = read_by_botocore((FOLDER / "ours.json").read_text())
assert (ours["access_key"], ours["account_id"]) == ("ASIAOURS", "123456789012"), ours
print(f"{len(ASSUME_ROLE) + len(SSO)} keys and 2 files agree with botocore {botocore.__version__}")
