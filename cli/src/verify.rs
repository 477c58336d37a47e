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
    Presign(Box<OfflinePresign>),
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
        Ok(Input::Presign(Box::new(presign)))
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

/// Why the input is refused.
struct Refusal {
    kind: &'static str,
    aws_code: &'static str,
    status: u16,
    message: String,
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        Self {
            kind: error.kind().name(),
            aws_code: error.aws_code(),
            status: error.status(),
            message: error.operator_detail().to_owned(),
        }
    }
}

impl Refusal {
    /// A program reads it on standard output, a person on standard error.
    fn end(self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            output::print_json(&json!({
                "verified": false, "kind": self.kind, "aws_code": self.aws_code, "status": self.status,
                "message": &self.message,
            }))?;
        }
        Err(Failure::failed(format!("{}: {}", self.kind, self.message)))
    }

    fn other_key(claimed: &str, given: &str) -> Self {
        Self {
            kind: "unknown-key",
            aws_code: "InvalidClientTokenId",
            status: 403,
            message: format!("it was signed with the key id {claimed}; the key at hand is {given}"),
        }
    }
}

/// Proves the input with the key that `find` has for its key id.
fn prove(
    input: Input,
    what: &What,
    now: Time,
    find: impl FnOnce(&str) -> Result<Credentials, Failure>,
) -> Result<Result<Proven, Refusal>, Failure> {
    let policy = what.policy();
    match input {
        Input::Presign(presign) => {
            let key = find(presign.access_key_id())?;
            if presign.access_key_id() != key.access_key_id() {
                return Ok(Err(Refusal::other_key(presign.access_key_id(), key.access_key_id())));
            }
            let proven = presign.verify(&key, &policy, now);
            Ok(proven.map(|proven| Proven::Presign(Box::new(proven))).map_err(Refusal::from))
        }
        Input::Request(raw) => {
            let request = Request::new(&raw.method, &raw.target, &raw.headers);
            let claim = match Claim::parse(&request, &policy, now) {
                Ok(claim) => claim,
                Err(error) => return Ok(Err(error.into())),
            };
            let key = find(claim.access_key_id())?;
            if claim.access_key_id() != key.access_key_id() {
                return Ok(Err(Refusal::other_key(claim.access_key_id(), key.access_key_id())));
            }
            let verified = claim.verify(&key, Payload::Bytes(&raw.body));
            Ok(verified.map(|verified| Proven::Request(raw, Box::new(verified))).map_err(Refusal::from))
        }
    }
}

pub(crate) fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let (input, now) = (args.what.read()?, args.what.clock.now()?);
    let proven = match prove(input, &args.what, now, |_| args.keys.resolve())? {
        Ok(proven) => proven,
        Err(refusal) => return refusal.end(args.json),
    };
    let said = describe(&proven);
    if args.json {
        return output::print_json(&said);
    }
    let mut text = String::new();
    for (name, value) in said.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.push_str(&format!("{name}: {value}\n"));
    }
    output::print(text.as_bytes())
}

fn describe(proven: &Proven) -> Value {
    match proven {
        Proven::Request(_, verified) => json!({
            "verified": true,
            "access_key_id": verified.access_key_id(),
            "algorithm": verified.algorithm().as_str(),
            "region": verified.region(),
            "service": verified.service(),
            "signed_at": verified.signed_at().to_string(),
            "presigned": verified.is_presigned(),
            "signed_headers": verified.signed_headers().collect::<Vec<_>>().join(";"),
        }),
        Proven::Presign(proven) => {
            let presign = proven.presign();
            json!({
                "verified": true,
                "kind": presign.kind().name(),
                "access_key_id": presign.access_key_id(),
                "region": presign.region(),
                "service": presign.service(),
                "method": proven.method(),
                "host": presign.host(),
                "resource": presign.resource(),
                "signed_at": presign.signed_at().to_string(),
                "expires_at": presign.expires_at().to_string(),
            })
        }
    }
}

pub(crate) fn resign(args: &ResignArgs) -> Result<(), Failure> {
    let (input, now) = (args.what.read()?, args.what.clock.now()?);
    let proven = match prove(input, &args.what, now, |id| args.placeholder(id))? {
        Ok(proven) => proven,
        Err(refusal) => return refusal.end(args.json),
    };
    let credentials = args.keys.resolve()?;
    match proven {
        Proven::Presign(proven) => args.resign_presign(&proven, &credentials, now),
        Proven::Request(raw, verified) => args.resign_request(&raw, *verified, &credentials, now),
    }
}

impl ResignArgs {
    /// The key of the client, under the key id that the client claims.
    fn placeholder(&self, id: &str) -> Result<Credentials, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let secret = self
            .placeholder_secret
            .clone()
            .or_else(|| variable("AWSACCESS_PLACEHOLDER_SECRET_ACCESS_KEY"))
            .ok_or_else(|| {
                Failure::misuse(
                    "the client's secret is needed: set AWSACCESS_PLACEHOLDER_SECRET_ACCESS_KEY or \
                     --placeholder-secret",
                )
            })?;
        let token = self
            .placeholder_session_token
            .clone()
            .or_else(|| variable("AWSACCESS_PLACEHOLDER_SESSION_TOKEN"));
        let keys = Credentials::new(id, secret);
        Ok(match token {
            Some(token) => keys.with_session_token(token),
            None => keys,
        })
    }

    fn resign_presign(
        &self,
        proven: &ProvenPresign,
        credentials: &Credentials,
        now: Time,
    ) -> Result<(), Failure> {
        let longest = self.longest.map(Duration::from_secs);
        let again = proven.resign(credentials, longest, now).map_err(Failure::failed)?;
        let text = String::from_utf8_lossy(again.text()).trim_end().to_owned();
        if self.json {
            return output::print_json(&json!({
                "kind": proven.presign().kind().name(),
                "text": text,
                "expires_at": again.expires_at().to_string(),
                "expires": again.lifetime().as_secs(),
                "limited_by": again.limited_by().name(),
            }));
        }
        eprintln!(
            "awsaccess: {}, good until {} ({} seconds, limited by {})",
            proven.presign().kind().name(),
            again.expires_at(),
            again.lifetime().as_secs(),
            again.limited_by().name()
        );
        output::print(format!("{text}\n").as_bytes())
    }

    fn resign_request(
        &self,
        raw: &RawRequest,
        verified: Verified,
        credentials: &Credentials,
        now: Time,
    ) -> Result<(), Failure> {
        let own = verified.request().host().map(|host| String::from_utf8_lossy(host).into_owned());
        let host = self.host.clone().or(own).unwrap_or_default();
        let mut out =
            sigv4::resign(verified, &Upstream::new(host), credentials, now).map_err(Failure::failed)?;
        let mut body = out.body.push(&raw.body).map_err(Failure::failed)?;
        body.extend(out.body.finish().map_err(Failure::failed)?);
        if self.json {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let headers: Vec<_> =
                out.headers.iter().map(|(name, value)| json!([text(name), text(value)])).collect();
            return output::print_json(&json!({
                "method": out.method, "target": text(&out.target), "headers": headers,
            }));
        }
        let signed = RawRequest { method: out.method, target: Vec::new(), headers: Vec::new(), body };
        output::print(&signed.write(&out.target, &Vec::from(&out.headers)))
    }
}
