//! Two things measured in turns, so that what slows the machine slows both.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one turn lasts, and how many there are.
const TURN: Duration = Duration::from_millis(8);
const TURNS: usize = 41;

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

/// Measures `ours` beside `theirs`: microseconds a call, and the middle of the turns' ratios.
pub fn race<A, B>(
    name: &'static str,
    peer: &'static str,
    target: Option<Target>,
    mut ours: impl FnMut() -> A,
    mut theirs: impl FnMut() -> B,
) -> Row {
    turn(&mut ours);
    turn(&mut theirs);
    let mut pairs: Vec<(f64, f64)> = (0..TURNS).map(|_| (turn(&mut ours), turn(&mut theirs))).collect();
    pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (value, other) = pairs[TURNS / 2];
    Row { name, value, unit: "µs", peer, ratio: value / other, target }
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
