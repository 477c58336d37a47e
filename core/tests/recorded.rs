//! Recorded cases of the AWS SDK for Rust, replayed: environment, files and traffic in; credentials or an error out.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use awsaccess::chain::{self, Options, Order, Source};
use awsaccess::effect::{Http, HttpReply, ProcessFailure, ProcessReply};
use awsaccess::env::Env;
use awsaccess::error::ErrorKind;
use awsaccess::secret::Secret;
use awsaccess::step::Step;
use awsaccess::time::Time;
use serde_json::Value;

/// Their words for a failure, and our kind.
const FAILURES: &[(&str, ErrorKind)] = &[
    ("request forbidden: IMDS is disabled", ErrorKind::Denied),
    ("the credential provider was not enabled", ErrorKind::NotConfigured),
    ("could not parse profile file", ErrorKind::Profile),
    (
        "an error occurred while loading credentials: Error retrieving credentials: external process exited with code exit status: 1",
        ErrorKind::Service,
    ),
    (
        "Error retrieving credentials from external process, could not parse response: invalid JSON in response",
        ErrorKind::Malformed,
    ),
    ("selected profile will resolve an access token instead of credentials", ErrorKind::NotConfigured),
];

#[test]
fn the_default_chain() {
    replay("default", &Options::new(), 10);
}

#[test]
fn the_profile_source() {
    replay("profile-provider", &Options::new().order(Order::only(Source::Profile)), 18);
}

fn replay(folder: &str, options: &Options, expected: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/chain").join(folder);
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert_eq!(folders.len(), expected);
    for folder in folders {
        Case::read(&folder).ends_as_recorded(options);
    }
}

struct Case {
    name: String,
    folder: PathBuf,
    env: Env,
    expected: Value,
    traffic: Vec<(Value, Value, Vec<u8>)>,
    secrets: Vec<String>,
}

