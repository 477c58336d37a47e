//! Which four bytes of each word a vectorised search looks for.
//!
//! The search (Teddy) parts its words over sixteen buckets. Of four bytes in a row it compares both halves of each byte
//! with those of all words in a bucket, and looks closely where they fit some bucket: rarely at the words, mostly at other
//! text that has a half of one word and a half of another. So those four bytes of each word are taken, and that bucket,
//! that make this least likely in a log. Words that share their four bytes cost no more than one of them.

/// So many bytes are compared at once.
pub(super) const WINDOW: usize = 4;

/// A bucket for each bit of two bytes, and the most that a bucket takes: the search takes 128 windows in all. With no more
/// than 32 it would make half as many buckets.
const BUCKETS: usize = 16;
const DEEPEST: usize = 8;
const SHALLOWEST: usize = 3;

/// How often a byte stands in logs, in ten thousand: from ` ` to `?`, and from `` ` `` to DEL. Of all others the
/// [folded](fold) ones are meant as well.
const OFTEN: [[u16; 32]; 2] = [
    [
        900, 5, 350, 10, 5, 5, 10, 150, 30, 30, 150, 20, 150, 350, 300, 250, // ␣!"#$%&'()*+,-./
        500, 400, 400, 250, 250, 250, 250, 250, 250, 250, 300, 20, 20, 100, 30, 10, // 0…9:;<=>?
    ],
    [
        10, 420, 130, 240, 260, 620, 140, 130, 140, 340, 30, 80, 220, 170, 340, 350, // `a…o
        190, 40, 330, 370, 420, 190, 90, 90, 80, 90, 50, 60, 50, 60, 5, 150, // p…z{|}~_
    ],
];

/// Words that stand in logs more often than their letters would tell: what is a part of one of these is looked for only
/// where many words share it, or one has nothing else.
const COMMON: &str = "user-agent username authentication oauth2 botocore.auth signing designer assigned string during \
    starting statuscode encoding decode data database metadata private application passed class basic customer issuer access \
    request response session credential context content provider operation error trace resource platform
    description accept security config aws-sdk aws-cli api-server";
const COMMON_COST: f32 = 0.001;

/// The windows of each bucket that were found to be the best for the words of [`super::shape`], in logs and other text: by
/// trying for minutes what [`plan`] tries in no time. It finds a place for words that have none of these.
const LAYOUT: [&[&str]; BUCKETS] = [
    &["ared", "plai"],
    &["bear", "fier", "gsee", "omer"],
    &["_key", "qvdt", "uth=", "uth\\", "ws-v"],
    &["dis-", "mws.", "mysq", "sse-"],
    &["da2-", "gnat"],
    &["priv", "pwd\\", "url "],
    &["\"-u\"", "saml", "uth'", "uth\""],
    &["code", "iadb", "pwd'", "pwd:", "pwd=", "pwd\""],
    &["b3jp", "erda", "eyma", "pwd "],
    &["pass", "secr", "sess", "skey"],
    &["--be", "i-ke", "okie", "thke", "toke"],
    &["-val", "\"val", "uth:", "yxdz"],
    &["-use", "cure"],
    &["acca", "akia", "aora", "apik", "asia", "asic", "dock"],
    &[" -p ", " -u ", "er_d"],
    &["abia", "absk", "aoaa", "riza"],
];

/// A byte as the search sees it: letters are small, and so are some others that are no letters.
pub(super) fn fold(byte: u8) -> u8 {
    byte | 0x20
}

/// Four bytes that are looked for.
pub(super) type Window = [u8; WINDOW];

/// A word that is found by a window: its number, and where in it the window lies.
#[derive(Clone, Copy)]
pub(super) struct Within {
    pub(super) word: usize,
    pub(super) offset: usize,
}

/// The windows of one search.
#[derive(Default)]
pub(super) struct Plan {
    /// A multiple of sixteen, the bucket of each being its number modulo that. Some stand there twice.
    pub(super) windows: Vec<Window>,
    /// What each of them finds.
    pub(super) words: Vec<Vec<Within>>,
}

/// Plans searches for words of at least [`WINDOW`] bytes, each with its number: as few as can be.
pub(super) fn plan(words: &[(usize, &str)]) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut left: Vec<(usize, &str)> = words.to_vec();
    // Those that leave no choice come first.
    left.sort_by_key(|(_, word)| word.len());
    while !left.is_empty() {
        let mut buckets: [Bucket; BUCKETS] = Default::default();
        let before = left.len();
        for (bucket, layout) in buckets.iter_mut().zip(LAYOUT) {
            for window in layout.iter().flat_map(|window| windows(window)) {
                let holds = |(_, word): &(usize, &str)| offset(word, window).is_some();
                let (found, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(holds);
                left = rest;
                if !found.is_empty() {
                    bucket.add(window, &found);
                }
            }
        }
        while let Some((window, place)) = cheapest(&left, &buckets) {
            let Some(bucket) = buckets.get_mut(place) else { break };
            let holds = |(_, word): &(usize, &str)| offset(word, window).is_some();
            let (found, rest) = left.into_iter().partition(holds);
            left = rest;
            bucket.add(window, &found);
        }
        if left.len() == before {
            break; // shorter than a window
        }
        plans.push(laid_out(&buckets));
    }
    plans
}

