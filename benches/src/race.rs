//! Two things measured in turns, so that what slows the machine slows both.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long a turn lasts at least that is one of a few, and how many those are.
const TURN: Duration = Duration::from_millis(8);
const TURNS: usize = 41;
/// How long a short turn lasts at least, how many there are at most, and for how long they go on.
const SHORT: Duration = Duration::from_micros(40);
const MOST: usize = 20_000;
const LONGEST: Duration = Duration::from_secs(3);

/// One line of the table.
pub struct Row {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    pub peer: &'static str,
    /// Ours over the peer's.
    pub ratio: f64,
    pub target: Option<Target>,
}

/// What a ratio should be.
#[derive(Clone, Copy)]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(ratio) => write!(f, "<= {ratio:.2}"),
            Self::AtLeast(ratio) => write!(f, ">= {ratio:.2}"),
        }
    }
}

impl Row {
    /// Whether the target is met, where there is one.
    pub fn holds(&self) -> Option<bool> {
        self.target.map(|target| match target {
            Target::AtMost(most) => self.ratio <= most,
            Target::AtLeast(least) => self.ratio >= least,
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "name": self.name, "value": self.value, "unit": self.unit, "peer": self.peer, "ratio": self.ratio,
            "target": self.target.map(|target| target.to_string()), "holds": self.holds(),
        })
    }
}

/// Measures `ours` beside `theirs` in many short turns, a turn of the one after a turn of the other: microseconds a call.
///
/// What counts is the least that each took in any turn, which is what it costs where nothing disturbs it: others on the
/// machine only ever add to it, and they add more to code that keeps a whole core busy, as ours and most peers do, than to
/// hashing, which waits for itself. The second row is what a machine with others on it makes of it: the middle of the turns.
pub fn race<A, B>(
    name: &'static str,
    peer: &'static str,
    target: Option<Target>,
    mut ours: impl FnMut() -> A,
    mut theirs: impl FnMut() -> B,
) -> [Row; 2] {
    let (calls, their_calls) = (calls(&mut ours), calls(&mut theirs));
    let start = Instant::now();
    let (mut turns, mut their_turns) = (Vec::with_capacity(MOST), Vec::with_capacity(MOST));
    while turns.len() < TURNS || turns.len() < MOST && start.elapsed() < LONGEST {
        turns.push(short(&mut ours, calls));
        their_turns.push(short(&mut theirs, their_calls));
    }
    turns.sort_by(f64::total_cmp);
    their_turns.sort_by(f64::total_cmp);
    let row = |name, at: usize, target| {
        let (value, other) = (turns[at], their_turns[at]);
        Row { name, value, unit: "µs", peer, ratio: value / other, target }
    };
    [row(name, 0, target), row("  the middle of the turns", turns.len() / 2, None)]
}

/// How many calls a short turn is, after some to get warm.
fn calls<T>(work: &mut impl FnMut() -> T) -> u32 {
    let (mut calls, start) = (0, Instant::now());
    while start.elapsed() < TURN {
        black_box(work());
        calls += 1;
    }
    (calls / (TURN.as_micros() / SHORT.as_micros()) as u32).max(1)
}

/// Microseconds a call, over so many.
fn short<T>(work: &mut impl FnMut() -> T, calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

/// Measures one thing alone: microseconds a call, the middle of the turns.
pub fn time<T>(mut work: impl FnMut() -> T) -> f64 {
    turn(&mut work);
    let mut turns: Vec<f64> = (0..TURNS).map(|_| turn(&mut work)).collect();
    turns.sort_by(f64::total_cmp);
    turns[TURNS / 2]
}

/// Microseconds a call, over one turn.
fn turn<T>(work: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    let mut calls = 0u32;
    while start.elapsed() < TURN {
        for _ in 0..8 {
            black_box(work());
        }
        calls += 8;
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}
