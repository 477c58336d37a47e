//! A person signs in and out: IAM Identity Center, and `aws login`.
//!
//! What `aws sso login`, `aws configure sso`, `aws sso logout`, `aws login` and `aws logout` do, as tasks that any
//! host can drive, with the same files. A browser on this machine comes back to a loopback port (authorization code
//! with PKCE, RFC 7636 and RFC 8252); without one, a code is shown that is typed in elsewhere (RFC 8628).
//!
//! ```
//! use awsaccess::signin::{SsoLogin, sso_login};
//! use awsaccess::{chain::Options, env::Env, step::Step, time::Time};
//!
//! let env: Env = [("HOME", "/home/me")].into_iter().collect();
//! let request = SsoLogin::new(Options::new()).session("dev").device_code(true);
//! let step = sso_login(&request, &env, Time::from_unix(1_800_000_000), [7; 32]);
//! assert!(matches!(step, Step::ReadFile(ask) if ask.request().path == "/home/me/.aws/config"));
//! ```

mod browser;
mod configure;
mod device;
mod directory;
mod login;
mod logout;
mod registration;
mod sso;

pub use crate::provider::sso::portal::Account;
pub use configure::{SsoProfile, Written, configure_sso};
pub use directory::{account_roles, accounts, portal};
pub use login::{LoggedIn, Login, login};
pub use logout::{LoggedOut, logout, sso_logout};
pub use sso::{SignedIn, SsoLogin, sso_login};

/// The most questions that a sign-in may ask: a person is waited for, who may take ten minutes.
pub const MAX_QUESTIONS: usize = 1000;
