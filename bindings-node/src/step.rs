//! A resolution that stands at a question.
//!
//! A task is one external, answered in place. Questions and results go out as JSON, in which bytes are characters
//! up to U+00FF; the wrapper hides what may be secret in them.

use std::cell::RefCell;
use std::net::IpAddr;

use awsaccess::chain::{Options, Order, Resolved, Source, resolve};
use awsaccess::credentials::Credentials;
use awsaccess::effect::{
    FileFailure, HttpFailure, HttpReason, HttpReply, ListenFailure, ListenReply, ProcessFailure,
    ProcessReply, SignFailure,
};
use awsaccess::env::Env;
use awsaccess::error::ErrorKind;
use awsaccess::provider::RoleHop;
use awsaccess::secret::Secret;
use awsaccess::step::Step;
use awsaccess::time::Time;
use napi::JsString;
use napi::bindgen_prelude::{Either, External};
use napi_derive::napi;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::fault::{Fault, Out, answer, attempts, either, wipe};
use crate::piece::time;

/// The task; `None` while it is answered, and for good if answering it failed inside.
pub(crate) struct Task(RefCell<Option<Step<Resolved>>>);

/// Begins a resolution.
#[napi]
pub(crate) fn start(env: String, options: String, now: f64, seed: &[u8]) -> Either<External<Task>, String> {
    let (env, options) = (Zeroizing::new(env), Zeroizing::new(options));
    either(|| {
        let seed = seed.try_into().map_err(|_| Fault::input("seed is 32 fresh random bytes"))?;
        let step = resolve(&read_options(&options)?, &read_env(&env)?, time(now), seed);
        Ok(External::new(Task(RefCell::new(Some(step)))))
    })
}

/// What the task asks, or its result.
#[napi]
pub(crate) fn question<'e>(env: &'e napi::Env, task: &External<Task>) -> napi::Result<JsString<'e>> {
    answer(env, || {
        let step = task.0.try_borrow().map_err(|_| Fault::internal())?;
        step.as_ref().map(describe).ok_or_else(|| Fault::used("step"))
    })
}

/// Answers, and gives the next question. `text` is JSON, or the answer itself to a prompt; `first` and `second`
/// are bytes. An answer of the wrong kind leaves the task as it was.
#[napi]
pub(crate) fn reply<'e>(
    env: &'e napi::Env,
    task: &External<Task>,
    now: f64,
    kind: String,
    text: String,
    first: Option<&[u8]>,
    second: Option<&[u8]>,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let reply = Reply::read(&kind, &text, first, second)?;
        let mut slot = task.0.try_borrow_mut().map_err(|_| Fault::internal())?;
        let step = slot.take().ok_or_else(|| Fault::used("step"))?;
        match go_on(step, time(now), reply) {
            Ok(next) => Ok(describe(slot.insert(next))),
            Err(step) => {
                *slot = Some(*step);
                Err(Fault::new(ErrorKind::WrongAnswer, "that is no answer to this question"))
            }
        }
    })
}

enum Reply {
    Declined,
    Absent,
    Data(Vec<u8>),
    Done,
    Names(Vec<String>),
    Http(HttpReply),
    Process(ProcessReply),
    Text(Secret),
    Addresses(Vec<IpAddr>),
    Redirect(ListenReply),
    Failed { reason: String, message: String },
}

impl Reply {
    fn read(kind: &str, text: &str, first: Option<&[u8]>, second: Option<&[u8]>) -> Result<Self, Fault> {
        let bytes = |data: Option<&[u8]>| data.unwrap_or_default().to_vec();
        Ok(match kind {
            "declined" => Self::Declined,
            "absent" => Self::Absent,
            "data" => Self::Data(bytes(first)),
            "done" => Self::Done,
            "text" => Self::Text(Secret::new(text)),
            "names" => Self::Names(strings(&parse(text)?)),
            "http" => {
                let head = parse(text)?;
                let status = head["status"].as_u64().and_then(|status| u16::try_from(status).ok());
                let status = status.filter(|status| (100..=999).contains(status));
                let status = status.ok_or_else(|| Fault::input("status is a number from 100 to 999"))?;
                let flat = strings(&head["headers"]);
                let pairs = flat.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
                let reply = Self::Http(HttpReply::new(status, pairs.collect(), bytes(first)));
                wipe(head);
                reply
            }
            "process" => {
                let code = text.parse().map_err(|_| Fault::input("code is a whole number"))?;
                Self::Process(ProcessReply::new(code, bytes(first), bytes(second)))
            }
            "addresses" => {
                let addresses: Result<_, _> =
                    strings(&parse(text)?).iter().map(|text| text.parse()).collect();
                Self::Addresses(addresses.map_err(|_| Fault::input("an address is not an ip address"))?)
            }
            "redirect" => {
                let mut head = parse(text)?;
                let port = head["port"].as_u64().and_then(|port| u16::try_from(port).ok());
                let port = port.ok_or_else(|| Fault::input("port is a number up to 65535"))?;
                match head["query"].take() {
                    Value::String(query) => Self::Redirect(ListenReply::new(port, query)),
                    _ => return Err(Fault::input("query is a string")),
                }
            }
            "failed" => {
                let head = parse(text)?;
                let field = |name: &str| head[name].as_str().unwrap_or_default().to_owned();
                Self::Failed { reason: field("reason"), message: field("message") }
            }
            _ => return Err(Fault::internal()),
        })
    }
}

