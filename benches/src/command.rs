//! What the command costs from start to end: credentials that stand in a file, printed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use crate::race::{Row, Target};

const KEYS: &str = "[default]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
";

/// A few milliseconds; the AWS CLI takes 280 for the same.
const MOST: f64 = 5.0;
const TURNS: usize = 41;

/// `make bench` builds the command; `AWSACCESS` names another one.
pub fn run(rows: &mut Vec<Row>) {
    let program = env::var_os("AWSACCESS").map_or("../target/release/awsaccess".into(), PathBuf::from);
    if !program.is_file() {
        eprintln!("skipped: awsaccess creds: there is no {}; cargo build --release", program.display());
        return;
    }
    let home = env::temp_dir().join(format!("awsaccess-bench-{}", std::process::id()));
    fs::create_dir_all(home.join(".aws")).expect("a folder");
    fs::write(home.join(".aws/credentials"), KEYS).expect("a file");
    let said = String::from_utf8(start(&program, &home).stdout).expect("text");
    assert!(said.contains("AKIDEXAMPLE"), "{said}");
    let mut turns: Vec<f64> = (0..TURNS)
        .map(|_| {
            let began = Instant::now();
            start(&program, &home);
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    // A folder that stays behind says nothing of the command.
    let _ = fs::remove_dir_all(home);
    turns.sort_by(f64::total_cmp);
    let value = turns[TURNS / 2];
    rows.push(Row {
        name: "awsaccess creds of a static profile",
        value,
        unit: "ms",
        peer: "5 ms (the AWS CLI takes 280)",
        ratio: value / MOST,
        target: Some(Target::AtMost(1.0)),
    });
}

fn start(program: &Path, home: &Path) -> Output {
    let output =
        Command::new(program).arg("creds").env_clear().env("HOME", home).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}
