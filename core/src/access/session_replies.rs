//! Replies that open a session past the gateway.

use super::Guard;

/// The operations whose reply has a token, and an address, for a session that passes the gateway by.
const OPEN_SESSIONS: [&str; 3] = ["ssm:StartSession", "ssm:ResumeSession", "ecs:ExecuteCommand"];

impl Guard {
    /// A guard from what is to become of the replies to `ssm:StartSession`, `ssm:ResumeSession` and `ecs:ExecuteCommand`:
    /// `pass` or `deny`. What must not be answered is not asked. `None`: nothing is denied.
    ///
    /// ```
    /// use awsaccess::access::Guard;
    /// assert!(Guard::of_session_replies([("ssm:StartSession", "deny")]).unwrap().is_some());
    /// assert_eq!(Guard::of_session_replies([("ssm:SendCommand", "deny")]).unwrap_err()[0].0, "ssm:SendCommand");
    /// ```
    ///
    /// # Errors
    /// The operations that open no such session, or whose mode is neither, each with why.
    pub fn of_session_replies<'a>(
        replies: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Option<Self>, Vec<(&'a str, String)>> {
        let (mut denied, mut wrong) = (Vec::new(), Vec::new());
        for (operation, mode) in replies {
            if !OPEN_SESSIONS.contains(&operation) {
                wrong.push((operation, format!("must be one of {}", OPEN_SESSIONS.join(", "))));
            }
            match mode {
                "pass" => {}
                "deny" => denied.push(operation),
                _ => wrong.push((operation, "must be \"pass\" or \"deny\"".to_owned())),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if denied.is_empty() {
            return Ok(None);
        }
        let of_all = |why: super::RuleError| vec![("", why.to_string())];
        Self::new("session-replies", None, &denied).map(Some).map_err(of_all)
    }
}
