//! Every operation of the listing, from a request that is made of what the listing says, in each protocol of its service.

use super::{Operation, Service, identify};
use crate::sigv4::Request;

struct Listed<'a> {
    model: &'a str,
    signs: &'a str,
    host: &'a str,
    speaks: &'a str,
    version: &'a str,
    target: &'a str,
}

impl<'a> Listed<'a> {
    fn read(line: &'a str) -> Self {
        let field = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)).unwrap_or_default();
        Self {
            model: line.split(' ').nth(1).unwrap(),
            signs: field("signs="),
            // The plain one; others have a label before it.
            host: field("hosts=").split(',').min_by_key(|host| host.len()).unwrap(),
            speaks: field("speaks="),
            version: field("version="),
            target: field("target="),
        }
    }

    fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Operation {
        let mut service = Service::named(self.signs);
        if !self.host.is_empty() {
            service = service.on_host(self.host);
        }
        identify(&Request::new(method, target, headers), &service, body.as_bytes())
    }
}

/// The path of a template: labels hold a word, greedy ones two.
fn path(template: &str) -> String {
    let fill = |segment: &str| match segment {
        _ if segment.ends_with("+}") => "one/two".to_owned(),
        _ if segment.starts_with('{') => "one".to_owned(),
        literal => literal.to_owned(),
    };
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    let path: Vec<String> = path.split('/').map(fill).collect();
    if query.is_empty() { path.join("/") } else { format!("{}?{query}", path.join("/")) }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test is a host: it reads the listing")]
fn every_operation_is_found_on_the_wire() {
    let listing = concat!(env!("CARGO_MANIFEST_DIR"), "/src/operation/catalogue/operations.txt");
    let listing = std::fs::read_to_string(listing).unwrap();
    let (mut service, mut asked) = (None, 0);
    for line in listing.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with("service ") {
            service = Some(Listed::read(line));
            continue;
        }
        let service = service.as_ref().unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = words[0];
        // S3 has its own rules and tests, and others' operations under a name of its own.
        if service.model == "s3" || service.signs == "s3-outposts" {
            continue;
        }
        for protocol in service.speaks.split(',') {
            let (version, target) = (service.version, service.target);
            let form = [("content-type", "application/x-www-form-urlencoded")];
            let found = match protocol {
                "query" | "ec2" => {
                    service.ask("POST", "/", &form, &format!("Action={name}&Version={version}"))
                }
                "cbor" => {
                    let path = format!("/service/{target}/operation/{name}");
                    service.ask("POST", &path, &[("smithy-protocol", "rpc-v2-cbor")], "")
                }
                _ if protocol.starts_with("json") => {
                    service.ask("POST", "/", &[("x-amz-target", &format!("{target}.{name}"))], "{}")
                }
                _ => service.ask(words[2], &path(words[3]), &[], ""),
            };
            assert_eq!(found.name.to_string(), name, "{} {line} in {protocol}", service.model);
            assert_eq!(found.access.unwrap().name(), words[1], "{} {line}", service.model);
            asked += 1;
        }
    }
    assert!(asked > 21_000, "{asked}");
}
