//! `awsaccess sign` and `awsaccess presign`: a raw request in, the signed request or its URL, or what was signed, out.

use std::io::{self, Write as _};
use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{self, Payload, Request, Scope, SessionToken, Settings};
use awsaccess::time::Time;
use clap::ValueEnum;
use serde_json::json;

use crate::input::{self, Clock, Keys};
use crate::link::{ByPlaceholder, told};
use crate::output::{self, Failure};
use crate::raw::RawRequest;
use crate::token::TokenArgs;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    how: How,
    /// What to print
    #[arg(long, value_enum, default_value = "request")]
    show: Show,
    /// Whether to add x-amz-content-sha256; by service unless given
    #[arg(long)]
    content_sha256_header: Option<bool>,
}

#[derive(clap::Args)]
pub(crate) struct PresignArgs {
    #[command(flatten)]
    how: How,
    /// For how many seconds the URL is to be good, 900 unless given: at most 604800, and no longer than temporary keys are
    #[arg(long)]
    expires: Option<u64>,
    /// Print a JSON object with the URL and its end
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    by: ByPlaceholder,
    #[command(flatten)]
    token: TokenArgs,
}

/// What signing in headers and in the query have in common.
#[derive(clap::Args)]
struct How {
    /// The region to sign for
    #[arg(long)]
    region: Option<String>,
    /// Sign with SigV4A, for these regions: names with commas between them, `*` for any
    #[arg(long, value_delimiter = ',', conflicts_with = "region")]
    region_set: Option<Vec<String>>,
    /// The service's signing name, such as s3 or execute-api
    #[arg(long)]
    service: Option<String>,
    #[command(flatten)]
    clock: Clock,
    #[command(flatten)]
    keys: Keys,
    /// What stands for the body: a SHA-256 in hex, UNSIGNED-PAYLOAD, or a STREAMING- literal
    #[arg(long)]
    payload: Option<String>,
    /// Whether to encode the path twice; by service unless given
    #[arg(long)]
    double_encode: Option<bool>,
    /// Whether to normalise the path; by service unless given
    #[arg(long)]
    normalize: Option<bool>,
    /// Where the session token goes
    #[arg(long, value_enum, default_value = "sign")]
    session_token_mode: TokenMode,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
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

/// What is signed, and with what.
struct Task {
    raw: RawRequest,
    credentials: Credentials,
    scope: Scope,
    settings: Settings,
    now: Time,
}

impl How {
    fn task(&self) -> Result<Task, Failure> {
        let service = self.service.as_deref();
        let service = service.ok_or_else(|| Failure::misuse("which service? give it with --service"))?;
        let scope = match (&self.region_set, &self.region) {
            (Some(regions), _) => Scope::regions(regions, service),
            (None, Some(region)) => Scope::new(region, service),
            (None, None) => return Err(Failure::misuse("which region? give it with --region")),
        };
        let raw = RawRequest::parse(&input::stdin()?).map_err(Failure::misuse)?;
        let settings = Settings {
            double_encode: self.double_encode,
            normalize: self.normalize,
            content_sha256_header: None,
            session_token: match self.session_token_mode {
                TokenMode::Sign => SessionToken::Sign,
                TokenMode::Append => SessionToken::Append,
                TokenMode::Omit => SessionToken::Omit,
            },
        };
        let now = self.clock.now()?;
        // The chain may ask the network: only when all else is right.
        self.payload(&raw)?;
        Ok(Task { raw, credentials: self.keys.resolve()?, scope, settings, now })
    }

    fn payload<'a>(&self, raw: &'a RawRequest) -> Result<Payload<'a>, Failure> {
        let Some(text) = &self.payload else { return Ok(Payload::Bytes(&raw.body)) };
        Payload::parse(text).ok_or_else(|| {
            Failure::misuse(
                "--payload must be a sha-256 in lower-case hex, UNSIGNED-PAYLOAD or a STREAMING- literal",
            )
        })
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Task { raw, credentials, scope, mut settings, now } = args.how.task()?;
    settings.content_sha256_header = args.content_sha256_header;
    let payload = args.how.payload(&raw)?;
    let request = Request::new(&raw.method, &raw.target, &raw.headers);
    if args.show == Show::Request {
        let signed =
            sigv4::sign(&request, payload, &credentials, &scope, &settings, now).map_err(Failure::failed)?;
        return output::print(&raw.write(&raw.target, &signed.apply(&request)));
    }
    let explained =
        sigv4::explain(&request, payload, &credentials, &scope, &settings, now).map_err(Failure::failed)?;
    output::print(match args.show {
        Show::StringToSign => &explained.string_to_sign,
        _ => &explained.canonical_request,
    })
}

