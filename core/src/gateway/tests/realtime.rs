//! AppSync's sockets: the objects were made by Amplify (`vectors/realtime`).

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use super::*;

const HOST: &str = "abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.us-east-1.amazonaws.com";
const TOKENED: &str = "AKIAPLACEHOLDERTOKEN";

fn vectors() -> Value {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/realtime/amplify.json"));
    serde_json::from_str(text).unwrap()
}

/// The gateway with rules for both hosts of the interface.
fn with_hosts() -> Gateway {
    let mut gateway = gateway();
    for label in ["appsync-api", "appsync-realtime-api"] {
        let pattern = format!("*.{label}.us-east-1.amazonaws.com");
        gateway.routes.customer_hosts.push(HostPattern::parse(&pattern).unwrap());
    }
    gateway
}

fn arrival(host: &str) -> Arrival {
    let name = HostName::parse(host.as_bytes()).unwrap();
    Arrival::Intercepted { authority: name.clone(), sni: Some(name) }
}

fn head(target: &str, protocols: &str) -> Kept {
    let field = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    kept("GET", target, vec![field("Host", HOST), field("Sec-WebSocket-Protocol", protocols)])
}

fn protocols(name: &str, object: &Value) -> String {
    format!("{name}, header-{}", Base64UrlUnpadded::encode_string(object.to_string().as_bytes()))
}

type Socket = (RealtimeSocket, RealtimeRequest);

fn socket(target: &str, protocols: &str) -> Result<Option<Socket>, RefusalKind> {
    with_hosts()
        .realtime(&head(target, protocols).head(), &arrival(HOST), &mut Record::request("id", NOW))
        .map_err(|why| why.kind())
}

fn real() -> Credentials {
    Credentials::new("AKIAREALREALREALREAL", REAL).with_session_token("real-token")
}

/// What becomes of it, and its record.
fn renewed(request: RealtimeRequest) -> Result<(String, Record), RefusalKind> {
    let gateway = with_hosts();
    let mut record = Record::request("id", NOW);
    let (proven, draft) =
        request.prove(&gateway, NOW, &mut record).map_err(|refused| refused.refusal.kind())?;
    let resigned = proven.resign(&real(), NOW).map_err(|refused| refused.refusal.kind())?;
    draft.finish(resigned).map(|text| (text, record)).map_err(|why| why.kind())
}

/// An object is that of the real key, and right for the body: core reads it as the service would.
#[track_caller]
fn is_real(object: &Value, path: &str, body: &str) {
    let fields: Vec<_> = object
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "x-amz-user-agent")
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_str().unwrap().as_bytes().to_vec()))
        .collect();
    let request = Request::new("POST", path, &fields);
    let claim = Claim::parse(&request, &sigv4::Policy::default(), NOW).unwrap();
    assert_eq!(claim.access_key_id(), "AKIAREALREALREALREAL");
    let real = real();
    let key: (&Secret, Option<&Secret>) = (real.secret_access_key(), real.session_token());
    claim.verify(key, Payload::Bytes(body.as_bytes())).unwrap();
    assert_eq!(object["host"], HOST.replace("appsync-realtime-api", "appsync-api"));
}

#[test]
fn handshakes_are_signed_again() {
    let vectors = vectors();
    for (name, target, object, path) in [
        ("aws-appsync-event-ws", "/event/realtime", &vectors["events"]["connect"], "/event"),
        ("aws-appsync-event-ws", "/event/realtime", &vectors["events"]["connect_with_token"], "/event"),
        ("graphql-ws", "/graphql", &vectors["graphql"]["connect"], "/graphql/connect"),
    ] {
        let (socket, request) = socket(target, &protocols(name, object)).unwrap().unwrap();
        assert_eq!((socket.host(), socket.target()), (HOST, target.as_bytes()));
        let (object, record) = renewed(request).unwrap();
        let (sent, protocols) = socket.handshake(object);
        assert_eq!(sent, target.as_bytes());
        let (own, encoded) = protocols.split_once(", header-").unwrap();
        assert_eq!(own, name);
        let object = Base64UrlUnpadded::decode_vec(encoded).unwrap();
        is_real(&serde_json::from_slice(&object).unwrap(), path, "{}");
        assert_eq!(record.operation.as_deref(), Some("EventConnect"));
        assert_eq!(
            (record.subject.as_deref(), record.upstream.as_deref()),
            (Some("alice@example.com"), Some(HOST))
        );
    }
}

