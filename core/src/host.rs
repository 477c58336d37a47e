//! Driving a task to its end: a loop over its steps, once blocking and once async.
//!
//! A host implements the methods that it can answer and leaves the rest as they are: declined.

use crate::effect::{
    Custom, Effect, Http, ListFiles, Listen, Lock, Prompt, ReadFile, RemoveFile, Resolve, RunProcess, Sign,
    Wait, WriteFile,
};
use crate::error::Error;
use crate::step::Step;
use crate::time::Time;

/// An answer, or `None` for "not on this host".
pub type Reply<E> = Option<<E as Effect>::Reply>;

/// One that answers at once, blocking where it must.
///
/// ```
/// use awsaccess::effect::ReadFile;
/// use awsaccess::host::{Host, Reply, run};
/// use awsaccess::{chain, env::Env, error::ErrorKind, time::Time};
///
/// struct NoFiles; // reads no file, and does nothing else
/// impl Host for NoFiles {
///     fn now(&mut self) -> Time {
///         Time::from_unix(1_800_000_000)
///     }
///     fn read_file(&mut self, _request: &ReadFile) -> Reply<ReadFile> {
///         Some(Ok(None))
///     }
/// }
/// let step = chain::resolve(&chain::Options::new(), &Env::new(), NoFiles.now(), [0; 32]);
/// assert_eq!(run(step, &mut NoFiles).unwrap_err().kind(), ErrorKind::NotConfigured);
/// ```
pub trait Host {
    /// The clock.
    fn now(&mut self) -> Time;
    /// See [`ReadFile`].
    fn read_file(&mut self, _request: &ReadFile) -> Reply<ReadFile> {
        None
    }
    /// See [`WriteFile`].
    fn write_file(&mut self, _request: &WriteFile) -> Reply<WriteFile> {
        None
    }
    /// See [`ListFiles`].
    fn list_files(&mut self, _request: &ListFiles) -> Reply<ListFiles> {
        None
    }
    /// See [`RemoveFile`].
    fn remove_file(&mut self, _request: &RemoveFile) -> Reply<RemoveFile> {
        None
    }
    /// See [`Lock`].
    fn lock(&mut self, _request: &Lock) -> Reply<Lock> {
        None
    }
    /// See [`Http`].
    fn http(&mut self, _request: &Http) -> Reply<Http> {
        None
    }
    /// See [`Resolve`].
    fn resolve(&mut self, _request: &Resolve) -> Reply<Resolve> {
        None
    }
    /// See [`RunProcess`].
    fn run_process(&mut self, _request: &RunProcess) -> Reply<RunProcess> {
        None
    }
    /// See [`Prompt`].
    fn prompt(&mut self, _request: &Prompt) -> Reply<Prompt> {
        None
    }
    /// See [`Listen`].
    fn listen(&mut self, _request: &Listen) -> Reply<Listen> {
        None
    }
    /// See [`Sign`].
    fn sign(&mut self, _request: &Sign) -> Reply<Sign> {
        None
    }
    /// See [`Custom`].
    fn custom(&mut self, _request: &Custom) -> Reply<Custom> {
        None
    }
    /// See [`Wait`].
    fn wait(&mut self, _request: &Wait) -> Reply<Wait> {
        None
    }
}

/// Answers every question of a task until it is done.
///
/// # Errors
/// The task's own.
pub fn run<T>(mut step: Step<T>, host: &mut impl Host) -> Result<T, Error> {
    /// Asks the host with one of its methods, and goes on with what it says.
    macro_rules! turn {
        ($ask:ident, $method:ident) => {{
            let reply = host.$method($ask.request());
            $ask.settle(host.now(), reply)
        }};
    }
    loop {
        step = match step {
            Step::ReadFile(ask) => turn!(ask, read_file),
            Step::WriteFile(ask) => turn!(ask, write_file),
            Step::ListFiles(ask) => turn!(ask, list_files),
            Step::RemoveFile(ask) => turn!(ask, remove_file),
            Step::Lock(ask) => turn!(ask, lock),
            Step::Http(ask) => turn!(ask, http),
            Step::Resolve(ask) => turn!(ask, resolve),
            Step::RunProcess(ask) => turn!(ask, run_process),
            Step::Prompt(ask) => turn!(ask, prompt),
            Step::Listen(ask) => turn!(ask, listen),
            Step::Sign(ask) => turn!(ask, sign),
            Step::Custom(ask) => turn!(ask, custom),
            Step::Wait(ask) => turn!(ask, wait),
            Step::Done(result) => return result,
        }
    }
}

