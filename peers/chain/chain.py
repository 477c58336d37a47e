"""botocore's credential chain, asked once with the environment that this is started with.

What it finds goes to standard output for the test that started it: key, secret, token and end, a line each.
"""

import getpass
import os
import sys
from urllib.parse import urlsplit

getpass.getpass = lambda prompt="": os.environ["PEER_MFA_CODE"]

import urllib3.util.connection as connection  # noqa: E402

# The network of a task of ECS: its agent's address leads to the one of PEER_ECS_AGENT.
connect = connection.create_connection


def routed(address, *arguments, **named):
    if address[0] == "169.254.170.2" and "PEER_ECS_AGENT" in os.environ:
        agent = urlsplit(os.environ["PEER_ECS_AGENT"])
        address = (agent.hostname, agent.port)
    return connect(address, *arguments, **named)


connection.create_connection = routed

from botocore.session import Session  # noqa: E402

try:
    found = Session(profile=os.environ.get("PEER_PROFILE")).get_credentials()
    if found is None:
        sys.exit("no credentials found")
    frozen = found.get_frozen_credentials()
    end = getattr(found, "_expiry_time", None)
    end = round(end.timestamp()) if end else ""
    print(frozen.access_key, frozen.secret_key, frozen.token or "", end, sep="\n")
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}".replace("\n", " "))
