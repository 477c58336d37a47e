//! When to ask a source again, and the caches that the AWS CLI and SDKs share as files.
//!
//! [`Cached`] holds the credentials of one source and decides, for each caller and as a pure function of the time,
//! whether they serve, whether somebody should ask the source, and what a failure means. It follows the scheme that
//! AWS's SDKs agreed on in 2026: an advisory window in which one caller renews while all others go on, a mandatory
//! one in which everybody waits, and a pause of five to ten minutes after a failure in which what there is serves on,
//! past its time too (AWS decides), so that an outage of a source neither stops the caller nor is made worse by it.
//!
//! | source | asked again within one attempt | after a failed refresh |
//! |---|---|---|
//! | instance metadata, container | after a timeout, 429, 5xx and half a document, with a random delay that doubles | the old credentials serve on, expired too; not asked for 5 to 10 minutes |
//! | STS, IAM Identity Center, `aws login` | three attempts: throttling, 5xx, transport, a wrong clock | the same; what waiting cannot mend is an error at once, told again for 1 to 5 seconds without asking |
//! | a program, the host's own source, the environment | never | the old credentials serve until their end, then it is an error |

mod cached;
mod file;
mod key;
mod policy;
mod shelf;

pub use cached::{Cached, Decision};
pub(crate) use key::assume_role;
pub use key::{assume_role_key, sso_credentials_key};
pub use policy::{Settings, is_lasting};
pub use shelf::{Cleared, Kind, Stored, clear, list};

#[cfg(test)]
mod tests;
