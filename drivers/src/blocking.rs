//! A host that blocks while it works, and resolution in one call.

mod http;
mod listen;
mod network;
mod provider;

use std::net::ToSocketAddrs;
use std::path::Path;
use std::time::SystemTime;

use awsaccess::chain::{self, Options, Resolved};
use awsaccess::credentials::Credentials;
use awsaccess::effect::{
    Custom, Http, HttpFailure, HttpReason, ListFiles, Listen, Lock, Prompt, ReadFile, RemoveFile, Resolve,
    RunProcess, Sign, Wait, WriteFile,
};
use awsaccess::env::Env;
use awsaccess::error::Error;
use awsaccess::host::{Host, Reply, run};
use awsaccess::secret::Secret;
use awsaccess::step::Step;
use awsaccess::time::Time;

pub use crate::surroundings::{environment, seed};
pub use network::{Network, Proxy};
pub use provider::Provider;

use crate::{file, key, process};

/// Finds credentials as AWS's SDKs do, with the environment, files, network and clock of this process.
///
/// ```no_run
/// use awsaccess::chain::Options;
/// let credentials = awsaccess_drivers::blocking::resolve(&Options::new().profile("prod"))?;
/// println!("{}", credentials.access_key_id());
/// # Ok::<_, awsaccess::error::Error>(())
/// ```
///
/// # Errors
/// The chain's own; [`Error::attempts`] lists what every source said.
pub fn resolve(options: &Options) -> Result<Credentials, Error> {
    resolve_with(options, &environment()?, &mut Blocking::new()?).map(Resolved::into_credentials)
}

/// The same with an environment and a host of the caller's, and with the trace in the result.
///
/// # Errors
/// The chain's own.
pub fn resolve_with(options: &Options, env: &Env, host: &mut Blocking) -> Result<Resolved, Error> {
    drive(chain::resolve(options, env, host.now(), seed()?), host)
}

/// Drives any task to its end; a lock that a task which failed still held is given back.
///
/// # Errors
/// The task's own.
pub fn drive<T>(step: Step<T>, host: &mut Blocking) -> Result<T, Error> {
    let result = run(step, host);
    host.locks.clear();
    result
}

/// Asks a person: gets the question, gives what they typed, or `None` if nobody is there.
pub type Prompter = Box<dyn FnMut(&Prompt) -> Option<Secret> + Send>;

/// Opens a page in a browser on this machine, or shows its address to a person there; `false` if neither can be done.
pub type Opener = Box<dyn FnMut(&str) -> bool + Send>;

/// Gives the credentials of a source of the program's own, by the name in the question; `None` for a name that it does
/// not know.
pub type CustomSource = Box<dyn FnMut(&Custom) -> Reply<Custom> + Send>;

/// Answers with files, sockets and processes of this machine.
///
/// Redirects are never followed. `HTTP_PROXY` and its companions are honoured, but for requests that must be
/// direct. Certificates are checked against Mozilla's roots, or against those of `AWS_CA_BUNDLE` alone. [`Network`] says
/// otherwise, for programs whose own configuration does.
pub struct Blocking {
    http: http::Client,
    prompter: Option<Prompter>,
    opener: Option<Opener>,
    custom: Option<CustomSource>,
    locks: Vec<(String, std::fs::File)>,
}

impl Blocking {
    /// A host that reaches others as the environment says, with the certificates that `AWS_CA_BUNDLE` names, if it is set.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](awsaccess::error::ErrorKind::Config) if that file cannot be read as certificates.
    pub fn new() -> Result<Self, Error> {
        Self::with_network(Network::new())
    }

    /// A host that trusts these certificates (PEM) and no others.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](awsaccess::error::ErrorKind::Config) if there is none among them.
    pub fn with_roots(pem: &[u8]) -> Result<Self, Error> {
        Self::with_network(Network::new().roots(pem)?)
    }

    /// A host that reaches others as that says, and as the environment does where it says nothing.
    ///
    /// # Errors
    /// As of [`Blocking::new`].
    pub fn with_network(network: Network) -> Result<Self, Error> {
        let Network { roots, way } = network.with_bundle()?;
        Ok(Self {
            http: http::Client::new(roots, way),
            prompter: None,
            opener: None,
            custom: None,
            locks: Vec::new(),
        })
    }

    /// Lets questions to a person be answered; without this they are declined.
    #[must_use]
    pub fn prompt_with(mut self, prompter: impl FnMut(&Prompt) -> Option<Secret> + Send + 'static) -> Self {
        self.prompter = Some(Box::new(prompter));
        self
    }

    /// Lets a person sign in with a browser on this machine; without this such questions are declined.
    #[must_use]
    pub fn open_with(mut self, opener: impl FnMut(&str) -> bool + Send + 'static) -> Self {
        self.opener = Some(Box::new(opener));
        self
    }

    /// Lets sources of the program's own be asked (`custom:<name>` in an order); without this they are declined.
    #[must_use]
    pub fn custom_with(mut self, source: impl FnMut(&Custom) -> Reply<Custom> + Send + 'static) -> Self {
        self.custom = Some(Box::new(source));
        self
    }
}

impl Host for Blocking {
    fn now(&mut self) -> Time {
        SystemTime::now().into()
    }

    fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
        Some(file::read(Path::new(&request.path), request.max_bytes))
    }

    fn write_file(&mut self, request: &WriteFile) -> Reply<WriteFile> {
        Some(file::write(Path::new(&request.path), &request.data))
    }

    fn list_files(&mut self, request: &ListFiles) -> Reply<ListFiles> {
        Some(file::list(Path::new(&request.path), request.max_bytes))
    }

    fn remove_file(&mut self, request: &RemoveFile) -> Reply<RemoveFile> {
        Some(file::remove(Path::new(&request.path)))
    }

    fn lock(&mut self, request: &Lock) -> Reply<Lock> {
        self.locks.retain(|(path, _)| *path != request.path);
        if !request.hold {
            return Some(Ok(()));
        }
        Some(file::lock(Path::new(&request.path)).map(|held| self.locks.push((request.path.clone(), held))))
    }

    fn http(&mut self, request: &Http) -> Reply<Http> {
        Some(self.http.send(request))
    }

    fn resolve(&mut self, request: &Resolve) -> Reply<Resolve> {
        let addresses = (request.host.as_str(), 0).to_socket_addrs();
        let addresses = addresses.map(|found| found.map(|address| address.ip()).collect());
        Some(addresses.map_err(|error| HttpFailure::new(HttpReason::Unreachable, error.to_string())))
    }

    fn run_process(&mut self, request: &RunProcess) -> Reply<RunProcess> {
        Some(process::run(request))
    }

    fn prompt(&mut self, request: &Prompt) -> Reply<Prompt> {
        self.prompter.as_mut()?(request)
    }

    fn listen(&mut self, request: &Listen) -> Reply<Listen> {
        Some(listen::listen(request, self.opener.as_mut()?))
    }

    fn sign(&mut self, request: &Sign) -> Reply<Sign> {
        Some(key::sign(request))
    }

    fn custom(&mut self, request: &Custom) -> Reply<Custom> {
        self.custom.as_mut()?(request)
    }

    fn wait(&mut self, request: &Wait) -> Reply<Wait> {
        std::thread::sleep(request.duration);
        Some(())
    }
}
