//! What was signed offline: presigned URLs and the tokens made of them, recognised, proven and signed again.

use std::time::Duration;

use awsaccess::secret::Secret;
use awsaccess::sigv4::{OfflinePresign, ProvenPresign, ResignedPresign, VerifyErrorKind, is_s3_family};
use zeroize::Zeroizing;

use crate::clock::now as clock;
use crate::credentials::{Keys, awsaccess_credentials};
use crate::error::{Failure, Out, awsaccess_error, entry, free, handle, view};
use crate::policy::{awsaccess_policy, policy as read_policy};
use crate::status::awsaccess_status;
use crate::text::{Arena, awsaccess_header, awsaccess_text, pairs, utf8};

/// A secret of the usual length that belongs to nobody.
const NOBODYS: &str = "0000000000000000000000000000000000000000";

/// A presigned URL or a token made of one: read, not proven.
pub struct awsaccess_offline_presign {
    facts: awsaccess_presign_facts,
    source: Zeroizing<Vec<u8>>,
    headers: Vec<(String, String)>,
    _missing: Vec<awsaccess_text>,
    _text: Arena,
}

/// What it says of itself.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_presign_facts {
    /// `s3`, `eks-token`, `rds-token`, `elasticache-token`, `memorydb-token`, `msk-token`, `dsql-token`, `codecommit`, or
    /// `url` for a presigned URL of another service.
    pub kind: awsaccess_text,
    /// The key id that it claims.
    pub access_key_id: awsaccess_text,
    /// The region, or the region set of SigV4A as it is written.
    pub region: awsaccess_text,
    /// The signing name.
    pub service: awsaccess_text,
    /// The host that it is for, with its port.
    pub host: awsaccess_text,
    /// What it opens, where the text says so: `bucket/key`, a database user, a cluster, a repository, else the path.
    pub resource: awsaccess_text,
    /// Headers that are signed, and whose values are neither in the text nor given.
    pub missing_headers: *const awsaccess_text,
    /// How many.
    pub missing_header_count: usize,
    /// When it was signed, in seconds since 1970.
    pub signed_at: i64,
    /// From when the service refuses it, if the credentials last as long.
    pub expires_at: i64,
}

// SAFETY: the views point into the arena and the list, which nobody changes any more.
unsafe impl Send for awsaccess_offline_presign {}
// SAFETY: as above.
unsafe impl Sync for awsaccess_offline_presign {}

/// One whose signature is right.
pub struct awsaccess_proven_presign(ProvenPresign);

/// The same text, signed with a key that the service knows. Whoever has it can use it.
pub struct awsaccess_resigned_presign {
    view: awsaccess_presign_text,
    _text: Arena,
}

/// What was signed again.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_presign_text {
    /// The URL, the token or the git credentials, in the form in which it came.
    pub text: awsaccess_text,
    /// What ends it: `asked` (the client wanted no more), `credentials` or `policy`.
    pub limited_by: awsaccess_text,
    /// From when the service refuses it, in seconds since 1970.
    pub expires_at: i64,
    /// How many milliseconds that is from the time of signing again.
    pub lifetime_ms: u64,
}

fn recognize(text: &[u8], headers: &[(String, String)]) -> Option<OfflinePresign> {
    let presign = OfflinePresign::recognize(text)?;
    Some(headers.iter().fold(presign, |presign, (name, value)| presign.with_header(name, value)))
}

/// Recognises a presigned URL, a token for EKS, RDS, ElastiCache, MemoryDB, MSK or DSQL, or git credentials of CodeCommit;
/// for anything else `presign` is NULL, and that is no failure. `headers` are those that are signed and are not in the
/// text, such as the cluster of an EKS token (`x-k8s-aws-id`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_recognize_presign(
    text: awsaccess_text,
    headers: *const awsaccess_header,
    header_count: usize,
    presign: *mut *mut awsaccess_offline_presign,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(presign)?;
            let source = Zeroizing::new(text.bytes("text")?.unwrap_or_default().to_vec());
            let mut given = Vec::new();
            for (name, value) in pairs(headers, header_count)? {
                given.push((
                    utf8(name, "a header name")?.to_owned(),
                    utf8(value, "a header value")?.to_owned(),
                ));
            }
            let Some(found) = recognize(&source, &given) else { return Ok(()) };
            let mut kept = Arena::default();
            let missing: Vec<_> = found.missing_headers().iter().map(|name| kept.keep(name)).collect();
            let facts = awsaccess_presign_facts {
                kind: kept.keep(found.kind().name()),
                access_key_id: kept.keep(found.access_key_id()),
                region: kept.keep(found.region()),
                service: kept.keep(found.service()),
                host: kept.keep(found.host()),
                resource: kept.keep_some(found.resource()),
                missing_headers: missing.as_ptr(),
                missing_header_count: missing.len(),
                signed_at: found.signed_at().unix(),
                expires_at: found.expires_at().unix(),
            };
            out.put(awsaccess_offline_presign {
                facts,
                source,
                headers: given,
                _missing: missing,
                _text: kept,
            })
        })
    }
}

