//! What the caller says about the resolution of credentials.

use std::ffi::{CStr, c_char};
use std::time::Duration;

use awsaccess::chain::{Options, Order, Source, UnknownSource};
use awsaccess::env::Env;
use awsaccess::provider::imds::{EndpointMode, Overrides};
use awsaccess::provider::{RoleHop, Shell};

use crate::credentials::awsaccess_credentials;
use crate::error::Failure;
use crate::policy::names;
use crate::request::{awsaccess_switch, switch};
use crate::source::{
    awsaccess_cognito, awsaccess_federation_token, awsaccess_roles_anywhere, awsaccess_saml,
    awsaccess_session_token, awsaccess_web_identity, cognito, federation_token, roles_anywhere, saml,
    session_token, tags, web_identity,
};
use crate::text::{Versioned, awsaccess_header, awsaccess_text, read};

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
    /// Credentials that are at hand already, to assume roles with. They, and each of the four below, are what the source
    /// `code` stands for; give one of the five at most.
    pub credentials: *const awsaccess_credentials,
    /// A role for the token of an OpenID Connect provider; may be NULL.
    pub web_identity: *const awsaccess_web_identity,
    /// A role for a SAML assertion; may be NULL.
    pub saml: *const awsaccess_saml,
    /// An identity of a Cognito identity pool; may be NULL.
    pub cognito: *const awsaccess_cognito,
    /// A role for an X.509 certificate; may be NULL.
    pub roles_anywhere: *const awsaccess_roles_anywhere,
    /// Exchanges long-lived keys that were found for a session of the same user; may be NULL.
    pub session_token: *const awsaccess_session_token,
    /// Exchanges them for a session of a federated user; may be NULL.
    pub federation_token: *const awsaccess_federation_token,
    /// Which sources are tried, in which order: `code`, `environment`, `profile`, `web-identity`, `container`, `imds`, and
    /// `custom:<name>` for one of the caller's own. One that is left out is never asked. NULL: all of them, in this order.
    pub order: *const awsaccess_text,
    /// How many.
    pub order_count: usize,
    /// Roles to assume with what was found, in that order.
    pub assume: *const awsaccess_role,
    /// How many.
    pub assume_count: usize,
    /// Which of AWS's two addresses of instance metadata: `ipv4` or `ipv6`.
    pub imds_mode: awsaccess_text,
    /// The instance profile's role, so that it is not asked for.
    pub imds_role_name: awsaccess_text,
    /// Whether version 1 is fallen back to where a token is refused. By default, no.
    pub imds_allow_v1: awsaccess_switch,
    /// Whether the newer path, which names the account too, is asked first. By default, no.
    pub imds_extended: awsaccess_switch,
    /// Whether a shell may take part in running a `credential_process`. By default, yes.
    pub shell: awsaccess_switch,
    /// Whether sessions of roles are looked for and kept in `~/.aws/cli/cache`. By default, no.
    pub shared_cache: awsaccess_switch,
    /// How many milliseconds the clock is behind AWS's, as `awsaccess_step_clock_offset` told.
    pub clock_offset_ms: i64,
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
    /// Who stands behind the session.
    pub source_identity: awsaccess_text,
    /// An inline policy that narrows what the session may do.
    pub policy: awsaccess_text,
    /// Managed policies that narrow it likewise.
    pub policy_arns: *const awsaccess_text,
    /// How many.
    pub policy_arn_count: usize,
    /// What the session is tagged with.
    pub tags: *const awsaccess_header,
    /// How many.
    pub tag_count: usize,
    /// The keys of the tags that go on to the roles which this session assumes.
    pub transitive_tag_keys: *const awsaccess_text,
    /// How many.
    pub transitive_tag_key_count: usize,
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
            out = out.credentials(credentials.whole()?.clone());
        }
        if given.order_count > 0 {
            out = out.order(order(&names(given.order, given.order_count)?)?);
        }
        if let Some(url) = given.sts_endpoint.optional("sts_endpoint")? {
            out = out.sts_endpoint(url);
        }
        let given_in_code = [
            given.credentials.is_null(),
            given.web_identity.is_null(),
            given.saml.is_null(),
            given.cognito.is_null(),
            given.roles_anywhere.is_null(),
        ];
        if given_in_code.iter().filter(|null| !**null).count() > 1 {
            return Err(Failure::input(
                "give one of credentials, web_identity, saml, cognito and roles_anywhere",
            ));
        }
        if !given.web_identity.is_null() {
            out = out.web_identity(web_identity(given.web_identity)?);
        }
        if !given.saml.is_null() {
            out = out.saml(saml(given.saml)?);
        }
        if !given.cognito.is_null() {
            out = out.cognito(cognito(given.cognito)?);
        }
        if !given.roles_anywhere.is_null() {
            out = out.roles_anywhere(roles_anywhere(given.roles_anywhere)?);
        }
        if !given.session_token.is_null() {
            out = out.session_token(session_token(given.session_token)?);
        }
        if !given.federation_token.is_null() {
            out = out.federation_token(federation_token(given.federation_token)?);
        }
        if switch(given.shell, "shell")? == Some(false) {
            out = out.shell(Shell::Never);
        }
        out = out.imds(imds(&given)?).clock_offset(given.clock_offset_ms);
        out = out.shared_cache(switch(given.shared_cache, "shared_cache")?.unwrap_or(false));
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

/// # Safety
/// Options whose pointers are good.
unsafe fn imds(given: &awsaccess_options) -> Result<Overrides, Failure> {
    let mut imds = Overrides::default();
    // SAFETY: passed on.
    unsafe {
        imds.endpoint = given.imds_endpoint.optional("imds_endpoint")?.map(str::to_owned);
        imds.role_name = given.imds_role_name.optional("imds_role_name")?.map(str::to_owned);
        imds.mode = match given.imds_mode.optional("imds_mode")? {
            None => None,
            Some("ipv4") => Some(EndpointMode::Ipv4),
            Some("ipv6") => Some(EndpointMode::Ipv6),
            Some(_) => return Err(Failure::input("imds_mode is ipv4 or ipv6")),
        };
    }
    imds.allow_v1 = switch(given.imds_allow_v1, "imds_allow_v1")?.unwrap_or(false);
    imds.extended = switch(given.imds_extended, "imds_extended")?.unwrap_or(false);
    Ok(imds)
}

fn order(names: &[String]) -> Result<Order, Failure> {
    let sources: Result<Vec<Source>, UnknownSource> = names.iter().map(|name| name.parse()).collect();
    sources.map(Order::new).map_err(|unknown| Failure::input(format!("order: {unknown}")))
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
        hop.source_identity = given.source_identity.optional("source_identity")?.map(str::to_owned);
        hop.policy = given.policy.optional("policy")?.map(str::to_owned);
        hop.policy_arns = names(given.policy_arns, given.policy_arn_count)?;
        hop.tags = tags(given.tags, given.tag_count)?;
        hop.transitive_tag_keys = names(given.transitive_tag_keys, given.transitive_tag_key_count)?;
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
