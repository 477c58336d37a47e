//! What a verifier insists on, as C says it.

use std::time::Duration;

use awsaccess::sigv4::Policy;

use crate::error::Failure;
use crate::request::{awsaccess_switch, switch};
use crate::text::{Versioned, awsaccess_text, read, slice};

/// The rules that a request must meet beside having the right signature. All zero, or NULL, is the strict default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_policy {
    /// `sizeof(awsaccess_policy)`.
    pub struct_size: usize,
    /// How far the request's time may be from now, in seconds. 0: fifteen minutes for the family of S3, else five.
    pub max_skew: u32,
    /// The longest lifetime of a presigned URL, in seconds. 0: 604800.
    pub max_expires: u32,
    /// The region that the scope must name; none: any.
    pub region: awsaccess_text,
    /// The signing name that the scope must name; none: any.
    pub service: awsaccess_text,
    /// Headers that must be signed, present or not.
    pub require_signed: *const awsaccess_text,
    /// How many.
    pub require_signed_count: usize,
    /// Headers that must be signed if the request has them.
    pub require_signed_if_present: *const awsaccess_text,
    /// How many.
    pub require_signed_if_present_count: usize,
    /// Names of `x-amz-*` headers that need not be signed.
    pub unsigned_amz: *const awsaccess_text,
    /// How many.
    pub unsigned_amz_count: usize,
    /// Whether every `x-amz-*` header must be signed. By default, yes.
    pub require_amz_signed: awsaccess_switch,
    /// Whether `UNSIGNED-PAYLOAD` is taken from every service. By default, only where AWS's models allow it.
    pub any_unsigned_payload: awsaccess_switch,
    /// Whether the `Date` header serves where `X-Amz-Date` is missing. By default, yes.
    pub date_header: awsaccess_switch,
    /// Whether an unknown key and a wrong token are answered just as a wrong signature is. By default, no.
    pub uniform_errors: awsaccess_switch,
    /// Whether SigV4A is taken. By default, yes.
    pub sigv4a: awsaccess_switch,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_policy {}

/// # Safety
/// `policy` is NULL or a policy whose pointers are good.
pub(crate) unsafe fn policy(policy: *const awsaccess_policy) -> Result<Policy, Failure> {
    let mut out = Policy::default();
    if policy.is_null() {
        return Ok(out);
    }
    // SAFETY: passed on.
    unsafe {
        let given = read(policy, "policy")?;
        if given.max_skew != 0 {
            out.max_skew = Some(Duration::from_secs(given.max_skew.into()));
        }
        if given.max_expires != 0 {
            out.max_expires = Duration::from_secs(given.max_expires.into());
        }
        out.region = given.region.optional("region")?.map(str::to_owned);
        out.service = given.service.optional("service")?.map(str::to_owned);
        out.require_signed = names(given.require_signed, given.require_signed_count)?;
        out.require_signed_if_present =
            names(given.require_signed_if_present, given.require_signed_if_present_count)?;
        out.unsigned_amz = names(given.unsigned_amz, given.unsigned_amz_count)?;
        for (value, member, what) in [
            (given.require_amz_signed, &mut out.require_amz_signed, "require_amz_signed"),
            (given.any_unsigned_payload, &mut out.any_unsigned_payload, "any_unsigned_payload"),
            (given.date_header, &mut out.date_header, "date_header"),
            (given.uniform_errors, &mut out.uniform_errors, "uniform_errors"),
            (given.sigv4a, &mut out.sigv4a, "sigv4a"),
        ] {
            *member = switch(value, what)?.unwrap_or(*member);
        }
    }
    Ok(out)
}

/// # Safety
/// An array of texts, all good.
pub(crate) unsafe fn names(data: *const awsaccess_text, count: usize) -> Result<Vec<String>, Failure> {
    // SAFETY: passed on.
    unsafe {
        slice(data, count, "a list of names")?.iter().map(|name| name.required("a name").map(str::to_owned))
    }
    .collect()
}
