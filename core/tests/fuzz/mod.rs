//! One function per reader of what comes from outside: it takes any bytes, and panics where a promise is broken. The
//! fuzzer (`fuzz/`) and `fuzz_corpus.rs` run the same functions.

pub mod answer;
mod body;
mod chain;
pub mod gateway;
mod head;
mod host;
mod operation;
mod pieces;
mod redact;
mod sealed;
pub mod seed;
#[path = "../redaction/shape.rs"]
mod shape;
mod text;

use awsaccess::credentials::Credentials;
use awsaccess::time::Time;

/// A target's name, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 20] = [
    ("authorization", head::authorization),
    ("query", head::query),
    ("head", head::head),
    ("host", host::host),
    ("gateway", gateway::gateway),
    ("sealed", sealed::sealed),
    ("replaced", sealed::replaced),
    ("chunks", body::chunks),
    ("events", body::events),
    ("signed_pieces", pieces::signed_pieces),
    ("profile", text::profile),
    ("redact", redact::redact),
    ("redact_learned", redact::redact_learned),
    ("redact_json", redact::redact_json),
    ("redact_xml", redact::redact_xml),
    ("redact_yaml", redact::redact_yaml),
    ("redact_cbor", redact::redact_cbor),
    ("reply", text::reply),
    ("operation", operation::operation),
    ("chain", chain::chain),
];

/// 2027-01-15T08:00:00Z
const NOW: Time = Time::from_unix(1_800_000_000);

const PLACEHOLDER_SECRET: &str = "placeholder-secret-of-the-fuzzer";
const REAL_SECRET: &str = "real-secret-of-the-fuzzer";

fn placeholder() -> Credentials {
    Credentials::new("AKIAPLACEHOLDER00001", PLACEHOLDER_SECRET)
}

fn real() -> Credentials {
    Credentials::new("ASIAREALREALREALREAL", REAL_SECRET).with_session_token("real/token+of-the-fuzzer==")
}

/// Runs a target by its name.
///
/// # Panics
/// If there is none of that name, or as soon as a promise is broken.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of that name");
    target(data);
}
