//! The load: connections that are kept, each asking again as soon as it was answered, at one proxy after the other.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::process::spent;
use super::wire::{Wire, client, field, length};
use super::work::{ITEM, KEY_ID, OBJECT, Work, pattern};

/// A proxy, and the way through it.
pub(super) struct Goal {
    address: SocketAddr,
    /// Absent for endpoint-URL mode.
    ca_pem: Option<String>,
    pid: u32,
    /// Whether it signs, so that the service sees another key than the placeholder.
    signs: bool,
}

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

impl Goal {
    pub(super) fn read(told: &Value) -> Self {
        Self {
            address: told["address"].as_str().and_then(|text| text.parse().ok()).expect("an address"),
            ca_pem: told["ca_pem"].as_str().map(str::to_owned),
            pid: told["pid"].as_u64().and_then(|pid| pid.try_into().ok()).expect("a process"),
            signs: told["signs"] == true,
        }
    }

    async fn connect(&self, work: Work) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let Some(pem) = &self.ca_pem else {
            let request = work.request(&self.address.to_string());
            return Ok(Connection::new(Box::new(stream), request, work));
        };
        let host = work.host();
        let mut wire = Wire::new(stream);
        wire.stream
            .write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n").as_bytes())
            .await?;
        let head = wire.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        let name = ServerName::try_from(host).expect("a name");
        let stream = TlsConnector::from(client(pem)).connect(name, wire.stream).await?;
        Ok(Connection::new(Box::new(stream), work.request(host), work))
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

struct Connection {
    wire: Wire<Box<dyn Stream>>,
    request: Vec<u8>,
    expected: Arc<Vec<u8>>,
}

impl Connection {
    fn new(stream: Box<dyn Stream>, request: Vec<u8>, work: Work) -> Self {
        let expected = match work {
            Work::Item => ITEM.into(),
            Work::Object => pattern(0, OBJECT),
        };
        Self { wire: Wire::new(stream), request, expected: Arc::new(expected) }
    }

    /// Asks once, and checks every byte of the answer; gives its head.
    async fn ask(&mut self) -> io::Result<Vec<u8>> {
        self.wire.stream.write_all(&self.request).await?;
        self.wire.stream.flush().await?;
        let head = self.wire.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        assert_eq!(length(&head), self.expected.len());
        let (expected, mut at) = (&self.expected, 0);
        let check = |piece: &[u8]| {
            assert!(expected.get(at..at + piece.len()) == Some(piece), "the answer is another");
            at += piece.len();
        };
        self.wire.body(self.expected.len(), check).await?;
        Ok(head)
    }
}

/// What one round of one proxy gave.
struct Round {
    a_second: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
}

/// Loads the proxies in turns, and prints what each turn of each gave.
pub(super) fn play(order: &Value) -> io::Result<()> {
    let goals: Vec<Goal> = order["goals"].as_array().expect("goals").iter().map(Goal::read).collect();
    let work = Work::named(order["work"].as_str().unwrap_or_default());
    let count = |name: &str| order[name].as_u64().expect("a number");
    let (connections, rounds) = (count("connections"), count("rounds"));
    let turn = Duration::from_millis(count("milliseconds"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let told = local.block_on(&runtime, async {
        let mut open = Vec::new();
        for goal in &goals {
            open.push(warm(goal, work, connections).await?);
        }
        let mut told = vec![Vec::new(); goals.len()];
        for _ in 0..rounds {
            for ((goal, open), told) in goals.iter().zip(&mut open).zip(&mut told) {
                let round = round(goal, open, turn).await?;
                told.push(json!([round.a_second, round.p50, round.p99, round.cpu]));
            }
        }
        io::Result::Ok(told)
    })?;
    println!("{}", json!(told));
    Ok(())
}

/// Opens connections, each of which has asked once, and holds them until standard input ends.
pub(super) fn hold(order: &Value) -> io::Result<()> {
    let goal = Goal::read(&order["goals"][0]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let open = runtime.block_on(warm(&goal, Work::Item, order["connections"].as_u64().expect("a number")))?;
    println!("{}", open.len());
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

async fn warm(goal: &Goal, work: Work, connections: u64) -> io::Result<Vec<Connection>> {
    let mut open = Vec::new();
    let mut saw = Vec::new();
    for _ in 0..connections {
        let mut connection = goal.connect(work).await?;
        let head = connection.ask().await?;
        saw.extend(field(&head, "x-saw").map(str::to_owned));
        open.push(connection);
    }
    // The service has told with every item who signed.
    assert!(work == Work::Object || saw.len() == open.len(), "{saw:?}");
    assert!(saw.iter().all(|key| (key != KEY_ID) == goal.signs), "{saw:?}");
    Ok(open)
}

/// One turn of a proxy. It lasts until the last answer came.
async fn round(goal: &Goal, open: &mut Vec<Connection>, turn: Duration) -> io::Result<Round> {
    let times: Rc<RefCell<Vec<f64>>> = Rc::default();
    let (cpu, began) = (spent(goal.pid), Instant::now());
    let tasks: Vec<_> = open
        .drain(..)
        .map(|mut connection| {
            let times = Rc::clone(&times);
            tokio::task::spawn_local(async move {
                while began.elapsed() < turn {
                    let asked = Instant::now();
                    tokio::time::timeout(PATIENCE, connection.ask()).await??;
                    times.borrow_mut().push(asked.elapsed().as_secs_f64() * 1e6);
                }
                io::Result::Ok(connection)
            })
        })
        .collect();
    for task in tasks {
        open.push(task.await.expect("it does not panic")?);
    }
    let took = began.elapsed().as_secs_f64();
    let mut times = times.take();
    times.sort_by(f64::total_cmp);
    let count = times.len() as f64;
    let at = |part: f64| times[((count * part) as usize).min(times.len() - 1)];
    Ok(Round {
        a_second: count / took,
        p50: at(0.5),
        p99: at(0.99),
        cpu: (spent(goal.pid) - cpu) * 1e6 / count,
    })
}
