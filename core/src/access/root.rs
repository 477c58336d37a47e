//! The root user of another account, whose session a subject asks STS for.

use std::fmt;

use super::{ArnError, Denied, Identity, Policy};
use crate::partition;
use crate::time::Time;

/// The root user of an account, as `AssumeRoot` names it: by the account's twelve digits, or by the user's ARN.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountRoot {
    /// The partition, if it is said.
    partition: Option<String>,
    account: String,
}

impl AccountRoot {
    /// Reads one.
    ///
    /// # Errors
    /// [`ArnError::NotARoot`] for everything else.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let bad = || ArnError::NotARoot(text.chars().take(200).collect());
        let parts: Vec<&str> = text.split(':').collect();
        let (partition, account) = match parts.as_slice() {
            ["arn", partition, "iam", "", account, "root"] => (Some((*partition).to_owned()), *account),
            [account] => (None, *account),
            _ => return Err(bad()),
        };
        let is_known = partition.as_ref().is_none_or(|id| partition::by_id(id).is_some());
        let is_account = account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit());
        if is_known && is_account { Ok(Self { partition, account: account.to_owned() }) } else { Err(bad()) }
    }
}

impl fmt::Display for AccountRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:iam::{}:root", self.partition.as_deref().unwrap_or("*"), self.account)
    }
}

impl Policy {
    /// Whether the subject may have a session of that root user; gives the rule. No rule on roles speaks of it: the
    /// application must name the account, and no role that the subject has may deny it.
    ///
    /// # Errors
    /// [`Denied`] with the reason.
    pub fn may_assume_root(&self, who: &Identity, root: &AccountRoot, now: Time) -> Result<String, Denied> {
        let standing = self.standing(who, now)?;
        let (application, _) = self.target(who, &standing)?;
        let partition = root.partition.as_deref().zip(application.partition.as_deref());
        if !application.accounts.contains(&root.account) || partition.is_some_and(|(one, own)| one != own) {
            return Err(Denied::Target(root.to_string()));
        }
        let mut held = standing.held.iter();
        match held.find_map(|held| held.role.denial_of_account(application, &root.account)) {
            Some(denied) => Err(denied),
            None => Ok(format!("application {}: account {}", application.name, root.account)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Application, Hop, Role, Subject, Target};

    #[test]
    fn it_is_an_account_or_an_arn() {
        let shown = |text: &str| AccountRoot::parse(text).map(|root| root.to_string()).ok();
        assert_eq!(shown("123456789012").as_deref(), Some("arn:*:iam::123456789012:root"));
        let arn = "arn:aws-cn:iam::123456789012:root";
        assert_eq!(shown(arn).as_deref(), Some(arn));
        for text in [
            "",
            "12345678901",
            "12345678901x",
            "arn:aws:iam::123456789012:role/root",
            "arn:mars:iam::123456789012:root",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn the_application_must_name_the_account() {
        let who = Identity::new("alice", "prod", "reader");
        let may = |edit: fn(&mut Application, &mut Role), text: &str| {
            let hop = Hop::new("arn:aws:iam::123456789012:role/reader").unwrap();
            let mut prod = Application::new("prod", "base", vec![Target::new("reader", vec![hop])]);
            let mut role = Role::new("dev", &["arn:aws:iam::*:role/*"], &[]).unwrap();
            edit(&mut prod, &mut role);
            let rules = Policy::new(vec![prod], vec![role], vec![Subject::new("alice", &["dev"])]).unwrap();
            rules.may_assume_root(&who, &AccountRoot::parse(text).unwrap(), Time::from_unix(1_800_000_000))
        };
        let named = |prod: &mut Application, _: &mut Role| prod.accounts = vec!["123456789012".into()];
        assert!(matches!(may(|_, _| {}, "123456789012"), Err(Denied::Target(_))), "any account is none");
        assert_eq!(may(named, "123456789012").unwrap(), "application prod: account 123456789012");
        assert!(may(named, "arn:aws:iam::123456789012:root").is_ok());
        assert!(matches!(may(named, "999999999999"), Err(Denied::Target(_))));
        let partition = |prod: &mut Application, _: &mut Role| {
            (prod.accounts, prod.partition) = (vec!["123456789012".into()], Some("aws".into()));
        };
        assert!(matches!(may(partition, "arn:aws-cn:iam::123456789012:root"), Err(Denied::Target(_))));
        let denied = |prod: &mut Application, role: &mut Role| {
            prod.accounts = vec!["123456789012".into()];
            role.deny_accounts = vec!["123456789012".into()];
        };
        assert!(matches!(may(denied, "123456789012"), Err(Denied::DeniedBy(_))));
    }
}
