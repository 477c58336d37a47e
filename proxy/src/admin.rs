//! The administrative listener: what operators and their programs ask of a running gateway, as JSON over HTTP.
//!
//! | | |
//! |---|---|
//! | `GET /healthz` · `/readyz` | alive · ready to do its work, with the reason when not; open to anybody who gets here |
//! | `GET /metrics` | the counters, for Prometheus |
//! | `GET /v1/applications` | the applications and their roles |
//! | `GET /v1/applications/NAME/health` | whether its credentials resolve and its roles can be assumed |
//! | `GET`, `PUT`, `DELETE /v1/applications/NAME` | shows one; adds one beside those of the file; removes it |
//! | `POST /v1/placeholders` | issues a placeholder |
//! | `POST /v1/connections`, `DELETE /v1/connections/KEY_ID` | connects a client by one, and ends that |
//! | `POST /v1/console-links` | makes a link into the console |
//! | `POST /v1/presigned-urls` | makes a presigned URL that says how long it really lasts |
//! | `GET`, `POST /v1/revocations` | what is revoked; revokes placeholders, and ends what runs by them |
//! | `DELETE /v1/revocations/SORT/NAME` | takes a revocation back |
//! | `POST /v1/flushes` | forgets real credentials |
//! | `POST /v1/reload` | reads the configuration file again |
//!
//! It is a Unix socket, which the owner alone may open, or an address of this machine, where everything but the two
//! probes wants the token of a file. It is never an address of the network.

mod answer;
mod application;
mod holder;
mod issue;
mod link;
mod recorded;
mod revoke;
mod task;

pub(crate) use answer::ForClients;

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use awsaccess::secret::Secret;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};

use crate::config::Config;
use crate::listen::{Bound, Listen, closed};
use crate::live::Live;
use crate::probe;
use recorded::recorded;
use task::{Task, Unknown};

/// Where it listens, and by what its callers are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) listen: Listen,
    /// The file of the token; it is made if it is not there. None for a Unix socket, whose permissions do the same.
    pub(crate) token_file: Option<PathBuf>,
    /// What keeps, over restarts, what was changed while the gateway ran.
    pub(crate) state: Option<PathBuf>,
}

/// How long a head may take to come, and a body.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections at a time: operators and their programs, not clients.
const MOST_CONNECTIONS: usize = 32;

/// What is said of a change that no file keeps.
const UNTIL_RESTART: &str = "it lasts until the gateway ends: [admin] state names no file";

/// What answers.
pub(crate) struct Admin {
    live: Arc<Live>,
    /// Where clients connect, and what they trust.
    client: ForClients,
}

impl Admin {
    pub(crate) const fn new(live: Arc<Live>, client: ForClients) -> Self {
        Self { live, client }
    }

    /// Takes connections until the gateway is to end.
    pub(crate) async fn serve(self: Arc<Self>, bound: Bound) {
        let mut closing = self.live.lasting().closing.clone();
        let places = Arc::new(tokio::sync::Semaphore::new(MOST_CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let stream = tokio::select! {
                accepted = bound.accept() => accepted,
                () = closed(&mut closing) => return,
            };
            let stream = match stream {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::warn!(%error, "an administrative connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (admin, mut closing) = (Arc::clone(&self), closing.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let admin = Arc::clone(&admin);
                    async move { Ok::<_, Infallible>(admin.answer(request).await) }
                });
                let mut builder = http1::Builder::new();
                builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(64 << 10);
                let serving = builder.serve_connection(TokioIo::new(stream), service);
                tokio::select! {
                    served = serving => {
                        if let Err(error) = served {
                            tracing::debug!(%error, "an administrative connection ended");
                        }
                    }
                    () = closed(&mut closing) => {}
                }
                drop(place);
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, task::MOST).collect();
        let body = match tokio::time::timeout(PATIENCE, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(_)) => return fault(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
            Err(_) => return fault(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
        };
        let known = self.is_known(&parts.headers);
        let task = match Task::read(&parts.method, parts.uri.path(), &body) {
            Ok(task) => task,
            // Who is not known learns nothing of what there is.
            Err(_) if !known => return unknown_caller(),
            Err(Unknown::Path) => return fault(StatusCode::NOT_FOUND, "there is no such path"),
            Err(Unknown::Method(allowed)) => {
                let mut response = fault(StatusCode::METHOD_NOT_ALLOWED, "the path takes another method");
                response.headers_mut().insert(header::ALLOW, http::HeaderValue::from_static(allowed));
                return response;
            }
            Err(Unknown::Body(why)) => return fault(StatusCode::BAD_REQUEST, &why),
        };
        if !known && !task.is_open() {
            return unknown_caller();
        }
        answer::to(self, task).await
    }

    /// Whether the caller has the token, and is no page in somebody's browser.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(header::ORIGIN) {
            return false;
        }
        let given =
            headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        self.live.token().is(given)
    }
}

/// What callers must have, if anything; it may change while the gateway runs.
#[derive(Default)]
pub(crate) struct Token(RwLock<Option<Secret>>);

impl Token {
    pub(crate) fn set(&self, token: Option<Secret>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = token;
    }

    fn is(&self, given: Option<&[u8]>) -> bool {
        let token = self.0.read().unwrap_or_else(PoisonError::into_inner);
        token.as_ref().is_none_or(|token| given.is_some_and(|given| token.matches(given)))
    }
}

/// The token of a configuration, from its file as that is now.
pub(crate) fn token_of(config: &Config) -> io::Result<Option<Secret>> {
    let file = config.admin.as_ref().and_then(|settings| settings.token_file.as_deref());
    let random = |bytes: &mut [u8]| config.provider.secure_random.fill(bytes).is_ok();
    file.map(|path| token(path, random)).transpose()
}

/// Reads the token, or makes one: 32 random bytes in hexadecimal, in a file for its owner alone.
fn token(path: &std::path::Path, random: impl Fn(&mut [u8]) -> bool) -> io::Result<Secret> {
    match std::fs::read_to_string(path).map(zeroize::Zeroizing::new) {
        Ok(text) => {
            crate::disk::own_only(path)?;
            match text.trim() {
                short if short.len() < 32 => {
                    Err(io::Error::other("it holds no token of 32 characters or more"))
                }
                text => Ok(Secret::new(text)),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut bytes = zeroize::Zeroizing::new([0; 32]);
            if !random(&mut *bytes) {
                return Err(io::Error::other("no random bytes are to be had"));
            }
            let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let text = zeroize::Zeroizing::new(text + "\n");
            crate::disk::replace(path, text.as_bytes(), 0o600)?;
            Ok(Secret::new(text.trim()))
        }
        Err(error) => Err(error),
    }
}

fn unknown_caller() -> Response<Full<Bytes>> {
    let mut response = fault(StatusCode::UNAUTHORIZED, "the token of [admin] token_file is wanted");
    let challenge = http::HeaderValue::from_static("Bearer");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn fault(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    reply(status, &json!({ "error": why }))
}

fn reply(status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
    // A placeholder may be in it, which nobody is to keep.
    probe::text(status, "application/json", format!("{value}\n"))
}
