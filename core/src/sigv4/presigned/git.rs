//! Git credentials of CodeCommit: a key id (and `%` with a session token) as user, a date and a signature as password.
//!
//! What is signed is no HTTP request: the method is `GIT`, only the host is signed, there is no line for a body, and the
//! string to sign holds the date without its `Z`. See `aws codecommit credential-helper`.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::credentials::{Credentials, SigningKey};
use crate::hash::{hex, sha256_hex, unhex};
use crate::secret::Secret;
use crate::sigv4::key::Key;
use crate::sigv4::percent;
use crate::sigv4::scope::Scope;
use crate::time::Time;

const SERVICE: &str = "codecommit";

/// A credential, the repository that it is for, and the form in which it came.
pub(super) struct GitCredential {
    protocol: String,
    host: String,
    path: String,
    access_key_id: String,
    token: Option<Secret>,
    signed_at: Time,
    signature: [u8; 32],
    form: Form,
}

enum Form {
    Url,
    /// The lines of git's credential protocol, by name, in order.
    Lines(Vec<(String, Zeroizing<String>)>),
}

impl GitCredential {
    pub(super) fn recognize(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if let Some((protocol, rest)) = text.split_once("://").filter(|(protocol, _)| is_http(protocol)) {
            let (authority, path) = rest.split_at_checked(rest.find('/')?)?;
            let (user, host) = authority.rsplit_once('@')?;
            let (user, password) = user.split_once(':')?;
            let decoded =
                |text: &str| String::from_utf8(percent::decode_all(text.as_bytes())).ok().map(Zeroizing::new);
            return Self::new(protocol, host, path, &decoded(user)?, &decoded(password)?, Form::Url);
        }
        let mut lines = Vec::new();
        for line in text.lines().take(32) {
            let (name, value) = line.trim_end_matches('\r').split_once('=')?;
            lines.push((name.to_owned(), Zeroizing::new(value.to_owned())));
        }
        let of = |name: &str| {
            lines.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str().to_owned())
        };
        let (user, password) = (Zeroizing::new(of("username")?), Zeroizing::new(of("password")?));
        let path = format!("/{}", of("path")?.trim_start_matches('/'));
        let protocol = of("protocol").unwrap_or_else(|| "https".to_owned());
        Self::new(&protocol, &of("host")?, &path, &user, &password, Form::Lines(lines))
    }

    fn new(protocol: &str, host: &str, path: &str, user: &str, password: &str, form: Form) -> Option<Self> {
        let (access_key_id, token) = match user.split_once('%') {
            Some((id, token)) => (id, Some(Secret::new(token))),
            None => (user, None),
        };
        let (date, signature) = password.split_at_checked(16)?;
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !(plain(access_key_id) && plain(host) && plain(path)) {
            return None;
        }
        Some(Self {
            protocol: protocol.to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            access_key_id: access_key_id.to_owned(),
            token,
            signed_at: Time::parse_amz(date)?,
            signature: unhex(signature.as_bytes())?,
            form,
        })
    }

    pub(super) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(super) const fn signed_at(&self) -> Time {
        self.signed_at
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The region in `git-codecommit[-fips].REGION.amazonaws.com`, behind an endpoint's own labels or not.
    pub(super) fn region(&self) -> Option<&str> {
        let name = self.host.split(':').next().unwrap_or_default();
        let mut labels = name.split('.').skip_while(|label| !label.starts_with("git-codecommit"));
        let known =
            labels.next().is_some_and(|label| ["git-codecommit", "git-codecommit-fips"].contains(&label));
        labels.next().filter(|region| known && !region.is_empty())
    }

    pub(super) fn is_signed_with(&self, key: Key<'_>, region: &str) -> bool {
        let Some(signing) = key.signing_key(&scope(region), self.signed_at) else { return false };
        let right: bool = self.sign(&signing, self.signed_at).ct_eq(&self.signature).into();
        let token = match (key.session_token(), &self.token) {
            (None, None) => true,
            (Some(expected), Some(sent)) => expected == sent,
            _ => false,
        };
        right && token
    }

    fn sign(&self, key: &SigningKey, at: Time) -> [u8; 32] {
        let name = self.host.split(':').next().unwrap_or_default();
        let canonical = format!("GIT\n{}\n\nhost:{name}\n\nhost\n", self.path);
        let date = at.amz();
        let scope = scope(key.region()).on(date.day());
        key.sign_written(|text| {
            for line in ["AWS4-HMAC-SHA256", date.as_str().trim_end_matches('Z'), &scope] {
                text.update(line.as_bytes());
                text.update(b"\n");
            }
            text.update(&sha256_hex(canonical.as_bytes()));
        })
    }

    /// The credential of `credentials`, in the form in which this one came.
    pub(super) fn resigned(&self, credentials: &Credentials, region: &str, at: Time) -> Zeroizing<Vec<u8>> {
        let mut user = Zeroizing::new(credentials.access_key_id().to_owned());
        if let Some(token) = credentials.session_token() {
            user.push('%');
            user.push_str(token.expose());
        }
        let signature = hex(&self.sign(&credentials.signing_key(at, region, SERVICE), at));
        let password = Zeroizing::new(format!("{}{}", at.amz(), String::from_utf8_lossy(&signature)));
        let mut out = Zeroizing::new(Vec::new());
        match &self.form {
            Form::Url => {
                out.extend_from_slice(self.protocol.as_bytes());
                out.extend_from_slice(b"://");
                percent::encode(&mut *out, user.as_bytes(), None);
                out.push(b':');
                out.extend_from_slice(password.as_bytes());
                out.push(b'@');
                out.extend_from_slice(self.host.as_bytes());
                out.extend_from_slice(self.path.as_bytes());
            }
            Form::Lines(lines) => {
                for (name, value) in lines {
                    let value = match name.as_str() {
                        "username" => &user,
                        "password" => &password,
                        _ => value,
                    };
                    for part in [name.as_str(), "=", value.as_str(), "\n"] {
                        out.extend_from_slice(part.as_bytes());
                    }
                }
            }
        }
        out
    }
}

fn scope(region: &str) -> Scope {
    Scope::new(region, SERVICE)
}

fn is_http(protocol: &str) -> bool {
    ["https", "http"].iter().any(|known| protocol.eq_ignore_ascii_case(known))
}
