//! Who may do what, from the file: applications, roles, subjects and placeholders.

use std::time::Duration;

use awsaccess::access::{self, Application, Hop, Identity, Subject, Target};
use awsaccess::gateway::{Placeholder, Store};
use awsaccess::time::Time;

use super::{ConfigError, file};

pub(super) fn access_policy(file: &file::File) -> Result<access::Policy, ConfigError> {
    let mut applications = Vec::new();
    for (n, entry) in file.application.iter().enumerate() {
        let key = format!("application[{n}]");
        if !file.source.iter().any(|source| source.name == entry.source) {
            let why = format!("there is no [[source]] of the name '{}'", entry.source);
            return Err(ConfigError::at(&format!("{key}.source"), why));
        }
        let mut targets = Vec::new();
        for (m, role) in entry.role.iter().enumerate() {
            let key = format!("{key}.role[{m}].assume");
            let hops = role.assume.iter().map(|assume| {
                let hop = Hop::new(&assume.role_arn)?;
                Ok(match &assume.external_id {
                    Some(id) => hop.with_external_id(id.as_str()),
                    None => hop,
                })
            });
            let hops: Result<Vec<_>, access::ArnError> = hops.collect();
            targets.push(Target::new(&role.name, hops.map_err(|why| ConfigError::at(&key, why))?));
        }
        let mut application = Application::new(&entry.name, &entry.source, targets);
        application.services = entry.services.clone();
        application.regions = entry.regions.clone();
        if let Some(seconds) = entry.duration_seconds {
            application.duration = Duration::from_secs(seconds);
        }
        applications.push(application);
    }
    let mut roles = Vec::new();
    for (n, entry) in file.role.iter().enumerate() {
        let allow: Vec<&str> = entry.allow.iter().map(String::as_str).collect();
        let deny: Vec<&str> = entry.deny.iter().map(String::as_str).collect();
        let role = access::Role::new(&entry.name, &allow, &deny);
        roles.push(role.map_err(|why| ConfigError::at(&format!("role[{n}]"), why))?);
    }
    let subjects = file.subject.iter().map(|entry| {
        let roles: Vec<&str> = entry.roles.iter().map(String::as_str).collect();
        Subject::new(&entry.name, &roles)
    });
    access::Policy::new(applications, roles, subjects.collect()).map_err(|why| ConfigError(why.to_string()))
}

pub(super) fn placeholders(file: &file::File) -> Result<Store, ConfigError> {
    let mut store = Store::new();
    for (n, entry) in file.placeholder.iter().enumerate() {
        let key = |name: &str| format!("placeholder[{n}].{name}");
        let id = &entry.access_key_id;
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=.-".contains(&byte);
        if !(16..=128).contains(&id.len()) || !id.bytes().all(sound) {
            return Err(ConfigError::at(
                &key("access_key_id"),
                "16 to 128 letters, digits and _+=.- are wanted",
            ));
        }
        if entry.secret_access_key.0.expose().len() < 20 {
            return Err(ConfigError::at(&key("secret_access_key"), "at least 20 characters are wanted"));
        }
        check_identity(file, entry).map_err(|why| ConfigError::at(&format!("placeholder[{n}]"), why))?;
        let identity = Identity::new(&entry.subject, &entry.application, &entry.role);
        let mut placeholder = Placeholder::new(entry.secret_access_key.0.clone(), identity);
        if let Some(token) = &entry.session_token {
            placeholder = placeholder.with_session_token(token.0.clone());
        }
        if let Some(at) = &entry.expires_at {
            let time = Time::parse_rfc3339(at);
            let time =
                time.ok_or_else(|| ConfigError::at(&key("expires_at"), "not a time (2026-11-21T12:00:00Z)"))?;
            placeholder = placeholder.with_expiry(time);
        }
        if store.insert(id.as_str(), placeholder).is_some() {
            return Err(ConfigError::at(&key("access_key_id"), "is there twice"));
        }
    }
    Ok(store)
}

/// A placeholder for nobody would be refused at its first use; better to say so now.
fn check_identity(file: &file::File, entry: &file::Placeholder) -> Result<(), String> {
    if !file.subject.iter().any(|subject| subject.name == entry.subject) {
        return Err(format!("there is no [[subject]] of the name '{}'", entry.subject));
    }
    let application = file.application.iter().find(|application| application.name == entry.application);
    let Some(application) = application else {
        return Err(format!("there is no [[application]] of the name '{}'", entry.application));
    };
    if !application.role.iter().any(|role| role.name == entry.role) {
        return Err(format!(
            "the application '{}' has no role of the name '{}'",
            entry.application, entry.role
        ));
    }
    Ok(())
}
