//! A small world to sign in to: files, services that answer by a script, and a person.
#![allow(dead_code, reason = "each test uses its part of this world")]

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::time::Duration;

use awsaccess::effect::{
    FileFailure, Http, HttpFailure, HttpReason, HttpReply, ListFiles, Listen, ListenFailure, ListenReply,
    Lock, Prompt, ReadFile, RemoveFile, Wait, WriteFile,
};
use awsaccess::env::Env;
use awsaccess::error::Error;
use awsaccess::host::{Host, Reply, run};
use awsaccess::secret::Secret;
use awsaccess::step::Step;
use awsaccess::time::Time;
use serde_json::Value;

pub(crate) const NOW: Time = Time::from_unix(1_800_000_000);
/// Everything that no text for people may hold.
pub(crate) const SECRETS: [&str; 14] = [
    "acc3ss-one",
    "acc3ss-two",
    "r3fresh-one",
    "r3fresh-two",
    "cl13nt-secret",
    "d3vice-code",
    "c0de-of-redirect",
    "s3cr3t-role-key",
    "s3ssion-role-token",
    "s3cr3t-login-key",
    "s3ssion-login-token",
    "aWQ-t0ken-of-login",
    "MHcCAQEEI",
    "s3cr3t-static",
];

/// What a browser that opens a page comes back with.
pub(crate) type Browser = fn(&Listen) -> Result<String, ListenFailure>;
type Script = VecDeque<Result<HttpReply, HttpFailure>>;

#[derive(Default)]
pub(crate) struct Person {
    pub(crate) env: Vec<(&'static str, &'static str)>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) replies: BTreeMap<String, Script>,
    /// Each question in short, and each request whole.
    pub(crate) asked: Vec<String>,
    pub(crate) sent: Vec<Http>,
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) passed: Duration,
    pub(crate) stands_still: bool,
    /// What another program does while the lock is waited for, and after a request was refused.
    pub(crate) meanwhile: Option<(String, Vec<u8>)>,
    pub(crate) after_request: Option<(String, Vec<u8>)>,
    pub(crate) lock: Option<Result<(), FileFailure>>,
    pub(crate) write: Option<FileFailure>,
    /// What the browser comes back with: the query of the redirect, from the page.
    pub(crate) browser: Option<Browser>,
    pub(crate) pastes: Option<fn(&Prompt) -> String>,
    pub(crate) will_not_wait: bool,
    /// What binds each redirect to its sign-in.
    states: Vec<String>,
    shown: String,
}

impl Person {
    /// With a home, a lock that can be taken, and this config file.
    pub(crate) fn new(config: &str) -> Self {
        let files = [("/h/.aws/config".to_owned(), config.as_bytes().to_vec())].into();
        Self { files, env: vec![("HOME", "/h")], lock: Some(Ok(())), ..Self::default() }
    }

    pub(crate) fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), text.as_ref().to_vec());
        self
    }

    /// The next reply to this method and address (without its query); the last is given again and again.
    pub(crate) fn reply(mut self, request: &str, status: u16, body: &str) -> Self {
        let reply = HttpReply::new(status, Vec::new(), body);
        self.replies.entry(request.to_owned()).or_default().push_back(Ok(reply));
        self
    }

    pub(crate) fn reply_at(mut self, request: &str, status: u16, body: &str, date: &str) -> Self {
        let reply = HttpReply::new(status, vec![("Date".to_owned(), date.to_owned())], body);
        self.replies.entry(request.to_owned()).or_default().push_back(Ok(reply));
        self
    }

    pub(crate) fn fail(mut self, request: &str, reason: HttpReason) -> Self {
        let failure = HttpFailure::new(reason, reason.name());
        self.replies.entry(request.to_owned()).or_default().push_back(Err(failure));
        self
    }

    pub(crate) fn environment(&self) -> Env {
        self.env.iter().copied().collect()
    }

    /// Drives a task to its end and searches all that it could have shown.
    pub(crate) fn drive<T: Debug>(&mut self, task: impl FnOnce(&Env) -> Step<T>) -> Result<T, Error> {
        self.shown.clear();
        let env = self.environment();
        let result = run(task(&env), self);
        self.shown += &format!("{result:?} {env:?}");
        if let Err(error) = &result {
            self.shown += &error.to_string();
        }
        for secret in SECRETS.into_iter().chain(self.states.iter().map(String::as_str)) {
            assert!(!self.shown.contains(secret), "{secret} is shown in {}", self.shown);
        }
        result
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let text = self.files.get(path).unwrap_or_else(|| panic!("{path} is not in {:?}", self.files.keys()));
        serde_json::from_slice(text).unwrap()
    }

    pub(crate) fn text(&self, path: &str) -> &str {
        std::str::from_utf8(&self.files[path]).unwrap()
    }

    /// The body of the latest request to an address.
    pub(crate) fn body(&self, url: &str) -> Value {
        let sent = self.sent.iter().rev().find(|http| http.url == url);
        serde_json::from_slice(&sent.unwrap_or_else(|| panic!("nobody asked {url}")).body).unwrap()
    }

    pub(crate) fn count(&self, request: &str) -> usize {
        self.asked.iter().filter(|asked| *asked == request).count()
    }

    fn note(&mut self, what: String, request: &impl Debug) {
        self.shown += &format!("{request:?}\n");
        self.asked.push(what);
    }
}

