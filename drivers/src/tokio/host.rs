//! Each question, answered without holding up the thread.

use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use ::tokio::task::spawn_blocking;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use awsaccess::effect::{
    Custom, FileFailure, Http, HttpFailure, HttpReason, ListFiles, Listen, Lock, ProcessFailure, Prompt,
    ReadFile, RemoveFile, Resolve, RunProcess, Sign, Wait, WriteFile,
};
use awsaccess::host::{AsyncHost, Reply};
use awsaccess::time::Time;

use super::application::Application;
use super::http::Client;
use crate::{file, process};

/// Answers with files, processes and the clock of this machine, and with an HTTP client of the AWS SDK for Rust.
/// What only the application can answer is declined, unless there is an [`Application`].
pub struct Tokio {
    http: Client,
    application: Option<Arc<dyn Application>>,
    locks: Vec<(String, std::fs::File)>,
}

impl Tokio {
    /// A host over that client.
    #[must_use]
    pub fn new(http: SharedHttpClient) -> Self {
        Self { http: Client::new(http), application: None, locks: Vec::new() }
    }

    /// The client for addresses that mean something on this machine only: one without a proxy.
    #[must_use]
    pub fn direct(mut self, http: SharedHttpClient) -> Self {
        self.http.direct = http;
        self
    }

    /// Lets the application answer what only it can.
    #[must_use]
    pub fn application(mut self, application: Arc<dyn Application>) -> Self {
        self.application = Some(application);
        self
    }

    /// Gives back what a task that failed still held.
    pub(super) fn release(&mut self) {
        self.locks.clear();
    }
}

/// Runs what blocks on a thread that may.
async fn aside<T: Send + 'static>(
    path: &str,
    work: impl FnOnce(&Path) -> Result<T, FileFailure> + Send + 'static,
) -> Result<T, FileFailure> {
    let path = PathBuf::from(path);
    spawn_blocking(move || work(&path)).await.unwrap_or_else(|_| Err(FileFailure::new("the work broke off")))
}

impl AsyncHost for Tokio {
    fn now(&mut self) -> Time {
        SystemTime::now().into()
    }

    async fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
        let most = request.max_bytes;
        Some(aside(&request.path, move |path| file::read(path, most)).await)
    }

    async fn write_file(&mut self, request: &WriteFile) -> Reply<WriteFile> {
        let data = request.data.clone();
        Some(aside(&request.path, move |path| file::write(path, &data)).await)
    }

    async fn list_files(&mut self, request: &ListFiles) -> Reply<ListFiles> {
        let most = request.max_bytes;
        Some(aside(&request.path, move |path| file::list(path, most)).await)
    }

    async fn remove_file(&mut self, request: &RemoveFile) -> Reply<RemoveFile> {
        Some(aside(&request.path, file::remove).await)
    }

    async fn lock(&mut self, request: &Lock) -> Reply<Lock> {
        self.locks.retain(|(path, _)| *path != request.path);
        if !request.hold {
            return Some(Ok(()));
        }
        let held = aside(&request.path, file::lock).await;
        Some(held.map(|held| self.locks.push((request.path.clone(), held))))
    }

    async fn http(&mut self, request: &Http) -> Reply<Http> {
        Some(self.http.send(request).await)
    }

    async fn resolve(&mut self, request: &Resolve) -> Reply<Resolve> {
        let host = request.host.clone();
        let found = spawn_blocking(move || {
            (host.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect())
        });
        let unreachable = |reason: String| HttpFailure::new(HttpReason::Unreachable, reason);
        Some(match found.await {
            Ok(found) => found.map_err(|error| unreachable(error.to_string())),
            Err(_) => Err(unreachable("the work broke off".to_owned())),
        })
    }

    async fn run_process(&mut self, request: &RunProcess) -> Reply<RunProcess> {
        let request = request.clone();
        let ran = spawn_blocking(move || process::run(&request)).await;
        Some(ran.unwrap_or_else(|_| Err(ProcessFailure::new("the work broke off"))))
    }

    async fn prompt(&mut self, request: &Prompt) -> Reply<Prompt> {
        self.application.as_ref()?.prompt(request.clone()).await
    }

    async fn listen(&mut self, request: &Listen) -> Reply<Listen> {
        self.application.as_ref()?.listen(request.clone()).await
    }

    async fn sign(&mut self, request: &Sign) -> Reply<Sign> {
        self.application.as_ref()?.sign(request.clone()).await
    }

    async fn custom(&mut self, request: &Custom) -> Reply<Custom> {
        self.application.as_ref()?.custom(request.clone()).await
    }

    async fn wait(&mut self, request: &Wait) -> Reply<Wait> {
        ::tokio::time::sleep(request.duration).await;
        Some(())
    }
}
