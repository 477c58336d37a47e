//! What the gateway says of itself: a line an event, on standard error or in a file, without secrets.

use std::fmt::{Debug, Write as _};
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use awsaccess::redact;
use awsaccess::time::Time;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Writes what our crates say from now on, up to a level. Only the first call in a process counts.
pub(crate) fn begin(out: impl Write + Send + 'static, most: Level) {
    let _ = tracing::subscriber::set_global_default(Log { out: Mutex::new(Box::new(out)), most });
}

struct Log {
    out: Mutex<Box<dyn Write + Send>>,
    most: Level,
}

impl Subscriber for Log {
    fn enabled(&self, about: &Metadata<'_>) -> bool {
        about.is_event() && *about.level() <= self.most && about.target().starts_with("awsaccess")
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let text = line.text(Time::from(SystemTime::now()), *event.metadata().level());
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody may read it.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    // There are no spans.
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn text(&self, now: Time, level: Level) -> String {
        let line = format!("{now} {level} {}{}", self.message, self.fields);
        let mut plain = String::with_capacity(line.len() + 1);
        // What a client sent can be in it: one event stays one line.
        for c in redact::text(&line).chars() {
            if c.is_control() {
                plain.extend(c.escape_default());
            } else {
                plain.push(c);
            }
        }
        plain.push('\n');
        plain
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        debug_assert!(written.is_ok(), "text takes text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_a_line_without_secrets() {
        let kept = Kept::default();
        let log = Log { out: Mutex::new(Box::new(kept.clone())), most: Level::INFO };
        tracing::subscriber::with_default(log, || {
            let host = "evil\n2026 ERROR forged";
            tracing::warn!(target: "awsaccess_proxy", %host, n = 3, "AWS_SECRET_ACCESS_KEY={}", "abcdefgh");
            tracing::debug!(target: "awsaccess_proxy", "too much");
            tracing::warn!(target: "hyper", "another's");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(" WARN ") && text.contains("n=3") && text.contains("forged"), "{text}");
        assert!(!text.contains("abcdefgh"), "{text}");
    }
}
