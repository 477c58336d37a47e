use proptest::prelude::*;

use super::*;
use crate::audit::{Format, Phase, Record, Shown};
use crate::time::Time;

fn chain(length: usize, format: Format) -> Vec<Vec<u8>> {
    let mut link = Link::FIRST;
    let mut lines = Vec::new();
    for n in 0..length {
        let mut record = Record::request(format!("id-{n}"), Time::from_unix(1_440_938_160));
        record.operation = Some(Shown::name("GetObject"));
        let line = record.linked_line(Phase::End, format, Some(&link)).into_bytes();
        link = link.next(&line);
        lines.push(line);
    }
    lines
}

fn faults(lines: &[Vec<u8>]) -> Vec<Fault> {
    let mut verifier = Verifier::new();
    let mut found: Vec<Fault> = lines.iter().filter_map(|line| verifier.line(line)).collect();
    found.extend(verifier.finish());
    found
}

fn altered(line: &[u8]) -> Vec<u8> {
    String::from_utf8(line.to_vec()).unwrap().replace("GetObject", "PutObject").into_bytes()
}

#[test]
fn a_whole_chain_is_whole() {
    for format in [Format::Plain, Format::Ocsf] {
        let lines = chain(20, format);
        assert_eq!(faults(&lines), []);
        let first = String::from_utf8(lines[0].clone()).unwrap();
        let start = format!(r#""chain":{{"sequence":1,"previous":"{}"}}"#, "0".repeat(64));
        assert!(first.contains(&start), "{first}");
    }
}

#[test]
fn each_kind_of_tampering_is_named() {
    let forged = |like: &Link| {
        let record = Record::request("forged", Time::from_unix(0));
        record.linked_line(Phase::End, Format::Plain, Some(like)).into_bytes()
    };
    type Edit<'a> = &'a dyn Fn(&mut Vec<Vec<u8>>);
    let cases: &[(&str, Edit<'_>, &[Fault])] = &[
        ("altered", &|lines| lines[4] = altered(&lines[4]), &[Fault::Altered(5)]),
        ("its link damaged", &|lines| lines[4] = b"{}".to_vec(), &[Fault::Unlinked(5)]),
        ("emptied", &|lines| lines[4].clear(), &[Fault::Unlinked(5)]),
        ("the first removed", &|lines| drop(lines.remove(0)), &[Fault::Beginning(1)]),
        ("one removed", &|lines| drop(lines.remove(4)), &[Fault::Removed(5, 1)]),
        ("three removed", &|lines| drop(lines.drain(4..7)), &[Fault::Removed(5, 3)]),
        ("unlinked put in", &|lines| lines.insert(4, b"{}".to_vec()), &[Fault::Unlinked(5)]),
        ("a copy put in", &|lines| lines.insert(5, lines[2].clone()), &[Fault::Inserted(6, 6)]),
        (
            "a line with a fitting link put in",
            &|lines| lines.insert(4, forged(&Link::read(&lines[4]).unwrap())),
            &[Fault::Inserted(5, 5)],
        ),
        (
            "two of them",
            &|lines| {
                let one = forged(&Link::read(&lines[4]).unwrap());
                let two = forged(&Link::after(&one).unwrap());
                lines.splice(4..4, [one, two]);
            },
            &[Fault::Inserted(5, 6)],
        ),
        ("all gone", &|lines| lines.clear(), &[Fault::Empty]),
    ];
    for (name, edit, wanted) in cases {
        let mut lines = chain(10, Format::Plain);
        edit(&mut lines);
        assert_eq!(faults(&lines), *wanted, "{name}");
    }
    let mut swapped = chain(10, Format::Plain);
    swapped.swap(4, 5);
    assert!(!faults(&swapped).is_empty());
}

#[test]
fn what_was_noted_must_be_there() {
    let lines = chain(10, Format::Plain);
    let head = |lines: &[Vec<u8>]| {
        let mut verifier = Verifier::new();
        lines.iter().for_each(|line| assert_eq!(verifier.line(line), None));
        verifier.head()
    };
    let with = |noted: &str, lines: &[Vec<u8>]| {
        let mut verifier = Verifier::new().noted(noted).unwrap();
        lines.iter().for_each(|line| assert_eq!(verifier.line(line), None));
        verifier.finish()
    };
    let noted = head(&lines[..8]);
    assert_eq!(with(&noted, &lines), None);
    assert_eq!(with(&noted, &lines[..7]), Some(Fault::NotNoted));
    // All written anew, with one word other than it was.
    let record = Record::request("other", Time::from_unix(0));
    let line = record.linked_line(Phase::End, Format::Plain, Some(&Link::FIRST)).into_bytes();
    assert_eq!(with(&noted, &[line]), Some(Fault::NotNoted));
    assert!(Verifier::new().noted("abc").is_none());
}

#[test]
fn a_chain_goes_on_from_a_hash() {
    let lines = chain(10, Format::Plain);
    let hash = Link::after(&lines[3]).unwrap().previous();
    let mut verifier = Verifier::after(&hash).unwrap();
    assert!(lines[4..].iter().all(|line| verifier.line(line).is_none()));
    let mut verifier = Verifier::after(&hash).unwrap();
    assert!(verifier.line(&lines[5]).is_some());
}

#[test]
fn words_for_faults() {
    let said: Vec<String> = [Fault::Altered(5), Fault::Removed(5, 3), Fault::Inserted(5, 5)]
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said,
        [
            "line 5 was altered (or the link to it in line 6 was)",
            "3 lines were removed before line 5",
            "line 5 was inserted"
        ]
    );
}

proptest! {
    /// Whatever byte is changed, whatever line goes or comes, in whatever chain: it is seen, and lines that nobody
    /// touched are not blamed beyond the neighbour that proves it.
    #[test]
    fn no_tampering_goes_unseen(length in 3usize..30, at: usize, byte: usize, flip in 1u8..=255, kind in 0u8..4) {
        let mut lines = chain(length, Format::Plain);
        // The last line has no successor to prove it; a hash that was noted does.
        let at = at % (length - 1);
        match kind {
            0 => {
                let byte = byte % lines[at].len();
                lines[at][byte] ^= flip;
            }
            1 => drop(lines.remove(at)),
            2 => lines.insert(at, lines[byte % length].clone()),
            _ => lines.swap(at, at + 1),
        }
        let found = faults(&lines);
        prop_assert!(!found.is_empty());
        if kind == 0 {
            let here = at as u64 + 1;
            let near = |line: u64| line + 1 >= here && line <= here + 1;
            for fault in found {
                let fits = match fault {
                    Fault::Altered(line) | Fault::Unlinked(line) | Fault::Removed(line, _) => near(line),
                    Fault::Inserted(first, last) => near(first) || near(last),
                    Fault::Beginning(_) => at == 0,
                    _ => false,
                };
                prop_assert!(fits, "line {here}: {fault:?}");
            }
        }
    }

    #[test]
    fn anything_may_be_read(lines: Vec<Vec<u8>>) {
        let mut verifier = Verifier::new();
        for line in &lines {
            prop_assert!(verifier.line(line).is_some());
        }
    }
}
