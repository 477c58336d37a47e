//! A request as C has it, and what it is signed for.

use std::ffi::c_void;

use awsaccess::sigv4::{Payload, Request, Scope, SessionToken, Settings};

use crate::error::Failure;
use crate::policy::names;
use crate::text::{Pair, Versioned, awsaccess_header, awsaccess_text, bytes, pairs, read, utf8};

/// A request: its head, and its body where that is at hand.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_request {
    /// `sizeof(awsaccess_request)`.
    pub struct_size: usize,
    /// `GET`, `POST`, ...
    pub method: awsaccess_text,
    /// The target exactly as it is on the wire, `/path?query` beside a Host header, or an absolute URL.
    pub target: awsaccess_text,
    /// The header fields in order.
    pub headers: *const awsaccess_header,
    /// How many.
    pub header_count: usize,
    /// To sign: the body; NULL is an empty one. A claim does not look at it.
    pub body: *const c_void,
    /// Its length in bytes.
    pub body_len: usize,
    /// To sign: a hexadecimal SHA-256 in place of the body, or one of AWS's literals (`UNSIGNED-PAYLOAD`,
    /// `STREAMING-...`). None: the body is hashed.
    pub payload: awsaccess_text,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_request {}

/// What a signature is good for, and how the service wants it made. Zero in the later members is what is right for
/// nearly all services.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_scope {
    /// `sizeof(awsaccess_scope)`.
    pub struct_size: usize,
    /// The region, such as `eu-west-1`; or `region_set` in its place.
    pub region: awsaccess_text,
    /// Names and patterns such as `eu-*`: signs with SigV4A.
    pub region_set: *const awsaccess_text,
    /// How many.
    pub region_set_count: usize,
    /// The signing name, such as `s3` or `execute-api`.
    pub service: awsaccess_text,
    /// Whether the encoded path is encoded once more. By default for all but the family of S3.
    pub double_encode: awsaccess_switch,
    /// Whether dot segments and repeated slashes are normalised for signing. By default for all but the family of S3.
    pub normalize: awsaccess_switch,
    /// Whether `x-amz-content-sha256` is added. By default for the family of S3, and for literals.
    pub content_sha256_header: awsaccess_switch,
    /// Where the session token goes: `AWSACCESS_TOKEN_SIGN`, `_APPEND`, `_OMIT` or `_S3EXPRESS`.
    pub session_token: u32,
}

// SAFETY: as above.
unsafe impl Versioned for awsaccess_scope {}

/// On, off, or as it is right by default.
pub type awsaccess_switch = u32;
/// As the documentation of the member says.
pub const AWSACCESS_DEFAULT: awsaccess_switch = 0;
/// Yes.
pub const AWSACCESS_ON: awsaccess_switch = 1;
/// No.
pub const AWSACCESS_OFF: awsaccess_switch = 2;

/// The session token is sent and signed; what nearly all services want.
pub const AWSACCESS_TOKEN_SIGN: u32 = 0;
/// It is added after signing, as AWS IoT wants it.
pub const AWSACCESS_TOKEN_APPEND: u32 = 1;
/// It is not sent.
pub const AWSACCESS_TOKEN_OMIT: u32 = 2;
/// It is signed under the name that sessions of S3 Express have.
pub const AWSACCESS_TOKEN_S3EXPRESS: u32 = 3;

/// `None` for the default.
pub(crate) fn switch(value: awsaccess_switch, what: &str) -> Result<Option<bool>, Failure> {
    match value {
        AWSACCESS_DEFAULT => Ok(None),
        AWSACCESS_ON => Ok(Some(true)),
        AWSACCESS_OFF => Ok(Some(false)),
        _ => Err(Failure::input(format!("{what} is none of AWSACCESS_DEFAULT, _ON and _OFF"))),
    }
}

/// A request that was read, still in the caller's memory.
pub(crate) struct Borrowed<'a> {
    method: &'a str,
    pub(crate) target: &'a [u8],
    headers: Vec<Pair<'a>>,
    pub(crate) payload: Payload<'a>,
}

impl<'a> Borrowed<'a> {
    /// # Safety
    /// `request` is NULL or a request whose pointers are good for `'a`.
    pub(crate) unsafe fn read(request: *const awsaccess_request) -> Result<Self, Failure> {
        // SAFETY: passed on.
        unsafe {
            let request = read(request, "request")?;
            let body = bytes(request.body, request.body_len, "body")?.unwrap_or_default();
            let payload = match request.payload.optional("payload")? {
                None => Payload::Bytes(body),
                Some(text) => Payload::parse(text).ok_or_else(|| {
                    Failure::input("payload is neither a sha-256 in hexadecimal nor a literal of aws")
                })?,
            };
            Ok(Self {
                method: utf8(request.method.bytes("method")?.unwrap_or_default(), "method")?,
                target: request.target.bytes("target")?.unwrap_or_default(),
                headers: pairs(request.headers, request.header_count)?,
                payload,
            })
        }
    }

    pub(crate) fn request(&self) -> Request<'_> {
        Request::new(self.method, self.target, &self.headers)
    }
}

/// # Safety
/// `scope` is NULL or a scope whose pointers are good.
pub(crate) unsafe fn scope(scope: *const awsaccess_scope) -> Result<(Scope, Settings), Failure> {
    // SAFETY: passed on.
    unsafe {
        let scope = read(scope, "scope")?;
        let settings = Settings {
            double_encode: switch(scope.double_encode, "double_encode")?,
            normalize: switch(scope.normalize, "normalize")?,
            content_sha256_header: switch(scope.content_sha256_header, "content_sha256_header")?,
            session_token: match scope.session_token {
                AWSACCESS_TOKEN_SIGN => SessionToken::Sign,
                AWSACCESS_TOKEN_APPEND => SessionToken::Append,
                AWSACCESS_TOKEN_OMIT => SessionToken::Omit,
                AWSACCESS_TOKEN_S3EXPRESS => SessionToken::S3Express,
                _ => return Err(Failure::input("session_token is none of AWSACCESS_TOKEN_...")),
            },
        };
        let service = scope.service.required("service")?;
        let set = names(scope.region_set, scope.region_set_count)?;
        let made = match (scope.region.optional("region")?, set.is_empty()) {
            (Some(region), true) => Scope::new(region, service),
            (None, false) => Scope::regions(set, service),
            (Some(_), false) => return Err(Failure::input("give region or region_set, not both")),
            (None, true) => return Err(Failure::input("give region, or region_set for sigv4a")),
        };
        Ok((made, settings))
    }
}
