//! A task that stands at a question.
//!
//! A task is one external, answered in place. Questions and results go out as JSON, in which bytes are characters
//! up to U+00FF; the wrapper hides what may be secret in them.

use std::cell::RefCell;
use std::net::IpAddr;

use awsaccess::credentials::Credentials;
use awsaccess::effect::{
    CustomFailure, FileFailure, HttpFailure, HttpReason, HttpReply, ListenFailure, ListenReply,
    ProcessFailure, ProcessReply, SignFailure,
};
use awsaccess::error::ErrorKind;
use awsaccess::secret::Secret;
use awsaccess::step::Step;
use awsaccess::time::Time;
use napi::JsString;
use napi::bindgen_prelude::External;
use napi_derive::napi;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::fault::{Fault, Out, answer, attempts, wipe};
use crate::option::{read_credentials, strings};
use crate::outcome::Outcome;
use crate::piece::time;

/// The task; `None` while it is answered, and for good if answering it failed inside.
pub(crate) struct Task(RefCell<Option<Step<Outcome>>>);

impl Task {
    pub(crate) fn new(step: Step<Outcome>) -> Self {
        Self(RefCell::new(Some(step)))
    }
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
    Credentials(Credentials),
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
            "credentials" => {
                let given = parse(text)?;
                let reply = Self::Credentials(read_credentials(&given));
                wipe(given);
                reply
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
fn go_on(step: Step<Outcome>, now: Time, reply: Reply) -> Result<Step<Outcome>, Box<Step<Outcome>>> {
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
        (Step::Custom(ask), Reply::Credentials(found)) => ask.answer(now, Ok(Some(found))),
        (Step::Custom(ask), Absent) => ask.answer(now, Ok(None)),
        (Step::Custom(ask), Failed { message, .. }) => ask.answer(now, Err(CustomFailure::new(message))),
        (Step::Wait(ask), Done) => ask.answer(now, ()),
        (step, _) => return Err(Box::new(step)),
    })
}

fn http_failure(reason: &str, message: String) -> HttpFailure {
    HttpFailure::new(HttpReason::from_name(reason), message)
}

/// The question as JavaScript's tagged union has it. One that this version does not know can only be declined.
fn describe(step: &Step<Outcome>) -> Out {
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
            json!({
                "kind": "prompt", "prompt": prompt.kind.name(), "serial": prompt.serial, "message": prompt.message,
                "page": prompt.page,
            })
        }
        Step::Listen(ask) => {
            let listen = ask.request();
            json!({ "kind": "listen", "page": listen.page, "path": listen.path, "timeout": listen.timeout.as_secs_f64() })
        }
        Step::Sign(ask) => {
            let sign = ask.request();
            json!({ "kind": "sign", "key": sign.key, "algorithm": sign.algorithm.name(), "message": chars(&sign.message) })
        }
        Step::Custom(ask) => json!({ "kind": "custom", "name": ask.request().name }),
        Step::Wait(ask) => json!({ "kind": "wait", "seconds": ask.request().duration.as_secs_f64() }),
        Step::Done(Ok(outcome)) => outcome.described(),
        Step::Done(Err(error)) => json!({
            "kind": "done", "error": Fault::from(error.clone()).into_value(), "trace": attempts(error.attempts()),
            "warnings": [],
        }),
        _ => json!({ "kind": "unknown" }),
    })
}

fn pairs(pairs: &[(String, Secret)]) -> Value {
    pairs.iter().map(|(name, value)| json!([name, value.expose()])).collect()
}

/// Bytes as characters up to U+00FF.
fn chars(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

pub(crate) fn parse(json: &str) -> Result<Value, Fault> {
    serde_json::from_str(json).map_err(|_| Fault::internal())
}