/// The next step, or the same one if the reply is of another kind than the question.
fn go_on(step: Step<Resolved>, now: Time, reply: Reply) -> Result<Step<Resolved>, Box<Step<Resolved>>> {
    use Reply::{Absent, Addresses, Data, Declined, Done, Failed, Names, Process, Redirect, Text};
    Ok(match (step, reply) {
        (step @ Step::Done(_), _) => return Err(Box::new(step)),
        (step, Declined) => step.decline(now),
        (Step::ReadFile(ask), Absent) => ask.answer(now, Ok(None)),
        (Step::ReadFile(ask), Data(data)) => ask.answer(now, Ok(Some(data))),
        (Step::ReadFile(ask), Failed { message, .. }) => ask.answer(now, Err(FileFailure::new(message))),
        (Step::WriteFile(ask), Done) => ask.answer(now, Ok(())),
        (Step::WriteFile(ask), Failed { message, .. }) => ask.answer(now, Err(FileFailure::new(message))),
        (Step::ListFiles(ask), Names(names)) => ask.answer(now, Ok(names)),
        (Step::ListFiles(ask), Failed { message, .. }) => ask.answer(now, Err(FileFailure::new(message))),
        (Step::RemoveFile(ask), Done) => ask.answer(now, Ok(())),
        (Step::RemoveFile(ask), Failed { message, .. }) => ask.answer(now, Err(FileFailure::new(message))),
        (Step::Lock(ask), Done) => ask.answer(now, Ok(())),
        (Step::Lock(ask), Failed { message, .. }) => ask.answer(now, Err(FileFailure::new(message))),
        (Step::Http(ask), Reply::Http(reply)) => ask.answer(now, Ok(reply)),
        (Step::Http(ask), Failed { reason, message }) => ask.answer(now, Err(http_failure(&reason, message))),
        (Step::Resolve(ask), Addresses(found)) => ask.answer(now, Ok(found)),
        (Step::Resolve(ask), Failed { reason, message }) => {
            ask.answer(now, Err(http_failure(&reason, message)))
        }
        (Step::RunProcess(ask), Process(reply)) => ask.answer(now, Ok(reply)),
        (Step::RunProcess(ask), Failed { message, .. }) => ask.answer(now, Err(ProcessFailure::new(message))),
        (Step::Prompt(ask), Text(text)) => ask.answer(now, text),
        (Step::Listen(ask), Redirect(reply)) => ask.answer(now, Ok(reply)),
        (Step::Listen(ask), Failed { message, .. }) => ask.answer(now, Err(ListenFailure::new(message))),
        (Step::Sign(ask), Data(signature)) => ask.answer(now, Ok(signature)),
        (Step::Sign(ask), Failed { message, .. }) => ask.answer(now, Err(SignFailure::new(message))),
        (Step::Wait(ask), Done) => ask.answer(now, ()),
        (step, _) => return Err(Box::new(step)),
    })
}

fn http_failure(reason: &str, message: String) -> HttpFailure {
    HttpFailure::new(HttpReason::from_name(reason), message)
}

/// The question as JavaScript's tagged union has it. One that this version does not know can only be declined.
fn describe(step: &Step<Resolved>) -> Out {
    Out::json(match step {
        Step::ReadFile(ask) => {
            json!({ "kind": "readFile", "path": ask.request().path, "maxBytes": ask.request().max_bytes })
        }
        Step::WriteFile(ask) => {
            json!({ "kind": "writeFile", "path": ask.request().path, "data": chars(&ask.request().data) })
        }
        Step::ListFiles(ask) => {
            json!({ "kind": "listFiles", "path": ask.request().path, "maxBytes": ask.request().max_bytes })
        }
        Step::RemoveFile(ask) => json!({ "kind": "removeFile", "path": ask.request().path }),
        Step::Lock(ask) => json!({ "kind": "lock", "path": ask.request().path, "hold": ask.request().hold }),
        Step::Http(ask) => {
            let http = ask.request();
            json!({
                "kind": "http", "method": http.method, "url": http.url, "headers": pairs(&http.headers),
                "body": chars(&http.body), "timeout": http.timeout.as_secs_f64(), "direct": http.direct,
                "maxBytes": http.max_bytes,
            })
        }
        Step::Resolve(ask) => json!({ "kind": "resolve", "host": ask.request().host }),
        Step::RunProcess(ask) => {
            let run = ask.request();
            let argv: Vec<&str> = run.argv.iter().map(Secret::expose).collect();
            json!({
                "kind": "runProcess", "argv": argv, "env": pairs(&run.env), "timeout": run.timeout.as_secs_f64(),
                "maxBytes": run.max_bytes,
            })
        }
        Step::Prompt(ask) => {
            let prompt = ask.request();
            json!({ "kind": "prompt", "prompt": prompt.kind.name(), "serial": prompt.serial, "message": prompt.message })
        }
        Step::Listen(ask) => {
            let listen = ask.request();
            json!({ "kind": "listen", "page": listen.page, "path": listen.path, "timeout": listen.timeout.as_secs_f64() })
        }
        Step::Sign(ask) => {
            let sign = ask.request();
            json!({ "kind": "sign", "key": sign.key, "algorithm": sign.algorithm.name(), "message": chars(&sign.message) })
        }
        Step::Wait(ask) => json!({ "kind": "wait", "seconds": ask.request().duration.as_secs_f64() }),
        Step::Done(Ok(resolved)) => json!({
            "kind": "done", "credentials": credentials(resolved.credentials()),
            "trace": attempts(resolved.trace().attempts()), "warnings": resolved.warnings(),
        }),
        Step::Done(Err(error)) => json!({
            "kind": "done", "error": Fault::from(error.clone()).into_value(), "trace": attempts(error.attempts()),
            "warnings": [],
        }),
        _ => json!({ "kind": "unknown" }),
    })
}

