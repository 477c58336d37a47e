//! What the caller says about a resolution.

use awsaccess::chain::{Options, Order, Source, UnknownSource};
use awsaccess::credentials::Credentials;
use awsaccess::env::Env;
use awsaccess::provider::imds::{EndpointMode, Overrides};
use awsaccess::provider::{RoleHop, Shell};
use awsaccess::secret::Secret;
use awsaccess::time::Time;
use serde_json::Value;

use crate::fault::Fault;
use crate::source;

/// An object of texts.
pub(crate) fn read_env(json: &str) -> Result<Env, Fault> {
    let mut env = Env::new();
    let variables: Value = serde_json::from_str(json).map_err(|_| Fault::internal())?;
    if let Value::Object(variables) = variables {
        for (name, value) in variables {
            let Value::String(value) = value else { return Err(Fault::internal()) };
            env.set(name, value);
        }
    }
    Ok(env)
}

/// The wrapper has checked the names and types.
pub(crate) fn read_options(given: &Value) -> Result<Options, Fault> {
    let text = |name: &str| given[name].as_str();
    let mut options = Options::new();
    if let Some(profile) = text("profile") {
        options = options.profile(profile);
    }
    if let Some(region) = text("region") {
        options = options.region(region);
    }
    if let Some(home) = text("home") {
        options = options.home(home);
    }
    if let Some(url) = text("stsEndpoint") {
        options = options.sts_endpoint(url);
    }
    if let Some(path) = text("configFile") {
        options = options.config_file(path);
    }
    if let Some(path) = text("credentialsFile") {
        options = options.credentials_file(path);
    }
    if given["shell"] == false {
        options = options.shell(Shell::Never);
    }
    options = options.imds(imds(given)).shared_cache(given["sharedCache"] == true);
    if let Some(millis) = given["clockOffset"].as_i64() {
        options = options.clock_offset(millis);
    }
    if given["order"].is_array() {
        let sources: Result<Vec<Source>, _> =
            strings(&given["order"]).iter().map(|name| name.parse()).collect();
        let sources = sources.map_err(|unknown: UnknownSource| Fault::input(&format!("order: {unknown}")))?;
        options = options.order(Order::new(sources));
    }
    if given["credentials"].is_object() {
        options = options.credentials(read_credentials(&given["credentials"]));
    }
    options = source::read(options, given)?;
    for role in given["assume"].as_array().into_iter().flatten() {
        options = options.assume(hop(role));
    }
    Ok(options)
}

pub(crate) fn read_credentials(given: &Value) -> Credentials {
    let text = |name: &str| given[name].as_str();
    let (id, secret) = (text("accessKeyId").unwrap_or_default(), text("secretAccessKey").unwrap_or_default());
    let mut credentials =
        Credentials::new(id, secret).with_session_token(text("sessionToken").unwrap_or_default());
    if let Some(millis) = given["expiresAt"].as_i64() {
        credentials = credentials.with_expiry(Time::from_unix_millis(millis));
    }
    if let Some(account) = text("accountId") {
        credentials = credentials.with_account_id(account);
    }
    match text("source") {
        Some(source) => credentials.with_source(source),
        None => credentials,
    }
}

fn hop(given: &Value) -> RoleHop {
    let text = |name: &str| given[name].as_str().map(str::to_owned);
    let mut hop = RoleHop::new(text("roleArn").unwrap_or_default());
    hop.external_id = given["externalId"].as_str().map(Secret::new);
    hop.session_name = text("sessionName");
    hop.duration = given["duration"].as_u64().map(std::time::Duration::from_secs);
    hop.mfa_serial = text("mfaSerial");
    hop.region = text("region");
    hop.source_identity = text("sourceIdentity");
    hop.policy = text("policy");
    hop.policy_arns = strings(&given["policyArns"]);
    hop.tags = pairs(&given["tags"]);
    hop.transitive_tag_keys = strings(&given["transitiveTagKeys"]);
    hop
}

fn imds(given: &Value) -> Overrides {
    let text = |name: &str| given[name].as_str().map(str::to_owned);
    let mut imds = Overrides::default();
    imds.endpoint = text("imdsEndpoint");
    imds.mode =
        text("imdsMode").map(|mode| if mode == "ipv6" { EndpointMode::Ipv6 } else { EndpointMode::Ipv4 });
    imds.role_name = text("imdsRoleName");
    imds.allow_v1 = given["imdsAllowV1"] == true;
    imds.extended = given["imdsExtended"] == true;
    imds
}

/// Pairs of texts from an object.
pub(crate) fn pairs(object: &Value) -> Vec<(String, String)> {
    let members = object.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

pub(crate) fn strings(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
