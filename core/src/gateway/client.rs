//! What an unmodified AWS client is told through its environment, so that it works through the gateway and nothing of
//! what it finds elsewhere takes the placeholder's place.
//!
//! | variable | why |
//! |---|---|
//! | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | the placeholder; a token that was there before would go along with its key, so that it is emptied where the placeholder has none |
//! | `AWS_REGION`, `AWS_DEFAULT_REGION` | most SDKs read the first, the AWS CLI 1 and boto3 the second |
//! | `AWS_SDK_LOAD_CONFIG` | the AWS SDK for Go 1 reads no configuration file without it |
//! | `AWS_CA_BUNDLE` | botocore, Go, Ruby, PHP; it takes the place of all other roots |
//! | `SSL_CERT_FILE` | OpenSSL, Go, .NET, and the AWS SDK for Rust, which does not read the one before; it takes their place too |
//! | `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` | go before the ones above in Python's requests and in curl |
//! | `NODE_EXTRA_CA_CERTS`, `DENO_CERT` | Node.js and Deno have roots of their own, and add these |
//! | `HTTPS_PROXY`, `https_proxy`, `NO_PROXY`, `no_proxy` | some programs read the one, some the other |
//! | `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` | an `endpoint_url` or a `services` section of the configuration file leads past the gateway |
//! | `AWS_EC2_METADATA_DISABLED` | else a client that finds fault with the keys goes on to the machine's own role |
//!
//! The gateway ends the TLS sessions of AWS's hosts alone; all others show certificates of their own. A variable that
//! takes the place of the system's roots is therefore set only to a bundle that has them as well. Programs that meet no
//! AWS host (git, Cargo, pip) are left as they are unless that is asked for ([`ClientEnv::tools`]), and so is Java, which
//! says on standard error that it was told something ([`ClientEnv::java_trust_store`]).
//!
//! In the mode of an endpoint URL there is no TLS and no proxy, and their variables stay what they are. What the
//! configuration file says of endpoints comes after the variable then, and cannot be ignored apart from it.

use std::borrow::Cow;

use crate::credentials::Credentials;
use crate::env::Env;
use crate::partition;
use crate::secret::Secret;

/// How a client reaches the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientMode {
    /// As a proxy: the client asks for a tunnel to AWS's own hosts, which end at the gateway.
    Connect,
    /// As the service itself, without TLS. For this machine only.
    EndpointUrl,
}

/// What a client is to be told.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientEnv {
    /// How it reaches the gateway.
    pub mode: ClientMode,
    /// Where the gateway listens: host and port.
    pub address: String,
    /// The placeholder.
    pub credentials: Credentials,
    /// The application's region, if it has one; else the client's own setting stays.
    pub region: Option<String>,
    /// A file with the gateway's certificate alone.
    pub ca_file: Option<String>,
    /// A file with the gateway's certificate and the system's roots.
    pub bundle_file: Option<String>,
    /// A key store for Java (JKS, with the password `changeit`) with the same; set if Java is to be told.
    pub java_trust_store: Option<String>,
    /// Whether git, Cargo and pip are told too. They meet AWS at CodeCommit and CodeArtifact.
    pub tools: bool,
}

/// A variable that is to be set, or taken away.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its value, which may be a secret; `None`: it is to be unset. An empty value is no substitute: the AWS CLI takes
    /// an empty `AWS_PROFILE` for the name of a profile.
    pub value: Option<Secret>,
}

/// What would take the place of the placeholder, or lead past the gateway.
const SHADOWS: [&str; 22] = [
    // Profiles go before keys in the environment, in botocore and in the JavaScript SDK.
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    // The names of the session token and the keys that older SDKs read, some of them first.
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_FILE",
    // It belongs to the keys that were there: clients would fail at the end of another's life.
    "AWS_CREDENTIAL_EXPIRATION",
    // Both change where requests go (account-based endpoints) and what they are signed for.
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    // With it a client that has one goes without a signature.
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
];
/// The same by how they begin, of those that are there: one for each service, and what is to come.
const SHADOWING: [&str; 3] = ["AWS_ENDPOINT_URL_", "AWS_BEARER_TOKEN_", "AWS_CONTAINER_"];

/// What is never asked for through a proxy: metadata services and this machine.
const DIRECT: [&str; 8] = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::254]",
    "[fd00:ec2::23]",
    "localhost",
    "127.0.0.1",
    "[::1]",
];

