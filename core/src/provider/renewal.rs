//! A token in a file that several programs share, renewed by one of them at a time.
//!
//! A refresh token may serve once only: whoever uses it and does not write down what came back has signed the
//! others out. So the file is read first, then locked, then read again; the other tools of AWS take no lock, which
//! is why it is read once more after a refusal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::effect::{Lock, ReadFile, WriteFile};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::time::Time;

/// A token is renewed when it has no longer than this.
const RENEW_BEFORE: Duration = Duration::from_secs(300);
/// After an attempt, failed or not, this long nobody tries again.
const SPACING: Duration = Duration::from_secs(30);
/// The most that a token's file may have.
const MAX_BYTES: usize = 64 * 1024;
/// The most files that are remembered.
const MOST_REMEMBERED: usize = 64;

/// A kind of token that lies in a file.
pub(crate) trait Renewable: Send + Sync {
    /// The file, read.
    type Token: Send + Sync;

    /// Where it is.
    fn path(&self) -> &str;
    /// What it is called in an error: `the session dev of IAM Identity Center`.
    fn name(&self) -> String;
    /// Reads the file.
    fn read(&self, bytes: &[u8]) -> Result<Self::Token, Error>;
    /// Writes it.
    fn write(&self, token: &Self::Token) -> Zeroizing<Vec<u8>>;
    /// There is no file.
    fn missing(&self) -> Error;
    /// When it ends.
    fn ends(&self, token: &Self::Token) -> Time;
    /// The error of one that has ended and cannot be renewed; `None` if it can.
    fn unrenewable(&self, token: &Self::Token, now: Time) -> Option<Error>;
    /// Trades it for a new one.
    fn renew(
        &self,
        flow: &Flow,
        token: &Self::Token,
    ) -> impl Future<Output = Result<Self::Token, Refused>> + Send;
}

/// Why there is no new token.
pub(crate) struct Refused {
    pub(crate) error: Error,
    /// The whole session is over: what is left of the old token is not to be used either.
    pub(crate) over: bool,
}

/// When each file's token was last tried to be renewed; shared by the resolutions of one set of options.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<BTreeMap<String, Time>>>);

impl Memory {
    fn is_too_soon(&self, path: &str, now: Time) -> bool {
        let tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back starts anew.
        tried.get(path).is_some_and(|last| now >= *last && now.since(*last) < SPACING)
    }

    fn note(&self, path: &str, now: Time) {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.len() >= MOST_REMEMBERED {
            tried.retain(|_, last| now >= *last && now.since(*last) < SPACING);
        }
        if tried.len() < MOST_REMEMBERED {
            tried.insert(path.to_owned(), now);
        }
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

/// The file's token, renewed if it is about to end.
pub(crate) async fn current<R: Renewable>(
    flow: &Flow,
    renewable: &R,
    memory: &Memory,
    warnings: &mut Vec<String>,
) -> Result<R::Token, Error> {
    let token = read(flow, renewable).await?;
    if !is_due(flow, renewable, &token) {
        return Ok(token);
    }
    if let Some(error) = renewable.unrenewable(&token, flow.now()) {
        return still_good(flow, renewable, token, error, warnings);
    }
    if memory.is_too_soon(renewable.path(), flow.now()) {
        let message = format!(
            "{} has expired and was tried to be renewed less than {} seconds ago; try again later",
            renewable.name(),
            SPACING.as_secs()
        );
        return still_good(
            flow,
            renewable,
            token,
            Error::new(ErrorKind::Expired, message).retryable(),
            warnings,
        );
    }
    let lock = format!("{}.lock", renewable.path());
    let held = match flow.ask(Lock::take(&lock)).await {
        Ok(Ok(())) => true,
        Ok(Err(failure)) => {
            let message =
                format!("{} is not renewed, {lock} cannot be locked: {}", renewable.name(), failure.reason);
            return still_good(
                flow,
                renewable,
                token,
                Error::new(ErrorKind::Timeout, message).retryable(),
                warnings,
            );
        }
        // A host without locks has no way to share a file but the one that AWS's own tools have.
        Err(_) => false,
    };
    let result = renew(flow, renewable, memory, warnings).await;
    if held {
        // A host gives back at the end what it could not give back here.
        let _ = flow.ask(Lock::release(lock)).await;
    }
    result
}

/// The lock is held.
async fn renew<R: Renewable>(
    flow: &Flow,
    renewable: &R,
    memory: &Memory,
    warnings: &mut Vec<String>,
) -> Result<R::Token, Error> {
    let token = read(flow, renewable).await?;
    if !is_due(flow, renewable, &token) {
        return Ok(token);
    }
    if let Some(error) = renewable.unrenewable(&token, flow.now()) {
        return still_good(flow, renewable, token, error, warnings);
    }
    memory.note(renewable.path(), flow.now());
    match renewable.renew(flow, &token).await {
        Ok(new) => {
            save(flow, renewable, &new, warnings).await;
            Ok(new)
        }
        Err(refused) => {
            if let Ok(other) = read(flow, renewable).await
                && !is_due(flow, renewable, &other)
            {
                return Ok(other);
            }
            if refused.over {
                return Err(refused.error);
            }
            still_good(flow, renewable, token, refused.error, warnings)
        }
    }
}

/// Writes a token down. That it could not be is a warning: the token itself is good.
pub(crate) async fn save<R: Renewable>(
    flow: &Flow,
    renewable: &R,
    token: &R::Token,
    warnings: &mut Vec<String>,
) {
    let mut file = WriteFile::new(renewable.path(), Vec::new());
    file.data = renewable.write(token);
    let why = match flow.ask(file).await {
        Ok(Ok(())) => return,
        Ok(Err(failure)) => failure.reason,
        Err(refusal) => refusal.error("write files").message().to_owned(),
    };
    warnings.push(format!(
        "{} was renewed and could not be kept in {}: {why}; a new sign-in may be needed soon",
        renewable.name(),
        renewable.path()
    ));
}

async fn read<R: Renewable>(flow: &Flow, renewable: &R) -> Result<R::Token, Error> {
    let path = renewable.path();
    let answer = flow.ask(ReadFile::new(path, MAX_BYTES)).await;
    match answer.map_err(|refusal| refusal.error(&format!("read {path}")))? {
        Ok(Some(bytes)) => renewable.read(&Zeroizing::new(bytes)),
        Ok(None) => Err(renewable.missing()),
        Err(failure) => {
            Err(Error::new(ErrorKind::Config, format!("{path} cannot be read: {}", failure.reason)))
        }
    }
}

fn is_due<R: Renewable>(flow: &Flow, renewable: &R, token: &R::Token) -> bool {
    renewable.ends(token).since(flow.now()) <= RENEW_BEFORE
}

/// The old token with a word about what went wrong, as long as it lasts.
fn still_good<R: Renewable>(
    flow: &Flow,
    renewable: &R,
    token: R::Token,
    error: Error,
    warnings: &mut Vec<String>,
) -> Result<R::Token, Error> {
    let end = renewable.ends(&token);
    if end <= flow.now() {
        return Err(error);
    }
    warnings.push(format!("{} ends at {end} and was not renewed: {error}", renewable.name()));
    Ok(token)
}
