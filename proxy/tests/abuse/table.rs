//! Every attack that the threat model lists names the tests that show how it ends, and they are there.

use std::fs;
use std::path::Path;

#[test]
fn the_tests_that_the_threat_model_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let model = fs::read_to_string(root.join("docs/THREAT_MODEL.md")).unwrap();
    let (_, attacks) = model.split_once("\n## Attacks\n").unwrap();
    let attacks = attacks.split("\n## ").next().unwrap();
    let rows: Vec<Vec<&str>> = attacks
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| attack"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 22, "{} attacks", rows.len());
    for row in rows {
        let [attack, stops, shown] = row.as_slice() else { panic!("three columns: {row:?}") };
        assert!(!attack.is_empty() && !stops.is_empty(), "{row:?}");
        let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{attack}: no test");
        for name in named {
            let (file, test) = name.split_once("::").unwrap_or_else(|| panic!("{attack}: {name}"));
            let text = fs::read_to_string(root.join(file)).unwrap_or_else(|_| panic!("{attack}: no {file}"));
            assert!(is_there(&text, file, test), "{attack}: {file} has no test of the name {test}");
        }
    }
}

#[test]
fn the_tests_that_the_list_of_clients_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let list = fs::read_to_string(root.join("docs/CLIENTS.md")).unwrap();
    let rows = list.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| client"));
    let named = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter(|name| name.contains("::"));
    let mut count = 0;
    for name in named {
        let (file, test) = name.split_once("::").unwrap();
        let text =
            fs::read_to_string(root.join("proxy/clients").join(file)).unwrap_or_else(|_| panic!("no {file}"));
        assert!(is_there(&text, file, test), "{file} has no test of the name {test}");
        count += 1;
    }
    assert!(count >= 30, "{count} tests");
}

/// Whether a file has a test of that name: in Rust it must be marked as one.
fn is_there(text: &str, file: &str, test: &str) -> bool {
    if file.ends_with(".py") {
        return text.contains(&format!("\ndef {test}("));
    }
    let Some(at) = text.find(&format!("fn {test}(")) else { return false };
    let before: Vec<&str> = text[..at].lines().rev().take(4).collect();
    before.iter().any(|line| line.trim() == "#[test]" || line.trim().starts_with("#[tokio::test"))
}
