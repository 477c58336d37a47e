//! Bodies as they flow: checked on the way up, counted on the way down, and never waited for without end.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use awsaccess::gateway::{Refusal, RefusalKind};
use awsaccess::sigv4::{BodyError, BodyResigner};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

use crate::linger;
use crate::sink::Entry;

/// Any error that ends a body; the other side then sees it cut short.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;
/// A body of any kind.
pub(crate) type AnyBody = UnsyncBoxBody<Bytes, Fault>;

/// A body that is there already.
pub(crate) fn full(bytes: impl Into<Bytes>) -> AnyBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Why a body that flowed up did not arrive, for the answer to the client.
pub(crate) type Trouble = Arc<Mutex<Option<Refusal>>>;

/// A client's body on its way up, each piece checked before it is passed on.
pub(crate) struct Upward {
    /// There until the end; asked for once that was begun.
    inner: Option<Incoming>,
    begun: bool,
    resigner: Option<BodyResigner>,
    left: Option<u64>,
    idle: Pin<Box<Sleep>>,
    waiting: bool,
    patience: Duration,
    trouble: Trouble,
    entry: Arc<Mutex<Entry>>,
}

impl Upward {
    pub(crate) fn new(
        inner: Incoming,
        resigner: BodyResigner,
        patience: Duration,
        entry: Arc<Mutex<Entry>>,
    ) -> (Self, Trouble) {
        let trouble = Trouble::default();
        let left = inner.size_hint().exact();
        let idle = Box::pin(tokio::time::sleep(patience));
        let body = Self {
            inner: Some(inner),
            begun: false,
            resigner: Some(resigner),
            left,
            idle,
            waiting: false,
            patience,
            trouble: Arc::clone(&trouble),
            entry,
        };
        (body, trouble)
    }

    fn fail(&mut self, refusal: Refusal) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        self.resigner = None;
        let text = refusal.to_string();
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        Poll::Ready(Some(Err(text.into())))
    }

    fn give(&mut self, bytes: Vec<u8>) -> Frame<Bytes> {
        self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
        Frame::data(bytes.into())
    }
}

