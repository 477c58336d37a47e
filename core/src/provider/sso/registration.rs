//! The file of a registered client, shared with the AWS CLI.

use std::time::Duration;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::oidc::{Client, Grant};
use super::token::instant;
use super::{Sso, file_name};
use crate::provider::object::Object;
use crate::time::Time;

/// A registration with less time left is made anew.
const LEAST_LEFT: Duration = Duration::from_secs(900);

/// The name of its file in `~/.aws/sso/cache`: the SHA-1 of what it is for, as Python's `json.dumps` writes it with
/// its keys sorted. Both kinds of registration share it.
pub(crate) fn file(sso: &Sso, scopes: &[String]) -> String {
    let scopes = match scopes {
        [] => "null".to_owned(),
        scopes => format!("[{}]", scopes.iter().map(|s| python_string(s)).collect::<Vec<_>>().join(", ")),
    };
    let session = sso.session.as_deref().map_or_else(|| "null".to_owned(), python_string);
    file_name(&format!(
        "{{\"region\": {}, \"scopes\": {scopes}, \"session_name\": {session}, \"startUrl\": {}, \"tool\": \"botocore\"}}",
        python_string(&sso.region),
        python_string(&sso.start_url),
    ))
}

/// The client of a file, if it is for this grant and has time left.
pub(crate) fn read(bytes: &[u8], grant: Grant, now: Time) -> Option<Client> {
    let document = Object::parse(bytes)?;
    let for_code = document.texts("grantTypes").contains(&"authorization_code");
    let ends = document.text("expiresAt").and_then(instant)?;
    if for_code != (grant == Grant::Code) || ends.since(now) < LEAST_LEFT {
        return None;
    }
    Some(Client { id: document.text("clientId")?.to_owned(), secret: document.secret("clientSecret")?, ends })
}

/// The file of a client.
pub(crate) fn write(client: &Client, grant: Grant, scopes: &[String]) -> Zeroizing<Vec<u8>> {
    let mut document = Object::default();
    document.set("clientId", client.id.as_str());
    document.set("clientSecret", client.secret.expose());
    document.set("expiresAt", client.ends.to_string());
    if !scopes.is_empty() {
        document.set("scopes", json!(scopes));
    }
    if grant == Grant::Code {
        document.set("grantTypes", json!(["authorization_code", "refresh_token"]));
    }
    document.to_bytes()
}

/// JSON with every character beyond ASCII as `\uXXXX`.
fn python_string(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    let mut ascii = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        // Python escapes DEL as itself and JSON's own escapes are ASCII already.
        if c.is_ascii() {
            ascii.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")));
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_as_botocore_names_them() {
        let url = "https://my-org.awsapps.com/start";
        let session = Sso::new(Some("my-sso".into()), "us-east-1", url);
        assert_eq!(session.cache_file(), "0ad374308c5a4e22f723adf10145eafad7c4031c.json");
        assert_eq!(
            Sso::new(None, "us-east-1", url).cache_file(),
            "acff06c7037450e5a3fddcacb0a34e921da42d68.json"
        );
        let scopes = ["sso:account:access".to_owned()];
        assert_eq!(file(&session, &scopes), "19f1d250a5c239d09c992e412e777d484650b152.json");
        assert_eq!(python_string("é\u{1f600}\"\n"), "\"\\u00e9\\ud83d\\ude00\\\"\\n\"");
    }

    #[test]
    fn a_registration_serves_its_own_grant_while_it_has_time() {
        let now = Time::from_unix(1_800_000_000);
        let client = |left| Client {
            id: "id".into(),
            secret: crate::secret::Secret::new("cl13nt"),
            ends: now + Duration::from_secs(left),
        };
        for grant in [Grant::Device, Grant::Code] {
            let other = if grant == Grant::Code { Grant::Device } else { Grant::Code };
            let written = write(&client(900), grant, &["a".into()]);
            assert!(read(&written, grant, now).is_some() && read(&written, other, now).is_none());
            assert!(read(&write(&client(899), grant, &[]), grant, now).is_none());
        }
        assert!(read(b"{}", Grant::Device, now).is_none());
    }
}
