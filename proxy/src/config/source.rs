//! Credential sources, from the file: what the chain is told, and identities that no profile can hold.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use awsaccess::chain::{Options, Order, Source as ChainSource};
use awsaccess::provider::{Cognito, RolesAnywhere, Saml, Token, WebIdentity};
use awsaccess_drivers::blocking::Network;
use serde::Deserialize;

use super::{ConfigError, file};
use crate::source::{Chain, Named};

/// A role of STS for an assertion that an identity provider's agent keeps in a file.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct SamlTable {
    role_arn: String,
    principal_arn: String,
    assertion_file: String,
    duration_seconds: Option<u64>,
    region: Option<String>,
}

/// A role of STS for a token in a file.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WebIdentityTable {
    role_arn: String,
    token_file: String,
    session_name: Option<String>,
    duration_seconds: Option<u64>,
    region: Option<String>,
}

/// An identity of a Cognito identity pool.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct CognitoTable {
    identity_pool_id: String,
    identity_id: Option<String>,
    account_id: Option<String>,
    #[serde(default)]
    logins: Vec<CognitoLogin>,
    custom_role_arn: Option<String>,
    role_arn: Option<String>,
    endpoint: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct CognitoLogin {
    provider: String,
    token_file: String,
}

/// A role of IAM Roles Anywhere for a certificate.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RolesAnywhereTable {
    trust_anchor_arn: String,
    profile_arn: String,
    role_arn: String,
    certificate: String,
    chain: Option<String>,
    private_key: String,
    session_name: Option<String>,
    duration_seconds: Option<u64>,
    region: Option<String>,
    endpoint: Option<String>,
}

/// `network` is how those are reached that a source asks, but for the certificates that it has itself.
pub(super) fn sources(file: &file::File, base: &Path, network: &Network) -> Result<Chain, ConfigError> {
    let mut sources = BTreeMap::new();
    for (n, entry) in file.source.iter().enumerate() {
        let key = |name: &str| format!("source[{n}].{name}");
        let network = match &entry.ca_file {
            None => network.clone(),
            Some(name) => {
                let wrong = |why: &dyn std::fmt::Display| ConfigError::at(&key("ca_file"), why);
                let pem = std::fs::read(base.join(name)).map_err(|error| wrong(&error))?;
                network.clone().roots(&pem).map_err(|error| wrong(&error))?
            }
        };
        let named = Named {
            options: options(entry, base, &key)?,
            network,
            region: entry.region.clone(),
            sts: entry.sts_endpoint.clone(),
            signin: entry.signin_endpoint.clone(),
        };
        if sources.insert(entry.name.clone(), named).is_some() {
            return Err(ConfigError::at(&key("name"), "is there twice"));
        }
    }
    let env = awsaccess_drivers::blocking::environment().map_err(|error| ConfigError(error.to_string()))?;
    Ok(Chain { sources, customs: BTreeMap::new(), env })
}

fn options(entry: &file::Source, base: &Path, key: &dyn Fn(&str) -> String) -> Result<Options, ConfigError> {
    let mut options = Options::new();
    if let Some(profile) = &entry.profile {
        options = options.profile(profile.as_str());
    }
    if let Some(region) = &entry.region {
        options = options.region(region.as_str());
    }
    if let Some(home) = &entry.home {
        options = options.home(base.join(home).display().to_string());
    }
    if let Some(url) = &entry.imds_endpoint {
        options = options.imds_endpoint(url.as_str());
    }
    if let Some(url) = &entry.sts_endpoint {
        options = options.sts_endpoint(url.as_str());
    }
    let mut tables = Vec::new();
    if let Some(table) = &entry.saml {
        tables.push("saml");
        options = options.saml(table.read(base));
    }
    if let Some(table) = &entry.web_identity {
        tables.push("web_identity");
        options = options.web_identity(table.read(base));
    }
    if let Some(table) = &entry.cognito {
        tables.push("cognito");
        options = options.cognito(table.read(base));
    }
    if let Some(table) = &entry.roles_anywhere {
        tables.push("roles_anywhere");
        options = options.roles_anywhere(table.read(base));
    }
    match (tables.as_slice(), entry.order.as_slice()) {
        ([], []) => Ok(options),
        ([], order) => {
            let order: Result<Vec<_>, _> =
                order.iter().map(|name| chain_source(&key("order"), name)).collect();
            Ok(options.order(Order::new(order?)))
        }
        // Who names an identity means that one, and none that happens to be around.
        ([_], []) => Ok(options.order(Order::only(ChainSource::Code))),
        ([table], _) => {
            Err(ConfigError::at(&key("order"), format!("{table} is the only source; leave it out")))
        }
        ([_, table, ..], _) => Err(ConfigError::at(&key(table), "a source has one identity; there are two")),
    }
}