impl Body for Upward {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        let this = &mut *self;
        loop {
            if this.resigner.is_none() {
                return Poll::Ready(None);
            }
            let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
            this.begun = true;
            let polled = Pin::new(inner).poll_frame(cx);
            // The time that the service takes to read is not held against the client.
            let waited = std::mem::replace(&mut this.waiting, polled.is_pending());
            match polled {
                Poll::Pending => {
                    if !waited {
                        this.idle.as_mut().reset(Instant::now() + this.patience);
                    }
                    if this.idle.as_mut().poll(cx).is_ready() {
                        return this.fail(Refusal::new(RefusalKind::Malformed, "the body stopped coming"));
                    }
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers of the HTTP framing are not part of what was signed, and end here.
                    let Ok(data) = frame.into_data() else { continue };
                    this.entry.lock().unwrap_or_else(PoisonError::into_inner).record.bytes_in +=
                        data.len() as u64;
                    let pushed = this
                        .resigner
                        .as_mut()
                        .map_or(Err(BodyError::Refused), |resigner| resigner.push(&data));
                    match pushed {
                        Ok(bytes) if bytes.is_empty() => {}
                        Ok(bytes) => return Poll::Ready(Some(Ok(this.give(bytes)))),
                        Err(error) => return this.fail(Refusal::from(error)),
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    let refusal = Refusal::new(RefusalKind::Malformed, "the body did not come to its end");
                    return this.fail(refusal.with_detail(error.to_string()));
                }
                Poll::Ready(None) => {
                    let finished = this.resigner.take().map_or(Err(BodyError::Refused), BodyResigner::finish);
                    return match finished {
                        Ok(bytes) if bytes.is_empty() => Poll::Ready(None),
                        Ok(bytes) => Poll::Ready(Some(Ok(this.give(bytes)))),
                        Err(error) => this.fail(Refusal::from(error)),
                    };
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.resigner.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for Upward {
    /// The service has answered before it read everything, or the body was at fault.
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take().filter(|_| self.begun) {
            linger::read_off(inner);
        }
    }
}

/// A service's answer on its way down: untouched, and counted. Its record ends when it does.
pub(crate) struct Downward {
    inner: Incoming,
    entry: Arc<Mutex<Entry>>,
    ended: bool,
    patience: Duration,
    /// There from the first piece that had to be waited for; `true` while one is.
    waiting: Option<(Pin<Box<Sleep>>, bool)>,
}

impl Downward {
    /// `patience` is how long the service may pause.
    pub(crate) fn new(inner: Incoming, entry: Arc<Mutex<Entry>>, patience: Duration) -> Self {
        Self { inner, entry, ended: false, patience, waiting: None }
    }

    /// Whether the service has paused for too long.
    fn is_stalled(&mut self, cx: &mut Context<'_>) -> bool {
        let until = Instant::now() + self.patience;
        let (timer, waits) =
            self.waiting.get_or_insert_with(|| (Box::pin(tokio::time::sleep_until(until)), true));
        if !std::mem::replace(waits, true) {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl Body for Downward {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if polled.is_pending() {
            if !self.is_stalled(cx) {
                return Poll::Pending;
            }
            self.ended = true;
            let text = "the service stopped answering";
            self.entry.lock().unwrap_or_else(PoisonError::into_inner).failed("upstream-broken", text);
            return Poll::Ready(Some(Err(text.into())));
        }
        if let Some((_, waits)) = &mut self.waiting {
            *waits = false;
        }
        self.ended |= !polled.is_pending()
            && (self.inner.is_end_stream() || !matches!(polled, Poll::Ready(Some(Ok(_)))));
        let ended = self.ended;
        let mut entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                entry.record.bytes_out += frame.data_ref().map_or(0, Bytes::len) as u64;
                // Before the last bytes go: who has read the answer finds it recorded.
                if ended {
                    entry.finish();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                entry.failed("upstream-broken", &error.to_string());
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                entry.finish();
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Downward {
    fn drop(&mut self) {
        if !self.ended && !self.inner.is_end_stream() {
            let mut entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
            entry.failed("client-gone", "the client did not read the answer to its end");
        }
    }
}

/// The memory that all held bodies together may take, in units of this many bytes.
const UNIT: u64 = 1024;

/// A bound for all held bodies together.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

/// A body in memory, and its share of the budget.
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    _share: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(crate) fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes / UNIT).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(units)))
    }

    fn share(&self, bytes: u64) -> Result<OwnedSemaphorePermit, Refusal> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        Arc::clone(&self.0).try_acquire_many_owned(units).map_err(|_| {
            Refusal::new(RefusalKind::Busy, "the gateway holds as many bodies as it can; please try again")
        })
    }

    /// Reads a body whole, at most `limit` bytes of it.
    pub(crate) async fn hold(
        &self,
        body: &mut Incoming,
        limit: u64,
        patience: Duration,
    ) -> Result<Held, Refusal> {
        let too_large = || {
            Refusal::new(
                RefusalKind::BodyTooLarge,
                format!("the body is larger than the {limit} bytes that the gateway holds"),
            )
        };
        let known = body.size_hint().exact();
        if known.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut share = known.filter(|length| *length > 0).map(|length| self.share(length)).transpose()?;
        let mut bytes =
            Vec::with_capacity(known.and_then(|length| usize::try_from(length).ok()).unwrap_or(0));
        loop {
            let frame = tokio::time::timeout(patience, body.frame()).await;
            let frame = frame.map_err(|_| Refusal::new(RefusalKind::Malformed, "the body stopped coming"))?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| {
                Refusal::new(RefusalKind::Malformed, "the body did not come to its end")
                    .with_detail(error.to_string())
            })?;
            let Ok(data) = frame.into_data() else { continue };
            if (bytes.len() + data.len()) as u64 > limit {
                return Err(too_large());
            }
            if known.is_none() {
                let more = self.share(data.len() as u64)?;
                match &mut share {
                    Some(share) => share.merge(more),
                    None => share = Some(more),
                }
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Held { bytes, _share: share })
    }
}
