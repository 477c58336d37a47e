//! The README's lines run, and are the README's.

use std::path::Path;
use std::process::Command;

#[test]
fn the_lines_run() {
    let test = std::env::current_exe().expect("a test has a path");
    let example = test.ancestors().nth(2).expect("target/debug").join("examples/ten_lines");
    let output = Command::new(example)
        .env_clear()
        .envs([("AWS_ACCESS_KEY_ID", "AKIDREAL"), ("AWS_SECRET_ACCESS_KEY", "real-secret")])
        .output()
        .expect("cargo test builds the examples");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "3 headers; AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]");
}

/// What stands between the marks of an example, without its indentation.
fn marked(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("the example is there");
    let lines = text.lines().skip_while(|line| !line.contains("README begins")).skip(1);
    let lines: Vec<&str> = lines.take_while(|line| !line.contains("README ends")).collect();
    let indent =
        lines.iter().filter(|line| !line.is_empty()).map(|line| line.len() - line.trim_start().len()).min();
    let shown = lines.iter().map(|line| line.get(indent.unwrap_or(0)..).unwrap_or_default());
    shown.collect::<Vec<_>>().join("\n")
}

/// The first block of a language in a document.
fn first_block(path: &Path, language: &str) -> String {
    let text = std::fs::read_to_string(path).expect("the document is there");
    let (_, rest) = text.split_once(&format!("```{language}\n")).expect("it has a block");
    rest.split_once("```").expect("the block ends").0.to_owned()
}

#[test]
fn the_readme_shows_what_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the readme is there");
    let mut shown = vec![marked(&root.join("drivers/examples/ten_lines.rs"))];
    // The bindings' own tests run the first block of their documents.
    for (document, language) in [
        ("bindings-python/README.md", "python"),
        ("bindings-node/README.md", "js"),
        ("bindings-c/README.md", "c"),
    ] {
        shown.push(first_block(&root.join(document), language));
    }
    for lines in shown {
        assert!(lines.lines().count() >= 8, "too little to be the example:\n{lines}");
        assert!(readme.contains(&lines), "the readme does not show what is tested:\n{lines}");
    }
}