/// What a run left behind: its end, the requests it made, and everything that could have been printed.
struct Run {
    result: Result<chain::Resolved, awsaccess::error::Error>,
    requests: usize,
    shown: String,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let json =
            |file: &str| -> Value { serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap() };
        let (env, expected, traffic) = (json("env.json"), json("test-case.json"), json("http-traffic.json"));
        let variables: BTreeMap<_, _> = env
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned()))
            .collect();
        let mut secrets = vec!["AQAEAKQRRHnsX8GCPgYTGMShrFJkMhru3n".to_owned(), "correct_secret".to_owned()];
        // Of the token files that come with the cases.
        secrets.extend(["secret-access-token", "secret-refresh-token", "ABCDE123"].map(str::to_owned));
        secrets.extend(variables.get("AWS_SECRET_ACCESS_KEY").filter(|s| !s.trim().is_empty()).cloned());
        for name in ["secret_access_key", "session_token"] {
            secrets.extend(expected["result"]["Ok"][name].as_str().map(str::to_owned));
        }
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            folder: folder.to_owned(),
            env: variables.into_iter().collect(),
            expected: expected["result"].clone(),
            traffic: exchanges(&traffic),
            secrets,
        }
    }

    fn ends_as_recorded(&self, options: &Options) {
        let run = self.run(options);
        assert_eq!(run.requests, self.traffic.len(), "{}: number of requests", self.name);
        if let Some(phrase) = self.expected["ErrorContains"].as_str() {
            let (_, kind) =
                FAILURES.iter().find(|(theirs, _)| *theirs == phrase).unwrap_or_else(|| panic!("{phrase}"));
            assert_eq!(run.result.unwrap_err().kind(), *kind, "{}", self.name);
            return;
        }
        let expected = &self.expected["Ok"];
        let resolved = run.result.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let found = resolved.credentials();
        assert_eq!(found.access_key_id(), expected["access_key_id"].as_str().unwrap());
        assert_eq!(found.secret_access_key().expose(), expected["secret_access_key"].as_str().unwrap());
        assert_eq!(found.session_token().map(Secret::expose), expected["session_token"].as_str());
        assert_eq!(found.account_id(), expected["account_id"].as_str(), "{}", self.name);
        assert_eq!(found.expires_at().map(Time::unix), expected["expiry"].as_i64());
    }

    fn run(&self, options: &Options) -> Run {
        let now = Time::from_unix(0);
        let (mut requests, mut shown) = (0, String::new());
        let mut step = chain::resolve(options, &self.env, now, [9; 32]);
        let result = loop {
            shown += &format!("{step:?}\n");
            step = match step {
                Step::ReadFile(ask) => {
                    let inside = ask.request().path.trim_start_matches('/').to_owned();
                    let data = fs::read(self.folder.join("fs").join(inside)).ok();
                    ask.answer(now, Ok(data))
                }
                Step::Http(ask) => {
                    let (request, response, body) = self
                        .traffic
                        .get(requests)
                        .unwrap_or_else(|| panic!("{}: one request too many", self.name));
                    requests += 1;
                    self.same(request, ask.request());
                    let headers = response["headers"].as_object().unwrap().iter();
                    let headers =
                        headers.map(|(name, values)| (name.clone(), first(values).to_owned())).collect();
                    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
                    ask.answer(now, Ok(HttpReply::new(status, headers, body.clone())))
                }
                Step::RunProcess(ask) => {
                    let (program, arguments) = ask.request().argv.split_first().unwrap();
                    let mut command = Command::new(program.expose());
                    command.args(arguments.iter().map(Secret::expose));
                    let reply = match command.output() {
                        Ok(output) => {
                            Ok(ProcessReply::new(output.status.code().unwrap(), output.stdout, output.stderr))
                        }
                        Err(error) => Err(ProcessFailure::new(error.to_string())),
                    };
                    ask.answer(now, reply)
                }
                Step::Wait(ask) => ask.answer(now, ()),
                Step::Done(result) => break result,
                other => other.decline(now),
            };
        };
        shown += &format!("{options:?} {:?} {result:?}", self.env);
        if let Err(error) = &result {
            shown += &error.to_string();
        }
        if let Ok(resolved) = &result {
            shown += &format!("{} {:?}", resolved.trace(), resolved.warnings());
        }
        // The public name of a key is no secret, and one of theirs ends with one.
        let shown = shown.replace("AKIAFAKE", "").replace("ASIARTESTID", "");
        for secret in &self.secrets {
            assert!(!shown.contains(secret.as_str()), "{}: {secret} is shown in {shown}", self.name);
        }
        Run { result, requests, shown }
    }

    /// Method, address, content type and metadata headers; never the body, whose session name differs.
    fn same(&self, theirs: &Value, ours: &Http) {
        assert_eq!(ours.method, theirs["method"].as_str().unwrap(), "{}", self.name);
        assert_eq!(parts(&ours.url), parts(theirs["uri"].as_str().unwrap()), "{}", self.name);
        for name in [
            "content-type",
            "x-aws-ec2-metadata-token",
            "x-aws-ec2-metadata-token-ttl-seconds",
            "x-amz-sso_bearer_token",
        ] {
            let own = ours.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.expose());
            let recorded = &theirs["headers"][name];
            assert_eq!(own, (!recorded.is_null()).then(|| first(recorded)), "{}: {name}", self.name);
        }
    }
}

#[test]
fn the_search_for_secrets_finds_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/chain/default/prefer_environment");
    let mut case = Case::read(&folder);
    assert!(!case.run(&Options::new()).shown.is_empty());
    case.secrets.push("correct_key".to_owned());
    assert!(std::panic::catch_unwind(|| case.run(&Options::new())).is_err());
}

/// An address, and its query without regard to order.
fn parts(url: &str) -> (&str, Vec<&str>) {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut query: Vec<_> = query.split('&').collect();
    query.sort_unstable();
    (address.trim_end_matches('/'), query)
}

fn first(values: &Value) -> &str {
    values[0].as_str().unwrap()
}

/// Request, response and body of each connection, in the order in which the requests were made.
fn exchanges(traffic: &Value) -> Vec<(Value, Value, Vec<u8>)> {
    let mut order = Vec::new();
    let mut by_connection: BTreeMap<u64, (Value, Value, Vec<u8>)> = BTreeMap::new();
    for event in traffic["events"].as_array().unwrap() {
        let id = event["connection_id"].as_u64().unwrap();
        let entry = by_connection.entry(id).or_default();
        let action = &event["action"];
        if let Some(request) = action["Request"].get("request") {
            order.push(id);
            entry.0 = request.clone();
        }
        if let Some(response) = action["Response"]["response"].get("Ok") {
            entry.1 = response.clone();
        }
        if action["Data"]["direction"] == "Response" {
            entry.2.extend(action["Data"]["data"]["Utf8"].as_str().unwrap().as_bytes());
        }
    }
    order.into_iter().map(|id| by_connection.remove(&id).unwrap()).collect()
}
