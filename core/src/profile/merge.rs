//! Two lists of sections to one picture.
//!
//! A section that comes twice is merged, and the later value holds; `[profile default]` displaces `[default]`;
//! the credentials file outranks the config file. The keys of static credentials are taken as one group from one
//! file, so that a token of the one never joins a key of the other.

use std::collections::BTreeMap;

use super::line::{Block, File, is_name};
use super::{Profiles, Section};

/// The keys that only make sense together.
const STATIC_KEYS: [&str; 5] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "aws_account_id",
];

pub(super) fn merge(config: Vec<Block>, credentials: Vec<Block>) -> Profiles {
    let mut merged = Profiles::default();
    let prefixed_default =
        config.iter().any(|block| block.prefix.as_deref() == Some("profile") && block.name == "default");
    for block in config {
        let place = match block.prefix.as_deref() {
            Some("profile") => Ok(&mut merged.profiles),
            Some("sso-session") => Ok(&mut merged.sso_sessions),
            Some("services") => Ok(&mut merged.services),
            None if block.name == "default" && prefixed_default => {
                Err("is ignored, since [profile default] is there too".to_owned())
            }
            None if block.name == "default" => Ok(&mut merged.profiles),
            None => Err(format!("is ignored; write [profile {}] in the config file", block.name)),
            Some(_) => Err("is ignored; no such kind of section is known".to_owned()),
        };
        take(block, place, &mut merged.warnings);
    }
    let mut from_credentials = BTreeMap::new();
    for block in credentials {
        let place = match block.prefix {
            None => Ok(&mut from_credentials),
            Some(_) => Err("is ignored; in the credentials file a profile is written [name]".to_owned()),
        };
        take(block, place, &mut merged.warnings);
    }
    for (name, mut section) in from_credentials {
        let profile = merged.profiles.entry(name.clone()).or_default();
        if section.has("aws_access_key_id") {
            drop_static_keys(profile, &name, File::Config, &mut merged.warnings);
        } else if profile.has("aws_access_key_id") {
            drop_static_keys(&mut section, &name, File::Credentials, &mut merged.warnings);
        }
        profile.absorb(section);
    }
    merged
}

fn take(block: Block, place: Result<&mut BTreeMap<String, Section>, String>, warnings: &mut Vec<String>) {
    let place = place.and_then(|place| match block.quoted || is_name(&block.name) {
        true => Ok(place),
        false => Err("is ignored, its name may not hold such characters".to_owned()),
    });
    match place {
        Ok(place) => {
            warnings.extend(block.warnings);
            place.entry(block.name).or_default().absorb(block.section);
        }
        Err(why) => {
            let prefix = block.prefix.map(|prefix| prefix + " ").unwrap_or_default();
            let header = crate::error::one_line(&format!("[{prefix}{}]", block.name));
            warnings.push(format!("{}, line {}: {header} {why}", block.file, block.line));
        }
    }
}

fn drop_static_keys(section: &mut Section, name: &str, file: File, warnings: &mut Vec<String>) {
    let dropped: Vec<_> = STATIC_KEYS.into_iter().filter(|key| section.remove(key)).collect();
    if !dropped.is_empty() {
        warnings.push(format!(
            "profile {name}: {} of the {file} not used, since the access key comes from the other file",
            dropped.join(", ")
        ));
    }
}