impl ClientEnv {
    /// A client of the gateway at that host and port, with that placeholder.
    pub fn new(mode: ClientMode, address: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            mode,
            address: address.into(),
            credentials,
            region: None,
            ca_file: None,
            bundle_file: None,
            java_trust_store: None,
            tools: false,
        }
    }

    /// The variables to set, then those to unset, for a client whose environment would be `present`.
    ///
    /// ```
    /// use awsaccess::credentials::Credentials;
    /// use awsaccess::env::Env;
    /// use awsaccess::gateway::{ClientEnv, ClientMode};
    ///
    /// let keys = Credentials::new("AKIAPLACEHOLDER00001", "placeholder");
    /// let client = ClientEnv::new(ClientMode::Connect, "127.0.0.1:8877", keys);
    /// let present: Env = [("AWS_PROFILE", "prod")].into_iter().collect();
    /// let variables = client.variables(&present);
    /// let find = |name: &str| variables.iter().find(|variable| variable.name == name).unwrap();
    /// assert_eq!(find("HTTPS_PROXY").value.as_ref().unwrap().expose(), "http://127.0.0.1:8877");
    /// assert!(find("AWS_PROFILE").value.is_none());
    /// ```
    #[must_use]
    pub fn variables(&self, present: &Env) -> Vec<Variable> {
        let mut all = List(Vec::new());
        self.keys(&mut all);
        match self.mode {
            ClientMode::Connect => {
                self.trust(&mut all);
                let proxy = format!("http://{}", self.address);
                all.set("HTTPS_PROXY", &proxy);
                all.set("https_proxy", &proxy);
                all.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
            }
            ClientMode::EndpointUrl => all.set("AWS_ENDPOINT_URL", &format!("http://{}", self.address)),
        }
        let direct = self.no_proxy(present);
        all.set("NO_PROXY", &direct);
        all.set("no_proxy", &direct);
        all.set("AWS_EC2_METADATA_DISABLED", "true");
        if let Some(options) = self.java(present) {
            all.set("JAVA_TOOL_OPTIONS", &options);
        }
        SHADOWS.into_iter().for_each(|name| all.unset(Cow::Borrowed(name)));
        let more = present.names().filter(|name| SHADOWING.iter().any(|start| name.starts_with(start)));
        more.for_each(|name| all.unset(Cow::Owned(name.to_owned())));
        all.0
    }

    fn keys(&self, all: &mut List) {
        let keys = &self.credentials;
        all.set("AWS_ACCESS_KEY_ID", keys.access_key_id());
        all.set("AWS_SECRET_ACCESS_KEY", keys.secret_access_key().expose());
        all.set("AWS_SESSION_TOKEN", keys.session_token().map_or("", Secret::expose));
        if let Some(region) = &self.region {
            all.set("AWS_REGION", region);
            all.set("AWS_DEFAULT_REGION", region);
        }
        all.set("AWS_SDK_LOAD_CONFIG", "1");
    }

    fn trust(&self, all: &mut List) {
        let (alone, bundle) = (self.ca_file.as_deref(), self.bundle_file.as_deref());
        if let Some(file) = bundle.or(alone) {
            all.set("AWS_CA_BUNDLE", file);
        }
        if let Some(file) = alone.or(bundle) {
            all.set("NODE_EXTRA_CA_CERTS", file);
            all.set("DENO_CERT", file);
        }
        let Some(bundle) = bundle else { return };
        for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
            all.set(name, bundle);
        }
        if self.tools {
            for name in ["GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "PIP_CERT"] {
                all.set(name, bundle);
            }
        }
    }

    /// What the user has, without what would lead past the gateway, and what must be there.
    fn no_proxy(&self, present: &Env) -> String {
        let theirs = ["NO_PROXY", "no_proxy"].into_iter().filter_map(|name| present.get(name));
        let theirs = theirs.flat_map(|list| list.split([',', ' '])).map(str::trim);
        let through = |entry: &&str| self.mode == ClientMode::EndpointUrl || !leads_past(entry);
        let mut list: Vec<&str> = Vec::new();
        let own = (self.mode == ClientMode::EndpointUrl).then(|| host(&self.address));
        for entry in theirs.filter(through).chain(DIRECT).chain(own) {
            if !entry.is_empty() && !list.iter().any(|there| there.eq_ignore_ascii_case(entry)) {
                list.push(entry);
            }
        }
        list.join(",")
    }

    /// After what the user says to Java: of two settings the last counts.
    fn java(&self, present: &Env) -> Option<String> {
        let store = self.java_trust_store.as_deref().filter(|_| self.mode == ClientMode::Connect)?;
        let mut options =
            present.get("JAVA_TOOL_OPTIONS").map_or(String::new(), |theirs| format!("{theirs} "));
        let quote = if store.contains(char::is_whitespace) { "\"" } else { "" };
        options.push_str(&format!(
            "{quote}-Djavax.net.ssl.trustStore={store}{quote} -Djavax.net.ssl.trustStoreType=JKS \
             -Djavax.net.ssl.trustStorePassword=changeit"
        ));
        if let Some((name, port)) = self.address.rsplit_once(':') {
            let name = name.trim_start_matches('[').trim_end_matches(']');
            options.push_str(&format!(" -Dhttps.proxyHost={name} -Dhttps.proxyPort={port}"));
        }
        Some(options)
    }
}

