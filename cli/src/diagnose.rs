//! `awsaccess diagnose`: a request and the reply that refused it in, the cause out.

use awsaccess::sigv4::{self, Cause, Diagnosis, Evidence, Payload, Reply, Request, Scope};
use serde_json::json;

use crate::input::{self, Clock, Keys};
use crate::output::{self, Failure};
use crate::raw::RawRequest;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The raw HTTP/1.1 request as it left the client, signature and all; `-` for standard input
    request: String,
    /// The reply that refused it, as it was on the wire or its body alone; `-` for standard input
    #[arg(long, value_name = "FILE")]
    reply: Option<String>,
    /// The canonical request that the client logged
    #[arg(long, value_name = "FILE")]
    canonical: Option<String>,
    // The keys that the client meant to sign with: these, a profile's, or those of the environment if their id is
    // the request's.
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    clock: Clock,
    /// The region that the service wants, with --service, where the host does not tell
    #[arg(long, requires = "service")]
    region: Option<String>,
    /// The signing name that the service wants
    #[arg(long, requires = "region")]
    service: Option<String>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let inputs = [Some(&args.request), args.reply.as_ref(), args.canonical.as_ref()];
    if inputs.iter().flatten().filter(|path| path.as_str() == "-").count() > 1 {
        return Err(Failure::misuse("only one of the inputs can be standard input"));
    }
    let raw = RawRequest::parse(&input::file(&args.request)?).map_err(Failure::misuse)?;
    let reply = args.reply.as_deref().map(input::file).transpose()?;
    let reply = reply.map(|reply| Reply::parse_http(&reply));
    let canonical = args.canonical.as_deref().map(input::file).transpose()?;
    let keys = args.keys.at_hand()?;
    let scope =
        args.region.as_ref().zip(args.service.as_ref()).map(|(region, service)| Scope::new(region, service));
    let request = Request::new(&raw.method, &raw.target, &raw.headers);
    let mut evidence = Evidence::new(request, Payload::Bytes(&raw.body));
    if let Some(keys) = keys.as_ref().filter(|keys| names(&raw, keys.access_key_id())) {
        evidence = evidence.credentials(keys);
    }
    if let Some(scope) = &scope {
        evidence = evidence.expected(scope);
    }
    if let Some(canonical) = &canonical {
        evidence = evidence.canonical_request(canonical);
    }
    if let Some(now) = args.clock.given()? {
        evidence = evidence.now(now);
    }
    let found = sigv4::diagnose(&evidence, reply.as_ref());
    if args.json {
        output::print_json(&object(&found, reply.as_ref()))?;
    } else {
        output::print(text(&found).as_bytes())?;
    }
    if found.cause() == Cause::Unknown { Err(Failure::failed(found.explanation())) } else { Ok(()) }
}

/// Whether the request was signed in the name of a key.
fn names(raw: &RawRequest, key_id: &str) -> bool {
    let within = |text: &[u8]| text.windows(key_id.len().max(1)).any(|window| window == key_id.as_bytes());
    within(&raw.target)
        || raw
            .headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case(b"authorization") && within(value))
}

fn text(found: &Diagnosis) -> String {
    let sure = if found.is_certain() { "" } else { " (likely)" };
    let mut lines = vec![format!("cause: {}{sure}", found.cause().name())];
    let place = match found.subject() {
        Some(subject) => format!("{} {subject}", found.part().name()),
        None => found.part().name().to_owned(),
    };
    lines.push(format!("where: {place}"));
    lines.push(format!("means: {}", found.explanation()));
    lines.extend(found.ours().map(|line| format!("signed: {line}")));
    lines.extend(found.theirs().map(|line| format!("service: {line}")));
    lines.push(format!("to do: {}", found.remedy()));
    lines.join("\n") + "\n"
}

fn object(found: &Diagnosis, reply: Option<&Reply>) -> serde_json::Value {
    json!({
        "cause": found.cause().name(),
        "certain": found.is_certain(),
        "part": found.part().name(),
        "subject": found.subject(),
        "explanation": found.explanation(),
        "remedy": found.remedy(),
        "ours": found.ours(),
        "theirs": found.theirs(),
        "aws_code": reply.and_then(Reply::code),
        "status": reply.and_then(Reply::status),
    })
}
