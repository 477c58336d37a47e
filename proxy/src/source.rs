//! Real credentials by the chain: a source as the configuration describes it, then the roles of the grant.

use std::collections::BTreeMap;
use std::sync::Arc;

use awsaccess::access::{Grant, Hop, SessionPolicy};
use awsaccess::chain::{Options, Resolved};
use awsaccess::credentials::Credentials;
use awsaccess::effect::CustomFailure;
use awsaccess::env::Env;
use awsaccess::error::Error;
use awsaccess::provider::RoleHop;
use awsaccess_drivers::blocking::{self, Blocking, Network};

use crate::credential::{Source, SourceError};

/// What STS says of policies and tags that are too large when packed.
const TOO_LARGE: &str = "PackedPolicyTooLarge";

/// One named source.
pub(crate) struct Named {
    pub(crate) options: Options,
    /// How those are reached that it asks.
    pub(crate) network: Network,
    pub(crate) region: Option<String>,
    /// Where STS is, if not where AWS has it.
    pub(crate) sts: Option<String>,
    /// The same of the sign-in to the console.
    pub(crate) signin: Option<String>,
}

/// Credentials of a source of the host's own, or none, or why there are none.
pub(crate) type CustomSource = Arc<dyn Fn() -> Result<Option<Credentials>, String> + Send + Sync>;

/// All sources of the configuration, and the environment that they were given at start.
pub(crate) struct Chain {
    pub(crate) sources: BTreeMap<String, Named>,
    pub(crate) customs: BTreeMap<String, CustomSource>,
    pub(crate) env: Env,
}

impl Source for Chain {
    fn fetch(&self, grant: &Grant) -> Result<Credentials, SourceError> {
        let found = self.resolve(&grant.source, &role_hops(grant)?);
        let resolved = found.map_err(|error| with_origin(error, grant))?;
        warn_of(&resolved, grant);
        Ok(resolved.into_credentials())
    }
}

/// What the operator should know, of whom.
fn warn_of(resolved: &Resolved, grant: &Grant) {
    let (source, application, role) = (&*grant.source, &*grant.identity.application, &*grant.identity.role);
    let policy = grant.session_policy.as_ref().map(SessionPolicy::origin).unwrap_or_default();
    for warning in resolved.warnings() {
        tracing::warn!(source, application, role, policy, warning);
    }
}

/// STS packs a session policy with the tags by a measure of its own. Where that is too much for it, the operator is told
/// what the policy was made of.
fn with_origin(error: SourceError, grant: &Grant) -> SourceError {
    let SourceError::Chain(told) = &error else { return error };
    let Some(policy) = grant.session_policy.as_ref().filter(|_| told.aws_code() == Some(TOO_LARGE)) else {
        return error;
    };
    let length = policy.text().map_or(0, |text| text.chars().count());
    let context =
        format!("the session policy ({length} characters, {}) with the session tags", policy.origin());
    SourceError::Chain(told.clone().within(&context))
}

/// The roles of a grant, each with what STS is told. What goes on to further roles is told at the first, and cannot be
/// told again; what narrows and marks the session that requests are signed with is told at the last.
pub(crate) fn role_hops(grant: &Grant) -> Result<Vec<RoleHop>, SourceError> {
    let policy = grant.session_policy.as_ref().map(SessionPolicy::text).transpose();
    let policy = policy.map_err(|why| SourceError::Denied(why.to_string()))?;
    let last = grant.hops.len().saturating_sub(1);
    let hop = |(n, hop): (usize, &Hop)| {
        let mut role =
            RoleHop::new(hop.role.as_str()).session_name(&*grant.session_name).duration(grant.duration);
        if let Some(id) = &hop.external_id {
            role = role.external_id(id.as_str());
        }
        for (key, value) in &grant.tags {
            match grant.transitive_tag_keys.contains(key) {
                true if n == 0 => role = role.transitive_tag(key, value),
                false if n == last => role = role.tag(key, value),
                _ => {}
            }
        }
        if n == 0 {
            role.source_identity.clone_from(&grant.source_identity);
        }
        if n == last {
            role.policy.clone_from(&policy);
            role.policy_arns.clone_from(&grant.session_policy_arns);
        }
        role
    };
    Ok(grant.hops.iter().enumerate().map(hop).collect())
}

impl Named {
    /// What asks for it.
    pub(crate) fn host(&self) -> Result<Blocking, SourceError> {
        Blocking::with_network(self.network.clone()).map_err(|error| explain(&error))
    }
}

impl Chain {
    pub(crate) fn named(&self, source: &str) -> Result<&Named, SourceError> {
        self.sources.get(source).ok_or_else(|| SourceError::Unavailable(format!("no source '{source}'")))
    }

    /// The credentials of a source, and of the roles that are taken after it.
    pub(crate) fn find(&self, source: &str, hops: &[RoleHop]) -> Result<Credentials, SourceError> {
        let resolved = self.resolve(source, hops)?;
        for warning in resolved.warnings() {
            tracing::warn!(source, warning);
        }
        Ok(resolved.into_credentials())
    }

