//! A step's question, as C reads it.

use std::time::Duration;

use awsaccess::secret::Secret;
use awsaccess::step::Step;

use crate::outcome::Outcome;
use crate::text::{Arena, awsaccess_header, awsaccess_text};

/// The task has ended; see `awsaccess_step_result`.
pub const AWSACCESS_ASK_NOTHING: u32 = 0;
/// `ask.read_file`; answer with `awsaccess_step_answer_file`.
pub const AWSACCESS_ASK_READ_FILE: u32 = 1;
/// `ask.write_file`; answer with `awsaccess_step_answer_done`.
pub const AWSACCESS_ASK_WRITE_FILE: u32 = 2;
/// `ask.list_files`; answer with `awsaccess_step_answer_names`.
pub const AWSACCESS_ASK_LIST_FILES: u32 = 3;
/// `ask.remove_file`; answer with `awsaccess_step_answer_done`.
pub const AWSACCESS_ASK_REMOVE_FILE: u32 = 4;
/// `ask.lock`; answer with `awsaccess_step_answer_done`.
pub const AWSACCESS_ASK_LOCK: u32 = 5;
/// `ask.http`; answer with `awsaccess_step_answer_http`.
pub const AWSACCESS_ASK_HTTP: u32 = 6;
/// `ask.resolve`; answer with `awsaccess_step_answer_names`.
pub const AWSACCESS_ASK_RESOLVE: u32 = 7;
/// `ask.run_process`; answer with `awsaccess_step_answer_process`.
pub const AWSACCESS_ASK_RUN_PROCESS: u32 = 8;
/// `ask.prompt`; answer with `awsaccess_step_answer_text`.
pub const AWSACCESS_ASK_PROMPT: u32 = 9;
/// `ask.listen`; answer with `awsaccess_step_answer_redirect`.
pub const AWSACCESS_ASK_LISTEN: u32 = 10;
/// `ask.sign`; answer with `awsaccess_step_answer_text`.
pub const AWSACCESS_ASK_SIGN: u32 = 11;
/// `ask.wait`; answer with `awsaccess_step_answer_done` when the time has passed.
pub const AWSACCESS_ASK_WAIT: u32 = 12;
/// `ask.custom`; answer with `awsaccess_step_answer_credentials`.
pub const AWSACCESS_ASK_CUSTOM: u32 = 13;

/// What a task wants to know or to have done. A later version may ask what this header does not know: decline it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_question {
    /// One of `AWSACCESS_ASK_...`.
    pub kind: u32,
    /// The member that `kind` names.
    pub ask: awsaccess_ask,
}

/// The questions.
#[repr(C)]
#[derive(Clone, Copy)]
pub union awsaccess_ask {
    /// `AWSACCESS_ASK_READ_FILE`
    pub read_file: awsaccess_ask_file,
    /// `AWSACCESS_ASK_WRITE_FILE`
    pub write_file: awsaccess_ask_write_file,
    /// `AWSACCESS_ASK_LIST_FILES`
    pub list_files: awsaccess_ask_file,
    /// `AWSACCESS_ASK_REMOVE_FILE`
    pub remove_file: awsaccess_ask_file,
    /// `AWSACCESS_ASK_LOCK`
    pub lock: awsaccess_ask_lock,
    /// `AWSACCESS_ASK_HTTP`
    pub http: awsaccess_ask_http,
    /// `AWSACCESS_ASK_RESOLVE`
    pub resolve: awsaccess_ask_resolve,
    /// `AWSACCESS_ASK_RUN_PROCESS`
    pub run_process: awsaccess_ask_run_process,
    /// `AWSACCESS_ASK_PROMPT`
    pub prompt: awsaccess_ask_prompt,
    /// `AWSACCESS_ASK_LISTEN`
    pub listen: awsaccess_ask_listen,
    /// `AWSACCESS_ASK_SIGN`
    pub sign: awsaccess_ask_sign,
    /// `AWSACCESS_ASK_WAIT`
    pub wait: awsaccess_ask_wait,
    /// `AWSACCESS_ASK_CUSTOM`
    pub custom: awsaccess_ask_custom,
}

/// The contents of a file, the names in a directory (a missing one is empty), or that a file be removed (that it was
/// not there is no failure).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_file {
    /// Where it is; a leading `~` has been replaced already.
    pub path: awsaccess_text,
    /// The most bytes that will be taken. A longer answer is refused, never cut. 0 where nothing is read.
    pub max_bytes: usize,
}

