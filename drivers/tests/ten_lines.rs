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
    let indent = lines.iter().filter(|line| !line.is_empty()).map(|line| line.len() - line.trim_start().len()).min();
    let shown = lines.iter().map(|line| line.get(indent.unwrap_or(0)..).unwrap_or_default());
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_readme_shows_what_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the readme is there");
    for example in [
        "drivers/examples/ten_lines.rs",
        "bindings-python/examples/ten_lines.py",
        "bindings-node/examples/ten_lines.mjs",
        "bindings-c/examples/ten_lines.c",
    ] {
        let lines = marked(&root.join(example));
        assert!(lines.lines().count() >= 8, "{example} has lost its marks");
        assert!(readme.contains(&lines), "the readme does not show {example} as it is:\n{lines}");
    }
}