/// What it says of itself; NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_offline_presign_facts(
    presign: *const awsaccess_offline_presign,
) -> *const awsaccess_presign_facts {
    // SAFETY: NULL or a live handle.
    unsafe { view(presign, std::ptr::null(), |presign| &raw const presign.facts) }
}

/// Proves it with the key that its key id stands for; `credentials` NULL is a key id that is not known, which fails after
/// the same work. `policy` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_offline_presign_verify(
    presign: *const awsaccess_offline_presign,
    credentials: *const awsaccess_credentials,
    policy: *const awsaccess_policy,
    now: i64,
    proven: *mut *mut awsaccess_proven_presign,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(proven)?;
            let presign = handle(presign, "presign")?;
            let (policy, now) = (read_policy(policy)?, clock(now)?);
            let Some(read) = recognize(&presign.source, &presign.headers) else {
                return Err(Failure::input("the text was recognised before and is not now"));
            };
            let s3 = is_s3_family(read.service());
            let found = match credentials.as_ref().map(|credentials| &credentials.inner) {
                Some(Keys::Whole(keys)) => read.verify(keys, &policy, now),
                Some(Keys::Delegate(delegate)) => read.verify(&**delegate, &policy, now),
                None => read.verify(&Secret::new(NOBODYS), &policy, now),
            };
            // Whose key is not known goes through the same steps as whose is.
            let unknown = credentials.is_null() && !policy.uniform_errors;
            let found = found.map_err(|error| match error.kind() {
                VerifyErrorKind::SignatureMismatch | VerifyErrorKind::InvalidToken if unknown => {
                    Failure::unknown_key(s3)
                }
                _ => error.into(),
            })?;
            out.put(awsaccess_proven_presign(found))
        })
    }
}

/// The method that was signed; `GIT` for CodeCommit. It lives for ever.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_proven_presign_method(
    proven: *const awsaccess_proven_presign,
) -> awsaccess_text {
    let name = |method: &str| match method {
        "GET" => c"GET",
        "PUT" => c"PUT",
        "HEAD" => c"HEAD",
        "POST" => c"POST",
        "DELETE" => c"DELETE",
        "GIT" => c"GIT",
        _ => c"",
    };
    // SAFETY: NULL or a live handle.
    unsafe {
        view(proven, awsaccess_text::NONE, |proven| {
            let name = name(proven.0.method());
            awsaccess_text { data: name.as_ptr(), len: name.count_bytes() }
        })
    }
}

/// Signs it with credentials that the service knows, for as long as it can honestly last: the least of what remains of the
/// time asked for, the credentials, and `longest` (in seconds; 0: no such bound).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_proven_presign_resign(
    proven: *const awsaccess_proven_presign,
    credentials: *const awsaccess_credentials,
    longest: u32,
    now: i64,
    resigned: *mut *mut awsaccess_resigned_presign,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(resigned)?;
            let proven = handle(proven, "proven presign")?;
            let keys = handle(credentials, "credentials")?.whole()?;
            let longest = (longest != 0).then(|| Duration::from_secs(longest.into()));
            out.put(proven.0.resign(keys, longest, clock(now)?)?.into())
        })
    }
}

impl From<ResignedPresign> for awsaccess_resigned_presign {
    fn from(resigned: ResignedPresign) -> Self {
        let mut text = Arena::with_capacity(resigned.text().len() + 32);
        let view = awsaccess_presign_text {
            text: text.keep(resigned.text()),
            limited_by: text.keep(resigned.limited_by().name()),
            expires_at: resigned.expires_at().unix(),
            lifetime_ms: u64::try_from(resigned.lifetime().as_millis()).unwrap_or(u64::MAX),
        };
        Self { view, _text: text }
    }
}

/// What was signed again; NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_resigned_presign_text(
    resigned: *const awsaccess_resigned_presign,
) -> *const awsaccess_presign_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(resigned, std::ptr::null(), |resigned| &raw const resigned.view) }
}

/// Frees what was recognised. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_offline_presign_free(presign: *mut awsaccess_offline_presign) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(presign) }
}

/// Frees what was proven. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_proven_presign_free(proven: *mut awsaccess_proven_presign) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(proven) }
}

/// Frees what was signed again, and wipes it. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_resigned_presign_free(resigned: *mut awsaccess_resigned_presign) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(resigned) }
}