fn chain_source(key: &str, name: &str) -> Result<ChainSource, ConfigError> {
    // What `code` stands for is said by a table of its own.
    let found = name.parse().ok().filter(|source| *source != ChainSource::Code);
    found.ok_or_else(|| {
        let all = "environment, profile, web-identity, container, imds, custom:<name>";
        ConfigError::at(key, format!("'{name}' is none of {all}"))
    })
}

fn path(base: &Path, name: &str) -> String {
    base.join(name).display().to_string()
}

fn token(base: &Path, name: &str) -> Token {
    Token::File(path(base, name))
}

impl SamlTable {
    fn read(&self, base: &Path) -> Saml {
        let assertion = token(base, &self.assertion_file);
        let mut saml = Saml::new(&self.role_arn, &self.principal_arn, assertion);
        saml.duration = self.duration_seconds.map(Duration::from_secs);
        saml.region.clone_from(&self.region);
        saml
    }
}

impl WebIdentityTable {
    fn read(&self, base: &Path) -> WebIdentity {
        let mut identity = WebIdentity::new(&self.role_arn, token(base, &self.token_file));
        identity.session_name.clone_from(&self.session_name);
        identity.duration = self.duration_seconds.map(Duration::from_secs);
        identity.region.clone_from(&self.region);
        identity
    }
}

impl CognitoTable {
    fn read(&self, base: &Path) -> Cognito {
        let mut cognito = Cognito::new(&self.identity_pool_id);
        cognito.identity_id.clone_from(&self.identity_id);
        cognito.account_id.clone_from(&self.account_id);
        cognito.custom_role_arn.clone_from(&self.custom_role_arn);
        cognito.role_arn.clone_from(&self.role_arn);
        cognito.endpoint.clone_from(&self.endpoint);
        let logins = self.logins.iter();
        logins.fold(cognito, |cognito, login| {
            cognito.login(login.provider.as_str(), token(base, &login.token_file))
        })
    }
}