/// The target of a handshake of GraphQL with its object in the query.
fn queried(object: &Value) -> String {
    format!("/graphql?header={}&payload=e30=", Base64::encode_string(object.to_string().as_bytes()))
}

#[test]
fn an_object_in_the_query_is_signed_again() {
    let mut object = vectors()["graphql"]["connect"].clone();
    // Such that the base64 has a sign that a query would be read otherwise with.
    object["x-amz-user-agent"] = "~~~???>>>".into();
    let plain = queried(&object);
    assert!(plain.contains('+') && plain.matches('/').count() > 1, "{plain}");
    let (path, parameters) = plain.split_once('?').unwrap();
    let encoded = parameters.replace('+', "%2b").replace('/', "%2F").replace("==", "%3D%3D");
    for target in [plain.clone(), format!("{path}?{encoded}"), plain.replace("e30=", "e30")] {
        let (socket, request) = socket(&target, "graphql-ws").unwrap().unwrap();
        let (object, record) = renewed(request).unwrap();
        let (sent, protocols) = socket.handshake(object);
        assert_eq!(protocols, "graphql-ws");
        let sent = String::from_utf8(sent).unwrap();
        let object = sent.strip_prefix("/graphql?header=").unwrap().strip_suffix("&payload=e30=").unwrap();
        assert!(!object.contains(['+', '/']), "{object}");
        let object = Base64::decode_vec(&object.replace("%2B", "+").replace("%2F", "/")).unwrap();
        let object: Value = serde_json::from_slice(&object).unwrap();
        is_real(&object, "/graphql/connect", "{}");
        assert_eq!(object["x-amz-user-agent"], "~~~???>>>");
        let line = record.line(crate::audit::Phase::Begin);
        assert!(line.contains("\"/graphql\"") && !line.contains("header="), "{line}");
    }
}

#[test]
fn an_object_in_the_query_is_read_in_one_way_only() {
    let object = vectors()["graphql"]["connect"].clone();
    let right = queried(&object);
    for wrong in [
        format!("{right}&x=1"),
        format!("{right}&payload=e30="),
        format!("{right}&%68eader=e30="),
        format!("{right}&Header=e30="),
        right.replace("&payload=e30=", ""),
        right.replace("payload=e30=", "payload=eyJhIjoxfQ=="),
        right.replace("header=", "header=!"),
        right.replace("header=", "Header="),
        "/graphql?header=e30x&payload=e30=".to_owned(),
        "/graphql?payload=e30=".to_owned(),
    ] {
        let mut record = Record::request("id", NOW);
        let refused = with_hosts().realtime(&head(&wrong, "graphql-ws").head(), &arrival(HOST), &mut record);
        assert_eq!(refused.err().map(|why| why.kind()), Some(RefusalKind::Malformed), "{wrong}");
        // Nothing of an object is kept.
        assert!(!record.line(crate::audit::Phase::Begin).contains("eader="), "{wrong}");
    }
    // What is signed there is not for another body or another secret.
    let altered = vectors()["graphql"]["start"]["payload"]["extensions"]["authorization"].clone();
    let (_, request) = socket(&queried(&altered), "graphql-ws").unwrap().unwrap();
    assert_eq!(renewed(request).err(), Some(RefusalKind::SignatureMismatch));
    // Events have it among the sub-protocols alone.
    let events = right.replace("/graphql", "/event/realtime");
    assert!(socket(&events, "aws-appsync-event-ws").unwrap().is_none());
    // And the placeholder nowhere else.
    let beside = format!("graphql-ws, {KEY}");
    let (_, request) = socket(&right, &beside).unwrap().unwrap();
    assert_eq!(renewed(request).err(), Some(RefusalKind::Malformed));
}

fn events() -> RealtimeSocket {
    let vectors = vectors();
    socket("/event/realtime", &protocols("aws-appsync-event-ws", &vectors["events"]["connect"]))
        .unwrap()
        .unwrap()
        .0
}

