//! The threads: those that serve clients, and those of everything else.
//!
//! Where one thread serves all clients, it takes what is ready turn by turn: first all requests that have come, then all
//! that go on to their services, then all answers. Each kind of work finds its code in the processor's cache that way,
//! which a small request spends a third less time for than by a scheduler that shares work among threads.

use std::io;
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// What everything runs on.
pub(crate) struct Threads {
    /// What no client waits for; and the clients, if there are several threads for them.
    runtime: Runtime,
    single: Option<Single>,
}

/// The one thread that serves clients.
struct Single {
    clients: Handle,
    /// How long what is broken off may take, once it is to end. It ends at once if this is dropped.
    end: oneshot::Sender<Duration>,
    thread: thread::JoinHandle<()>,
}

impl Threads {
    /// So many for clients, or as many as there are cores for this process.
    pub(crate) fn start(count: Option<NonZero<usize>>) -> io::Result<Self> {
        let count = count.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
        let runtime = Builder::new_multi_thread()
            .worker_threads(count)
            .enable_all()
            .thread_name("awsaccess")
            .build()?;
        let single = if count == 1 { Some(Single::start()?) } else { None };
        Ok(Self { runtime, single })
    }

    /// Where clients are served.
    pub(crate) fn clients(&self) -> &Handle {
        self.single.as_ref().map_or(self.runtime.handle(), |single| &single.clients)
    }

    /// Where all else is done.
    pub(crate) fn others(&self) -> &Runtime {
        &self.runtime
    }

    /// Ends them: what runs is broken off, and has so long to end.
    pub(crate) fn shutdown(self, patience: Duration) {
        if let Some(Single { end, thread, .. }) = self.single {
            let _ = end.send(patience);
            let _ = thread.join();
        }
        self.runtime.shutdown_timeout(patience);
    }

    /// The same without waiting for it.
    pub(crate) fn abandon(self) {
        drop(self.single);
        self.runtime.shutdown_background();
    }
}

impl Single {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().thread_name("awsaccess-clients").build()?;
        let (clients, (end, ended)) = (runtime.handle().clone(), oneshot::channel());
        let serve = move || match runtime.block_on(ended) {
            Ok(patience) => runtime.shutdown_timeout(patience),
            Err(_) => runtime.shutdown_background(),
        };
        let thread = thread::Builder::new().name("awsaccess-clients".to_owned()).spawn(serve)?;
        Ok(Self { clients, end, thread })
    }
}
