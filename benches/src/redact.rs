//! Redaction of a debug log, beside what else could look for the same.

use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use awsaccess::credentials::Credentials;
use awsaccess::redact::Redactor;
use regex::bytes::RegexSetBuilder;

use crate::allocation::peak;
use crate::log::{self, Log};
use crate::race::{Row, Target};
use crate::rule;

const MEBI: usize = 1 << 20;
/// The log, and how much of it is measured in a turn.
const SIZE: usize = 100 * MEBI;
const TURN: usize = MEBI;
/// What arrives at a time, as in `awsaccess redact`.
const PIECE: usize = 64 << 10;
/// How much Python is given: it takes its time.
const SAMPLE: usize = MEBI;

pub fn run(rows: &mut Vec<Row>) {
    let mixed = log::mixed(SIZE);
    every_secret_is_gone(&mixed);
    let text = mixed.text;
    let clean = log::clean(SIZE);
    let plain = Redactor::new();
    let out = streamed(&plain, &clean);
    assert!(out == clean, "{}", difference(&out, &clean));

    let gigabyte = |bytes: &[u8]| bytes.len() as f64 / 1e9;
    // The fastest of many stretches: other programs make it slower, and nothing makes it faster.
    let quiet = clean
        .chunks_exact(MEBI)
        .map(|part| seconds(|| filter(&plain, part)) / gigabyte(part))
        .fold(f64::MAX, f64::min);
    rows.push(Row {
        name: "redact a log without secrets",
        value: 1.0 / quiet,
        unit: "GB/s",
        peer: "1 GB/s",
        ratio: quiet,
        target: Some(Target::AtMost(1.0)),
    });
    let rules = rule::expressions();
    // Room enough that no state is ever thrown away.
    let set = RegexSetBuilder::new(&rules)
        .unicode(false)
        .size_limit(256 * MEBI)
        .dfa_size_limit(256 * MEBI)
        .build()
        .expect("the rules are regular expressions");
    let lines =
        |part: &[u8]| part.split_inclusive(|byte| *byte == b'\n').filter(|line| set.is_match(line)).count();
    let found = lines(&text);
    assert!(found >= text.len() / 300_000, "the peer finds what is planted: {found}");
    let turns = alternate(&text, |part| filter(&plain, part), lines);
    rows.extend(turns.rows(
        "redact a log, 0.1 % of its lines secret",
        "a RegexSet of the same rules, a line at a time",
        Some(Target::AtMost(1.0 / 2.5)),
    ));
    let words = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .ascii_case_insensitive(true)
        .build(rule::WORDS)
        .expect("an automaton");
    let turns = alternate(&text, |part| filter(&plain, part), |part| words.find_iter(part).count());
    rows.extend(turns.rows("the same", "an Aho-Corasick DFA of the rules' words", None));
    if let Some(theirs) = python(&rules, &text[..SAMPLE]) {
        let ours = seconds(|| filter(&plain, &text)) / gigabyte(&text);
        rows.push(Row {
            name: "the same",
            value: 1.0 / ours,
            unit: "GB/s",
            peer: "the same rules in Python's re",
            ratio: ours / theirs,
            target: Some(Target::AtMost(1.0 / 30.0)),
        });
    }
    learned(rows, &text, &plain);
    let once = peak(|| filter(&plain, &text[..MEBI]));
    let all = peak(|| filter(&plain, &text));
    rows.push(Row {
        name: "memory while 100 MiB are redacted",
        value: all as f64 / 1024.0,
        unit: "KiB",
        peer: "1 MiB of the same",
        ratio: all as f64 / once as f64,
        // A hundred times as much text; what is held back where a piece ends differs by a few hundred bytes.
        target: Some(Target::AtMost(1.01)),
    });
}

/// Ten thousand secrets of which one stands in the log.
fn learned(rows: &mut Vec<Row>, text: &[u8], plain: &Redactor) {
    let mut knowing = Redactor::new();
    let all = log::credentials(5_000);
    for (key, token) in &all {
        let keys = Credentials::new("AKIDEXAMPLE", key.clone()).with_session_token(token.clone());
        knowing.learn(&keys).expect("there is room for more");
    }
    for (key, token) in all.iter().step_by(997) {
        for secret in [key, token] {
            let line = format!("x{secret}x");
            let out = String::from_utf8(knowing.redact_bytes(line.as_bytes())).expect("text");
            assert!(!out.contains(secret.as_str()) && out.starts_with("x["), "{out}");
        }
    }
    let turns = alternate(text, |part| filter(&knowing, part), |part| filter(plain, part));
    rows.extend(turns.rows("the same, knowing 10,000 secrets", "knowing none", Some(Target::AtMost(1.25))));
}

