//! AssumeRoot: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html>.

use std::time::Duration;

use super::form::Form;
use super::limit;
use super::request::{Request, checked};
use crate::error::Error;

/// A short session as the root user of a member account, for one of five tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssumeRoot {
    /// The member account, or its ARN.
    pub target_principal: String,
    /// `arn:aws:iam::aws:policy/root-task/` and one of `IAMAuditRootUserCredentials`, `IAMCreateRootUserPassword`,
    /// `IAMDeleteRootUserCredentials`, `S3UnlockBucketPolicy`, `SQSUnlockQueuePolicy`.
    pub task_policy_arn: String,
    /// Fifteen minutes at most, which the service takes if it is not given.
    pub duration: Option<Duration>,
}

impl AssumeRoot {
    /// The two parameters that have to be there.
    pub fn new(target_principal: impl Into<String>, task_policy_arn: impl Into<String>) -> Self {
        Self {
            target_principal: target_principal.into(),
            task_policy_arn: task_policy_arn.into(),
            duration: None,
        }
    }

    /// The request, if every parameter is within its limits.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Input`] names the parameter.
    pub fn request(&self) -> Result<Request, Error> {
        checked("the target principal", limit::target_principal(&self.target_principal))?;
        checked("the task policy", limit::root_task_policy(&self.task_policy_arn))?;
        let seconds = self.duration.map(|duration| duration.as_secs());
        checked("the session's duration", seconds.map_or(Ok(()), limit::root_duration))?;
        let form = Form::new("AssumeRoot")
            .field("TargetPrincipal", &self.target_principal)
            .field("TaskPolicyArn.arn", &self.task_policy_arn)
            .optional("DurationSeconds", seconds.map(|n| n.to_string()).as_deref());
        Ok(Request::regional(form))
    }
}