fn credentials(found: &Credentials) -> Value {
    json!({
        "accessKeyId": found.access_key_id(),
        "secretAccessKey": found.secret_access_key().expose(),
        "sessionToken": found.session_token().map(Secret::expose),
        "expiresAt": found.expires_at().map(Time::unix_millis),
        "accountId": found.account_id(),
        "source": found.source(),
    })
}

fn pairs(pairs: &[(String, Secret)]) -> Value {
    pairs.iter().map(|(name, value)| json!([name, value.expose()])).collect()
}

/// Bytes as characters up to U+00FF.
fn chars(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn parse(json: &str) -> Result<Value, Fault> {
    serde_json::from_str(json).map_err(|_| Fault::internal())
}

fn strings(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// An object of texts.
pub(crate) fn read_env(json: &str) -> Result<Env, Fault> {
    let mut env = Env::new();
    if let Value::Object(variables) = parse(json)? {
        for (name, value) in variables {
            let Value::String(value) = value else { return Err(Fault::internal()) };
            env.set(name, value);
        }
    }
    Ok(env)
}

/// The wrapper has checked the names and types.
fn read_options(json: &str) -> Result<Options, Fault> {
    let given = parse(json)?;
    let text = |name: &str| given[name].as_str();
    let mut options = Options::new();
    if let Some(profile) = text("profile") {
        options = options.profile(profile);
    }
    if let Some(region) = text("region") {
        options = options.region(region);
    }
    if let Some(home) = text("home") {
        options = options.home(home);
    }
    if let Some(url) = text("stsEndpoint") {
        options = options.sts_endpoint(url);
    }
    if let Some(url) = text("imdsEndpoint") {
        options = options.imds_endpoint(url);
    }
    if given["order"].is_array() {
        let sources: Option<Vec<Source>> = strings(&given["order"]).iter().map(|name| source(name)).collect();
        options = options.order(Order::new(sources.ok_or_else(|| Fault::input("a source is not known"))?));
    }
    if given["credentials"].is_object() {
        options = options.credentials(read_credentials(&given["credentials"]));
    }
    for role in given["assume"].as_array().into_iter().flatten() {
        options = options.assume(hop(role));
    }
    wipe(given);
    Ok(options)
}

fn source(name: &str) -> Option<Source> {
    use Source::{Code, Container, Environment, Imds, Profile, WebIdentity};
    [Code, Environment, Profile, WebIdentity, Container, Imds]
        .into_iter()
        .find(|source| source.name() == name)
}

fn read_credentials(given: &Value) -> Credentials {
    let text = |name: &str| given[name].as_str();
    let (id, secret) = (text("accessKeyId").unwrap_or_default(), text("secretAccessKey").unwrap_or_default());
    let mut credentials =
        Credentials::new(id, secret).with_session_token(text("sessionToken").unwrap_or_default());
    if let Some(millis) = given["expiresAt"].as_i64() {
        credentials = credentials.with_expiry(Time::from_unix_millis(millis));
    }
    if let Some(account) = text("accountId") {
        credentials = credentials.with_account_id(account);
    }
    match text("source") {
        Some(source) => credentials.with_source(source),
        None => credentials,
    }
}

fn hop(given: &Value) -> RoleHop {
    let text = |name: &str| given[name].as_str().map(str::to_owned);
    let mut hop = RoleHop::new(text("roleArn").unwrap_or_default());
    hop.external_id = given["externalId"].as_str().map(Secret::new);
    hop.session_name = text("sessionName");
    hop.duration = given["duration"].as_u64().map(std::time::Duration::from_secs);
    hop.mfa_serial = text("mfaSerial");
    hop.region = text("region");
    hop.source_identity = text("sourceIdentity");
    hop.policy = text("policy");
    hop
}
