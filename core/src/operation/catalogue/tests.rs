#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads the listing")]

use super::super::action::{OTHERWISE, VERSIONED};
use super::table::{BORDERS, DATA};
use super::*;

/// The listing that people read.
fn listing() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/operation/catalogue/operations.txt"))
        .unwrap()
}

fn hint(entry: Entry, path: &str) -> Vec<String> {
    let labels: Vec<&str> =
        path.split('?').next().unwrap().split('/').filter(|segment| segment.starts_with('{')).collect();
    let write = |hint: Hint| {
        let place = match hint.place {
            Place::Path(label) => format!("{{{}}}", labels[label].trim_matches(['{', '}', '+'])),
            Place::Query => format!("?{}", hint.name),
            Place::Header => format!("{}:", hint.name),
            Place::Body => hint.name.to_owned(),
        };
        format!("{}@{place}", hint.kind)
    };
    entry.hints().map(write).collect()
}

/// Where a template leads, taken as it is written.
fn reached(model: Model, path: &str) -> Node {
    let segments = path.split('?').next().unwrap().split('/').filter(|segment| !segment.is_empty());
    segments.fold(model.root().unwrap(), |node, segment| {
        let next = match segment {
            _ if segment.ends_with("+}") => node.greedy(),
            _ if segment.starts_with('{') => node.label(),
            literal => node.literal(literal.as_bytes()),
        };
        next.unwrap_or_else(|| panic!("{} has no {path}", model.name()))
    })
}

#[test]
fn it_says_what_the_listing_says() {
    let listing = listing();
    let mut models = Model::all();
    let (mut model, mut operations) = (None, 0);
    for line in listing.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0] == "service" {
            let next = models.next().unwrap();
            assert_eq!(next.name(), words[1]);
            let field =
                |name: &str| words.iter().find_map(|word| word.strip_prefix(name)).unwrap_or_default();
            assert_eq!(next.signs_as(), field("signs="), "{line}");
            assert_eq!(next.iam(), field("iam="), "{line}");
            assert_eq!(next.version(), field("version="), "{line}");
            assert_eq!(next.target(), field("target=").as_bytes(), "{line}");
            assert_eq!(next.hosts().collect::<Vec<_>>().join(","), field("hosts="), "{line}");
            let speaks = [
                ("cbor", Protocol::Cbor),
                ("ec2", Protocol::Ec2),
                ("json1.0", Protocol::Json10),
                ("json1.1", Protocol::Json11),
                ("query", Protocol::Query),
                ("rest-json", Protocol::RestJson),
                ("rest-xml", Protocol::RestXml),
            ];
            let own: Vec<&str> =
                speaks.iter().filter(|(_, protocol)| next.speaks(*protocol)).map(|(name, _)| *name).collect();
            assert_eq!(own.join(","), field("speaks="), "{line}");
            assert!(Model::signing(next.signs_as()).any(|found| found == next), "{line}");
            assert!(
                next.target().is_empty() || Model::targeted(next.target()).any(|found| found == next),
                "{line}"
            );
            model = Some(next);
            continue;
        }
        operations += 1;
        let model = model.unwrap();
        let is_rest = model.root().is_some();
        let (entry, path) = if is_rest {
            let (method, path) = (words[2], words[3]);
            let mut ending = reached(model, path).operations();
            let found = ending.find(|entry| entry.name() == words[0] && entry.method() == Some(method));
            let entry = found.unwrap_or_else(|| panic!("no {line}"));
            let write = |(name, value): (&[u8], &[u8])| {
                let equals = if value.is_empty() { "" } else { "=" };
                format!("{}{equals}{}", name.escape_ascii(), value.escape_ascii())
            };
            let fixed: Vec<String> = entry.fixed().map(write).collect();
            assert_eq!(fixed.join("&"), path.split_once('?').map_or("", |(_, query)| query), "{line}");
            (entry, path)
        } else {
            (model.find(words[0].as_bytes()).unwrap_or_else(|| panic!("no {line}")), "")
        };
        assert_eq!(
            (entry.name(), entry.access().name(), entry.model()),
            (words[0], words[1], model),
            "{line}"
        );
        assert_eq!(hint(entry, path), words[if is_rest { 4 } else { 2 }..], "{line}");
    }
    assert!(models.next().is_none());
    assert_eq!(operations, Section::Operations.count());
    assert_eq!(Model::all().map(|model| model.operations().count()).sum::<usize>(), operations);
    assert!(operations > 19_000);
}

#[test]
fn it_is_named() {
    let first: String = listing().lines().take(2).collect();
    assert!(first.contains(&format!("# {}; not", crate::operation::CATALOGUE)), "{first}");
}

#[test]
fn it_is_small() {
    assert!(DATA.len() < 600 << 10, "{} bytes", DATA.len());
    assert_eq!(BORDERS.last(), Some(&DATA.len()));
}

#[test]
fn what_is_not_there_is_not_found() {
    assert!(Model::signing("").next().is_none() && Model::signing("zzzz").next().is_none());
    assert!(Model::targeted(b"Nothing").next().is_none());
    let kms = Model::signing("kms").next().unwrap();
    for name in [&b""[..], b"A", b"Encrypts", b"encrypt", b"zzz", b"\xff"] {
        assert!(kms.find(name).is_none());
    }
    // Past all ends there is nothing, and nothing fails.
    for nth in [0xfff0, 0xffff] {
        let (entry, node) = (Entry(nth), Node(nth));
        let _ = (
            entry.name(),
            entry.method(),
            entry.model(),
            entry.fixed().count(),
            entry.hints().take(9).count(),
        );
        let _ = (node.literal(b"x"), node.label(), node.greedy(), node.operations().take(9).count());
        let _ = (Model(nth).name(), Model(nth).hosts().count());
    }
}

#[test]
fn actions_are_of_operations_that_exist() {
    for (model, operation, names) in OTHERWISE {
        let found = Model::all().find(|found| found.name() == *model).unwrap();
        assert!(found.operations().any(|entry| entry.name() == *operation), "{model} {operation}");
        assert!(!names.is_empty());
    }
    let s3 = Model::all().find(|found| found.name() == "s3").unwrap();
    for (plain, versioned) in VERSIONED {
        assert!(s3.operations().any(|entry| entry.name() == *plain), "{plain}");
        assert_ne!(plain, versioned);
    }
}
