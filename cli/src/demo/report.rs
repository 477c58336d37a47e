//! What the demo says, kept so that every line can be searched for secrets at the end.

use std::fmt::Display;
use std::io::Write;

/// Prints steps and checks, and remembers both.
#[derive(Default)]
pub(crate) struct Report {
    said: String,
    step: usize,
    passed: usize,
    failed: usize,
}

impl Report {
    /// Begins a step.
    pub(crate) fn step(&mut self, title: &str) {
        self.step += 1;
        self.say(&format!("\n{}. {title}", self.step));
    }

    /// A line that checks nothing.
    pub(crate) fn note(&mut self, text: impl Display) {
        self.say(&format!("   · {text}"));
    }

    /// A check, with what was seen where it fails.
    pub(crate) fn check(&mut self, what: &str, holds: bool, seen: impl Display) {
        if holds {
            self.passed += 1;
            self.say(&format!("   ✓ {what}"));
        } else {
            self.failed += 1;
            self.say(&format!("   ✗ {what}\n     seen: {seen}"));
        }
    }

    /// A line as it is, such as an audit record.
    pub(crate) fn say(&mut self, line: &str) {
        self.said.push_str(line);
        self.said.push('\n');
        // Nobody reading on is no reason to stop the checks.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Everything that was said so far.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.passed, self.failed)
    }
}