/// One that answers in its own time, on any runtime.
///
/// Its futures are `Send`, so that a task may move between threads while it waits. Dropping the future of
/// [`run_async`] cancels the task.
pub trait AsyncHost: Send {
    /// The clock.
    fn now(&mut self) -> Time;
    /// See [`ReadFile`].
    fn read_file(&mut self, _request: &ReadFile) -> impl Future<Output = Reply<ReadFile>> + Send {
        async { None }
    }
    /// See [`WriteFile`].
    fn write_file(&mut self, _request: &WriteFile) -> impl Future<Output = Reply<WriteFile>> + Send {
        async { None }
    }
    /// See [`ListFiles`].
    fn list_files(&mut self, _request: &ListFiles) -> impl Future<Output = Reply<ListFiles>> + Send {
        async { None }
    }
    /// See [`RemoveFile`].
    fn remove_file(&mut self, _request: &RemoveFile) -> impl Future<Output = Reply<RemoveFile>> + Send {
        async { None }
    }
    /// See [`Lock`].
    fn lock(&mut self, _request: &Lock) -> impl Future<Output = Reply<Lock>> + Send {
        async { None }
    }
    /// See [`Http`].
    fn http(&mut self, _request: &Http) -> impl Future<Output = Reply<Http>> + Send {
        async { None }
    }
    /// See [`Resolve`].
    fn resolve(&mut self, _request: &Resolve) -> impl Future<Output = Reply<Resolve>> + Send {
        async { None }
    }
    /// See [`RunProcess`].
    fn run_process(&mut self, _request: &RunProcess) -> impl Future<Output = Reply<RunProcess>> + Send {
        async { None }
    }
    /// See [`Prompt`].
    fn prompt(&mut self, _request: &Prompt) -> impl Future<Output = Reply<Prompt>> + Send {
        async { None }
    }
    /// See [`Listen`].
    fn listen(&mut self, _request: &Listen) -> impl Future<Output = Reply<Listen>> + Send {
        async { None }
    }
    /// See [`Sign`].
    fn sign(&mut self, _request: &Sign) -> impl Future<Output = Reply<Sign>> + Send {
        async { None }
    }
    /// See [`Custom`].
    fn custom(&mut self, _request: &Custom) -> impl Future<Output = Reply<Custom>> + Send {
        async { None }
    }
    /// See [`Wait`].
    fn wait(&mut self, _request: &Wait) -> impl Future<Output = Reply<Wait>> + Send {
        async { None }
    }
}

/// [`run`], for a host that has to wait.
///
/// # Errors
/// The task's own.
pub async fn run_async<T>(mut step: Step<T>, host: &mut impl AsyncHost) -> Result<T, Error> {
    /// Asks the host with one of its methods, and goes on with what it says.
    macro_rules! turn {
        ($ask:ident, $method:ident) => {{
            let reply = host.$method($ask.request()).await;
            $ask.settle(host.now(), reply)
        }};
    }
    loop {
        step = match step {
            Step::ReadFile(ask) => turn!(ask, read_file),
            Step::WriteFile(ask) => turn!(ask, write_file),
            Step::ListFiles(ask) => turn!(ask, list_files),
            Step::RemoveFile(ask) => turn!(ask, remove_file),
            Step::Lock(ask) => turn!(ask, lock),
            Step::Http(ask) => turn!(ask, http),
            Step::Resolve(ask) => turn!(ask, resolve),
            Step::RunProcess(ask) => turn!(ask, run_process),
            Step::Prompt(ask) => turn!(ask, prompt),
            Step::Listen(ask) => turn!(ask, listen),
            Step::Sign(ask) => turn!(ask, sign),
            Step::Custom(ask) => turn!(ask, custom),
            Step::Wait(ask) => turn!(ask, wait),
            Step::Done(result) => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    struct Clock(Time);

    impl Host for Clock {
        fn now(&mut self) -> Time {
            self.0
        }
        fn wait(&mut self, request: &Wait) -> Reply<Wait> {
            self.0 = self.0 + request.duration;
            Some(())
        }
    }

    impl AsyncHost for Clock {
        fn now(&mut self) -> Time {
            self.0
        }
        async fn wait(&mut self, request: &Wait) -> Reply<Wait> {
            self.0 = self.0 + request.duration;
            Some(())
        }
    }

    fn task() -> Step<(bool, Duration)> {
        flow::start(Time::from_unix(5), [0; 32], |flow| async move {
            let before = flow.now();
            let read = flow.ask(ReadFile::new("f", 1)).await.is_ok();
            flow.ask(Wait::new(Duration::from_secs(2))).await.map_err(|refusal| refusal.error("wait"))?;
            Ok((read, flow.now().since(before)))
        })
    }

    #[test]
    fn both_loops_drive_to_the_end() {
        let expected = Ok((false, Duration::from_secs(2)));
        assert_eq!(run(task(), &mut Clock(Time::from_unix(5))), expected);
        let mut host = Clock(Time::from_unix(5));
        let future = pin!(run_async(task(), &mut host));
        assert_eq!(future.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(expected));
    }

    #[test]
    fn the_async_loop_can_move_between_threads() {
        fn is_send<T: Send>(_: &T) {}
        is_send(&run_async(task(), &mut Clock(Time::from_unix(5))));
    }
}
