//! `AssumeRoot`: a task with the powers of a member account's root user, asked for from the management account.

use super::parameter::{Parameters, length};
use super::{credentials, element};
use crate::failure::Failure;
use crate::keyring::{Identity, Key, Session};
use crate::message::Request;
use crate::state::State;

const POLICIES: &str = "arn:aws:iam::aws:policy/root-task/";
const TASKS: [&str; 5] = [
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
    "IAMDeleteRootUserCredentials",
    "S3UnlockBucketPolicy",
    "SQSUnlockQueuePolicy",
];
const MAX_DURATION: u32 = 900;

pub(super) fn answer(
    state: &State,
    parameters: &Parameters,
    request: &Request,
    caller: &Key,
    now: i64,
) -> Result<String, Failure> {
    let refuse = |code: &str, message: &str| Err(Failure::new(400, code, message));
    let target = parameters.wanted("TargetPrincipal")?;
    length(target, "TargetPrincipal", 12, 2048)?;
    let account = target.strip_prefix("arn:aws:iam::").map_or(target, |rest| rest.trim_end_matches(":root"));
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse("ValidationError", "TargetPrincipal is no account");
    }
    let policy = parameters.wanted("TaskPolicyArn.arn")?;
    if !policy.strip_prefix(POLICIES).is_some_and(|task| TASKS.contains(&task)) {
        return refuse("ValidationError", "TaskPolicyArn is no policy for a task of a root user");
    }
    let seconds = match parameters.text("DurationSeconds").map(str::parse::<u32>) {
        None => MAX_DURATION,
        Some(Ok(seconds)) if seconds <= MAX_DURATION => seconds,
        Some(_) => return refuse("ValidationError", "DurationSeconds is not from 0 to 900"),
    };
    if request.host() == "sts.amazonaws.com" {
        return refuse("InvalidAction", "AssumeRoot must be sent to a regional endpoint");
    }
    let management = state.world.management_account.as_deref();
    let may = management == Some(caller.identity.account())
        && management != Some(account)
        && !matches!(caller.identity, Identity::Root { .. });
    if !may {
        let arn = caller.identity.arn();
        let message =
            format!("User: {arn} is not authorized to perform: sts:AssumeRoot on resource: {target}");
        return Err(Failure::new(403, "AccessDenied", message));
    }
    let source = caller.session.source_identity.clone();
    let shown = source.as_deref().map_or(String::new(), |source| element("SourceIdentity", source));
    let session = Session { source_identity: source, ..Session::default() };
    let identity = Identity::Root { account: account.to_owned() };
    Ok(format!("{shown}{}", credentials(&state.keyring.issue(identity, session, now, seconds))))
}
