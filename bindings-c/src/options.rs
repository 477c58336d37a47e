//! What the caller says about the resolution of credentials.

use std::ffi::{CStr, c_char};
use std::time::Duration;

use awsaccess::chain::{Options, Order};
use awsaccess::env::Env;
use awsaccess::provider::RoleHop;

use crate::credentials::awsaccess_credentials;
use crate::error::Failure;
use crate::policy::names;
use crate::text::{Versioned, awsaccess_text, read};

/// Settings of one resolution; what is set here outranks the environment, which outranks the files. All zero, or NULL,
/// is what the environment and the files say.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_options {
    /// `sizeof(awsaccess_options)`.
    pub struct_size: usize,
    /// A profile. It must exist, and the keys of the environment are passed over for it.
    pub profile: awsaccess_text,
    /// The region of the STS that is asked.
    pub region: awsaccess_text,
    /// The home directory, in place of what the environment says of it.
    pub home: awsaccess_text,
    /// The config file, in place of `~/.aws/config` and of what the environment names.
    pub config_file: awsaccess_text,
    /// The credentials file, likewise.
    pub credentials_file: awsaccess_text,
    /// The address of STS, such as an emulator's.
    pub sts_endpoint: awsaccess_text,
    /// The address of instance metadata.
    pub imds_endpoint: awsaccess_text,
    /// Credentials that are at hand already, to assume roles with. They come before any other source; may be NULL.
    pub credentials: *const awsaccess_credentials,
    /// Which sources are tried, in which order: `code`, `environment`, `profile`, `web-identity`, `container`, `imds`.
    /// One that is left out is never asked. NULL: all of them, in this order.
    pub order: *const awsaccess_text,
    /// How many.
    pub order_count: usize,
    /// Roles to assume with what was found, in that order.
    pub assume: *const awsaccess_role,
    /// How many.
    pub assume_count: usize,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_options {}

/// One role to assume.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_role {
    /// `sizeof(awsaccess_role)`.
    pub struct_size: usize,
    /// `arn:aws:iam::111122223333:role/name`
    pub role_arn: awsaccess_text,
    /// What the trust policy asks for.
    pub external_id: awsaccess_text,
    /// What the session is called; none: a name that says when it began.
    pub session_name: awsaccess_text,
    /// The serial number or ARN of an MFA device, whose code is asked for with a prompt.
    pub mfa_serial: awsaccess_text,
    /// The region of the STS that is asked.
    pub region: awsaccess_text,
    /// How long it lasts, in seconds; 0: what STS gives.
    pub duration: u32,
}

// SAFETY: as above.
unsafe impl Versioned for awsaccess_role {}

/// # Safety
/// `options` is NULL or options whose pointers are good.
pub(crate) unsafe fn options(options: *const awsaccess_options) -> Result<Options, Failure> {
    let mut out = Options::new();
    if options.is_null() {
        return Ok(out);
    }
    // SAFETY: passed on.
    unsafe {
        let given = read(options, "options")?;
        if let Some(profile) = given.profile.optional("profile")? {
            out = out.profile(profile);
        }
        if let Some(region) = given.region.optional("region")? {
            out = out.region(region);
        }
        if let Some(home) = given.home.optional("home")? {
            out = out.home(home);
        }
        if let Some(path) = given.config_file.optional("config_file")? {
            out = out.config_file(path);
        }
        if let Some(path) = given.credentials_file.optional("credentials_file")? {
            out = out.credentials_file(path);
        }
        if let Some(credentials) = given.credentials.as_ref() {
            out = out.credentials(credentials.inner.clone());
        }
        if given.order_count > 0 {
            out = out.order(order(&names(given.order, given.order_count)?)?);
        }
        if let Some(url) = given.sts_endpoint.optional("sts_endpoint")? {
            out = out.sts_endpoint(url);
        }
        if let Some(url) = given.imds_endpoint.optional("imds_endpoint")? {
            out = out.imds_endpoint(url);
        }
        // A caller with another header has roles of another size, all of them the same.
        let mut at = given.assume.cast::<u8>();
        for _ in 0..given.assume_count {
            let (hop, size) = role(at.cast())?;
            out = out.assume(hop);
            at = at.wrapping_add(size);
        }
    }
    Ok(out)
}

fn order(names: &[String]) -> Result<Order, Failure> {
    let all = Order::default();
    let source = |name: &String| all.sources().iter().copied().find(|source| source.name() == name);
    let sources: Option<Vec<_>> = names.iter().map(source).collect();
    let unknown =
        "order lists code, environment, profile, web-identity, container and imds, and no other source";
    sources.map(Order::new).ok_or_else(|| Failure::input(unknown))
}

/// # Safety
/// `role` is NULL or a role whose pointers are good.
unsafe fn role(role: *const awsaccess_role) -> Result<(RoleHop, usize), Failure> {
    // SAFETY: passed on.
    unsafe {
        let given = read(role, "a role")?;
        let mut hop = RoleHop::new(given.role_arn.required("role_arn")?);
        if let Some(id) = given.external_id.optional("external_id")? {
            hop = hop.external_id(id);
        }
        if let Some(name) = given.session_name.optional("session_name")? {
            hop = hop.session_name(name);
        }
        if let Some(serial) = given.mfa_serial.optional("mfa_serial")? {
            hop = hop.mfa_serial(serial);
        }
        if let Some(region) = given.region.optional("region")? {
            hop = hop.region(region);
        }
        if given.duration != 0 {
            hop = hop.duration(Duration::from_secs(given.duration.into()));
        }
        Ok((hop, given.struct_size))
    }
}

/// Reads an environment of the form of POSIX `environ`. A variable of AWS's that is no text is refused: without it
/// other credentials might be found.
///
/// # Safety
/// NULL, or an array of strings that ends in NULL.
pub(crate) unsafe fn environment(environ: *const *const c_char) -> Result<Env, Failure> {
    let mut env = Env::new();
    if environ.is_null() {
        return Ok(env);
    }
    let mut at = environ;
    loop {
        // SAFETY: the array goes on until the NULL; each string ends in a NUL.
        let variable = unsafe {
            let string = *at;
            if string.is_null() {
                return Ok(env);
            }
            at = at.add(1);
            CStr::from_ptr(string)
        };
        match variable.to_str() {
            Ok(text) => {
                if let Some((name, value)) = text.split_once('=') {
                    env.set(name, value);
                }
            }
            Err(_) if variable.to_bytes().starts_with(b"AWS_") => {
                let name = variable.to_bytes().split(|&byte| byte == b'=').next().unwrap_or_default();
                let name = String::from_utf8_lossy(name);
                return Err(Failure::input(format!("{name} holds bytes that are no text; set it anew")));
            }
            Err(_) => {}
        }
    }
}