/// That a file be written whole or not at all: a temporary file beside it, mode 0600, then a rename. Directories that
/// are missing are made with mode 0700.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_write_file {
    /// Where to.
    pub path: awsaccess_text,
    /// What.
    pub data: awsaccess_text,
}

/// An exclusive lock that other processes of this machine honour too. Give back what is held when the task ends.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_lock {
    /// The file that stands for the lock; made when missing.
    pub path: awsaccess_text,
    /// `true` takes the lock, waiting for it; `false` gives it back.
    pub hold: bool,
}

/// One HTTP request. Follow no redirect, send the headers as they are (add Content-Length, and Host if it is not among
/// them), and answer with whatever status came.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_http {
    /// `GET`, `PUT`, `POST`.
    pub method: awsaccess_text,
    /// Absolute, `http` or `https`.
    pub url: awsaccess_text,
    /// In the order to be sent. Any value may be a secret.
    pub headers: *const awsaccess_header,
    /// How many.
    pub header_count: usize,
    /// The body.
    pub body: awsaccess_text,
    /// For connecting, and again for each read, in milliseconds.
    pub timeout_ms: u64,
    /// The most bytes of body that will be taken.
    pub max_bytes: usize,
    /// No proxy may be used: the address means something on this machine only.
    pub direct: bool,
}

/// The addresses of a host name, each as text (`192.0.2.1`, `2001:db8::1`).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_resolve {
    /// The name.
    pub host: awsaccess_text,
}

/// That a program be run without a shell, and its end be waited for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_run_process {
    /// The program and its arguments. Any may be a secret.
    pub argv: *const awsaccess_text,
    /// How many.
    pub argc: usize,
    /// Variables to add to those that the host has.
    pub env: *const awsaccess_header,
    /// How many.
    pub env_count: usize,
    /// When to give up and end it, in milliseconds.
    pub timeout_ms: u64,
    /// The most bytes of standard output, and of standard error, that will be taken.
    pub max_bytes: usize,
}

/// Something of a person, typed without echo.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_prompt {
    /// `mfa`: a one-time code is wanted. `sign_in`: a page is to be opened, nothing is typed, answer with empty text.
    /// `authorization_code`: the code that such a page shows at its end is wanted.
    pub kind: awsaccess_text,
    /// The serial number or ARN of the MFA device; none for other kinds.
    pub serial: awsaccess_text,
    /// The line to show.
    pub message: awsaccess_text,
    /// The page to open; none for `mfa`. Its query is for the person alone, and so is the message of such a kind.
    pub page: awsaccess_text,
}

/// That a free loopback port be listened on, a page be opened, and the one request that is redirected there be taken.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_listen {
    /// The page to open; each `{port}` in it stands for the port.
    pub page: awsaccess_text,
    /// The path that the redirect comes to; other requests are answered with 404 and waited past.
    pub path: awsaccess_text,
    /// When to give up, in milliseconds.
    pub timeout_ms: u64,
}

/// A signature with a private key that the host holds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_sign {
    /// The key, by the name that the configuration gives it (a path, a URI).
    pub key: awsaccess_text,
    /// `rsa_pkcs1_sha256`, `ecdsa_sha256_der`, `hmac_sha256` or `es256`.
    pub algorithm: awsaccess_text,
    /// What is signed; the host hashes it.
    pub message: awsaccess_text,
}

/// That time pass before a request is repeated. Decline, and the source gives up.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_wait {
    /// How long, in milliseconds.
    pub ms: u64,
}

/// The credentials of a source of the caller's own (`custom:<name>` in the order): a secret store, a keychain.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_ask_custom {
    /// Which source, by the name that the order gives it.
    pub name: awsaccess_text,
}

/// A question, and what its views point into.
pub(crate) struct Asked {
    pub(crate) question: awsaccess_question,
    _headers: Vec<awsaccess_header>,
    _texts: Vec<awsaccess_text>,
    _text: Arena,
}

