//! `awsaccess demo`: the main job end to end, against the emulator, a step at a time and every check shown.
//!
//! An unmodified client signs with placeholder keys; the gateway proves the signature, decides on the role, gets the
//! real credentials from instance metadata through two roles, signs again and sends on. The emulator, which shares no
//! code with what is shown, judges.

mod aws;
mod client;
mod job;
mod refusal;
mod report;
mod stage;

use awsaccess::redact::find_secret;

use crate::output::Failure;
use report::Report;
use stage::Stage;

pub(crate) fn run() -> Result<(), Failure> {
    let mut report = Report::default();
    report.say("awsaccess: one real request, all the way through");

    let emulator = job::emulator(&mut report)?;
    job::chain(&mut report, &emulator)?;
    let stage = job::gateway(&mut report, emulator)?;
    job::requests(&mut report, &stage)?;
    aws::requests(&mut report, &stage)?;
    refusal::requests(&mut report, &stage)?;
    records(&mut report, &stage);

    let (passed, failed) = report.counts();
    report.say(&format!("\n{passed} checks passed, {failed} failed"));
    if failed == 0 { Ok(()) } else { Err(Failure::failed("the demo found a check that does not hold")) }
}

/// Step 6: the audit lines, and the search for every secret in play.
fn records(report: &mut Report, stage: &Stage) {
    report.step("The audit lines, and a search of every line for every secret in play");
    let audit = stage.audit.text();
    let lines: Vec<&str> = audit.lines().collect();
    report.check("there are audit lines", !lines.is_empty(), "none");
    for line in &lines {
        report.say(&format!("   {line}"));
    }
    let parse = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
    report.check("each is one JSON object", lines.iter().all(parse), "a line that is none");
    let secrets = stage.secrets();
    report.note(format!(
        "{} secrets in play: placeholder secrets, every secret key and session token that the emulator knows",
        secrets.len()
    ));
    let said = format!("{}{audit}", report.said());
    let found: Vec<&str> =
        secrets.iter().filter_map(|secret| find_secret(said.as_bytes(), secret.as_bytes())).collect();
    report.check(
        "none of them is in any line, plain, percent-encoded, JSON-escaped, base64 or hex",
        found.is_empty(),
        format!("found {} ({})", found.len(), found.join(", ")),
    );
    let probe = format!("x{}x", stage.keys.secret_access_key().expose());
    let finds = find_secret(probe.as_bytes(), stage.keys.secret_access_key().expose().as_bytes()).is_some();
    report.check("(the search does find one that is there)", finds, "nothing");
}