/// The best window for the first of these words, and the bucket that takes it; `None` if all are full.
fn cheapest(left: &[(usize, &str)], buckets: &[Bucket; BUCKETS]) -> Option<(Window, usize)> {
    let (_, first) = left.first()?;
    let mut best: Option<(f32, Window, usize)> = None;
    for window in windows(first) {
        let shared = left.iter().filter(|(_, word)| offset(word, window).is_some()).count();
        let common = if offset(COMMON, window).is_some() { COMMON_COST } else { 0.0 };
        for (place, bucket) in buckets.iter().enumerate().filter(|(_, bucket)| bucket.windows.len() < DEEPEST)
        {
            let cost = (bucket.with(window).likely() - bucket.likely() + common) / (shared as f32);
            if best.is_none_or(|(least, ..)| cost < least) {
                best = Some((cost, window, place));
            }
        }
    }
    best.map(|(_, window, place)| (window, place))
}

fn windows(word: &str) -> impl Iterator<Item = Window> {
    word.as_bytes().windows(WINDOW).filter_map(|window| Some(window.first_chunk::<WINDOW>()?.map(fold)))
}

/// Where in a word a window lies first.
fn offset(word: &str, window: Window) -> Option<usize> {
    windows(word).position(|other| other == window)
}

/// The halves that the bytes of a bucket's windows have, a bit for each.
#[derive(Clone, Copy, Default)]
struct Halves {
    low: [u16; WINDOW],
    high: [u16; WINDOW],
}

#[derive(Default)]
struct Bucket {
    halves: Halves,
    windows: Vec<(Window, Vec<Within>)>,
}

impl Bucket {
    fn likely(&self) -> f32 {
        self.halves.likely()
    }

    fn with(&self, window: Window) -> Halves {
        let mut halves = self.halves;
        for ((low, high), byte) in halves.low.iter_mut().zip(&mut halves.high).zip(window) {
            *low |= 1 << (byte & 15);
            *high |= 1 << (byte >> 4);
        }
        halves
    }

    fn add(&mut self, window: Window, words: &[(usize, &str)]) {
        self.halves = self.with(window);
        let within = |&(word, text): &(usize, &str)| Some(Within { word, offset: offset(text, window)? });
        self.windows.push((window, words.iter().filter_map(within).collect()));
    }
}

impl Halves {
    /// How likely any four bytes of a log fit.
    fn likely(self) -> f32 {
        self.low.into_iter().zip(self.high).map(|(low, high)| byte_likely(low, high)).product()
    }
}

fn byte_likely(low: u16, high: u16) -> f32 {
    let rows = [(2, 0, 0), (3, 0, 16), (6, 1, 0), (7, 1, 16)];
    let mut sum = 0;
    for (half, table, from) in rows {
        if high & 1 << half != 0 {
            let row = OFTEN.get(table).into_iter().flatten().skip(from).take(16).enumerate();
            sum += row.filter(|(i, _)| low & 1 << i != 0).map(|(_, often)| u32::from(*often)).sum::<u32>();
        }
    }
    sum as f32 / 10_000.0
}

/// One window of each bucket after the other. A bucket that has fewer than another repeats one.
fn laid_out(buckets: &[Bucket; BUCKETS]) -> Plan {
    let mut plan = Plan::default();
    let deepest = buckets.iter().map(|bucket| bucket.windows.len()).max().unwrap_or(0);
    for depth in 0..deepest.max(SHALLOWEST) {
        for bucket in buckets {
            let (window, words) =
                bucket.windows.get(depth).or(bucket.windows.first()).cloned().unwrap_or_default();
            plan.windows.push(window);
            plan.words.push(words);
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_window_and_words_that_share_one_are_found_by_it() {
        let words = ["api_key", "access_key", "aws_key", "token", "four"];
        let words: Vec<(usize, &str)> = words.into_iter().enumerate().collect();
        let plans = plan(&words);
        assert_eq!(plans.len(), 1);
        let Plan { windows, words: places } = &plans[0];
        assert_eq!(windows.len(), BUCKETS * SHALLOWEST);
        for (number, word) in &words {
            let holds = |(window, within): (&Window, &Vec<Within>)| {
                within.iter().any(|within| {
                    let end = within.offset + WINDOW;
                    within.word == *number
                        && word.as_bytes()[within.offset..end].iter().copied().map(fold).eq(*window)
                })
            };
            assert!(windows.iter().zip(places).any(holds), "{word}");
        }
        let shared = places.iter().map(Vec::len).max();
        assert_eq!(shared, Some(3));
    }

    #[test]
    fn what_one_search_cannot_take_goes_to_another() {
        let words: Vec<String> = (0..150).map(|i| format!("{i:03}w")).collect();
        let words: Vec<(usize, &str)> = words.iter().map(String::as_str).enumerate().collect();
        let plans = plan(&words);
        assert_eq!(plans.len(), 2);
        let mut found: Vec<usize> =
            plans.iter().flat_map(|plan| &plan.words).flatten().map(|within| within.word).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), words.len());
        assert!(plan(&[(0, "abc")]).is_empty());
    }
}