impl Asked {
    pub(crate) fn of(step: &Step<Outcome>) -> Self {
        let mut text = Arena::default();
        let mut headers = Vec::new();
        let mut texts = Vec::new();
        let (kind, ask) = match step {
            Step::ReadFile(ask) => {
                (AWSACCESS_ASK_READ_FILE, file(&mut text, &ask.request().path, ask.request().max_bytes))
            }
            Step::ListFiles(ask) => {
                (AWSACCESS_ASK_LIST_FILES, file(&mut text, &ask.request().path, ask.request().max_bytes))
            }
            Step::RemoveFile(ask) => (AWSACCESS_ASK_REMOVE_FILE, file(&mut text, &ask.request().path, 0)),
            Step::WriteFile(ask) => {
                let (path, data) = (text.keep(&ask.request().path), text.keep(&*ask.request().data));
                let write_file = awsaccess_ask_write_file { path, data };
                (AWSACCESS_ASK_WRITE_FILE, awsaccess_ask { write_file })
            }
            Step::Lock(ask) => {
                let lock =
                    awsaccess_ask_lock { path: text.keep(&ask.request().path), hold: ask.request().hold };
                (AWSACCESS_ASK_LOCK, awsaccess_ask { lock })
            }
            Step::Http(ask) => {
                let asked = ask.request();
                headers = secrets(&mut text, &asked.headers);
                let http = awsaccess_ask_http {
                    method: text.keep(asked.method),
                    url: text.keep(&asked.url),
                    headers: headers.as_ptr(),
                    header_count: headers.len(),
                    body: text.keep(&*asked.body),
                    timeout_ms: millis(asked.timeout),
                    max_bytes: asked.max_bytes,
                    direct: asked.direct,
                };
                (AWSACCESS_ASK_HTTP, awsaccess_ask { http })
            }
            Step::Resolve(ask) => {
                let resolve = awsaccess_ask_resolve { host: text.keep(&ask.request().host) };
                (AWSACCESS_ASK_RESOLVE, awsaccess_ask { resolve })
            }
            Step::RunProcess(ask) => {
                let asked = ask.request();
                headers = secrets(&mut text, &asked.env);
                texts = asked.argv.iter().map(|argument| text.keep(argument.expose())).collect();
                let run_process = awsaccess_ask_run_process {
                    argv: texts.as_ptr(),
                    argc: texts.len(),
                    env: headers.as_ptr(),
                    env_count: headers.len(),
                    timeout_ms: millis(asked.timeout),
                    max_bytes: asked.max_bytes,
                };
                (AWSACCESS_ASK_RUN_PROCESS, awsaccess_ask { run_process })
            }
            Step::Prompt(ask) => {
                let asked = ask.request();
                let prompt = awsaccess_ask_prompt {
                    kind: text.keep(asked.kind.name()),
                    serial: text.keep_some(asked.serial.as_deref()),
                    message: text.keep(&asked.message),
                    page: text.keep_some(asked.page.as_deref()),
                };
                (AWSACCESS_ASK_PROMPT, awsaccess_ask { prompt })
            }
            Step::Listen(ask) => {
                let asked = ask.request();
                let listen = awsaccess_ask_listen {
                    page: text.keep(&asked.page),
                    path: text.keep(&asked.path),
                    timeout_ms: millis(asked.timeout),
                };
                (AWSACCESS_ASK_LISTEN, awsaccess_ask { listen })
            }
            Step::Sign(ask) => {
                let asked = ask.request();
                let sign = awsaccess_ask_sign {
                    key: text.keep(&asked.key),
                    algorithm: text.keep(asked.algorithm.name()),
                    message: text.keep(&asked.message),
                };
                (AWSACCESS_ASK_SIGN, awsaccess_ask { sign })
            }
            Step::Wait(ask) => {
                let wait = awsaccess_ask_wait { ms: millis(ask.request().duration) };
                (AWSACCESS_ASK_WAIT, awsaccess_ask { wait })
            }
            Step::Custom(ask) => {
                let custom = awsaccess_ask_custom { name: text.keep(&ask.request().name) };
                (AWSACCESS_ASK_CUSTOM, awsaccess_ask { custom })
            }
            Step::Done(_) => (AWSACCESS_ASK_NOTHING, NOTHING),
            // A question that has no place in the header yet: to be declined, as its number tells.
            _ => (u32::MAX, NOTHING),
        };
        let question = awsaccess_question { kind, ask };
        Self { question, _headers: headers, _texts: texts, _text: text }
    }
}

const NOTHING: awsaccess_ask =
    awsaccess_ask { read_file: awsaccess_ask_file { path: awsaccess_text::NONE, max_bytes: 0 } };

fn file(text: &mut Arena, path: &str, max_bytes: usize) -> awsaccess_ask {
    awsaccess_ask { read_file: awsaccess_ask_file { path: text.keep(path), max_bytes } }
}

fn secrets(text: &mut Arena, pairs: &[(String, Secret)]) -> Vec<awsaccess_header> {
    pairs.iter().map(|(name, value)| text.keep_header(name, value.expose())).collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
