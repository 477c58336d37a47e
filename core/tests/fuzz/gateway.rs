//! Whole requests at the gateway: refused in the client's own protocol, or proven and signed again.

use std::sync::OnceLock;

use awsaccess::access::{Application, Hop, Identity, Policy, Role, Subject, Target};
use awsaccess::audit::{Phase, Record};
use awsaccess::gateway::{
    Arrival, BodyPlan, Gateway, Head, Placeholder, Placeholders, Refusal, Refused, Store,
};
use awsaccess::operation::Protocol;
use awsaccess::partition::HostName;
use awsaccess::secret::Secret;
use awsaccess::sigv4::{Payload, Request, Resigned, Scope, Settings, sign};

use super::body::run;
use super::head::{Pairs, split};
use super::{NOW, PLACEHOLDER_SECRET, REAL_SECRET, placeholder, real};

fn rules() -> &'static Gateway {
    static RULES: OnceLock<Gateway> = OnceLock::new();
    RULES.get_or_init(|| {
        let hop = Hop::new("arn:aws:iam::123456789012:role/reader").unwrap();
        let policy = Policy::new(
            vec![Application::new("app", "base", vec![Target::new("reader", vec![hop])])],
            vec![Role::new("dev", &["arn:aws:iam::*:role/*"], &[]).unwrap()],
            vec![Subject::new("alice", &["dev"])],
        );
        let who = Identity::new("alice", "app", "reader");
        let mut store = Store::new();
        store.insert(placeholder().access_key_id(), Placeholder::new(Secret::new(PLACEHOLDER_SECRET), who));
        assert!(store.find(placeholder().access_key_id(), None).is_some());
        let mut gateway = Gateway::new(policy.unwrap(), store);
        gateway.limits.body = 1 << 16;
        gateway.policy.sigv4a = true;
        gateway
    })
}

/// The answer to a refusal: AWS's shape, one code, and not a word of what is secret.
///
/// # Panics
/// If it is anything else.
pub fn answered(refused: &Refused, record: &mut Record) {
    let reply = refused.answer(record);
    assert!((400..600).contains(&reply.status), "{}", reply.status);
    let field = |wanted: &str| reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    if field("content-type").is_some_and(|(_, kind)| kind == "application/cbor") {
        assert!(refused.head || contains(&reply.body, "__type"));
        return silent(&String::from_utf8_lossy(&reply.body));
    }
    let body = String::from_utf8(reply.body.clone()).expect("an answer is text");
    if refused.head {
        assert!(body.is_empty());
    } else {
        assert!(body.starts_with('{') || body.starts_with('<'), "{body}");
        let typed = field("x-amzn-errortype").is_some();
        assert!(typed || body.contains("<Code>"), "{body}");
    }
    silent(&body);
}

const SECRETS: [&str; 3] = [PLACEHOLDER_SECRET, REAL_SECRET, "real/token+of-the-fuzzer=="];

fn contains(data: &[u8], text: &str) -> bool {
    data.windows(text.len()).any(|window| window == text.as_bytes())
}

fn silent(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
}

/// The way of a head, with a body at hand if it is to be held.
///
/// # Errors
/// [`Refused`]
pub fn forward(
    head: Head<'_>,
    arrival: &Arrival,
    body: &[u8],
    record: &mut Record,
) -> Result<Resigned, Refused> {
    let gateway = rules();
    let opened = gateway.open(head, arrival, NOW, record)?;
    let held = matches!(opened.body(), BodyPlan::Hold(_)).then_some(body);
    let proven = opened.prove(gateway, held, NOW, record)?;
    proven.resign(&real(), NOW)
}

/// What leaves for AWS.
pub struct Left {
    target: Vec<u8>,
    headers: Pairs,
    body: Vec<u8>,
}

/// The whole way of a request: the head that leaves, and the body.
///
/// # Errors
/// [`Refused`]; of the body at least one byte has not left then.
pub fn pass(head: Head<'_>, arrival: &Arrival, body: &[u8], record: &mut Record) -> Result<Left, Refused> {
    let is_head = head.method == "HEAD";
    let Resigned { target, headers, body: way, .. } = forward(head, arrival, body, record)?;
    let (out, end) = run(way, std::iter::once(body));
    match end {
        Ok(()) => Ok(Left { target, headers: (&headers).into(), body: out }),
        Err(error) => {
            assert!(out.len() < body.len().max(1), "all of what is refused has left");
            Err(Refused::new(Refusal::from(error), Protocol::S3, is_head))
        }
    }
}

/// Bytes as a request, as they are or signed as its sender would, through CONNECT or to the endpoint URL.
pub(super) fn gateway(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    let Some((method, target, mut headers, body)) = split(rest) else { return };
    // The fuzzer reads what it is compared with. What the client itself wrote is no leak.
    if SECRETS.iter().chain(&["AKIAPLACEHOLDER00001"]).any(|secret| contains(data, secret)) {
        return;
    }
    let signed_here = mode & 1 == 1;
    if signed_here {
        let service = ["s3", "sts", "dynamodb", "lambda"][usize::from(mode >> 1 & 3)];
        let request = Request::new(&method, &target, &headers);
        let (keys, scope) = (placeholder(), Scope::new("us-east-1", service));
        if let Ok(signed) = sign(&request, Payload::Bytes(&body), &keys, &scope, &Settings::default(), NOW) {
            headers = signed.apply(&request);
        }
    }
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"host"));
    let name = host.and_then(|(_, value)| HostName::parse(value.trim_ascii()).ok());
    let arrival = match name {
        Some(name) if mode & 8 == 0 => Arrival::Intercepted { authority: name.clone(), sni: Some(name) },
        _ => Arrival::EndpointUrl,
    };
    let trimmed: Pairs =
        headers.into_iter().map(|(name, value)| (name, value.trim_ascii().to_vec())).collect();
    let mut record = Record::request("id", NOW);
    match pass(Head::new(&method, &target, &trimmed), &arrival, &body, &mut record) {
        Err(refused) => answered(&refused, &mut record),
        Ok(left) => {
            assert!(signed_here, "nobody signed this");
            assert_eq!(left.body, body);
            let fields =
                left.headers.iter().flat_map(|(name, value)| [name, &b": "[..], value, b"\n"].concat());
            let sent = String::from_utf8_lossy(&fields.chain(left.target).collect::<Vec<_>>()).into_owned();
            assert!(
                sent.contains("ASIAREALREALREALREAL") && !sent.contains(placeholder().access_key_id()),
                "{sent}"
            );
            assert!(!sent.contains(PLACEHOLDER_SECRET) && !sent.contains(REAL_SECRET));
        }
    }
    for phase in [Phase::Begin, Phase::End] {
        let line = record.line(phase);
        assert!(!line.trim_end().contains('\n') && line.starts_with('{'), "{line}");
        silent(&line);
    }
}