struct List(Vec<Variable>);

impl List {
    fn set(&mut self, name: &'static str, value: &str) {
        self.0.push(Variable { name: Cow::Borrowed(name), value: Some(Secret::new(value)) });
    }

    /// Unless something was said about it.
    fn unset(&mut self, name: Cow<'static, str>) {
        if self.0.iter().all(|there| there.name != name) {
            self.0.push(Variable { name, value: None });
        }
    }
}

/// Whether a client would go straight to AWS for that entry of `NO_PROXY`: it covers one of AWS's domains, lies in one,
/// or is the star that covers all.
fn leads_past(entry: &str) -> bool {
    let name = host(entry).trim_start_matches(['*', '.']).trim_end_matches('.').to_ascii_lowercase();
    let within = |outer: &str, inner: &str| {
        inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    name.is_empty() || partition::suffixes().any(|suffix| within(suffix, &name) || within(&name, suffix))
}

/// Without a port.
fn host(address: &str) -> &str {
    match address.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            // A bare IPv6 address ends in digits as well.
            if name.contains(':') && !name.ends_with(']') { address } else { name }
        }
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(mode: ClientMode) -> ClientEnv {
        let keys = Credentials::new("AKIAPLACEHOLDER00001", "placeholder-secret");
        let mut client = ClientEnv::new(mode, "127.0.0.1:8877", keys);
        client.region = Some("eu-west-1".into());
        client.ca_file = Some("/g/ca.pem".into());
        client.bundle_file = Some("/g/bundle.pem".into());
        client
    }

    fn env(pairs: &[(&str, &str)]) -> Env {
        pairs.iter().map(|(name, value)| (*name, *value)).collect()
    }

    fn value(variables: &[Variable], name: &str) -> Option<String> {
        let mut found = variables.iter().filter(|variable| variable.name == name);
        let value = found.next()?.value.as_ref().map(|value| value.expose().to_owned());
        assert!(found.next().is_none(), "{name} is there twice");
        Some(value.unwrap_or_else(|| "unset".into()))
    }

    #[test]
    fn as_a_proxy() {
        let variables = client(ClientMode::Connect).variables(&Env::new());
        for (name, wanted) in [
            ("AWS_ACCESS_KEY_ID", "AKIAPLACEHOLDER00001"),
            ("AWS_SECRET_ACCESS_KEY", "placeholder-secret"),
            ("AWS_SESSION_TOKEN", ""),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_SDK_LOAD_CONFIG", "1"),
            ("AWS_CA_BUNDLE", "/g/bundle.pem"),
            ("NODE_EXTRA_CA_CERTS", "/g/ca.pem"),
            ("DENO_CERT", "/g/ca.pem"),
            ("SSL_CERT_FILE", "/g/bundle.pem"),
            ("REQUESTS_CA_BUNDLE", "/g/bundle.pem"),
            ("CURL_CA_BUNDLE", "/g/bundle.pem"),
            ("HTTPS_PROXY", "http://127.0.0.1:8877"),
            ("https_proxy", "http://127.0.0.1:8877"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
            ("AWS_PROFILE", "unset"),
            ("AWS_ENDPOINT_URL", "unset"),
        ] {
            assert_eq!(value(&variables, name).as_deref(), Some(wanted), "{name}");
        }
        for name in ["GIT_SSL_CAINFO", "JAVA_TOOL_OPTIONS", "HTTP_PROXY", "AWS_CONFIG_FILE"] {
            assert_eq!(value(&variables, name), None, "{name}");
        }
        let first_unset = variables.iter().position(|variable| variable.value.is_none()).unwrap();
        assert!(
            variables.iter().skip(first_unset).all(|variable| variable.value.is_none()),
            "unset comes last"
        );
    }

    #[test]
    fn as_the_service_itself() {
        let variables = client(ClientMode::EndpointUrl).variables(&env(&[
            ("HTTPS_PROXY", "http://company:3128"),
            ("AWS_ENDPOINT_URL", "http://other"),
            ("NO_PROXY", "amazonaws.com"),
        ]));
        assert_eq!(value(&variables, "AWS_ENDPOINT_URL").as_deref(), Some("http://127.0.0.1:8877"));
        assert_eq!(value(&variables, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").as_deref(), Some("unset"));
        for name in ["HTTPS_PROXY", "AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
            assert_eq!(value(&variables, name), None, "{name}");
        }
        let direct = value(&variables, "NO_PROXY").unwrap();
        assert!(direct.starts_with("amazonaws.com,") && direct.contains(",127.0.0.1"), "{direct}");
        let mut far = client(ClientMode::EndpointUrl);
        far.address = "gateway.test:80".into();
        assert!(value(&far.variables(&Env::new()), "no_proxy").unwrap().ends_with(",gateway.test"));
    }

    #[test]
    fn what_would_shadow_it_is_taken_away() {
        let present = env(&[
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8000"),
            ("AWS_ENDPOINT_URL_S3", "http://localhost:9000"),
            ("AWS_BEARER_TOKEN_TOMORROW", "t"),
            ("AWS_CONTAINER_TOMORROW", "t"),
            ("AWS_RETRY_MODE", "standard"),
            ("AWS_CONFIG_FILE", "/c"),
        ]);
        let variables = client(ClientMode::Connect).variables(&present);
        for name in [
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_S3",
            "AWS_BEARER_TOKEN_TOMORROW",
            "AWS_CONTAINER_TOMORROW",
        ] {
            assert_eq!(value(&variables, name).as_deref(), Some("unset"), "{name}");
        }
        for name in ["AWS_RETRY_MODE", "AWS_CONFIG_FILE"] {
            assert_eq!(value(&variables, name), None, "{name}");
        }
    }

    #[test]
    fn no_proxy_keeps_what_does_not_lead_past_the_gateway() {
        let theirs = "corp.test, .intra.test 10.0.0.0/8,*,amazonaws.com,.com,s3.eu-west-1.amazonaws.com:443,*.api.aws,\
                      notamazonaws.com,[fd12::1]:80,fd12::2,LOCALHOST,*.on.aws.";
        let variables = client(ClientMode::Connect).variables(&env(&[("no_proxy", theirs)]));
        let merged = value(&variables, "NO_PROXY").unwrap();
        assert_eq!(
            merged,
            "corp.test,.intra.test,10.0.0.0/8,notamazonaws.com,[fd12::1]:80,fd12::2,LOCALHOST,169.254.169.254,\
             169.254.170.2,169.254.170.23,[fd00:ec2::254],[fd00:ec2::23],127.0.0.1,[::1]"
        );
        assert_eq!(value(&variables, "no_proxy"), Some(merged));
    }

    #[test]
    fn without_a_bundle_nothing_takes_the_place_of_the_systems_roots() {
        let mut client = client(ClientMode::Connect);
        client.bundle_file = None;
        client.tools = true;
        let variables = client.variables(&Env::new());
        assert_eq!(value(&variables, "AWS_CA_BUNDLE").as_deref(), Some("/g/ca.pem"));
        for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"] {
            assert_eq!(value(&variables, name), None, "{name}");
        }
    }

    #[test]
    fn java_and_tools_are_told_when_asked() {
        let mut client = client(ClientMode::Connect);
        client.java_trust_store = Some("/my files/trust.jks".into());
        client.tools = true;
        let variables = client.variables(&env(&[("JAVA_TOOL_OPTIONS", "-Xmx1g")]));
        assert_eq!(
            value(&variables, "JAVA_TOOL_OPTIONS").as_deref(),
            Some(
                "-Xmx1g \"-Djavax.net.ssl.trustStore=/my files/trust.jks\" -Djavax.net.ssl.trustStoreType=JKS \
                 -Djavax.net.ssl.trustStorePassword=changeit -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=8877"
            )
        );
        for name in ["GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "PIP_CERT"] {
            assert_eq!(value(&variables, name).as_deref(), Some("/g/bundle.pem"), "{name}");
        }
    }

    #[test]
    fn the_token_of_the_placeholder_goes_along() {
        let mut client = client(ClientMode::Connect);
        client.credentials = client.credentials.with_session_token("placeholder-token");
        let variables = client.variables(&env(&[("AWS_SESSION_TOKEN", "another's")]));
        assert_eq!(value(&variables, "AWS_SESSION_TOKEN").as_deref(), Some("placeholder-token"));
    }
}
