"""WebSockets of clients that know nothing of the gateway: signed handshakes, and a channel of the session manager."""

import asyncio
import json
import shutil
import ssl
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import gql
import gql.transport.appsync_websockets
import gql.transport.exceptions
import pytest
import websocket
import websockets.exceptions
import websockets.sync.client

from conftest import HERE, PLACEHOLDER_ID, PLACEHOLDER_SECRET, run

TRANSCRIBE = "transcribestreaming.us-east-1.amazonaws.com:8443"
IOT = "a1b2c3-ats.iot.us-east-1.amazonaws.com"
CHANNEL = "ssmmessages.us-east-1.amazonaws.com"


def presigned(host, path, service, secret=PLACEHOLDER_SECRET):
    """As botocore presigns, for a socket."""
    credentials = botocore.credentials.Credentials(PLACEHOLDER_ID, secret)
    request = botocore.awsrequest.AWSRequest("GET", f"https://{host}{path}")
    botocore.auth.SigV4QueryAuth(credentials, service, "us-east-1", expires=300).add_auth(request)
    return request.url.replace("https://", "wss://", 1)


def connect(gateway, url, **more):
    host, port = gateway.ready["address"].split(":")
    return websocket.create_connection(
        url,
        timeout=120,
        http_proxy_host=host,
        http_proxy_port=int(port),
        proxy_type="http",
        sslopt={"ca_certs": str(gateway.ca)},
        **more,
    )


def test_transcribe(gateway):
    url = presigned(TRANSCRIBE, "/stream-transcription-websocket?language-code=en-US&sample-rate=8000", "transcribe")
    socket = connect(gateway, url)
    for message in (b"audio", bytes(range(256)) * 300):
        socket.send_binary(message)
        assert socket.recv() == message
    socket.send("text")
    assert socket.recv() == "text"
    socket.ping("still there?")
    socket.send("again")
    assert socket.recv() == "again"
    socket.close()
    assert any(
        line["event"] == "request.begin" and line.get("host") == TRANSCRIBE and line.get("subject") == "alice"
        for line in gateway.audit_lines()
    )


def test_mqtt(gateway):
    """The sub-protocol is agreed on, and the real session token goes where AWS IoT wants it."""
    socket = connect(gateway, presigned(IOT, "/mqtt", "iotdevicegateway"), subprotocols=["mqtt"])
    assert socket.getsubprotocol() == "mqtt"
    packet = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test"
    socket.send_binary(packet)
    assert socket.recv() == packet
    socket.close()


@pytest.mark.parametrize("service", ["transcribe", "iotdevicegateway"])
def test_a_wrong_secret(gateway, service):
    host = TRANSCRIBE if service == "transcribe" else IOT
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(gateway, presigned(host, "/mqtt", service, secret="not-the-secret"))
    assert refused.value.status_code == 403


def test_appsync_events(gateway):
    """Amplify's client: handshake, subscription and publications are each signed in AppSync's way."""
    if not shutil.which("node") or not (HERE / "node_modules/@aws-amplify").exists():
        pytest.skip("node is not here, or its packages are not installed")
    before = len(gateway.audit_lines())
    saw = json.loads(run(["node", str(HERE / "events.mjs")], gateway.client_environment("connect")))
    assert saw == {"first": {"text": "grüße 🌍"}, "last": {"n": 2}}
    lines = [line for line in gateway.audit_lines()[before:] if line["event"] == "request.begin"]
    assert {line["operation"] for line in lines} == {"EventConnect", "EventSubscribe", "EventPublish"}
    assert {(line["subject"], line["decision"]) for line in lines} == {("alice", "allowed")}


GRAPHQL = "abcdefghijklmnopqrstuvwxyz.appsync-api.us-east-1.amazonaws.com"
SUBSCRIPTION = "subscription Heard($text: String) { heard(text: $text) { text } }"


async def subscribed(gateway, texts, secret=PLACEHOLDER_SECRET, change=lambda message: message):
    """What gql heard, of a subscription after another in one socket; the object of its handshake is in the query."""
    session = botocore.session.Session()
    session.set_credentials(PLACEHOLDER_ID, secret)
    transport = gql.transport.appsync_websockets.AppSyncWebsocketsTransport(
        f"https://{GRAPHQL}/graphql",
        session=session,
        ssl=ssl.create_default_context(cafile=str(gateway.ca)),
        connect_args={"proxy": f"http://{gateway.ready['address']}", "open_timeout": 120},
        connect_timeout=120,
        ack_timeout=120,
    )
    send = transport.adapter.send
    transport.adapter.send = lambda message: send(change(message))
    heard = []
    async with gql.Client(transport=transport) as client:
        for text in texts:
            subscription = gql.gql(SUBSCRIPTION)
            subscription.variable_values = {"text": text}
            async with asyncio.timeout(120):
                async for data in client.subscribe(subscription):
                    heard.append(data["text"])
                    break
    return heard


def test_appsync_subscriptions(gateway):
    before, texts = len(gateway.audit_lines()), ["grüße 🌍", "again"]
    assert asyncio.run(subscribed(gateway, texts)) == texts
    lines = [line for line in gateway.audit_lines()[before:] if line["event"] == "request.begin"]
    assert [line["operation"] for line in lines] == ["EventConnect", "GraphQL", "GraphQL"]
    assert {(line["subject"], line["decision"], line["target"]) for line in lines} == {("alice", "allowed", "/graphql")}


def test_appsync_subscriptions_that_are_refused(gateway):
    with pytest.raises(gql.transport.exceptions.TransportConnectionFailed) as refused:
        asyncio.run(subscribed(gateway, ["x"], secret="not-the-secret"))
    assert refused.value.__cause__.response.status_code == 403
    with pytest.raises(gql.transport.exceptions.TransportQueryError) as refused:
        asyncio.run(subscribed(gateway, ["asked"], change=lambda message: message.replace("asked", "other")))
    assert refused.value.errors[0]["errors"][0]["errorType"] == "UnauthorizedException"


def channel(gateway):
    """The service's own certificate: nothing of the channel is opened on the way."""
    context = ssl.create_default_context(cafile=gateway.aws["ca_file"])
    return websockets.sync.client.connect(
        f"wss://{CHANNEL}/v1/data-channel/session-1?role=publish_subscribe",
        ssl=context,
        proxy=f"http://{gateway.ready['address']}",
        open_timeout=120,
        ping_interval=None,
    )


def test_a_channel_of_the_session_manager(gateway):
    with channel(gateway) as socket:
        socket.send(json.dumps({"MessageSchemaVersion": "1.0", "RequestId": "1", "TokenValue": "token-of-the-session"}))
        for line in ("ls -l", "x" * 100_000):
            socket.send(line)
            assert socket.recv() == line
    with channel(gateway) as socket, pytest.raises(websockets.exceptions.ConnectionClosedError):
        socket.send("no token")
        socket.recv()
    # No line says what was in it.
    assert "token-of-the-session" not in gateway.audit.read_text()
    assert urllib.parse.urlsplit(f"https://{CHANNEL}").hostname in gateway.audit.read_text()