pub(crate) fn presign(args: &PresignArgs) -> Result<(), Failure> {
    if args.token.is_given() {
        return args.token.run(&args.by, args.expires, args.json);
    }
    if args.by.is_meant() {
        return by_gateway(args);
    }
    let Task { raw, credentials, scope, settings, now } = args.how.task()?;
    let s3 = sigv4::is_s3_family(scope.service());
    let payload = match args.how.payload(&raw)? {
        // Whoever uses the link brings the body.
        Payload::Bytes(_) if s3 && args.how.payload.is_none() => Payload::Unsigned,
        payload => payload,
    };
    let request = Request::new(&raw.method, &raw.target, &raw.headers);
    let asked = Duration::from_secs(args.expires.unwrap_or(900));
    let ends = credentials.expires_at().unwrap_or(now + asked).min(now + asked);
    let lasts = Duration::from_secs(ends.since(now).as_secs());
    if lasts < asked && lasts.is_zero() {
        return Err(Failure::failed("the credentials have expired"));
    }
    let signed = sigv4::presign(&request, payload, &credentials, &scope, &settings, lasts, now)
        .map_err(Failure::failed)?;
    let mut url = Vec::new();
    if signed.target().starts_with(b"/") {
        url.extend_from_slice(b"https://");
        url.extend_from_slice(request.host().unwrap_or_default());
    }
    url.extend_from_slice(signed.target());
    if args.json {
        let url = String::from_utf8_lossy(&url);
        return output::print_json(&json!({
            "url": url, "method": raw.method, "expires_at": ends.to_string(), "expires": lasts.as_secs(),
        }));
    }
    if lasts < asked {
        // A link that ends before it says so helps nobody.
        let (lasts, ends) = (lasts.as_secs(), ends.to_string());
        let _ = writeln!(
            io::stderr(),
            "awsaccess: the link lasts {lasts} seconds, until {ends}, when the credentials that sign it end"
        );
    }
    url.push(b'\n');
    output::print(&url)
}

/// The gateway presigns it, for the role of the placeholder.
fn by_gateway(args: &PresignArgs) -> Result<(), Failure> {
    let how = &args.how;
    if how.keys.are_given() || how.payload.is_some() || how.region_set.is_some() {
        let why =
            "with --name or --from-env the gateway signs; leave out keys, profile, payload and region set";
        return Err(Failure::misuse(why));
    }
    let raw = RawRequest::parse(&input::stdin()?).map_err(Failure::misuse)?;
    if !raw.body.is_empty() {
        return Err(Failure::misuse("the gateway presigns requests without a body"));
    }
    let text = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec());
        text.map_err(|_| Failure::misuse("the request has bytes that are no text"))
    };
    let mut headers = serde_json::Map::new();
    let mut host = None;
    for (name, value) in &raw.headers {
        match name.eq_ignore_ascii_case(b"host") {
            true => host = Some(text(value)?),
            false => drop(headers.insert(text(name)?, text(value)?.into())),
        }
    }
    let host = host.ok_or_else(|| Failure::misuse("the request has no host"))?;
    let wish = json!({
        "method": raw.method, "url": format!("https://{host}{}", text(&raw.target)?), "headers": headers,
        "service": how.service, "region": how.region, "seconds": args.expires,
    });
    let wish = wish.as_object().cloned().unwrap_or_default();
    let answer = args.by.ask("/v1/presigned-urls", wish)?;
    let url = told(&answer, "url")?;
    if args.json {
        return output::print_json(&serde_json::Value::Object(answer));
    }
    let limited_by = told(&answer, "limited_by")?;
    if limited_by != "asked" {
        let ends = told(&answer, "expires_at")?;
        let _ =
            writeln!(io::stderr(), "awsaccess: the link lasts until {ends}, which the {limited_by} bounds");
    }
    output::print(format!("{url}\n").as_bytes())
}
