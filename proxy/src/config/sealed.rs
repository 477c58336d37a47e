//! `[sealed]`: the keys that placeholders are sealed with, and what was revoked.

use std::path::Path;
use std::sync::Arc;

use awsaccess::access::Identity;
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Claims, Gateway, GatewayKey, GatewayKeys, Revocation, Revocations, Sealed, Store};
use awsaccess::time::Time;
use rustls::crypto::CryptoProvider;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::ConfigError;

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct SealedTable {
    /// The file of the keys that placeholders are sealed with.
    pub(super) key_file: Option<String>,
    /// The number of the key that seals, if not the highest; the others open.
    seals_with: Option<u16>,
    /// What is no longer taken.
    #[serde(default)]
    revoked: Vec<String>,
}

/// A key that lives as long as the gateway does, over all its configurations.
pub(crate) type LifeKey = Arc<Zeroizing<[u8; 32]>>;

/// Makes one.
pub(super) fn life_key(provider: &CryptoProvider) -> Result<LifeKey, ConfigError> {
    let mut bytes = Zeroizing::new([0; 32]);
    let filled = provider.secure_random.fill(&mut *bytes);
    filled.map_err(|_| ConfigError("the system gives no random bytes for a key".into()))?;
    Ok(Arc::new(bytes))
}

/// The placeholders of a gateway: sealed ones, and the stored ones beside them.
///
/// Without a file of keys they are sealed with the key that lives as long as the gateway does: enough for the credentials
/// in AWS's replies, which it seals itself, and for what it issues while it runs.
pub(super) fn placeholders(
    table: &SealedTable,
    base: &Path,
    life: &LifeKey,
    store: Store,
    revoked: &Revocations,
) -> Result<Sealed, ConfigError> {
    let keys = match &table.key_file {
        Some(name) => {
            let keys = read_keys(&base.join(name))?;
            match table.seals_with {
                None => keys,
                Some(number) => {
                    keys.sealing_with(number).map_err(|why| ConfigError::at("sealed.seals_with", why))?
                }
            }
        }
        None if table.seals_with.is_some() => {
            return Err(ConfigError::at(
                "sealed.seals_with",
                "names a key of `key_file`, which is not there",
            ));
        }
        None => {
            let keys = GatewayKeys::new(vec![GatewayKey::new(0, life)]);
            keys.map_err(|why| ConfigError::at("sealed.key_file", why))?
        }
    };
    Ok(Sealed::new(keys).with_store(store).with_revocations(revoked.clone()))
}

/// What the file says is revoked.
pub(super) fn revocations(table: &SealedTable) -> Result<Revocations, ConfigError> {
    let revoked = Revocations::default();
    for (n, text) in table.revoked.iter().enumerate() {
        let at = |why: &str| ConfigError::at(&format!("sealed.revoked[{n}]"), why);
        let what = revocation(text).ok_or_else(|| at(FORMS))?;
        // What the file says holds for as long as the file says it.
        revoked.add(what, FOREVER, Time::from_unix(0)).map_err(|why| at(&why.to_string()))?;
    }
    Ok(revoked)
}

/// Makes a placeholder as the rules of a gateway know it.
pub(crate) fn issue(gateway: &Gateway, claims: &Claims, seed: &[u8; 32]) -> Result<Credentials, ConfigError> {
    check(gateway, &claims.identity)?;
    let keys = gateway.placeholders.keys();
    let keys = keys.ok_or_else(|| ConfigError("there is no key to seal placeholders with".into()))?;
    keys.seal(claims, seed).map_err(|why| ConfigError(why.to_string()))
}

/// Whether the rules know who the identity names.
pub(super) fn check(gateway: &Gateway, who: &Identity) -> Result<(), ConfigError> {
    gateway.access.check(who, crate::sink::now()).map_err(|why| {
        let (subject, application, role) = (&who.subject, &who.application, &who.role);
        ConfigError(format!(
            "the subject '{subject}', the application '{application}', the role '{role}': {why}"
        ))
    })
}

const FOREVER: Time = Time::from_unix(1 << 40);
const FORMS: &str = "must be \"session:<id>\", \"key:<access key id>\", \"subject:<name>\" (stored placeholders, and \
    sealed ones of any time), \"subject:<name>@<time>\" or \"issued-until:<time>\" (2026-11-21T12:00:00Z)";

