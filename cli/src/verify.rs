//! `awsaccess verify` and `awsaccess resign`: a signed request, or a presigned URL or token, proven and signed again.

use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    self, Claim, OfflinePresign, Payload, Policy, ProvenPresign, Request, Upstream, Verified, VerifyError,
};
use awsaccess::time::Time;
use serde_json::{Value, json};

use crate::input::{self, Clock, Keys};
use crate::output::{self, Failure};
use crate::raw::RawRequest;

#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    what: What,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct ResignArgs {
    /// The keys to sign with
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    what: What,
    /// The secret that the client signed with; prefer the variable AWSACCESS_PLACEHOLDER_SECRET_ACCESS_KEY
    #[arg(long)]
    placeholder_secret: Option<String>,
    /// The session token of the client's key; prefer the variable AWSACCESS_PLACEHOLDER_SESSION_TOKEN
    #[arg(long)]
    placeholder_session_token: Option<String>,
    /// The host to sign for, if not the request's own
    #[arg(long)]
    host: Option<String>,
    /// The longest that a presigned URL or token may last, in seconds
    #[arg(long)]
    longest: Option<u64>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct What {
    #[command(flatten)]
    clock: Clock,
    /// Take requests whose x-amz-* headers are not all signed
    #[arg(long)]
    lenient: bool,
    /// A header that a presigned URL or token signs and does not hold, as NAME:VALUE
    #[arg(long = "header", value_name = "NAME:VALUE")]
    headers: Vec<String>,
}

/// What standard input held.
enum Input {
    Request(RawRequest),
    Presign(OfflinePresign),
}

impl What {
    fn read(&self) -> Result<Input, Failure> {
        let text = input::stdin()?;
        let Some(mut presign) = OfflinePresign::recognize(&text) else {
            return Ok(Input::Request(RawRequest::parse(&text).map_err(Failure::misuse)?));
        };
        for header in &self.headers {
            let Some((name, value)) = header.split_once(':') else {
                return Err(Failure::misuse("--header must be NAME:VALUE"));
            };
            presign = presign.with_header(name.trim(), value.trim());
        }
        Ok(Input::Presign(presign))
    }

    fn policy(&self) -> Policy {
        if self.lenient { Policy::default().lenient() } else { Policy::default() }
    }
}

/// What was proven.
enum Proven {
    Request(RawRequest, Box<Verified>),
    Presign(Box<ProvenPresign>),
}

/// Proves the input with a key, or says why it is refused.
fn prove(input: Input, policy: &Policy, key: &Credentials, now: Time) -> Result<Proven, VerifyError> {
    match input {
        Input::Presign(presign) if presign.access_key_id() != key.access_key_id() => {
            let mut headers = Vec::new();
            headers.push(("authorization", "AWS4-HMAC-SHA256 none"));
            drop(presign);
            Err(Claim::parse(&Request::new("GET", "/", &headers), policy, now).err().expect("no claim"))
        }
        Input::Presign(presign) => Ok(Proven::Presign(Box::new(presign.verify(key, policy, now)?))),
        Input::Request(raw) => {
            let request = Request::new(&raw.method, &raw.target, &raw.headers);
            let payload = Payload::Bytes(&raw.body);
            let claim = Claim::parse(&request, policy, now)?;
            if claim.access_key_id() != key.access_key_id() {
                return Err(claim.refuse_unknown(payload));
            }
            let verified = claim.verify(key, payload)?;
            Ok(Proven::Request(raw, Box::new(verified)))
        }
    }
}
