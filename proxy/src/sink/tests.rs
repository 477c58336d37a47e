use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use awsaccess::audit::{Fault, Shown, Verifier};
use serde_json::Value;

use super::*;
use crate::config::Audit;

const CHAIN: Style = Style { format: Format::Plain, chain: true, on_failure: OnFailure::Closed };

/// A file of its own, which is gone when this is.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("awsaccess-sink-{}-{n}.jsonl", std::process::id())))
    }

    fn faults(&self) -> Vec<Fault> {
        let mut verifier = Verifier::new();
        let text = fs::read(&self.0).unwrap();
        let lines = text.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n');
        lines.filter_map(|line| verifier.line(line)).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn record() -> Record {
    Record::request("id", Time::from_unix(1_440_938_160))
}

fn refusal(path: &Path) -> String {
    Sink::file(path, CHAIN).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn without_the_options_lines_are_what_they_were() {
    let place = Place::new();
    let sink = Sink::file(&place.0, Style::default()).unwrap();
    sink.write(&record(), Phase::Begin).unwrap();
    let line = "{\"event\":\"request.begin\",\"id\":\"id\",\"time\":\"2015-08-30T12:36:00.000Z\"}\n";
    assert_eq!(fs::read_to_string(&place.0).unwrap(), line);
    // Such a file is shared, as it always was.
    Sink::file(&place.0, Style::default()).unwrap().write(&record(), Phase::Begin).unwrap();
    assert_eq!(fs::read_to_string(&place.0).unwrap(), line.repeat(2));
}

#[test]
fn the_last_line_tells_what_was_changed_since_the_first() {
    for format in [Format::Plain, Format::Ocsf] {
        let place = Place::new();
        let sink = Sink::file(&place.0, Style { format, ..CHAIN }).unwrap();
        let mut changed = Entry::new(record(), &sink);
        changed.record.target = Some(Shown::target(b"/secret"));
        changed.begin().unwrap();
        changed.record.target = None;
        changed.failed("late", "told \"later\"");
        drop(changed);
        let mut same = Entry::new(record(), &sink);
        same.record.decision = Some(Decision::Allowed);
        same.record.host = Some(Shown::name("\"h\""));
        same.begin().unwrap();
        same.record.served_as(Some(Shown::name("their-id")));
        same.record.sent(5);
        same.answered(200);
        drop(same);
        assert_eq!(place.faults(), []);
        let text = fs::read_to_string(&place.0).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if format == Format::Plain {
            assert_eq!((lines[0]["target"].as_str(), lines[0]["error"].as_str()), (Some("/secret"), None));
            assert_eq!((lines[1]["target"].as_str(), lines[1]["error"].as_str()), (None, Some("late")));
            assert_eq!((&lines[2]["host"], &lines[3]["host"]), (&"\"h\"".into(), &"\"h\"".into()));
            assert_eq!(lines[3]["upstream_request_id"], "their-id");
            assert_eq!((&lines[3]["status"], &lines[3]["bytes_out"]), (&200.into(), &5.into()));
        } else {
            assert!(text.lines().nth(1).unwrap().contains("late"), "{text}");
        }
    }
}

#[test]
fn a_chain_goes_on_after_a_restart() {
    let place = Place::new();
    for format in [Format::Plain, Format::Ocsf, Format::Plain] {
        let sink = Sink::file(&place.0, Style { format, ..CHAIN }).unwrap();
        for phase in [Phase::Begin, Phase::End] {
            sink.write(&record(), phase).unwrap();
        }
    }
    assert_eq!(place.faults(), []);
    assert!(fs::read_to_string(&place.0).unwrap().contains(r#""chain":{"sequence":6,"#));
}

#[test]
fn a_chain_goes_on_after_its_file_was_copied_and_truncated() {
    let place = Place::new();
    let sink = Sink::file(&place.0, CHAIN).unwrap();
    sink.write(&record(), Phase::Begin).unwrap();
    let mut all = fs::read(&place.0).unwrap();
    fs::write(&place.0, "").unwrap();
    sink.write(&record(), Phase::End).unwrap();
    all.extend(fs::read(&place.0).unwrap());
    fs::write(&place.0, all).unwrap();
    assert_eq!(place.faults(), []);
}

#[test]
fn a_file_has_one_chain_and_one_writer() {
    let place = Place::new();
    let sink = Sink::file(&place.0, CHAIN).unwrap();
    assert!(refusal(&place.0).contains("another gateway"), "{}", refusal(&place.0));
    drop(sink);
    fs::write(&place.0, "{\"event\":\"request.begin\"}\n").unwrap();
    assert!(refusal(&place.0).contains("no link"), "{}", refusal(&place.0));
    fs::write(&place.0, "{\"event\":").unwrap();
    assert!(refusal(&place.0).contains("no end"), "{}", refusal(&place.0));
}

/// What tools that rotate logs do: the file is moved away, and the gateway told to look again.
#[cfg(unix)]
#[test]
fn a_file_that_was_moved_away_is_made_anew() {
    for style in [Style::default(), CHAIN] {
        let (place, old) = (Place::new(), Place::new());
        let sink = Sink::file(&place.0, style).unwrap();
        let again = || {
            let change = sink.ready(&mut Audit::File(place.0.clone()), style).unwrap();
            sink.turn(change.unwrap());
        };
        sink.write(&record(), Phase::Begin).unwrap();
        again();
        sink.write(&record(), Phase::End).unwrap();
        fs::rename(&place.0, &old.0).unwrap();
        sink.write(&record(), Phase::Begin).unwrap();
        again();
        sink.write(&record(), Phase::End).unwrap();
        again();
        let lines = |place: &Place| fs::read_to_string(&place.0).unwrap().lines().count();
        assert_eq!((lines(&old), lines(&place)), (3, 1));
        if style.chain {
            // One chain over both files, each of which has its lines.
            fs::write(&old.0, [fs::read(&old.0).unwrap(), fs::read(&place.0).unwrap()].concat()).unwrap();
            assert!(old.faults().is_empty());
        }
        assert!(Sink::file(&place.0, style).is_err() == style.chain, "it is the new file that is locked");
    }
}

/// A disk that takes `room` bytes.
struct Disk {
    room: usize,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            self.room = usize::MAX;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn after_half_a_line_no_chain_goes_on() {
    let sink = Sink::new(Disk { room: 10 }, CHAIN);
    assert!(sink.write(&record(), Phase::Begin).is_err());
    assert!(sink.write(&record(), Phase::Begin).is_err());
    let sink = Sink::new(Disk { room: 10 }, Style::default());
    assert!(sink.write(&record(), Phase::Begin).is_err());
    assert!(sink.write(&record(), Phase::Begin).is_ok());
}

/// What was written, and whether there is room for more.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<(Vec<u8>, bool)>>);

impl Write for Shelf {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shelf = self.0.lock().unwrap();
        if shelf.1 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        shelf.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_gap_is_owned_up_to() {
    for (on_failure, lines_of_full) in [(OnFailure::Open, Ok(())), (OnFailure::Closed, Err(()))] {
        let shelf = Shelf::default();
        let sink = Sink::new(shelf.clone(), Style { on_failure, ..Style::default() });
        sink.write(&record(), Phase::Begin).unwrap();
        shelf.0.lock().unwrap().1 = true;
        for _ in 0..3 {
            assert_eq!(sink.write(&record(), Phase::End).map_err(|_| ()), lines_of_full);
        }
        shelf.0.lock().unwrap().1 = false;
        sink.write(&record(), Phase::End).unwrap();
        sink.write(&record(), Phase::End).unwrap();
        assert_eq!(sink.lost(), 3);
        let text = String::from_utf8(shelf.0.lock().unwrap().0.clone()).unwrap();
        let events: Vec<_> = text.lines().map(|line| line.split('"').nth(3).unwrap()).collect();
        assert_eq!(events, ["request.begin", "gap.end", "request.end", "request.end"]);
        assert!(text.contains(r#""lost":3"#), "{text}");
    }
}

#[test]
fn a_file_takes_back_what_it_could_not_write_whole() {
    let place = Place::new();
    fs::write(&place.0, "line\npart of anoth").unwrap();
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    let error = file::taken_back(&file::open(&place.0, true).unwrap(), Ok(5), full());
    assert!(file::is_undone(&error) && error.kind() == io::ErrorKind::StorageFull, "{error}");
    assert_eq!(fs::read(&place.0).unwrap(), b"line\n");
    // A file that is only read can neither be written nor cut.
    let error = file::Whole(fs::File::open(&place.0).unwrap()).write_all(b"another").unwrap_err();
    assert!(!file::is_undone(&error), "{error}");
}

/// Counts its writes.
#[derive(Clone, Default)]
struct Counting(Arc<Mutex<(usize, Vec<u8>)>>);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut so_far = self.0.lock().unwrap();
        so_far.0 += 1;
        so_far.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn entries(sink: &Sink, count: usize) -> Vec<Entry> {
    (0..count).map(|n| Entry::new(Record::request(n.to_string(), Time::from_unix(0)), sink)).collect()
}

#[test]
fn lines_that_come_together_are_written_together() {
    for style in [Style::default(), CHAIN] {
        let written = Counting::default();
        let sink = Sink::new(written.clone(), style);
        let writes = || written.0.lock().unwrap().0;
        let mut entries = entries(&sink, 5);
        entries.iter_mut().for_each(Entry::announce);
        assert_eq!(writes(), 0);
        entries[3].settle().unwrap();
        assert_eq!(writes(), 1);
        entries.iter_mut().for_each(|entry| entry.settle().unwrap());
        assert_eq!(writes(), 1, "one had written for all");
        entries.iter_mut().for_each(Entry::conclude);
        assert_eq!(writes(), 1);
        // Whoever goes takes his line with him, and those that wait besides.
        drop(entries.pop());
        assert_eq!(writes(), 2);
        drop(entries);
        assert_eq!(writes(), 2);
        let text = written.0.lock().unwrap().1.clone();
        let mut verifier = Verifier::new();
        let lines: Vec<_> = text.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len(), 10);
        if style.chain {
            assert!(lines.iter().all(|line| verifier.line(line).is_none()));
        }
    }
}

#[test]
fn no_more_waits_than_a_bound() {
    let written = Counting::default();
    let sink = Sink::new(written.clone(), Style::default());
    let mut entries = entries(&sink, 2000);
    entries.iter_mut().for_each(Entry::announce);
    let so_far = written.0.lock().unwrap();
    assert!(so_far.0 >= 1 && so_far.1.len() > 64 << 10, "{} {}", so_far.0, so_far.1.len());
    drop(so_far);
}

#[test]
fn of_lines_that_were_written_in_part_each_knows_its_own_lot() {
    let line = record().line(Phase::Begin).len() + 1;
    let sink = Sink::new(Disk { room: 2 * line + 5 }, Style::default());
    let mut entries: Vec<_> = (0..4).map(|_| Entry::new(record(), &sink)).collect();
    entries.iter_mut().for_each(Entry::announce);
    let settled: Vec<_> = entries.iter_mut().map(|entry| entry.settle().is_ok()).collect();
    assert_eq!(settled, [true, true, false, false]);
    assert_eq!((sink.lost(), sink.is_whole()), (2, false));
    // There is room again, and the next line owns up to them.
    entries.clear();
    assert_eq!((sink.lost(), sink.is_whole()), (2, true));
}

/// A file that takes nothing, and takes nothing amiss.
struct Full(Arc<Mutex<bool>>, fs::File);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if *self.0.lock().unwrap() {
            return Err(file::taken_back(
                &self.1,
                self.1.metadata().map(|data| data.len()),
                io::ErrorKind::StorageFull.into(),
            ));
        }
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_chain_goes_on_where_lines_were_taken_back_together() {
    let place = Place::new();
    let is_full = Arc::new(Mutex::new(false));
    let sink = Sink::new(Full(Arc::clone(&is_full), file::open(&place.0, true).unwrap()), CHAIN);
    sink.write(&record(), Phase::Begin).unwrap();
    *is_full.lock().unwrap() = true;
    let mut entries = entries(&sink, 3);
    entries.iter_mut().for_each(Entry::announce);
    assert!(entries.iter_mut().all(|entry| entry.settle().is_err()));
    *is_full.lock().unwrap() = false;
    drop(entries);
    let text = fs::read_to_string(&place.0).unwrap();
    assert!(text.contains(r#""event":"gap.end""#) && text.contains(r#""lost":3"#), "{text}");
    assert_eq!((text.lines().count(), place.faults()), (5, vec![]));
}