fn said(socket: &RealtimeSocket, message: &Value) -> Result<(String, Record), RefusalKind> {
    match socket.message(message.to_string().as_bytes()).map_err(|why| why.kind())? {
        RealtimeMessage::Signed(request) => renewed(*request),
        RealtimeMessage::Plain(text) => Ok((text, Record::request("id", NOW))),
    }
}

#[test]
fn messages_are_signed_again() {
    let vectors = vectors();
    for (kind, action) in [("subscribe", "EventSubscribe"), ("publish", "EventPublish")] {
        let message = &vectors["events"][kind];
        let (text, record) = said(&events(), message).unwrap();
        let sent: Value = serde_json::from_str(&text).unwrap();
        let body = message["payload"]["events"].as_str().unwrap();
        is_real(&sent["authorization"], "/event", body);
        assert_eq!(sent["authorization"], sent["payload"]["extensions"]["authorization"]);
        assert_eq!(sent["authorization"]["x-amz-user-agent"], message["authorization"]["x-amz-user-agent"]);
        for name in ["id", "type", "channel", "events"] {
            assert_eq!(sent[name], message[name], "{name}");
        }
        assert!(!text.contains(KEY), "{text}");
        assert_eq!(record.operation.as_deref(), Some(action));
        let line = record.line(crate::audit::Phase::Begin);
        for part in [
            "\"host\":\"abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.",
            "channel:/default/a",
            "/event/realtime",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }
    let connect = protocols("graphql-ws", &vectors["graphql"]["connect"]);
    let (graphql, _) = socket("/graphql", &connect).unwrap().unwrap();
    let message = &vectors["graphql"]["start"];
    let (text, record) = said(&graphql, message).unwrap();
    let sent: Value = serde_json::from_str(&text).unwrap();
    let body = message["payload"]["data"].as_str().unwrap();
    is_real(&sent["payload"]["extensions"]["authorization"], "/graphql", body);
    assert_eq!(record.operation.as_deref(), Some("GraphQL"));
}

#[test]
fn what_asks_for_nothing_passes() {
    for message in [json!({"type": "connection_init"}), json!({"type": "unsubscribe", "id": "i-1"})] {
        assert_eq!(said(&events(), &message).unwrap().0, message.to_string());
    }
    let mut carrying = json!({"type": "unsubscribe"});
    carrying["authorization"] = vectors()["events"]["connect"].clone();
    assert_eq!(said(&events(), &carrying).unwrap_err(), RefusalKind::Malformed);
}

/// A message with one thing changed.
fn altered(kind: &str, change: impl FnOnce(&mut Value)) -> Result<(String, Record), RefusalKind> {
    let mut message = vectors()["events"][kind].clone();
    change(&mut message);
    said(&events(), &message)
}

#[test]
fn what_was_altered_goes_no_further() {
    use RefusalKind as R;
    let refused = |kind: &str, wanted: R, change: &dyn Fn(&mut Value)| {
        assert_eq!(altered(kind, change).err(), Some(wanted), "{kind}");
    };
    refused("subscribe", R::SignatureMismatch, &|m| m["channel"] = "/other".into());
    refused("publish", R::SignatureMismatch, &|m| m["events"] = json!(["{}"]));
    refused("publish", R::Malformed, &|m| m["events"] = json!([1]));
    refused("publish", R::Malformed, &|m| m["events"] = json!("{}"));
    refused("publish", R::SignatureMismatch, &|m| m["type"] = "subscribe".into());
    refused("subscribe", R::Malformed, &|m| m["type"] = "publish".into());
    refused("subscribe", R::Malformed, &|m| m["type"] = "data".into());
    refused("subscribe", R::Malformed, &|m| m["channel"] = json!(["/a"]));
    refused("subscribe", R::AuthMissing, &|m| m["authorization"] = Value::Null);
    refused("subscribe", R::AuthMissing, &|m| {
        m["authorization"] = json!({"x-api-key": "da2-x", "host": HOST.replace("-realtime", "")});
    });
    refused("subscribe", R::HostMismatch, &|m| {
        m["authorization"]["host"] = "other.appsync-api.us-east-1.amazonaws.com".into();
    });
    refused("subscribe", R::HostMismatch, &|m| m["authorization"]["host"] = HOST.into());
    refused("subscribe", R::Malformed, &|m| m["authorization"]["Host"] = "sts.amazonaws.com".into());
    refused("subscribe", R::Malformed, &|m| m["authorization"]["x-n"] = json!(1));
    refused("subscribe", R::HeaderNotSigned, &|m| m["authorization"]["x-amz-acl"] = "public".into());
    // The placeholder anywhere else would be sent on.
    refused("subscribe", R::Malformed, &|m| m["more"] = m["authorization"].clone());
    // The one that connects is none for a message, and the reverse.
    refused("subscribe", R::SignatureMismatch, &|m| {
        m["authorization"] = vectors()["events"]["connect"].clone();
    });
    for text in [&b"[]"[..], b"", b"{", b"\"x\"", b"\xff", b"{\"type\":1}"] {
        assert!(events().message(text).is_err(), "{text:?}");
    }
}

#[test]
fn handshakes_that_could_be_read_in_two_ways() {
    let object = vectors()["events"]["connect"].clone();
    let right = protocols("aws-appsync-event-ws", &object);
    let encoded = right.split_once(", ").unwrap().1;
    for (target, protocols) in [
        ("/event/realtime", format!("{right}, {encoded}")),
        ("/event/realtime", "aws-appsync-event-ws, header-e30x!".to_owned()),
        ("/event/realtime", "aws-appsync-event-ws, header-W10".to_owned()),
        ("/event/realtime?header=e30&payload=e30", right.clone()),
        ("/event/realtime?%68eader=e30", right.clone()),
    ] {
        assert!(matches!(socket(target, &protocols), Err(RefusalKind::Malformed)), "{target} {protocols}");
    }
    // Nobody's business here: other protocols, and no object.
    for protocols in ["mqtt", "aws-appsync-event-ws", "mqtt, header-e30"] {
        assert!(socket("/event/realtime", protocols).unwrap().is_none(), "{protocols}");
    }
    // Another host than the tunnel's.
    let elsewhere = with_hosts().realtime(
        &head("/event/realtime", &right).head(),
        &arrival("sts.amazonaws.com"),
        &mut Record::request("id", NOW),
    );
    assert_eq!(elsewhere.err().map(|why| why.kind()), Some(RefusalKind::HostMismatch));
    // No rule for the host that is signed for.
    let (_, request) = socket("/event/realtime", &right).unwrap().unwrap();
    let refused = request.prove(&gateway(), NOW, &mut Record::request("id", NOW)).err().unwrap();
    assert_eq!(refused.refusal.kind(), RefusalKind::HostNotAllowed);
    let unknown = json!({"host": object["host"], "x-api-key": "da2-x"});
    let (_, request) =
        socket("/event/realtime", &protocols("aws-appsync-event-ws", &unknown)).unwrap().unwrap();
    assert_eq!(renewed(request).err(), Some(RefusalKind::AuthMissing));
}

#[test]
fn a_placeholder_with_a_token_needs_it() {
    let mut object = vectors()["events"]["connect_with_token"].clone();
    assert!(object["authorization"].as_str().unwrap().contains(TOKENED));
    object["x-amz-security-token"] = "another".into();
    let (_, request) =
        socket("/event/realtime", &protocols("aws-appsync-event-ws", &object)).unwrap().unwrap();
    assert_ne!(renewed(request).err(), None);
}

#[test]
fn refusals_are_told_as_appsync_does() {
    let refusal = Refusal::new(RefusalKind::Denied, "not allowed").with_detail("the operator's");
    let errors = json!([{ "errorType": "UnauthorizedException", "message": "not allowed" }]);
    for (text, wanted) in [
        (
            r#"{"type":"publish","id":"i-1"}"#,
            json!({ "type": "publish_error", "id": "i-1", "errors": errors }),
        ),
        (r#"{"type":"subscribe","id":["x"]}"#, json!({ "type": "subscribe_error", "errors": errors })),
        ("nothing", json!({ "type": "error", "errors": errors })),
    ] {
        let told: Value = serde_json::from_str(&events().refusal(text.as_bytes(), &refusal)).unwrap();
        assert_eq!(told, wanted);
    }
}

proptest! {
    #[test]
    fn whatever_is_said_is_read_or_refused(text in "\\PC{0,200}", protocols in "\\PC{0,80}") {
        let _ = events().message(text.as_bytes());
        let _ = socket("/event/realtime", &format!("aws-appsync-event-ws, header-{protocols}"));
    }
}