fn every_secret_is_gone(log: &Log) {
    let plain = Redactor::new();
    let out = streamed(&plain, &log.text);
    let mut kinds = 0;
    for planted in &log.planted {
        let out = plain.redact_bytes(&planted.line);
        let gone = !out.windows(planted.secret.len()).any(|part| part == planted.secret);
        assert!(gone, "{}", String::from_utf8_lossy(&planted.line));
        kinds += usize::from(gone);
    }
    assert!(kinds >= 100, "{kinds}");
    // Line by line what stands in the log is what stands there when the line is all there is.
    let mut apart = Vec::with_capacity(out.len());
    let mut done = 0;
    for planted in &log.planted {
        apart.extend_from_slice(&log.text[done..planted.at]);
        apart.extend_from_slice(&plain.redact_bytes(&planted.line));
        done = planted.at + planted.line.len();
    }
    apart.extend_from_slice(&log.text[done..]);
    assert!(out == apart, "{}", difference(&out, &apart));
}

fn difference(is: &[u8], was: &[u8]) -> String {
    let at = is.iter().zip(was).position(|(is, was)| is != was).unwrap_or(is.len().min(was.len()));
    let around = |text: &[u8]| {
        String::from_utf8_lossy(&text[at.saturating_sub(300)..text.len().min(at + 200)]).into_owned()
    };
    format!("at {at}:\n{}\nshould be\n{}", around(is), around(was))
}

fn streamed(redactor: &Redactor, text: &[u8]) -> Vec<u8> {
    let mut stream = redactor.stream();
    let mut out = Vec::with_capacity(text.len());
    for piece in text.chunks(PIECE) {
        out.extend(stream.push(piece));
    }
    out.extend(stream.finish());
    out
}

/// What `awsaccess redact` does with what it reads, the reading and the writing excepted.
fn filter(redactor: &Redactor, text: &[u8]) -> usize {
    let mut stream = redactor.stream();
    let written: usize = text.chunks(PIECE).map(|piece| black_box(stream.push(piece)).len()).sum();
    written + black_box(stream.finish()).len()
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64()
}

/// Seconds a gigabyte of each, ours and theirs.
struct Turns {
    /// Those of the turn whose ratio is the middle one.
    middle: (f64, f64),
    /// The least that each took in any turn.
    least: (f64, f64),
}

/// A stretch of the log after the other, so that what slows the machine slows both.
fn alternate(text: &[u8], ours: impl Fn(&[u8]) -> usize, theirs: impl Fn(&[u8]) -> usize) -> Turns {
    let mut turns: Vec<(f64, f64)> = text
        .chunks_exact(TURN)
        .map(|part| {
            (seconds(|| ours(part)) * 1e9 / TURN as f64, seconds(|| theirs(part)) * 1e9 / TURN as f64)
        })
        .collect();
    turns.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let least = |of: fn(&(f64, f64)) -> f64| turns.iter().map(of).fold(f64::MAX, f64::min);
    Turns { middle: turns[turns.len() / 2], least: (least(|turn| turn.0), least(|turn| turn.1)) }
}

impl Turns {
    /// A row of the least of the turns, which has the target, since other programs make a turn slower and nothing makes it
    /// faster; and one of the middle.
    fn rows(&self, name: &'static str, peer: &'static str, target: Option<Target>) -> [Row; 2] {
        let row = |name, (ours, theirs): (f64, f64), target| Row {
            name,
            value: 1.0 / ours,
            unit: "GB/s",
            peer,
            ratio: ours / theirs,
            target,
        };
        [row(name, self.least, target), row("  the middle of the turns", self.middle, None)]
    }
}

/// Seconds a gigabyte of the rules in Python: one after the other or all in one, whichever is faster.
fn python(rules: &[String], sample: &[u8]) -> Option<f64> {
    const SCRIPT: &str = "
import json, re, sys, time
head = sys.stdin.buffer.readline()
rules = [re.compile(rule.encode()) for rule in json.loads(head)]
one = re.compile(b'|'.join(rule.pattern for rule in rules))
text = sys.stdin.buffer.read()
best = None
for turn in range(3):
    for way in (rules, [one]):
        start = time.perf_counter()
        out = text
        for rule in way:
            out = rule.sub(b'[hidden]', out)
        took = time.perf_counter() - start
        best = took if best is None else min(best, took)
        assert out != text
print(best)
";
    let child = Command::new("python3")
        .args(["-I", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: the rules in Python's re: there is no python3");
        return None;
    };
    let mut input = child.stdin.take().expect("a pipe");
    let mut head = serde_json::to_vec(rules).expect("JSON");
    head.push(b'\n');
    input.write_all(&head).and_then(|()| input.write_all(sample)).expect("python3 reads");
    drop(input);
    let said = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&said.stdout);
    let took: f64 = said.trim().parse().expect("a number of seconds");
    Some(took * 1e9 / sample.len() as f64)
}