fn revocation(text: &str) -> Option<Revocation> {
    let (kind, value) = text.split_once(':').filter(|(_, value)| !value.is_empty())?;
    match kind {
        "session" => Some(Revocation::Session(value.to_owned())),
        "key" => Some(Revocation::KeyId(value.to_owned())),
        "issued-until" => Time::parse_rfc3339(value).map(Revocation::IssuedUntil),
        // A name may have an `@` of its own.
        "subject" => Some(match value.rsplit_once('@') {
            Some((name, time)) if Time::parse_rfc3339(time).is_some() => {
                Revocation::Subject(name.to_owned(), Time::parse_rfc3339(time)?)
            }
            _ => Revocation::Subject(value.to_owned(), FOREVER),
        }),
        _ => None,
    }
}

fn read_keys(path: &Path) -> Result<GatewayKeys, ConfigError> {
    let at = |why: &str| ConfigError::at("sealed.key_file", format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
        at(&format!("cannot be read: {error}; `awsaccess issue --new-key --config <this file>` makes one"))
    })?;
    warn_if_open(path);
    GatewayKeys::parse(&text).map_err(|why| at(&why.to_string()))
}

#[cfg(unix)]
fn warn_if_open(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0, |found| found.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            "others may read the gateway's keys; allow it to nobody but the gateway (chmod 600)"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_open(_path: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn a_key_may_only_open() {
        let folder = std::env::temp_dir().join(format!("awsaccess-seals-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let who = Identity::new("alice@example.com", "prod", "reader");
        let now = Time::from_unix(1_800_000_000);
        let claims = Claims::new(who, now, now + std::time::Duration::from_secs(60));
        // Two nodes with the same rules and files of keys of their own, as they are between two reloads.
        let node = |name: &str, keys: &[u16], sealed: &str| {
            let lines = keys.iter().map(|number| {
                let byte = u8::try_from(*number).unwrap();
                format!("{}\n", GatewayKey::line(*number, &[byte; 32]).expose())
            });
            std::fs::write(folder.join(name), lines.collect::<String>()).unwrap();
            let table = format!("[sealed]\nkey_file = \"{name}\"\n{sealed}");
            let text = include_str!("../../examples/gateway.toml").replacen("[sealed]", &table, 1);
            std::fs::write(folder.join("gateway.toml"), text).unwrap();
            Config::load(&folder.join("gateway.toml"))
        };
        let takes = |node: &Config, placeholder: &Credentials| {
            let token = placeholder.session_token().map(|token| token.expose().as_bytes());
            node.gateway.placeholders.find(placeholder.access_key_id(), token).is_some()
        };
        let behind = node("behind", &[1], "").unwrap();
        let ahead = node("ahead", &[1, 2], "seals_with = 1\n").unwrap();
        let last = node("last", &[1, 2], "").unwrap();
        let seal = |node: &Config| node.issue(&claims, &[7; 32]).unwrap();
        assert!(takes(&behind, &seal(&ahead)) && takes(&ahead, &seal(&behind)));
        assert!(takes(&ahead, &seal(&last)) && takes(&last, &seal(&ahead)));
        assert!(!takes(&behind, &seal(&last)), "it has not read the key");
        let error = |node: Result<Config, ConfigError>| node.err().map(|why| why.to_string()).unwrap();
        let why = error(node("last", &[1, 2], "seals_with = 3\n"));
        assert!(why.contains("sealed.seals_with: there is no key number 3"), "{why}");
        let why = error(Config::parse("listen = []\n[sealed]\nseals_with = 1\n"));
        assert!(why.contains("sealed.seals_with: names a key of `key_file`"), "{why}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn revocations_are_read() {
        let noon = Time::parse_rfc3339("2026-11-21T12:00:00Z").unwrap();
        for (text, wanted) in [
            ("session:s:1", Some(Revocation::Session("s:1".into()))),
            ("key:AGWP", Some(Revocation::KeyId("AGWP".into()))),
            ("issued-until:2026-11-21T12:00:00Z", Some(Revocation::IssuedUntil(noon))),
            ("subject:a@b", Some(Revocation::Subject("a@b".into(), FOREVER))),
            ("subject:a@b@2026-11-21T12:00:00Z", Some(Revocation::Subject("a@b".into(), noon))),
            ("issued-until:noon", None),
            ("session:", None),
            ("everything", None),
            ("role:x", None),
        ] {
            assert_eq!(revocation(text), wanted, "{text}");
        }
    }
}
