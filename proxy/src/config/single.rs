//! A gateway that serves one program for as long as it runs, and what a client of a configuration is to be told.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use awsaccess::access::Identity;
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Claims, GatewayKey, GatewayKeys, Sealed};
use zeroize::Zeroizing;

use super::{Audit, Config, ConfigError, file};
use crate::listen::{At, Listen};
use crate::trust::TrustFiles;

/// What a configuration offers, by name.
#[derive(Default)]
pub(crate) struct Offer {
    subjects: Vec<String>,
    applications: Vec<Offered>,
}

struct Offered {
    name: String,
    roles: Vec<String>,
    region: Option<String>,
}

impl Offer {
    pub(super) fn of(file: &file::File) -> Self {
        let region = |application: &file::Application| {
            let source = file.source.iter().find(|source| source.name == application.source);
            application.regions.first().cloned().or_else(|| source.and_then(|source| source.region.clone()))
        };
        let applications = file.application.iter().map(|application| Offered {
            name: application.name.clone(),
            roles: application.role.iter().map(|role| role.name.clone()).collect(),
            region: region(application).filter(|name| !name.contains('*')),
        });
        Self {
            subjects: file.subject.iter().map(|subject| subject.name.clone()).collect(),
            applications: applications.collect(),
        }
    }

    /// The region of an application: the first that it names, or its source's.
    pub(crate) fn region(&self, application: &str) -> Option<&str> {
        let found = self.applications.iter().find(|offered| offered.name == application);
        found.and_then(|offered| offered.region.as_deref())
    }
}

impl Config {
    /// Who a client is: what is not said is taken from the configuration where it has only one.
    ///
    /// # Errors
    /// [`ConfigError`] says what there is to choose from.
    pub fn identity(
        &self,
        subject: Option<&str>,
        application: Option<&str>,
        role: Option<&str>,
    ) -> Result<Identity, ConfigError> {
        let names = self.offer.applications.iter().map(|application| application.name.as_str());
        let application = only("application", application, names)?;
        let found = self.offer.applications.iter().find(|offered| offered.name == application);
        let roles = found.into_iter().flat_map(|offered| offered.roles.iter().map(String::as_str));
        let role = only("role", role, roles)?;
        let subject = only("subject", subject, self.offer.subjects.iter().map(String::as_str))?;
        let who = Identity::new(subject, application, role);
        self.check(&who).map(|()| who)
    }

    /// The region of an application: the first that it names, or its source's.
    #[must_use]
    pub fn region(&self, application: &str) -> Option<&str> {
        self.offer.region(application)
    }

    /// The addresses where an application's clients are taken.
    pub fn addresses(&self, application: &str) -> impl Iterator<Item = SocketAddr> {
        let open =
            move |listen: &&Listen| listen.application.as_deref().is_none_or(|only| only == application);
        self.listen.iter().filter(open).filter_map(|listen| match listen.at {
            At::Tcp(address) => Some(address),
            At::Unix(_) => None,
        })
    }

    /// The files by which clients will trust the gateway.
    #[must_use]
    pub fn trust_files(&self) -> TrustFiles {
        self.trust_files.clone()
    }

    /// Whether audit lines go to standard output, where they would mix with what else is written there.
    #[must_use]
    pub const fn audits_to_stdout(&self) -> bool {
        matches!(self.audit, Audit::Stdout)
    }

    /// With the trust files that the configuration names no place for in a folder.
    #[must_use]
    pub fn with_trust_files_in(mut self, folder: &Path) -> Self {
        self.trust_files.ca.get_or_insert_with(|| folder.join("ca.pem"));
        self.trust_files.bundle.get_or_insert_with(|| folder.join("bundle.pem"));
        self.trust_folder = Some(folder.to_owned());
        self
    }

    /// A gateway for one program, by the same rules: on a port of the loopback interface that the system chooses, with
    /// one placeholder, which no other gateway takes and which ends with this one, as its authority does. Its trust files lie in `folder`, which
    /// is the caller's to make and to remove; nothing else is kept.
    ///
    /// # Errors
    /// [`ConfigError`] if the identity is not known, or no key can be made.
    pub fn for_one(mut self, claims: &Claims, folder: &Path) -> Result<(Self, Credentials), ConfigError> {
        self.check(&claims.identity)?;
        let (key, seed) = (self.random()?, self.random()?);
        let keys = GatewayKeys::new(vec![GatewayKey::new(0, &key)]);
        let keys = keys.map_err(|why| ConfigError(why.to_string()))?;
        let placeholder = keys.seal(claims, &seed).map_err(|why| ConfigError(why.to_string()))?;
        self.gateway.placeholders = Box::new(Sealed::new(keys).with_revocations(self.revoked.clone()));
        let at = At::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        self.listen = vec![Listen { at, application: None }];
        let place = |name: &str| Some(folder.join(name));
        self.trust_files = TrustFiles {
            ca: place("ca.pem"),
            bundle: place("bundle.pem"),
            jks: place("trust.jks"),
            ..TrustFiles::default()
        };
        self.ca_key_file = None;
        // A program may read its roots once, and run for as long as it likes; the key ends with us.
        self.ca_lifetime = super::LONGEST_AUTHORITY;
        (self.admin, self.probes) = (None, None);
        // What the file says later is for the gateway that serves all.
        (self.path, self.document) = (None, None);
        Ok((self, placeholder))
    }

