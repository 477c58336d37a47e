//! AWS Signature Version 4: signing, verifying what others signed, and signing it again.
//!
//! ```text
//!  Request ──sign/presign──▶ Signed, Presigned
//!     │
//!     └─Claim::parse──▶ Claim ──verify(key)──▶ Verified ──resign(credentials)──▶ Resigned
//!                        (says who)             (is proven)                     (for AWS)
//! ```
//!
//! One canonicaliser works on the raw bytes that arrived and serves all three. The rules are those of "AWS
//! Signature Version 4 for API requests" in the IAM User Guide; where the guide is silent, what AWS's own test
//! suite and its signers do. SigV4A goes the same way: it is what a [`Scope`] of a region set is signed with.

mod authorization;
mod body;
mod canonical;
mod claim;
mod diagnose;
mod ecdsa;
mod error;
mod head;
mod header;
mod hosted;
mod key;
mod payload;
mod percent;
mod policy;
mod presign;
mod presigned;
mod request;
mod resign;
mod scope;
mod sign;
mod signature;
mod signer;
mod sink;
mod split;
mod uri;
mod verify;

pub use body::{BodyResigner, Checksum, ChunkSigner, EventSigner};
pub use canonical::{HostForm, Repeated, Variant};
pub use claim::Claim;
pub(crate) use claim::IOT_GATEWAY;
pub use diagnose::{Cause, Diagnosis, Evidence, Part, Reply, diagnose};
pub use error::{BodyError, RelayError, ResignError, SignError, VerifyError, VerifyErrorKind, VerifyFailure};
pub use head::HeaderBuf;
pub(crate) use header::{Field, Fields, Known, is_valid_name, place};
pub use hosted::{HostKey, presign_by_host, resign_by_host, sign_by_host};
pub use key::Key;
pub use payload::{
    DeclaredPayload, Payload, STREAMING_UNSIGNED_PAYLOAD_TRAILER, Streaming, UNSIGNED_PAYLOAD,
};
pub use policy::Policy;
pub use presign::{Presigned, explain_presign, presign};
pub use presigned::{LimitedBy, OfflinePresign, PresignKind, ProvenPresign, ResignedPresign};
pub use request::{Headers, Request};
pub use resign::{Resigned, Upstream, resign};
pub use scope::{Algorithm, Scope, allowed_skew, is_s3_family, takes_unsigned_payload};
pub use sign::{Explanation, SessionToken, Settings, Signed, explain, sign};
pub use signer::Signer;
pub use uri::{PathRule, Plus};
pub use verify::{Verified, verify};
