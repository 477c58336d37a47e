//! How many of something there may be at a time: a number that can change while some of them are there.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Places to take.
pub(crate) struct Places {
    semaphore: Arc<Semaphore>,
    most: Mutex<usize>,
    /// Where what is to be given up is waited for.
    runtime: Handle,
}

impl Places {
    pub(crate) fn new(most: usize, runtime: Handle) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Self { semaphore: Arc::new(Semaphore::new(most)), most: Mutex::new(most), runtime }
    }

    /// What is waited on for a place.
    pub(crate) fn semaphore(&self) -> Arc<Semaphore> {
        Arc::clone(&self.semaphore)
    }

    /// So many places at once, if they are free.
    pub(crate) fn try_take(&self, count: u32) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.semaphore().try_acquire_many_owned(count)
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.most().saturating_sub(self.semaphore.available_permits())
    }

    /// Another number of them. Those that are taken stay taken: if there are more of them than there may be from now on,
    /// the places that come free are given up until the number is right.
    pub(crate) fn resize(&self, most: usize) {
        let most = most.min(Semaphore::MAX_PERMITS);
        let mut present = self.most.lock().unwrap_or_else(PoisonError::into_inner);
        if most > *present {
            self.semaphore.add_permits(most - *present);
        } else {
            let over = *present - most;
            let mut owed = over - self.semaphore.forget_permits(over);
            while owed > 0 {
                let some = u32::try_from(owed).unwrap_or(u32::MAX);
                owed -= some as usize;
                let semaphore = self.semaphore();
                self.runtime.spawn(async move {
                    if let Ok(places) = semaphore.acquire_many_owned(some).await {
                        places.forget();
                    }
                });
            }
        }
        *present = most;
    }

    /// Comes when nobody has a place any more.
    pub(crate) async fn all_free(&self) {
        let all = u32::try_from(self.most()).unwrap_or(u32::MAX);
        let _ = self.semaphore.acquire_many(all).await;
    }

    fn most(&self) -> usize {
        *self.most.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_number_changes_while_places_are_taken() {
        let places = Places::new(3, Handle::current());
        let two = places.try_take(2).unwrap();
        places.resize(1);
        assert_eq!(places.taken(), 1, "no more than there are now");
        assert!(places.try_take(1).is_err());
        drop(two);
        tokio::task::yield_now().await;
        places.semaphore().acquire_owned().await.unwrap().forget();
        assert!(places.try_take(1).is_err(), "one place is left, and no more");
        places.resize(4);
        assert!(places.try_take(4).is_err());
        drop(places.try_take(3).unwrap());
        places.resize(2);
        drop(places.try_take(1).unwrap());
        assert!(places.try_take(2).is_err());
    }
}