    pub(super) fn check(&self, who: &Identity) -> Result<(), ConfigError> {
        super::sealed::check(&self.gateway, who)
    }

    fn random(&self) -> Result<Zeroizing<[u8; 32]>, ConfigError> {
        let mut bytes = Zeroizing::new([0; 32]);
        let filled = self.provider.secure_random.fill(&mut *bytes);
        filled.map_err(|_| ConfigError("the system gives no random bytes for a key".into()))?;
        Ok(bytes)
    }
}

fn only<'a>(
    what: &str,
    said: Option<&'a str>,
    all: impl Iterator<Item = &'a str>,
) -> Result<&'a str, ConfigError> {
    if let Some(said) = said {
        return Ok(said);
    }
    let all: Vec<&str> = all.collect();
    let how = match what {
        "application" => "--name or AWSACCESS_NAME",
        "role" => "--role or AWSACCESS_ROLE",
        _ => "--subject or AWSACCESS_SUBJECT",
    };
    match all.as_slice() {
        [one] => Ok(one),
        [] => Err(ConfigError(format!("there is no {what} in it; say which one is meant ({how})"))),
        _ => Err(ConfigError(format!("which {what} is meant? say one of {} ({how})", all.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use awsaccess::time::Time;

    const WHOLE: &str = include_str!("../../examples/gateway.toml");

    fn error<T>(result: Result<T, ConfigError>) -> String {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_only_one_needs_no_name() {
        let config = Config::parse(WHOLE).unwrap();
        let who = config.identity(None, None, None).unwrap();
        assert_eq!((&*who.subject, &*who.application, &*who.role), ("alice@example.com", "prod", "reader"));
        assert_eq!(config.region("prod"), Some("us-east-1"));
        assert_eq!(config.region("other"), None);
        assert!(error(config.identity(Some("eve"), None, None)).contains("the subject 'eve'"));
        assert!(error(config.identity(None, None, Some("writer"))).contains("the role 'writer'"));
        let two = format!("{WHOLE}\n[[subject]]\nname = \"bob@example.com\"\nroles = [\"developers\"]\n");
        let two = Config::parse(&two).unwrap();
        let why = error(two.identity(None, None, None));
        assert_eq!(
            why,
            "which subject is meant? say one of alice@example.com, bob@example.com (--subject or AWSACCESS_SUBJECT)"
        );
        assert_eq!(&*two.identity(Some("bob@example.com"), None, None).unwrap().subject, "bob@example.com");
        let none = Config::parse("listen = []").unwrap();
        assert!(
            error(none.identity(None, None, None))
                .contains("there is no application in it; say which one is meant (--name")
        );
    }

    #[test]
    fn one_program_has_a_gateway_of_its_own() {
        let config = Config::parse(WHOLE).unwrap();
        let who = config.identity(None, None, None).unwrap();
        let now = Time::from_unix(1_800_000_000);
        let claims = Claims::new(who, now, now + std::time::Duration::from_secs(60));
        let folder = Path::new("/private");
        let (first, placeholder) = config.for_one(&claims, folder).unwrap();
        let (second, other) = Config::parse(WHOLE).unwrap().for_one(&claims, folder).unwrap();
        assert_eq!(first.addresses("prod").collect::<Vec<_>>(), ["127.0.0.1:0".parse().unwrap()]);
        assert_eq!(first.ca_lifetime.as_secs(), 168 * 3600);
        assert_eq!(first.trust_files().bundle.as_deref(), Some(Path::new("/private/bundle.pem")));
        let token = placeholder.session_token().map(|token| token.expose().as_bytes());
        let id = placeholder.access_key_id();
        assert!(first.gateway.placeholders.find(id, token).is_some());
        assert!(second.gateway.placeholders.find(id, token).is_none(), "it is of one gateway alone");
        assert!(first.gateway.placeholders.find("AKIAPLACEHOLDER00001", None).is_none(), "and the only one");
        assert_ne!(id, other.access_key_id());
    }
}
