"""boto3's transfer by the AWS Common Runtime, which the `aws` command of version 2 has: a file up in parts, and down again.
A program of its own, since the runtime reads its environment when it starts. Arguments: bucket, key, file, where to put
what comes back; the rest is the environment's."""

import os
import sys

import botocore.session
from botocore.credentials import Credentials
from s3transfer.crt import BotocoreCRTCredentialsWrapper, BotocoreCRTRequestSerializer, CRTTransferManager, create_s3_crt_client

bucket, key, here, back = sys.argv[1:]
region, endpoint = os.environ["AWS_REGION"], os.environ.get("AWS_ENDPOINT_URL")
session = botocore.session.get_session()
keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
client = create_s3_crt_client(
    region,
    BotocoreCRTCredentialsWrapper(keys).to_crt_credentials_provider(),
    part_size=5 << 20,
    use_ssl=endpoint is None,
    verify=os.environ.get("AWS_CA_BUNDLE"),
)
serializer = BotocoreCRTRequestSerializer(session, {"region_name": region, "endpoint_url": endpoint})
with CRTTransferManager(client, serializer) as manager:
    manager.upload(here, bucket, key).result()
    manager.download(bucket, key, back).result()
