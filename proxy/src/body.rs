//! Bodies as they flow: checked on the way up, counted on the way down, and never waited for without end.

mod hold;
mod pace;
mod watch;

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use awsaccess::gateway::{Refusal, RefusalKind};
use awsaccess::sigv4::{BodyError, BodyResigner};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, SizeHint};

pub(crate) use self::hold::{Budget, too_large};
pub(crate) use self::pace::Pace;
pub(crate) use self::watch::Progress;
use self::watch::{Alarm, Watch};
use crate::linger::Unread;
use crate::pass::{Pass, REVOKED, revoked};
use crate::sink::Entry;
use crate::upstream::Arriving;

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
    inner: Unread,
    resigner: Option<BodyResigner>,
    left: Option<u64>,
    watch: Watch,
    progress: Arc<Progress>,
    trouble: Trouble,
    entry: Arc<Mutex<Entry>>,
}

impl Upward {
    pub(crate) fn new(
        inner: Unread,
        resigner: BodyResigner,
        patience: Duration,
        entry: Arc<Mutex<Entry>>,
        pass: Arc<Pass>,
    ) -> (Self, Trouble) {
        let trouble = Trouble::default();
        let left = inner.body.as_ref().and_then(|body| body.size_hint().exact());
        let body = Self {
            inner,
            resigner: Some(resigner),
            left,
            watch: Watch::new(patience, pass),
            progress: Arc::default(),
            trouble: Arc::clone(&trouble),
            entry,
        };
        (body, trouble)
    }

    /// When it last moved, for whoever waits for the answer to it.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
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
            let Some(inner) = &mut this.inner.body else { return Poll::Ready(None) };
            this.inner.waits = false;
            let polled = Pin::new(inner).poll_frame(cx);
            // The time that the service takes to read is not held against the client.
            match this.watch.look(polled.is_pending(), cx) {
                Some(Alarm::Idle) => return this.fail(pace::stopped()),
                Some(Alarm::Ended) => return this.fail(revoked()),
                None => {}
            }
            if polled.is_ready() {
                this.progress.note();
            }
            match polled {
                Poll::Pending => return Poll::Pending,
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
    /// The service has answered before it read everything, or was not there, or the body was at fault.
    fn drop(&mut self) {
        self.inner.answered();
    }
}

/// A piece of an answer, or its end.
pub(crate) type Piece = Option<Result<Frame<Bytes>, hyper::Error>>;

/// A service's answer on its way down: untouched, and counted. Its record ends when it does.
pub(crate) struct Downward {
    /// What was read of it before it was known to be one that flows.
    first: Option<Piece>,
    inner: Arriving,
    entry: Arc<Mutex<Entry>>,
    ended: bool,
    watch: Watch,
}

impl Downward {
    /// `patience` is how long the answer may pause.
    pub(crate) fn new(
        (first, inner): (Option<Piece>, Arriving),
        entry: Arc<Mutex<Entry>>,
        patience: Duration,
        pass: Arc<Pass>,
    ) -> Self {
        Self { first, inner, entry, ended: false, watch: Watch::new(patience, pass) }
    }

    fn fail(&mut self, error: &'static str, reason: &str) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        self.ended = true;
        self.entry.lock().unwrap_or_else(PoisonError::into_inner).failed(error, reason);
        Poll::Ready(Some(Err(reason.into())))
    }
}

impl Body for Downward {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = match self.first.take() {
            Some(first) => Poll::Ready(first),
            None => Pin::new(&mut self.inner).poll_frame(cx),
        };
        match self.watch.look(polled.is_pending(), cx) {
            Some(Alarm::Idle) => return self.fail("upstream-idle", "the answer stopped coming"),
            Some(Alarm::Ended) => return self.fail(REVOKED.0, REVOKED.1),
            None => {}
        }
        self.ended |= !polled.is_pending()
            && (self.inner.is_end_stream() || !matches!(polled, Poll::Ready(Some(Ok(_)))));
        let ended = self.ended;
        let mut entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                entry.record.sent(frame.data_ref().map_or(0, Bytes::len));
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
        self.ended || self.first.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.inner.size_hint();
        if let Some(Some(Ok(first))) = &self.first {
            let first = first.data_ref().map_or(0, Bytes::len) as u64;
            if let Some(upper) = hint.upper() {
                hint.set_upper(upper.saturating_add(first));
            }
            hint.set_lower(hint.lower().saturating_add(first));
        }
        hint
    }
}

impl Drop for Downward {
    fn drop(&mut self) {
        if !self.is_end_stream() {
            let mut entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
            entry.failed("client-gone", "the client did not read the answer to its end");
        }
    }
}
