//! No secret can be printed or written down by accident: its types lack what would do it, and nothing that carries
//! one derives it.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads the sources")]

use std::fmt::{Debug, Display, LowerHex};
use std::fs;
use std::path::{Path, PathBuf};

use awsaccess::time::Time;

/// Does not compile if the type has one of the traits: the call below would then have two meanings.
macro_rules! lacks {
    ($type:ty: $($trait:path),+) => {
        $(const _: fn() = || {
            trait Ambiguous<Case> {
                fn call() {}
            }
            struct Has;
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $trait> Ambiguous<Has> for T {}
            let _ = <$type as Ambiguous<_>>::call;
        };)+
    };
}

lacks!(awsaccess::secret::Secret: Debug, Display, LowerHex, serde::Serialize, AsRef<str>, std::ops::Deref, Into<String>);
lacks!(awsaccess::credentials::Credentials: Display, serde::Serialize);
lacks!(awsaccess::credentials::SigningKey: Debug, Display, LowerHex, serde::Serialize, AsRef<[u8]>, std::ops::Deref);
lacks!(awsaccess::credentials::Delegate: Display, serde::Serialize);
lacks!(awsaccess::gateway::Placeholder: Debug, Display, serde::Serialize);
lacks!(awsaccess::redact::Redactor: Debug, Display, serde::Serialize);
lacks!(awsaccess::redact::RedactStream: Debug, Display, serde::Serialize);

#[test]
fn what_may_be_printed_of_credentials_holds_no_secret() {
    let keys =
        awsaccess::credentials::Credentials::new("AKIDEXAMPLE", "the-secret").with_session_token("the-token");
    let delegate = keys.delegate(Time::from_unix(1_777_633_200), "eu-west-1", "s3");
    for shown in
        [format!("{keys:?}"), format!("{keys:#?}"), format!("{delegate:?}"), format!("{delegate:#?}")]
    {
        assert!(
            shown.contains("AKIDEXAMPLE") && !shown.contains("the-secret") && !shown.contains("the-token"),
            "{shown}"
        );
    }
}

/// What holds a secret, by the names of types; bytes that are wiped can print themselves where text cannot.
const SECRET: [&str; 5] = ["Secret", "Zeroizing", "Wiped", "MacKey", "SigningKey"];

/// Traits that print or write what they are derived for.
const TELLS: [&str; 3] = ["Debug", "Serialize", "Display"];

#[test]
fn nothing_that_carries_a_secret_derives_what_would_tell_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let (mut types, mut faults) = (0, Vec::new());
    for room in ["core", "drivers", "proxy", "cli", "bindings-c", "bindings-node", "bindings-python"] {
        for file in rust_files(&root.join(room).join("src")) {
            let text = fs::read_to_string(&file).expect("a source file");
            let (seen, wrong) = tellers(&text);
            types += seen;
            faults.extend(wrong.into_iter().map(|name| format!("{}: {name}", file.display())));
        }
    }
    assert!(types > 30, "only {types} types that carry a secret were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_type_that_would_tell_is_found() {
    assert_eq!(
        tellers("#[derive(Clone, Debug)]\npub struct A {\n    key: Zeroizing<Vec<u8>>,\n}\n"),
        (1, vec!["A".into()])
    );
    assert_eq!(tellers("#[derive(Debug)]\nstruct B(Option<Secret>);\n"), (1, vec!["B".into()]));
    assert_eq!(
        tellers("#[derive(serde::Serialize)]\nenum C {\n    One,\n    Two { a: Secret },\n}\n"),
        (1, vec!["C".into()])
    );
    assert_eq!(tellers("#[derive(Clone)]\nstruct D {\n    key: Secret,\n}\n"), (1, vec![]));
    assert_eq!(
        tellers("#[derive(Debug)]\nstruct E {\n    secrets: usize,\n    of: SecretKind,\n}\n"),
        (0, vec![])
    );
}

/// How many types of a file carry a secret, and which of them derive what would tell it.
fn tellers(text: &str) -> (usize, Vec<String>) {
    let (mut seen, mut wrong) = (0, Vec::new());
    let mut derived = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if let Some(list) = line.strip_prefix("#[derive(") {
            derived.push_str(list);
            continue;
        }
        let after = ["struct ", "enum "].iter().find_map(|word| {
            let words =
                line.strip_prefix("pub ").or_else(|| Some(line.strip_prefix("pub(")?.split_once(") ")?.1));
            words.unwrap_or(line).strip_prefix(word)
        });
        let Some(after) = after else {
            if !line.starts_with("#[") && !line.starts_with("//") {
                derived.clear();
            }
            continue;
        };
        let mut body = after.to_owned();
        if !line.ends_with(';') {
            for line in
                lines.by_ref().take_while(|line| line.trim_end() != "}" && !line.trim_end().ends_with(" {}"))
            {
                body.push_str(line.split("//").next().unwrap_or_default());
                body.push('\n');
            }
        }
        let words: Vec<&str> = body.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        if words.iter().skip(1).any(|word| SECRET.contains(word)) {
            seen += 1;
            let traits: Vec<&str> = derived.split(|c: char| !c.is_alphanumeric()).collect();
            if traits.iter().any(|name| TELLS.contains(name)) {
                wrong.push(words.first().copied().unwrap_or_default().to_owned());
            }
        }
        derived.clear();
    }
    (seen, wrong)
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all
}