impl RolesAnywhereTable {
    fn read(&self, base: &Path) -> RolesAnywhere {
        let mut roles = RolesAnywhere::new(
            &self.trust_anchor_arn,
            &self.profile_arn,
            &self.role_arn,
            path(base, &self.certificate),
            path(base, &self.private_key),
        );
        roles.chain = self.chain.as_deref().map(|name| path(base, name));
        roles.session_name.clone_from(&self.session_name);
        roles.duration = self.duration_seconds.map(Duration::from_secs);
        roles.region.clone_from(&self.region);
        roles.endpoint.clone_from(&self.endpoint);
        roles
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use awsaccess::credentials::Credentials;
    use awsaccess_emulator::{Assertion, Emulator, World};

    use crate::config::Config;

    const SPOKE: &str = "222222222222";

    /// An emulator, and a folder with a configuration for it.
    struct Site {
        emulator: Emulator,
        folder: std::path::PathBuf,
    }

    impl Site {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("awsaccess-source-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let emulator = Emulator::builder().world(World::demo()).start().unwrap();
            fs::write(folder.join("ca.pem"), emulator.ca_pem()).unwrap();
            Self { emulator, folder }
        }

        fn file(&self, name: &str, text: &str) {
            fs::write(self.folder.join(name), text).unwrap();
        }

        fn load(&self, tables: &str) -> Result<Config, String> {
            let (url, name) = (self.emulator.endpoint_url(), self.folder.join("gateway.toml"));
            let source = format!(
                "[[source]]\nname = \"s\"\nregion = \"us-east-1\"\nsts_endpoint = \"{url}\"\nca_file = \"ca.pem\"\n{tables}"
            );
            fs::write(&name, format!("listen = [\"127.0.0.1:0\"]\n{source}")).unwrap();
            Config::load(&name).map_err(|error| error.to_string())
        }

        fn find(&self, tables: &str) -> Result<Credentials, String> {
            let config = self.load(tables)?;
            config.sources.find("s", &[]).map_err(|error| error.to_string())
        }
    }

    impl Drop for Site {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn identities_that_no_profile_can_hold() {
        let site = Site::new("identities");
        let (provider, role) =
            (format!("arn:aws:iam::{SPOKE}:saml-provider/corporate"), format!("arn:aws:iam::{SPOKE}:role"));
        let employee = format!("{role}/employee");
        site.file("a", &site.emulator.saml_assertion(&Assertion::new(&provider, &employee, "ana")).unwrap());
        let web = site.emulator.web_identity_token(
            "https://ci.example.com",
            "sts.amazonaws.com",
            "repo:example/x",
            600,
        );
        site.file("t", &web.unwrap());
        let world = site.emulator.world();
        let (anchor, profile) = (world.trust_anchors[0].arn(), world.anywhere_profiles[0].arn());
        let issued = site.emulator.issue_certificate(&anchor, "gateway", None).unwrap();
        site.file("c.pem", &issued.certificate);
        site.file("k.pem", &issued.private_key);
        let pool = world.identity_pools[0].id.clone();
        let url = site.emulator.endpoint_url();
        for (tables, source) in [
            (
                format!(
                    "[source.saml]\nrole_arn = \"{employee}\"\nprincipal_arn = \"{provider}\"\nassertion_file = \"a\"\n"
                ),
                "saml",
            ),
            (
                format!("[source.web_identity]\nrole_arn = \"{role}/deployer\"\ntoken_file = \"t\"\n"),
                "web-identity",
            ),
            (format!("[source.cognito]\nidentity_pool_id = \"{pool}\"\nendpoint = \"{url}\"\n"), "cognito"),
            (
                format!(
                    "[source.cognito]\nidentity_pool_id = \"{pool}\"\nendpoint = \"{url}\"\n\
                         logins = [{{ provider = \"ci.example.com\", token_file = \"t\" }}]\n"
                ),
                "cognito",
            ),
            (
                format!(
                    "[source.roles_anywhere]\ntrust_anchor_arn = \"{anchor}\"\nprofile_arn = \"{profile}\"\n\
                         role_arn = \"{role}/on-premises\"\ncertificate = \"c.pem\"\nprivate_key = \"k.pem\"\nendpoint = \"{url}\"\n"
                ),
                "roles-anywhere",
            ),
        ] {
            let found = site.find(&tables).unwrap_or_else(|error| panic!("{tables}: {error}"));
            assert_eq!(found.source(), Some(source));
        }
        // An identity that fails is not replaced by one that happens to be around.
        let broken = format!(
            "[source.saml]\nrole_arn = \"{employee}\"\nprincipal_arn = \"{provider}\"\nassertion_file = \"none\"\n"
        );
        assert!(site.find(&broken).unwrap_err().contains("saml"), "{broken}");
    }

    #[test]
    fn a_source_of_the_host_by_name() {
        let site = Site::new("custom");
        let config = site.load("order = [\"custom:vault\"]\n").unwrap();
        assert!(config.sources.find("s", &[]).is_err(), "nobody answers");
        let config = config.with_custom("vault", || Ok(Some(Credentials::new("AKIDVAULT", "secret"))));
        assert_eq!(config.sources.find("s", &[]).unwrap().access_key_id(), "AKIDVAULT");
        let config = config.with_custom("vault", || Err("the vault is sealed".to_owned()));
        assert!(config.sources.find("s", &[]).unwrap_err().to_string().contains("the vault is sealed"));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let site = Site::new("refused");
        let web =
            "[source.web_identity]\nrole_arn = \"arn:aws:iam::222222222222:role/a\"\ntoken_file = \"t\"\n";
        let pool = "[source.cognito]\nidentity_pool_id = \"us-east-1:x\"\n";
        for (tables, told) in [
            (format!("order = [\"imds\"]\n{web}"), "source[0].order: web_identity is the only source"),
            (format!("{web}{pool}"), "source[0].cognito: a source has one identity"),
            ("order = [\"code\"]\n".to_owned(), "'code' is none of"),
            ("[source.saml]\nrole_arn = \"x\"\n".to_owned(), "source[0].saml.principal_arn: is missing"),
            (format!("{pool}secret = \"x\"\n"), "there is no key of this name"),
        ] {
            let error = site.load(&tables).err().unwrap_or_default();
            assert!(error.contains(told), "{tables}: {error}");
        }
    }
}
