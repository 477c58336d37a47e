//! Bodies that must be held in memory: each within a bound, all together within another, and none for longer than a client
//! takes that means to send it.

use std::fmt::Display;
use std::sync::Arc;

use awsaccess::gateway::{Refusal, RefusalKind};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout_at;

use super::pace::{Pace, stopped};
use crate::places::Places;

/// The memory that all held bodies together may take, in units of this many bytes.
const UNIT: u64 = 1024;
/// What a body takes at first, if it is not shorter: nobody takes a place for what he only says that he will send.
const FIRST: u64 = 16 << 10;

/// A bound for all held bodies together.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Places>);

/// A body in memory, and its share of the budget.
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    _share: Option<OwnedSemaphorePermit>,
}

fn units(bytes: u64) -> usize {
    usize::try_from(bytes / UNIT).unwrap_or(usize::MAX)
}

/// A body that must be held, and is larger than may be.
#[cold]
pub(crate) fn too_large(limit: u64) -> Refusal {
    let why = format!("the body is larger than the {limit} bytes that the gateway holds");
    Refusal::new(RefusalKind::BodyTooLarge, why)
}

fn busy() -> Refusal {
    Refusal::new(RefusalKind::Busy, "the gateway holds as many bodies as it can; please try again")
}

impl Budget {
    pub(crate) fn new(bytes: u64, runtime: Handle) -> Self {
        Self(Arc::new(Places::new(units(bytes), runtime)))
    }

    /// Another bound, from now on.
    pub(crate) fn resize(&self, bytes: u64) {
        self.0.resize(units(bytes));
    }

    /// Reads a body whole, at most `limit` bytes of it, no slower than at the pace.
    pub(crate) async fn hold<B>(&self, body: &mut B, limit: u64, pace: Pace) -> Result<Held, Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Display,
    {
        let known = body.size_hint().exact();
        if known.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        let mut room = Room { budget: self, most: known.unwrap_or(limit), taken: 0, share: None };
        let mut bytes = Vec::new();
        let mut step = pace.begin();
        loop {
            let frame = timeout_at(step.until(), body.frame()).await;
            let Some(frame) = frame.map_err(|_| stopped())? else { break };
            let frame = frame.map_err(|error| {
                Refusal::new(RefusalKind::Malformed, "the body did not come to its end")
                    .with_detail(error.to_string())
            })?;
            let Ok(data) = frame.into_data() else { continue };
            if (bytes.len() + data.len()) as u64 > limit {
                return Err(too_large(limit));
            }
            room.make(&mut bytes, data.len())?;
            bytes.extend_from_slice(&data);
            step.came(data.len() as u64);
        }
        Ok(Held { bytes, _share: room.share })
    }
}

/// What a body has of the budget: as much as came of it, and at most as much again.
struct Room<'a> {
    budget: &'a Budget,
    /// What the body can come to.
    most: u64,
    taken: u64,
    share: Option<OwnedSemaphorePermit>,
}

impl Room<'_> {
    /// For so many bytes more.
    fn make(&mut self, bytes: &mut Vec<u8>, more: usize) -> Result<(), Refusal> {
        let needed = (bytes.len() + more) as u64;
        if needed <= self.taken {
            return Ok(());
        }
        let roomy = FIRST.max(self.taken.saturating_mul(2)).min(self.most).max(needed);
        let size = [roomy, needed].into_iter().find(|size| self.take(*size)).ok_or_else(busy)?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        bytes.reserve_exact(size.saturating_sub(bytes.len()));
        Ok(())
    }

    /// Whether the share is one for so many bytes in all now.
    fn take(&mut self, size: u64) -> bool {
        let held = self.share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) as u64;
        let missing = size.div_ceil(UNIT).saturating_sub(held);
        let Ok(more) = self.budget.0.try_take(u32::try_from(missing).unwrap_or(u32::MAX)) else {
            return false;
        };
        match &mut self.share {
            Some(share) => share.merge(more),
            None => self.share = Some(more),
        }
        self.taken = size;
        true
    }
}

#[cfg(test)]
mod tests;
