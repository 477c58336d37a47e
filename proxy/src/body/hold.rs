//! Bodies that must be held in memory, within a bound for each and a bound for all together.

use std::sync::Arc;
use std::time::Duration;

use awsaccess::gateway::{Refusal, RefusalKind};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
