//! The blocking host against this machine: a loopback server, a temporary folder, small programs.
#![cfg(feature = "blocking")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use awsaccess::chain::{Options, Order, Source};
use awsaccess::effect::{
    Http, HttpFailure, HttpReason, HttpReply, ListFiles, Lock, Prompt, ReadFile, RemoveFile, Resolve,
    RunProcess, WriteFile,
};
use awsaccess::env::Env;
use awsaccess::error::ErrorKind;
use awsaccess::host::Host;
use awsaccess::secret::Secret;
use awsaccess_drivers::blocking::{self, Blocking};

/// Answers each connection with the next text, and hands on what was asked.
fn server(replies: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for reply in replies {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = sender.send(read_request(&mut stream));
            let _ = stream.write_all(reply.as_bytes());
        }
    });
    (address, receiver)
}

fn read_request(stream: &mut impl Read) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).unwrap_or(0);
        text.extend_from_slice(&buffer[..n]);
        let so_far = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = so_far.split_once("\r\n\r\n") else {
            if n == 0 {
                return so_far;
            }
            continue;
        };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if n == 0 || body.len() >= length.unwrap_or(0) {
            return so_far;
        }
    }
}

fn reply(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// A request for which there is time, however busy this machine is.
fn ask(method: &'static str, url: impl Into<String>) -> Http {
    Http::new(method, url).timeout(Duration::from_secs(60))
}

fn send(http: &Http) -> Result<HttpReply, HttpFailure> {
    Blocking::new().unwrap().http(http).unwrap()
}

fn failure(http: &Http) -> HttpReason {
    send(http).unwrap_err().reason
}

#[test]
fn a_request_goes_out_as_it_is_and_no_redirect_is_followed() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nX-Note: here\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    let (address, requests) = server(vec![moved.to_owned(), reply("200 OK", "")]);
    let http =
        ask("POST", format!("{address}/a%20b/?c=%2f")).header("x-token", "secret").body("A=b").direct();
    let answer = send(&http).unwrap();
    assert_eq!(
        (answer.status, answer.header("x-note"), answer.body.as_slice()),
        (302, Some("here"), &b"hi"[..])
    );
    let seen = requests.recv().unwrap();
    assert!(seen.starts_with("POST /a%20b/?c=%2f HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("x-token: secret\r\n") && seen.ends_with("\r\n\r\nA=b"), "{seen}");
    assert!(!seen.to_lowercase().contains("accept-encoding: gzip"), "{seen}");

    assert_eq!(send(&ask("PUT", format!("{address}/t")).direct()).unwrap().status, 200);
    let seen = requests.recv().unwrap();
    assert!(seen.to_lowercase().contains("content-length: 0"), "{seen}");
}

#[test]
fn failures_are_told_apart() {
    // A port that the system gives nobody.
    assert_eq!(failure(&ask("GET", "http://127.0.0.1:1/").direct()), HttpReason::Refused);
    assert_eq!(failure(&ask("GET", "http://no-such-host.invalid/").direct()), HttpReason::Unreachable);

    let (address, _requests) =
        server(vec![reply("200 OK", &"x".repeat(100_000)), reply("200 OK", &"x".repeat(65_536))]);
    let get = ask("GET", format!("{address}/")).direct();
    assert_eq!(failure(&get), HttpReason::TooLarge);
    assert_eq!(send(&get).unwrap().body.len(), 65_536);

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let slow = ask("GET", format!("http://{}/", silent.local_addr().unwrap()));
    assert_eq!(failure(&slow.timeout(Duration::from_millis(200)).direct()), HttpReason::Timeout);

    let (address, _requests) = server(vec!["not http at all".to_owned()]);
    assert!(send(&ask("GET", address).direct()).is_err());
    assert!(send(&ask("GET", "http://127.0.0.1:1/").header("x", "a\r\nb").direct()).is_err());
}

/// A certificate authority of its own, and one server that it vouches for.
fn tls_server() -> (u16, String) {
    static STARTED: OnceLock<(u16, String)> = OnceLock::new();
    STARTED
        .get_or_init(|| {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let authority = params.self_signed(&key).unwrap();
            let pem = authority.pem();
            let server_key = rcgen::KeyPair::generate().unwrap();
            let issuer = rcgen::Issuer::new(params, key);
            let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            let certificate = server.signed_by(&server_key, &issuer).unwrap();
            let private = rustls_pki_types::PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], private)
                .unwrap();
            let config = Arc::new(config);
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let mut stream: TcpStream = stream.unwrap();
                    let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
                    let mut tls = rustls::Stream::new(&mut session, &mut stream);
                    read_request(&mut tls);
                    let _ = tls.write_all(reply("200 OK", "safe").as_bytes());
                    session.send_close_notify();
                    let _ = session.write_tls(&mut stream);
                }
            });
            (port, pem)
        })
        .clone()
}