    fn resolve(&self, source: &str, hops: &[RoleHop]) -> Result<Resolved, SourceError> {
        let named = self.named(source)?;
        let options = hops.iter().cloned().fold(named.options.clone(), Options::assume);
        let customs = self.customs.clone();
        let mut host = named.host()?.custom_with(move |wanted| {
            let found = customs.get(&wanted.name)?();
            Some(found.map_err(CustomFailure::new))
        });
        blocking::resolve_with(&options, &self.env, &mut host).map_err(|error| explain(&error))
    }
}

fn explain(error: &Error) -> SourceError {
    SourceError::Chain(error.clone())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use awsaccess::access::Identity;
    use awsaccess::operation::{self, Service};
    use awsaccess_emulator::{Emulator, World};

    use super::*;
    use crate::config::Config;

    /// What is logged while something is done.
    fn logged(act: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let to = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || to.clone()).with_ansi(false).finish();
        tracing::subscriber::with_default(subscriber, act);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_session_policy_that_is_about_to_be_too_large_is_told_of() {
        let emulator = Emulator::builder().world(World::demo()).start().unwrap();
        let folder = std::env::temp_dir().join(format!("awsaccess-packed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("ca.pem"), emulator.ca_pem()).unwrap();
        let (imds, sts) = (emulator.metadata_url(), emulator.endpoint_url());
        let role = "arn:aws:iam::222222222222:role/developer";
        for (length, is_told) in [(1700, false), (1950, true)] {
            let policy = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*","Sid":"{}"}}]}}"#,
                "a".repeat(length - 85)
            );
            let text = format!(
                r#"listen = ["127.0.0.1:0"]
[[source]]
name = "node"
order = ["imds"]
region = "us-east-1"
imds_endpoint = "{imds}"
sts_endpoint = "{sts}"
ca_file = "ca.pem"
[[application]]
name = "demo"
source = "node"
session_policy = '{policy}'
[[application.role]]
name = "developer"
assume = [{{ role_arn = "arn:aws:iam::111111111111:role/gateway-hub" }},
    {{ role_arn = "{role}", external_id = "demo-external-id" }}]
[[role]]
name = "all"
allow = ["{role}"]
[[subject]]
name = "alice"
roles = ["all"]
"#
            );
            let file = folder.join("gateway.toml");
            std::fs::write(&file, text).unwrap();
            let config = Config::load(&file).unwrap();
            let wish = awsaccess::access::Wish::new("sts", "us-east-1").in_partition("aws");
            let who = Identity::new("alice", "demo", "developer");
            let now = crate::sink::now();
            let grant = config.gateway.access.decide(&who, &wish, now).unwrap();
            let log = logged(|| {
                let found = config.sources.fetch(&grant).map_err(|error| error.to_string()).unwrap();
                assert_eq!(found.packed_policy_size().is_some_and(|size| size > 90), is_told, "{found:?}");
            });
            for words in [
                "application=\"demo\"",
                "role=\"developer\"",
                "per cent",
                "as the configuration has it",
                role,
            ] {
                assert_eq!(log.contains(words), is_told, "{words}: {log}");
            }
            assert!(!log.contains("aaaa") && !log.contains("demo-external-id"), "{log}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn each_role_is_told_what_is_its_to_know() {
        let config = Config::parse(include_str!("../examples/access.toml")).unwrap();
        let get = awsaccess::sigv4::Request::new("GET", "/orders/key", &[]);
        let operation = operation::identify(&get, &Service::named("s3"), b"");
        let wish = awsaccess::access::Wish::new("s3", "eu-west-1").in_partition("aws").asking(&operation);
        let wish = wish.at("s3.eu-west-1.amazonaws.com");
        let who = Identity::new("alice@example.com", "orders", "reader");
        let grant = config.gateway.access.decide(&who, &wish, awsaccess::time::Time::from_unix(1)).unwrap();
        let hops = role_hops(&grant).unwrap();
        let [hub, reader] = hops.as_slice() else { panic!("{hops:?}") };
        for hop in [hub, reader] {
            assert_eq!(hop.session_name.as_deref(), Some("orders-alice"));
        }
        assert_eq!(hub.source_identity.as_deref(), Some("alice@example.com"));
        assert_eq!(hub.tags, [("team".to_owned(), "payments".to_owned())]);
        assert_eq!(hub.transitive_tag_keys, ["team"]);
        assert_eq!((&hub.policy, &reader.source_identity), (&None, &None));
        assert_eq!(reader.tags, [("via".to_owned(), "awsaccess".to_owned())]);
        assert!(reader.transitive_tag_keys.is_empty());
        let policy = reader.policy.as_deref().unwrap();
        assert!(policy.contains("s3:GetObject") && !policy.contains("s3:PutObject\""), "{policy}");
    }
}
