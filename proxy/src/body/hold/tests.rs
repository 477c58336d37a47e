use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::*;

const KIB: u64 = 1024;
const PACE: Pace = Pace { pause: Duration::from_secs(60), least: 1000 };

/// A body of pieces, each after a time, which says its length or not.
struct Drip {
    pieces: VecDeque<(Duration, usize)>,
    length: Option<u64>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Drip {
    fn new(pieces: impl IntoIterator<Item = (u64, usize)>, length: Option<u64>) -> Self {
        let pieces = pieces.into_iter().map(|(seconds, size)| (Duration::from_secs(seconds), size));
        Self { pieces: pieces.collect(), length, sleep: None }
    }
}

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some((after, size)) = self.pieces.front().copied() else { return Poll::Ready(None) };
        let waiting = self.sleep.get_or_insert_with(|| Box::pin(sleep(after)));
        if waiting.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.sleep = None;
        self.pieces.pop_front();
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; size])))))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn budget(bytes: u64) -> Budget {
    Budget::new(bytes, Handle::current())
}

/// What came of it, how many seconds it took, and how much of the budget is gone meanwhile.
async fn held(budget: &Budget, mut body: Drip, pace: Pace) -> (Result<Held, Refusal>, u64) {
    let began = Instant::now();
    let held = budget.hold(&mut body, 1 << 20, pace).await;
    (held, began.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_drip_ends_and_gives_its_share_back() {
    let budget = budget(1 << 20);
    for length in [None, Some(1 << 19)] {
        let drip = Drip::new(std::iter::repeat_n((1, 1), 1 << 19), length);
        let (done, seconds) = held(&budget, drip, PACE).await;
        let refusal = done.err().unwrap();
        assert_eq!((refusal.kind(), seconds), (RefusalKind::BodyTimeout, 20));
        assert_eq!(budget.0.taken(), 0);
    }
    // One that begins well has its window, and no more.
    let begins_well = std::iter::once((0, 100_000)).chain(std::iter::repeat_n((1, 1), 1 << 19));
    let (done, seconds) = held(&budget, Drip::new(begins_well, None), PACE).await;
    assert_eq!((done.err().map(|refusal| refusal.kind()), seconds), (Some(RefusalKind::BodyTimeout), 10));
}

#[tokio::test(start_paused = true)]
async fn a_slow_line_and_a_short_body_have_their_time() {
    let budget = budget(1 << 20);
    let steady = Drip::new(std::iter::repeat_n((1, 1000), 600), Some(600_000));
    let (done, seconds) = held(&budget, steady, PACE).await;
    assert_eq!((done.unwrap().bytes.len(), seconds), (600_000, 600));
    let (done, seconds) = held(&budget, Drip::new([(9, 1), (9, 1)], None), PACE).await;
    assert_eq!((done.unwrap().bytes.len(), seconds), (2, 18));
    // Where no rate is asked for, a drip is as good as any.
    let drip = Drip::new(std::iter::repeat_n((1, 1), 1000), None);
    let (done, _) = held(&budget, drip, Pace { least: 0, ..PACE }).await;
    assert_eq!(done.unwrap().bytes.len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_it_however_much_came() {
    let budget = budget(1 << 20);
    let pauses = Drip::new([(0, 500_000), (3600, 1)], None);
    let quick = Pace { pause: Duration::from_secs(5), ..PACE };
    let (done, seconds) = held(&budget, pauses, quick).await;
    assert_eq!((done.err().map(|refusal| refusal.kind()), seconds), (Some(RefusalKind::BodyTimeout), 5));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_for_what_is_only_promised() {
    let budget = budget(1 << 20);
    let mut body = Drip::new([(0, 10), (3600, 1)], Some(1 << 20));
    let mut holding = Box::pin(budget.hold(&mut body, 1 << 20, PACE));
    assert!(tokio::time::timeout(Duration::from_secs(1), holding.as_mut()).await.is_err());
    assert_eq!(budget.0.taken() as u64 * UNIT, FIRST, "of a mebibyte that was promised");
    drop(holding);
    assert_eq!(budget.0.taken(), 0);
    // It grows with what comes, and is never more than twice that.
    let (done, _) = held(&budget, Drip::new(std::iter::repeat_n((0, 1000), 300), None), PACE).await;
    let done = done.unwrap();
    let taken = budget.0.taken() as u64 * UNIT;
    assert!(done.bytes.capacity() as u64 <= taken && taken < 2 * 300_000, "{taken}");
    drop(done);
    let exact = held(&budget, Drip::new([(0, 700), (0, 300)], Some(1000)), PACE).await.0.unwrap();
    assert_eq!((exact.bytes.capacity(), budget.0.taken()), (1000, 1));
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_kept_whatever_comes() {
    let budget = budget(64 * KIB);
    let first = held(&budget, Drip::new([(0, 40_000)], None), PACE).await.0.unwrap();
    // Twice as much is not to be had, but what is needed is.
    let pieces = Drip::new([(0, 16 << 10), (0, 4 << 10)], None);
    let second = held(&budget, pieces, PACE).await.0.unwrap();
    let (done, _) = held(&budget, Drip::new([(0, 8 << 10)], Some(8 << 10)), PACE).await;
    assert_eq!(done.err().map(|refusal| refusal.kind()), Some(RefusalKind::Busy));
    drop((first, second));
    assert_eq!(budget.0.taken(), 0);
    let (done, _) = held(&budget, Drip::new([(0, 1 << 20), (0, 1)], None), PACE).await;
    assert_eq!(done.err().map(|refusal| refusal.kind()), Some(RefusalKind::Busy));
}
