//! The published cases of the profile parser and of the files' places.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::collections::BTreeMap;
use std::path::Path;

use awsaccess::env::Env;
use awsaccess::profile::{Files, Platform, ProfileErrorKind, Profiles, Section, Selected};
use serde_json::{Map, Value};

fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/profile").join(file);
    let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    document["tests"].as_array().unwrap().clone()
}

/// Their words for a fault, and our kind.
const PHRASES: &[(&str, ProfileErrorKind)] = &[
    ("Profile definition must end with ']'", ProfileErrorKind::OpenHeader),
    ("Expected a profile definition", ProfileErrorKind::OutsideSection),
    ("Property did not have a name", ProfileErrorKind::NoName),
    ("Expected an '=' sign defining a property", ProfileErrorKind::NoEquals),
    ("Expected a property definition", ProfileErrorKind::NothingToContinue),
    ("Expected a property definition, found continuation", ProfileErrorKind::NothingToContinue),
    ("Expected an '=' sign defining a sub-property", ProfileErrorKind::NestedNoEquals),
    ("Sub-property did not have a name", ProfileErrorKind::NestedNoName),
];

#[test]
fn the_parser_reads_as_the_sdks_do() {
    let cases = cases("profile-parser-tests.json");
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let file = |key: &str| case["input"][key].as_str().map(str::as_bytes);
        let parsed = Profiles::parse(file("configFile"), file("credentialsFile"));
        if let Some(phrase) = case["output"]["errorContaining"].as_str() {
            let (_, kind) = PHRASES.iter().find(|(theirs, _)| *theirs == phrase).unwrap();
            assert_eq!(parsed.unwrap_err().kind, *kind, "{name}");
            continue;
        }
        let parsed = parsed.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = &case["output"]["config"];
        assert_eq!(texts(parsed.all_profiles()), object(&expected["profiles"]), "{name}");
        assert_eq!(texts(parsed.all_sso_sessions()), object(&expected["sso_sessions"]), "{name}");
    }
    assert_eq!(cases.len(), 65);
}

fn texts<'a>(
    sections: impl Iterator<Item = (&'a str, &'a Section)>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    sections.map(|(name, section)| (name.to_owned(), section.iter().map(own).collect())).collect()
}

fn object(value: &Value) -> BTreeMap<String, BTreeMap<String, String>> {
    let of = |map: &Map<String, Value>| {
        map.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect()
    };
    let sections = value.as_object().cloned().unwrap_or_default();
    sections.iter().map(|(name, section)| (name.clone(), of(section.as_object().unwrap()))).collect()
}

#[test]
fn the_files_are_where_the_sdks_look() {
    let cases = cases("file-location-tests.json");
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let env: Env = case["environment"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str().unwrap()))
            .collect();
        let platform = if case["platform"] == "windows" { Platform::Windows } else { Platform::Unix };
        let files = Files::locate(&env, None, platform);
        assert_eq!(files.config.as_deref(), case["configLocation"].as_str(), "{name}");
        assert_eq!(files.credentials.as_deref(), case["credentialsLocation"].as_str(), "{name}");
        if let Some(profile) = case["profile"].as_str() {
            assert_eq!(Selected::choose(None, &env).name, profile, "{name}");
        }
    }
    assert_eq!(cases.len(), 9);
}
