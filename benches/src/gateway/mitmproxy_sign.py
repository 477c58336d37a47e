"""mitmproxy as a gateway: it takes the client's signature away and signs with botocore and the real key."""

import os

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ADDRESS, PORT = os.environ["SERVICE"].rsplit(":", 1)
CREDENTIALS = Credentials(os.environ["KEY_ID"], os.environ["SECRET"])


def request(flow):
    head = flow.request
    host = head.headers["host"]
    scope = head.headers["authorization"].split("Credential=")[1].split(",")[0].split("/")
    for name in ("authorization", "x-amz-date", "x-amz-security-token"):
        head.headers.pop(name, None)
    kept = ("host", "content-type", "x-amz-target", "x-amz-content-sha256")
    headers = {name: value for name, value in head.headers.items() if name.lower() in kept}
    signed = AWSRequest(head.method, f"https://{host}{head.path}", headers=headers, data=head.raw_content)
    SigV4Auth(CREDENTIALS, scope[3], scope[2]).add_auth(signed)
    for name in ("Authorization", "X-Amz-Date"):
        head.headers[name] = signed.headers[name]
    # The request says where it goes: a connection whose address is altered when it is made is never found again, and of
    # those only five may be open.
    head.host, head.port = ADDRESS, int(PORT)
    head.headers["host"] = host
