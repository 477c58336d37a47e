//! `awsaccess sign`: a raw request in, the signed request, or what was signed, out.

use std::io::{self, Read, Write};
use std::time::SystemTime;

use awsaccess::chain::Options;
use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{self, Payload, Request, Scope, SessionToken, Settings};
use awsaccess::time::Time;
use awsaccess_drivers::blocking;
use clap::ValueEnum;

use crate::output::{Failure, unless_closed};
use crate::raw::RawRequest;

/// The most that is read from standard input.
const MAX_INPUT: u64 = 64 << 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The region to sign for
    #[arg(long)]
    region: String,
    /// The service's signing name, such as s3 or execute-api
    #[arg(long)]
    service: String,
    /// Sign as at this time (ISO 8601) instead of now
    #[arg(long)]
    time: Option<String>,
    /// The key id; without it the credential chain is asked
    #[arg(long)]
    access_key_id: Option<String>,
    /// The secret. Other users of the machine can see it in the list of processes: prefer the chain
    #[arg(long, requires = "access_key_id")]
    secret_access_key: Option<String>,
    /// The session token; see --secret-access-key
    #[arg(long, requires = "access_key_id")]
    session_token: Option<String>,
    /// The profile for the credential chain
    #[arg(long, conflicts_with = "access_key_id")]
    profile: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "request")]
    show: Show,
    /// What stands for the body: a SHA-256 in hex, UNSIGNED-PAYLOAD, or a STREAMING- literal
    #[arg(long)]
    payload: Option<String>,
    /// Whether to encode the path twice; by service unless given
    #[arg(long)]
    double_encode: Option<bool>,
    /// Whether to normalise the path; by service unless given
    #[arg(long)]
    normalize: Option<bool>,
    /// Whether to add x-amz-content-sha256; by service unless given
    #[arg(long)]
    content_sha256_header: Option<bool>,
    /// Where the session token goes
    #[arg(long, value_enum, default_value = "sign")]
    session_token_mode: TokenMode,
}

#[derive(Clone, Copy, ValueEnum)]
enum Show {
    /// The signed request
    Request,
    /// The canonical request
    Canonical,
    /// The string to sign
    StringToSign,
}

#[derive(Clone, Copy, ValueEnum)]
enum TokenMode {
    Sign,
    Append,
    Omit,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut raw = Vec::new();
    io::stdin().take(MAX_INPUT).read_to_end(&mut raw)?;
    let raw = RawRequest::parse(&raw).map_err(Failure::misuse)?;
    let now = match &args.time {
        Some(text) => Time::parse_amz(text)
            .or_else(|| Time::parse_rfc3339(text))
            .ok_or_else(|| Failure::misuse("--time must be ISO 8601, such as 20150830T123600Z"))?,
        None => SystemTime::now().into(),
    };
    let payload = match &args.payload {
        Some(text) => Payload::parse(text).ok_or_else(|| {
            Failure::misuse(
                "--payload must be a sha-256 in lower-case hex, UNSIGNED-PAYLOAD or a STREAMING- literal",
            )
        })?,
        None => Payload::Bytes(&raw.body),
    };
    let settings = Settings {
        double_encode: args.double_encode,
        normalize: args.normalize,
        content_sha256_header: args.content_sha256_header,
        session_token: match args.session_token_mode {
            TokenMode::Sign => SessionToken::Sign,
            TokenMode::Append => SessionToken::Append,
            TokenMode::Omit => SessionToken::Omit,
        },
    };
    let credentials = args.credentials()?;
    let scope = Scope::new(&args.region, &args.service);
    let request = Request::new(&raw.method, &raw.target, &raw.headers);
    let explain =
        || sigv4::explain(&request, payload, &credentials, &scope, &settings, now).map_err(Failure::failed);
    let out = match args.show {
        Show::Request => {
            let signed = sigv4::sign(&request, payload, &credentials, &scope, &settings, now)
                .map_err(Failure::failed)?;
            raw.write(&raw.target, &signed.apply(&request))
        }
        Show::Canonical => explain()?.canonical_request,
        Show::StringToSign => explain()?.string_to_sign,
    };
    unless_closed(io::stdout().write_all(&out))
}

impl Args {
    fn credentials(&self) -> Result<Credentials, Failure> {
        let Some(id) = &self.access_key_id else {
            let mut options = Options::new();
            if let Some(profile) = &self.profile {
                options = options.profile(profile);
            }
            return Ok(blocking::resolve(&options)?);
        };
        let secret = self
            .secret_access_key
            .as_deref()
            .ok_or_else(|| Failure::misuse("--access-key-id needs --secret-access-key"))?;
        let keys = Credentials::new(id, secret);
        Ok(match &self.session_token {
            Some(token) => keys.with_session_token(token),
            None => keys,
        })
    }
}
