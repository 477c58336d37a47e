//! moto's server, with its authentication on: it verifies with botocore.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use awsaccess::credentials::Credentials;

use crate::call::Call;
use crate::reply::Reply;

/// A running server; ends with its owner.
pub struct Moto {
    child: Child,
    host: String,
}

impl Moto {
    /// Starts `$MOTO_SERVER` on a port of its own choice. Nothing is verified until [`Moto::verify_from_now_on`].
    ///
    /// # Panics
    /// If there is no such program, or it does not say where it listens.
    #[must_use]
    pub fn start() -> Self {
        let program =
            std::env::var("MOTO_SERVER").expect("MOTO_SERVER names the program; peers/test.sh sets it");
        let mut child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let host = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("Running on http://")?.1.trim().to_owned()))
            .expect("moto does not say where it listens");
        // It logs each request there, and must not be stopped by a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, host }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// From the next request on, each must be signed with a key that moto knows, and be allowed.
    pub fn verify_from_now_on(&self) {
        let head = "POST /moto-api/reset-auth HTTP/1.1\r\nConnection: close\r\nContent-Length: 1\r\n";
        let _ = Reply::to(&self.host, format!("{head}Host: {}\r\n\r\n0", self.host).as_bytes()).ok();
    }

    /// What an administrator sets up before.
    #[track_caller]
    #[must_use]
    pub fn set_up(&self, service: &'static str, form: &str) -> Reply {
        Call::form(service, form)
            .through(&self.host, &Credentials::new("AKIASETUPSETUPSETUP0", "any"))
            .send()
            .ok()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
