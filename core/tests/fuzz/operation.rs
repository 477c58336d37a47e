//! Whole requests, for what they ask: whatever is found is whole, and a second word for the operation is always noticed.

use awsaccess::operation::{self, Name, Operation, Service};
use awsaccess::partition::Style;
use awsaccess::sigv4::Request;

use super::head::{Pairs, split};

/// Services of each protocol, and of several.
const SERVICES: [&str; 16] = [
    "s3",
    "sts",
    "dynamodb",
    "lambda",
    "ec2",
    "sqs",
    "monitoring",
    "ses",
    "route53",
    "bedrock",
    "elasticloadbalancing",
    "workspaces-web",
    "s3-outposts",
    "execute-api",
    "chime",
    "no-such-service",
];

fn styles() -> [Style; 4] {
    [
        Style::Path,
        Style::VirtualHost("a.bucket".to_owned()),
        Style::AccessPoint("point-123456789012".to_owned()),
        Style::Express(None),
    ]
}

/// What was found is whole, or says why there is nothing.
fn whole(found: &Operation) {
    match found.name {
        Name::Exact(name) => {
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
            assert!(found.access.is_some() && found.model.is_some() && found.unlisted.is_none());
            assert!(!found.actions().is_empty());
        }
        Name::Ambiguous(why) => {
            assert!(!why.is_empty() && found.unlisted.is_none());
            nothing(found);
        }
        _ => {
            let word = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            assert!(found.unlisted.as_ref().is_none_or(word));
            nothing(found);
        }
    }
    for resource in &found.resources {
        // A byte that is no text is shown in three.
        assert!((1..=3 * 2048).contains(&resource.value.len()), "{}", resource.value.len());
    }
}

fn nothing(found: &Operation) {
    assert!(found.access.is_none() && found.model.is_none() && found.resources.is_empty());
    assert!(found.actions().is_empty());
}

/// Bytes as a request to one of the services.
pub(super) fn operation(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    let Some((method, target, headers, body)) = split(rest) else { return };
    let styles = styles();
    let name = SERVICES[usize::from(mode & 15)];
    let service = match mode >> 6 {
        0 => Service::unknown(),
        _ => Service::named(name).addressed(&styles[usize::from(mode >> 4 & 3)]),
    };
    let ask = |headers: &Pairs, target: &[u8]| {
        operation::identify(&Request::new(&method, target, headers), &service, &body)
    };
    let found = ask(&headers, &target);
    whole(&found);
    assert_eq!(found, ask(&headers, &target), "asked again, it is another");
    whole(&operation::identify_alone(&Request::new(&method, &target, &headers), None, &body));
    assert!(operation::returns_credentials(&found) || !found.title().is_empty());

    let Name::Exact(own) = found.name else { return };
    let with = |name: &str, value: &str| {
        let mut more = headers.clone();
        more.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        more
    };
    let doubted = |found: &Operation, what: &str| {
        assert!(!matches!(found.name, Name::Exact(_)), "{own} is sure in spite of {what}");
    };
    doubted(&ask(&with("X-HTTP-Method-Override", "DELETE"), &target), "another method");
    doubted(&ask(&with("X-Amz-Target", "DynamoDB_20120810.DeleteTable"), &target), "a target");
    let also = |text: &str| {
        let mark = if target.contains(&b'?') { b'&' } else { b'?' };
        [&target[..], &[mark], text.as_bytes()].concat()
    };
    doubted(&ask(&headers, &also("x-id=AnOperation")), "x-id");
    doubted(&ask(&headers, &also("X-Amz-Target=A.B")), "a target in the query");
    if !matches!(found.protocol, operation::Protocol::S3) {
        doubted(&ask(&headers, &also("Action=AnOperation")), "an action");
    }
}
