//! `awsaccess audit verify` over files, as an auditor runs it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use awsaccess::audit::{Format, Link, Phase, Record, Shown};
use awsaccess::time::Time;

/// A folder of its own, which is gone when this is.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("awsaccess-audit-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, lines: &[String]) -> String {
        let path = self.0.join(name);
        fs::write(&path, lines.concat()).expect("a file");
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Lines with their breaks.
fn chain(length: usize) -> Vec<String> {
    let mut link = Link::FIRST;
    let mut lines = Vec::new();
    for n in 0..length {
        let mut record = Record::request(format!("id-{n}"), Time::from_unix(1_440_938_160));
        record.operation = Some(Shown::name("GetObject"));
        // The shape may change on the way; the chain goes on.
        let format = if n % 2 == 0 { Format::Plain } else { Format::Ocsf };
        let line = record.linked_line(Phase::End, format, Some(&link));
        link = link.next(line.as_bytes());
        lines.push(line + "\n");
    }
    lines
}

fn verify(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_awsaccess"));
    command.args(["audit", "verify"]).args(arguments).env_clear().output().expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn refused(arguments: &[&str], wanted: &str) {
    let output = verify(arguments);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(wanted), "{said}");
    assert!(text(&output.stderr).starts_with("awsaccess: the log is not what was written"));
}

/// Verifies, and gives the hash to be noted.
#[track_caller]
fn whole(arguments: &[&str]) -> String {
    let output = verify(arguments);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.starts_with("whole: "), "{said}");
    said.trim_end().rsplit(' ').next().expect("a hash").to_owned()
}

#[test]
fn tampering_is_named_by_file_and_line() {
    let folder = Folder::new("tampering");
    let lines = chain(9);
    whole(&[&folder.write("whole", &lines)]);
    let edited = |name: &str, edit: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        edit(&mut lines);
        folder.write(name, &lines)
    };
    let altered = edited("altered", &|lines| lines[3] = lines[3].replace("GetObject", "PutObject"));
    refused(&[&altered], "altered:4 was altered (or the link to it in ");
    refused(&[&edited("removed", &|lines| drop(lines.remove(3)))], "a line was removed before ");
    refused(&[&edited("inserted", &|lines| lines.insert(5, lines[1].clone()))], "inserted:6 was inserted");
    refused(&[&edited("beheaded", &|lines| drop(lines.remove(0)))], "beheaded:1 does not begin the chain");
    let cut = edited("cut", &|lines| {
        lines[8].pop();
    });
    refused(&[&cut], "cut:9 has no end");
    refused(&[&edited("crlf", &|lines| lines[2] = lines[2].replace('\n', "\r\n"))], "crlf:3 was altered");
    refused(&[&folder.write("empty", &[])], "there are no lines");
}

#[test]
fn rotated_files_are_one_chain() {
    let folder = Folder::new("rotated");
    let lines = chain(9);
    let (one, two) = (folder.write("one", &lines[..4]), folder.write("two", &lines[4..]));
    let last = whole(&[&one, &two]);
    assert_eq!(last, whole(&[&folder.write("all", &lines)]));
    let shorter = folder.write("shorter", &lines[..3]);
    refused(&[&shorter, &two], "a line was removed before ");
    refused(&[&two, &one], "two:1 does not begin the chain");
    refused(&[&two], "two:1 does not begin the chain: it says that it is number 5");
    // The older file is gone, but its last hash was noted.
    let noted = whole(&[&one]);
    assert_eq!(whole(&["--after", &noted, &two]), last);
    refused(&["--after", &last, &two], "two:1");
}

#[test]
fn a_cut_end_is_seen_by_a_noted_hash() {
    let folder = Folder::new("noted");
    let lines = chain(9);
    let all = folder.write("all", &lines);
    let noted = whole(&[&all]);
    whole(&["--noted", &noted, &all]);
    let cut = folder.write("cut", &lines[..8]);
    whole(&[&cut]);
    refused(&["--noted", &noted, &cut], "no line has the hash that was noted");
}

#[test]
fn misuse_is_two_and_a_missing_file_is_one() {
    assert_eq!(verify(&[]).status.code(), Some(2));
    assert_eq!(verify(&["--noted", "abc", "/nonexistent"]).status.code(), Some(2));
    let output = verify(&["/nonexistent"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("awsaccess: /nonexistent: "));
}