#[test]
fn a_certificate_is_checked_against_the_given_roots_alone() {
    let (port, pem) = tls_server();
    let get = ask("GET", format!("https://localhost:{port}/")).direct();
    let mut trusting = Blocking::with_roots(pem.as_bytes()).unwrap();
    assert_eq!(trusting.http(&get).unwrap().unwrap().body.as_slice(), b"safe");
    let by_address = ask("GET", format!("https://127.0.0.1:{port}/")).direct();
    assert_eq!(trusting.http(&by_address).unwrap().unwrap_err().reason, HttpReason::Tls);
    assert_eq!(failure(&get), HttpReason::Tls);
    assert_eq!(Blocking::with_roots(b"no pem").err().unwrap().kind(), ErrorKind::Config);
}

/// A folder of its own for a test, removed when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("awsaccess-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, inside: &str) -> String {
        self.0.join(inside).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn files_are_read_written_listed_and_removed() {
    let (folder, mut host) = (Folder::new(), Blocking::new().unwrap());
    let file = folder.path("new/deep/file");
    assert_eq!(host.read_file(&ReadFile::new(&file, 9)), Some(Ok(None)));
    for text in ["first", "second"] {
        assert_eq!(host.write_file(&WriteFile::new(&file, text.into())), Some(Ok(())));
        assert_eq!(host.read_file(&ReadFile::new(&file, 9)), Some(Ok(Some(text.into()))));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&folder.path("new/deep"))), (0o600, 0o700));
    }
    // Nothing is left beside it, and a file that is too long gives one byte more than is taken.
    assert_eq!(
        host.list_files(&ListFiles::new(folder.path("new/deep"), 99)),
        Some(Ok(vec!["file".to_owned()]))
    );
    assert_eq!(host.read_file(&ReadFile::new(&file, 3)), Some(Ok(Some(b"seco".to_vec()))));
    assert_eq!(host.list_files(&ListFiles::new(folder.path("none"), 99)), Some(Ok(Vec::new())));
    assert!(host.read_file(&ReadFile::new(folder.path("new"), 9)).unwrap().is_err());
    assert!(host.write_file(&WriteFile::new(folder.path("new/deep"), Vec::new())).unwrap().is_err());
    for _ in 0..2 {
        assert_eq!(host.remove_file(&RemoveFile::new(&file)), Some(Ok(())));
    }
}

#[test]
fn a_lock_holds_until_it_is_given_back() {
    let (folder, mut host) = (Folder::new(), Blocking::new().unwrap());
    let path = folder.path("lock");
    assert_eq!(host.lock(&Lock::take(&path)), Some(Ok(())));
    assert!(std::fs::File::open(&path).unwrap().try_lock().is_err());
    // Another one waits for it.
    let waiting = thread::spawn({
        let path = path.clone();
        move || Blocking::new().unwrap().lock(&Lock::take(path))
    });
    thread::sleep(Duration::from_millis(100));
    assert!(!waiting.is_finished());
    assert_eq!(host.lock(&Lock::release(&path)), Some(Ok(())));
    assert_eq!(waiting.join().unwrap(), Some(Ok(())));
    // It is free once no program that another test starts holds what it was born with.
    let began = Instant::now();
    while std::fs::File::open(&path).unwrap().try_lock().is_err() {
        assert!(began.elapsed() < Duration::from_secs(60), "somebody holds it still");
        thread::yield_now();
    }
}

