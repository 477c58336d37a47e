//! Why a service refused a signature.

use awsaccess::sigv4::{Diagnosis, Evidence, Payload, Reply, diagnose};

use crate::clock::time;
use crate::credentials::awsaccess_credentials;
use crate::error::{Out, awsaccess_error, entry, free, view};
use crate::request::{Borrowed, awsaccess_request, awsaccess_scope, scope as read_scope};
use crate::status::awsaccess_status;
use crate::text::{Arena, Versioned, awsaccess_text, read};

/// What is known beside the request and the reply. The more, the more certain the cause; all zero, or NULL, is nothing.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_evidence {
    /// `sizeof(awsaccess_evidence)`.
    pub struct_size: usize,
    /// The keys that the client meant to sign with; may be NULL.
    pub credentials: *const awsaccess_credentials,
    /// What the service wants, where its host does not tell: region (or region set) and service count. May be NULL.
    pub scope: *const awsaccess_scope,
    /// The canonical request that the client logged.
    pub canonical_request: awsaccess_text,
    /// When it was sent by a clock that is right, in seconds since 1970; 0: not known.
    pub now: i64,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_evidence {}

/// Why a signature was refused, with nothing secret in it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_finding {
    /// One of a closed list (`header-removed`, `wrong-region`, `clock-skew`); `nothing` where nothing is wrong.
    pub cause: awsaccess_text,
    /// Which part of the request it is about (`header`, `query`, `payload`, `scope`).
    pub part: awsaccess_text,
    /// The header or the query parameter, where it is about one.
    pub subject: awsaccess_text,
    /// What it means here, in a line.
    pub explanation: awsaccess_text,
    /// What to do about it, in a line.
    pub remedy: awsaccess_text,
    /// The line as the client signed it; secret values by their length alone.
    pub ours: awsaccess_text,
    /// The line as the service saw it, or would.
    pub theirs: awsaccess_text,
    /// Whether it is proven, not only likely.
    pub certain: bool,
}

/// A finding, and what its views point into.
pub struct awsaccess_diagnosis {
    finding: awsaccess_finding,
    _text: Arena,
}

impl From<Diagnosis> for awsaccess_diagnosis {
    fn from(found: Diagnosis) -> Self {
        let mut text = Arena::default();
        let finding = awsaccess_finding {
            cause: text.keep(found.cause().name()),
            part: text.keep(found.part().name()),
            subject: text.keep_some(found.subject()),
            explanation: text.keep(found.explanation()),
            remedy: text.keep(found.remedy()),
            ours: text.keep_some(found.ours()),
            theirs: text.keep_some(found.theirs()),
            certain: found.is_certain(),
        };
        Self { finding, _text: text }
    }
}

/// Names the cause of a refused signature. The request is the one that left the client, its signature included; without a
/// body (NULL) only what its head declares is known. `reply` is the service's answer as it is on the wire, or its body
/// alone, or none. `evidence` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_diagnose(
    request: *const awsaccess_request,
    reply: awsaccess_text,
    evidence: *const awsaccess_evidence,
    diagnosis: *mut *mut awsaccess_diagnosis,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(diagnosis)?;
            let has_body = !read(request, "request")?.body.is_null();
            let request = Borrowed::read(request)?;
            let reply = reply.bytes("reply")?.map(Reply::parse_http);
            let payload = if has_body { request.payload } else { Payload::Declared };
            let head = request.request();
            let mut known = Evidence::new(head, payload);
            let mut scope = None;
            if !evidence.is_null() {
                let given = read(evidence, "evidence")?;
                if let Some(keys) = given.credentials.as_ref() {
                    known = known.credentials(keys.whole()?);
                }
                if !given.scope.is_null() {
                    scope = Some(read_scope(given.scope)?.0);
                }
                if let Some(text) = given.canonical_request.bytes("canonical_request")? {
                    known = known.canonical_request(text);
                }
                if given.now != 0 {
                    known = known.now(time(given.now)?);
                }
            }
            if let Some(scope) = &scope {
                known = known.expected(scope);
            }
            out.put(diagnose(&known, reply.as_ref()).into())
        })
    }
}

/// What was found; NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_diagnosis_finding(
    diagnosis: *const awsaccess_diagnosis,
) -> *const awsaccess_finding {
    // SAFETY: NULL or a live handle.
    unsafe { view(diagnosis, std::ptr::null(), |diagnosis| &raw const diagnosis.finding) }
}

/// Frees a diagnosis. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_diagnosis_free(diagnosis: *mut awsaccess_diagnosis) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(diagnosis) }
}