impl Host for Person {
    fn now(&mut self) -> Time {
        NOW + self.passed
    }
    fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
        self.note(format!("read {}", request.path), request);
        Some(Ok(self.files.get(&request.path).cloned()))
    }
    fn write_file(&mut self, request: &WriteFile) -> Reply<WriteFile> {
        self.note(format!("write {}", request.path), request);
        if let Some(failure) = self.write.clone() {
            return Some(Err(failure));
        }
        self.files.insert(request.path.clone(), request.data.to_vec());
        Some(Ok(()))
    }
    fn list_files(&mut self, request: &ListFiles) -> Reply<ListFiles> {
        self.note(format!("list {}", request.path), request);
        let inside = self.files.keys().filter_map(|path| path.strip_prefix(&format!("{}/", request.path)));
        Some(Ok(inside.map(str::to_owned).collect()))
    }
    fn remove_file(&mut self, request: &RemoveFile) -> Reply<RemoveFile> {
        self.note(format!("remove {}", request.path), request);
        self.files.remove(&request.path);
        Some(Ok(()))
    }
    fn lock(&mut self, request: &Lock) -> Reply<Lock> {
        self.note(format!("{} {}", if request.hold { "lock" } else { "unlock" }, request.path), request);
        if let Some((path, data)) = self.meanwhile.take() {
            self.files.insert(path, data);
        }
        self.lock.clone()
    }
    fn http(&mut self, request: &Http) -> Reply<Http> {
        let address = request.url.split('?').next().unwrap();
        let name = format!("{} {address}", request.method);
        self.note(name.clone(), request);
        self.sent.push(request.clone());
        if let Some((path, data)) = self.after_request.take() {
            self.files.insert(path, data);
        }
        let script = self.replies.get_mut(&name)?;
        Some(if script.len() > 1 { script.pop_front().unwrap() } else { script[0].clone() })
    }
    fn prompt(&mut self, request: &Prompt) -> Reply<Prompt> {
        self.note(format!("prompt {}", request.kind.name()), request);
        self.prompts.push(request.clone());
        Some(Secret::new(self.pastes.map(|paste| paste(request)).unwrap_or_default()))
    }
    fn listen(&mut self, request: &Listen) -> Reply<Listen> {
        self.note("listen".to_owned(), request);
        self.states.extend(parameter(&request.page, "state"));
        let query = self.browser?(request);
        Some(query.map(|query| ListenReply::new(4711, query)))
    }
    fn wait(&mut self, request: &Wait) -> Reply<Wait> {
        self.note(format!("wait {}", request.duration.as_secs()), request);
        if self.will_not_wait {
            return None;
        }
        if !self.stands_still {
            self.passed += request.duration;
        }
        Some(())
    }
}

/// The value of a parameter of an address, decoded.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    Some(String::from_utf8(bytes).unwrap())
}
