//! A token or an assertion that is exchanged for credentials, given or in a file.

use std::fmt;

use crate::effect::ReadFile;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::secret::Secret;
use crate::sts::{self, Endpoint, Form};

/// Where a token is. A file is read anew each time, since what wrote it replaces it before it ends.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Token {
    /// At hand.
    Given(Secret),
    /// In the file at this path.
    File(String),
}

impl Token {
    /// Reads it: one word, without the white space around it. `what` names it in errors.
    pub(crate) async fn read(&self, flow: &Flow, what: &str, most: usize) -> Result<Secret, Error> {
        let path = match self {
            Self::Given(secret) => {
                return one_word(secret.expose(), most)
                    .map_err(|why| Error::new(ErrorKind::Input, format!("the {what} {why}")));
            }
            Self::File(path) => path,
        };
        let wrong = |kind, why: &str| Error::new(kind, format!("the {what} in {path} {why}"));
        // A few bytes more for the white space at its end.
        let read = flow.ask(ReadFile::new(path, most + 64)).await;
        let data = match read.map_err(|refusal| refusal.error(&format!("read {path}")))? {
            Ok(Some(data)) => zeroize::Zeroizing::new(data),
            Ok(None) => return Err(wrong(ErrorKind::Config, "is not there; the file does not exist")),
            Err(failure) => {
                return Err(wrong(ErrorKind::Config, &format!("cannot be read: {}", failure.reason)));
            }
        };
        let text = std::str::from_utf8(&data).map_err(|_| wrong(ErrorKind::Malformed, "is no text"))?;
        one_word(text, most).map_err(|why| wrong(ErrorKind::Malformed, why))
    }

    /// Exchanges it at STS. A token that is refused as expired or not valid may just have been replaced: a file is
    /// read again, and what is then in it is tried, once.
    pub(crate) async fn exchange(
        &self,
        flow: &Flow,
        what: &str,
        most: usize,
        endpoint: &Endpoint,
        form: impl Fn(&Secret) -> Result<Form, Error>,
    ) -> Result<sts::Document, Error> {
        let token = self.read(flow, what, most).await?;
        let refused = match sts::call_unsigned(flow, endpoint, &form(&token)?).await {
            Err(error) if matches!(self, Self::File(_)) && may_be_stale(&error) => error,
            result => return result,
        };
        match self.read(flow, what, most).await {
            Ok(newer) if newer != token => sts::call_unsigned(flow, endpoint, &form(&newer)?).await,
            _ => Err(refused),
        }
    }
}

fn may_be_stale(error: &Error) -> bool {
    let code = error.aws_code().unwrap_or_default();
    matches!(code.strip_suffix("Exception").unwrap_or(code), "ExpiredToken" | "InvalidIdentityToken")
}

fn one_word(text: &str, most: usize) -> Result<Secret, &'static str> {
    let text = text.trim_ascii();
    match text {
        "" => Err("is empty"),
        _ if text.len() > most => Err("is too long to be one"),
        _ if !text.bytes().all(|b| b.is_ascii_graphic()) => {
            Err("has a space or a character in it that no token has")
        }
        _ => Ok(Secret::new(text)),
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("Given(hidden)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}
