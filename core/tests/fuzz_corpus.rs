//! The fuzzer's targets on a stable compiler: every seed, every input that was once found, and a few thousand changes of
//! them, always the same. `fuzz/run.sh` looks further.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]
#![allow(unreachable_pub, reason = "the fuzzer has the same functions in a library")]

mod fuzz;

use fuzz::seed::seeds;

/// xorshift64
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 32).unwrap() % bound.max(1)
    }

    /// A seed with one to four things done to it.
    fn change(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut data = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(data.len() + 1);
            let end = data.len().min(at + self.below(8));
            match self.below(7) {
                0 => data.truncate(at),
                1 => drop(data.drain(at..end)),
                2 => drop(data.splice(at..at, WORDS[self.below(WORDS.len())].iter().copied())),
                3 => {
                    let other = &seeds[self.below(seeds.len())];
                    data.truncate(at);
                    data.extend_from_slice(&other[self.below(other.len())..]);
                }
                4 => {
                    let again = data[at..end].to_vec();
                    drop(data.splice(at..at, again));
                }
                _ if at < data.len() => data[at] ^= 1 << self.below(8),
                _ => data.push(u8::try_from(self.below(256)).unwrap()),
            }
        }
        data
    }
}

const WORDS: [&[u8]; 24] = [
    b"%",
    b"%2F",
    b"%00",
    b"+",
    b"//",
    b"/../",
    b"?",
    b"&",
    b"=",
    b";",
    b",",
    b"\r\n",
    b"\n",
    b"\n ",
    b": ",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"0;",
    b"X-Amz-",
    b"ffffffffffffffff",
    b"[",
    b"#",
    b"\t",
];

fn all(name: &str) {
    let seeds = seeds(name);
    assert!(seeds.len() > 1, "{name}");
    let run = |data: &[u8]| {
        let outcome = std::panic::catch_unwind(|| fuzz::run(name, data));
        assert!(outcome.is_ok(), "{name} fails on {:?}", String::from_utf8_lossy(data));
    };
    run(b"");
    seeds.iter().for_each(|seed| run(seed));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..500 {
        run(&dice.change(&seeds));
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { all(stringify!($name)); })*

        #[test]
        fn none_is_left_out() {
            assert_eq!(fuzz::TARGETS.map(|(name, _)| name), [$(stringify!($name)),*]);
        }
    };
}

targets!(
    authorization query head host gateway sealed replaced chunks events signed_pieces profile redact redact_learned redact_json
    redact_xml redact_yaml redact_cbor reply operation chain
);
