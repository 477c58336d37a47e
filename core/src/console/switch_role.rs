//! Links that switch the role in a console that is signed in already.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html>

use crate::error::{Error, ErrorKind};
use crate::partition::{self, Partition};
use crate::sts::encode;

/// A role to switch to.
///
/// ```
/// use awsaccess::console::SwitchRole;
/// let link = SwitchRole::of("arn:aws-us-gov:iam::111122223333:role/team/Admin")?.display_name("prod").color("F2B0A9");
/// assert_eq!(
///     link.url(None)?,
///     "https://signin.amazonaws-us-gov.com/switchrole?account=111122223333&roleName=team%2FAdmin&displayName=prod&color=F2B0A9"
/// );
/// # Ok::<(), awsaccess::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchRole {
    partition: &'static Partition,
    account: String,
    role: String,
    name: Option<String>,
    color: Option<String>,
    destination: Option<String>,
}

impl SwitchRole {
    /// Reads the role's ARN.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if it is none.
    pub fn of(role_arn: &str) -> Result<Self, Error> {
        let wrong = || input("the role must be an arn as arn:aws:iam::111122223333:role/name");
        let fields: Vec<&str> = role_arn.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = fields.as_slice() else { return Err(wrong()) };
        let role = resource.strip_prefix("role/").ok_or_else(wrong)?;
        let partition = partition::by_id(partition).ok_or_else(wrong)?;
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let taken = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&b);
        let named = (1..=576).contains(&role.len()) && role.bytes().all(taken) && !role.ends_with('/');
        if !digits || !named {
            return Err(wrong());
        }
        let (account, role) = ((*account).to_owned(), role.to_owned());
        Ok(Self { partition, account, role, name: None, color: None, destination: None })
    }

    /// What the console shows in place of role and account.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The colour it shows that on: six hexadecimal digits.
    #[must_use]
    pub fn color(mut self, color: impl Into<String>) -> Self {
        self.color = Some(color.into());
        self
    }

    /// Where to arrive, as [`destination`](super::destination) takes it.
    #[must_use]
    pub fn destination(mut self, destination: impl Into<String>) -> Self {
        self.destination = Some(destination.into());
        self
    }

    /// The link. It gives no access by itself: the console asks who is signed in.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if a part is not what it must be.
    pub fn url(&self, region: Option<&str>) -> Result<String, Error> {
        let longest = |name: &String| name.chars().count() <= 64 && !name.chars().any(char::is_control);
        if !self.name.as_ref().is_none_or(longest) {
            return Err(input("the display name must be one line of 64 characters at most"));
        }
        let hex = |color: &String| color.len() == 6 && color.bytes().all(|b| b.is_ascii_hexdigit());
        if !self.color.as_ref().is_none_or(hex) {
            return Err(input("the color must be six hexadecimal digits"));
        }
        let wish = self.destination.as_deref();
        let there = wish.map(|wish| super::destination(Some(wish), self.partition, region)).transpose()?;
        let mut url = format!("https://{}/switchrole?account=", partition::sign_in(self.partition, None));
        url.push_str(&self.account);
        let parts = [("roleName", Some(&self.role)), ("displayName", self.name.as_ref())];
        let more = [("color", self.color.as_ref()), ("redirect_uri", there.as_ref())];
        for (name, value) in parts.into_iter().chain(more) {
            if let Some(value) = value {
                url.push('&');
                url.push_str(name);
                url.push('=');
                encode(value, &mut url);
            }
        }
        Ok(url)
    }
}

fn input(message: &str) -> Error {
    Error::new(ErrorKind::Input, message)
}
