//! Arrows of dependency between the modules of this crate point down, never up.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::fs;
use std::path::{Path, PathBuf};

/// From the top to the bottom; modules of one line may use each other.
const LAYERS: &[&[&str]] = &[
    &["gateway"],
    &["access", "operation", "audit"],
    &["chain", "cache", "signin"],
    &["provider"],
    &["profile", "sts", "console"],
    &["sigv4", "partition"],
    &["step", "effect", "flow", "host"],
    &["redact"],
    &["credentials"],
    &["hash"],
    &["secret", "time", "env", "error"],
];

#[test]
fn no_arrow_points_up() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut faults) = (0, Vec::new());
    for file in rust_files(&src) {
        let inside = file.strip_prefix(&src).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.strip_suffix(".rs").unwrap_or(first);
        if module == "lib" {
            continue;
        }
        files += 1;
        let text = fs::read_to_string(&file).unwrap();
        faults.extend(
            faults_of(module, &text).into_iter().map(|fault| format!("{}: {fault}", inside.display())),
        );
    }
    assert!(files > 20, "only {files} files were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_arrow_that_points_up_is_found() {
    assert_eq!(faults_of("sts", "use crate::chain::Options;"), ["sts uses chain, which is above it"]);
    assert_eq!(faults_of("error", "fn f() { crate::flow::start() }").len(), 1);
    assert_eq!(
        faults_of("profile", "use crate::{\n    error::{Error, ErrorKind},\n    provider::imds,\n};").len(),
        1
    );
    assert_eq!(faults_of("novelty", "").len(), 1);
    assert_eq!(faults_of("sts", "use crate::novelty::X;").len(), 1);
}

#[test]
fn arrows_down_and_sideways_are_fine() {
    let text = "use crate::{sts, profile::Section};\nuse crate::error::Error;\n/// See [`crate::chain`].\nuse crate::MAX;";
    assert!(faults_of("provider", text).is_empty());
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn faults_of(module: &str, text: &str) -> Vec<String> {
    let Some(own) = layer(module) else {
        return vec![format!("{module} has no place in the list of layers")];
    };
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut faults = Vec::new();
    for used in used_modules(&code) {
        match layer(&used) {
            None => faults.push(format!("{module} uses {used}, which has no place in the list of layers")),
            Some(other) if other < own => faults.push(format!("{module} uses {used}, which is above it")),
            Some(_) => {}
        }
    }
    faults
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The first name of every path that begins with `crate::`; of a list in braces, each one's. Names of the crate's
/// root that are no modules (macros, constants) begin with a capital or end with `!`.
fn used_modules(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.push(name_at(rest));
            continue;
        };
        let (mut depth, mut start) = (0usize, true);
        for (i, c) in list.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    found.push(name_at(&list[i..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found.retain(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    found
}

fn name_at(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