#[cfg(unix)]
#[test]
fn programs_run_without_a_shell_within_their_bounds() {
    let mut host = Blocking::new().unwrap();
    let mut run_for = |time: Duration, argv: &[&str]| {
        let mut request = RunProcess::new(argv.iter().copied());
        request.timeout = time;
        request.max_bytes = 1000;
        request.env = vec![("ADDED".to_owned(), Secret::new("value"))];
        host.run_process(&request).unwrap()
    };
    // What does not end is not waited for, nor is what it leaves behind.
    let moment = Duration::from_millis(700);
    assert!(run_for(moment, &["sleep", "30"]).unwrap_err().reason.contains("did not end"));
    assert!(run_for(moment, &["sh", "-c", "sleep 30 & echo done"]).is_err());
    let mut run = |argv: &[&str]| run_for(Duration::from_secs(60), argv);
    assert_eq!(run(&["echo", "$HOME; ls"]).unwrap().stdout.as_slice(), b"$HOME; ls\n");
    let both = run(&["sh", "-c", "echo $ADDED; echo oops >&2; exit 3"]).unwrap();
    assert_eq!(
        (both.code, both.stdout.as_slice(), both.stderr.as_slice()),
        (3, &b"value\n"[..], &b"oops\n"[..])
    );
    assert_eq!(run(&["sh", "-c", "kill -9 $$"]).unwrap().code, -9);
    assert!(run(&["head", "-c", "100000", "/dev/zero"]).unwrap_err().reason.contains("more than 1000"));
    assert!(run(&["no-such-program-here"]).is_err());
    assert!(run(&[]).is_err());
}

#[test]
fn people_and_names() {
    let question = Prompt::mfa("arn:aws:iam::111122223333:mfa/me");
    assert!(Blocking::new().unwrap().prompt(&question).is_none());
    let mut asking = Blocking::new()
        .unwrap()
        .prompt_with(|question| question.message.contains("mfa/me").then(|| Secret::new("123456")));
    assert!(asking.prompt(&question).unwrap().matches(b"123456"));
    let addresses = asking.resolve(&Resolve::new("localhost")).unwrap().unwrap();
    assert!(!addresses.is_empty() && addresses.iter().all(std::net::IpAddr::is_loopback));
    assert!(asking.resolve(&Resolve::new("no-such-host.invalid")).unwrap().is_err());
}

#[test]
fn the_instance_role_over_a_real_socket() {
    let keys = r#"{"Code":"Success","AccessKeyId":"ASIAI","SecretAccessKey":"s3cr3t","Token":"t0k3n","Expiration":"2100-01-01T00:00:00Z"}"#;
    let replies = ["metadata-token", "gateway", keys].map(|body| reply("200 OK", body)).to_vec();
    let (address, requests) = server(replies);
    let options = Options::new().order(Order::only(Source::Imds)).imds_endpoint(address);
    let env: Env = [("AWS_METADATA_SERVICE_TIMEOUT", "60")].into_iter().collect();
    let found = blocking::resolve_with(&options, &env, &mut Blocking::new().unwrap()).unwrap();
    assert_eq!(found.credentials().access_key_id(), "ASIAI");
    assert!(requests.recv().unwrap().starts_with("PUT /latest/api/token"));
    assert!(requests.recv().unwrap().contains("x-aws-ec2-metadata-token: metadata-token"));
}

#[test]
fn a_profile_of_a_home_folder() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path(".aws")).unwrap();
    let text = "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = s3cr3t\n";
    std::fs::write(folder.path(".aws/credentials"), text).unwrap();
    let options = Options::new().profile("work").home(folder.path(""));
    let found = blocking::resolve_with(&options, &Env::new(), &mut Blocking::new().unwrap()).unwrap();
    assert_eq!(found.credentials().access_key_id(), "AKIDWORK");
    assert!(blocking::environment().unwrap().get("HOME").is_some());
    assert_ne!(blocking::seed().unwrap(), blocking::seed().unwrap());
}
