//! The gateway under load, beside a proxy that only passes on, and beside one that signs in Python.
//!
//! What stands in the middle has one core for itself; the load and the service share another. Each is a process of its
//! own. The load goes to one proxy after the other in short turns; the middle of the turns' ratios counts.

mod load;
mod plain;
mod process;
mod service;
mod wire;
mod work;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::race::{Row, Target};
use process::{Process, cores, resident};
use work::{KEY_ID, SECRET, Work};

/// As many as a busy application has.
const CONNECTIONS: u64 = 32;
const MANY: u64 = 1000;
const MITMPROXY: &str = "mitmproxy==11.0.2";
const BOTOCORE: &str = "botocore==1.44.5";

/// What this program does when it was started by itself.
pub enum Part {
    Service,
    Plain,
    Bare,
    Load,
    Hold,
}

impl Part {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "play-service" => Self::Service,
            "play-plain" => Self::Plain,
            "play-bare" => Self::Bare,
            "play-load" => Self::Load,
            "play-hold" => Self::Hold,
            _ => return None,
        })
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Service => "play-service",
            Self::Plain => "play-plain",
            Self::Bare => "play-bare",
            Self::Load => "play-load",
            Self::Hold => "play-hold",
        }
    }

    pub fn play(self, words: Vec<String>) -> io::Result<()> {
        // What a part needs to know comes on standard input, as a line of JSON.
        let told = || {
            let mut line = String::new();
            io::stdin().read_line(&mut line)?;
            serde_json::from_str::<Value>(&line).map_err(io::Error::other)
        };
        match self {
            Self::Service => service::play(),
            Self::Plain | Self::Bare => {
                let [address, trusted] = words.as_slice() else {
                    return Err(io::ErrorKind::InvalidInput.into());
                };
                let address = address.parse().map_err(io::Error::other)?;
                plain::play(address, &fs::read_to_string(trusted)?, matches!(self, Self::Plain))
            }
            Self::Load => load::play(&told()?),
            Self::Hold => load::hold(&told()?),
        }
    }
}

/// Listens, says where, and serves until standard input ends.
fn serve<F: Future<Output = ()>>(
    listen: impl FnOnce(tokio::net::TcpListener) -> F,
    ready: impl FnOnce(String) -> Value,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("{}", ready(listener.local_addr()?.to_string()));
    std::thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
    runtime.block_on(async {
        listen(tokio::net::TcpListener::from_std(listener)?).await;
        Ok(())
    })
}

pub fn run(rows: &mut Vec<Row>) {
    let program = std::env::var_os("AWSACCESS").map_or("../target/release/awsaccess".into(), PathBuf::from);
    let &[middle, other, ..] = cores().as_slice() else {
        eprintln!("skipped: the gateway under load: it takes two cores");
        return;
    };
    if !program.is_file() || Command::new("taskset").arg("-V").output().is_err() {
        eprintln!("skipped: the gateway under load: it takes {} and taskset", program.display());
        return;
    }
    let folder = std::env::temp_dir().join(format!("awsaccess-load-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let stage = Stage::start(&program, folder.clone(), middle, other).expect("the stage stands");
    stage.beside_plain(rows);
    stage.beside_mitmproxy(rows);
    stage.memory(rows);
    drop(stage);
    let _ = fs::remove_dir_all(folder);
}

struct Stage {
    folder: PathBuf,
    middle: usize,
    other: usize,
    service_address: String,
    gateway: Goal,
    plain: Goal,
    bare: Goal,
    _aws: Process,
    _service: Process,
}

/// A proxy, and what the load is told of it.
struct Goal {
    process: Process,
    told: Value,
}

impl Goal {
    fn new(process: Process, address: &Value, pem: &Value, signs: bool) -> Self {
        let told = json!({ "address": address, "ca_pem": pem, "pid": process.pid(), "signs": signs });
        Self { process, told }
    }
}

impl Stage {
    fn start(program: &Path, folder: PathBuf, middle: usize, other: usize) -> io::Result<Self> {
        let log = |name: &str| fs::File::create(folder.join(name));
        let this = std::env::current_exe()?;
        let play = |core, part: Part, words: &[&OsStr]| {
            let mut arguments = vec![OsStr::new(part.word())];
            arguments.extend(words);
            Process::start(core, this.as_os_str(), &arguments, log(part.word())?)
        };
        let mut aws = Process::start(
            other,
            program.as_os_str(),
            &["emulator", "--until-stdin-ends"],
            log("emulator")?,
        )?;
        let mut service = play(other, Part::Service, &[])?;
        let (credentials, told) = (aws.line()?, service.line()?);
        let address = told["address"].as_str().unwrap_or_default().to_owned();
        let trusted = folder.join("service.pem");
        fs::write(&trusted, told["ca_pem"].as_str().unwrap_or_default())?;

        let file = folder.join("gateway.toml");
        fs::write(&file, configuration(&credentials, &address))?;
        let words = [OsStr::new("proxy"), OsStr::new("--config"), file.as_os_str()];
        let words: Vec<_> =
            words.into_iter().chain(["--json", "--until-stdin-ends"].map(OsStr::new)).collect();
        let mut gateway = Process::start(middle, program.as_os_str(), &words, log("gateway")?)?;
        let told = gateway.line()?;
        let gateway = Goal::new(gateway, &told["address"], &told["ca_pem"], true);
        let peer = |part| {
            let mut peer = play(middle, part, &[OsStr::new(&address), trusted.as_os_str()])?;
            let told = peer.line()?;
            io::Result::Ok(Goal::new(peer, &told["address"], &told["ca_pem"], false))
        };
        let (plain, bare) = (peer(Part::Plain)?, peer(Part::Bare)?);
        Ok(Self {
            folder,
            middle,
            other,
            service_address: address,
            gateway,
            plain,
            bare,
            _aws: aws,
            _service: service,
        })
    }

    /// Loads the goals in turns: for each goal, its rounds.
    fn load(&self, goals: &[&Value], work: Work, rounds: u64, milliseconds: u64) -> Vec<Vec<[f64; 4]>> {
        let order = json!({
            "goals": goals, "work": work.name(), "connections": CONNECTIONS, "rounds": rounds,
            "milliseconds": milliseconds,
        });
        let mut load = self.play(Part::Load);
        load.tell(&order.to_string()).expect("it listens");
        let told = load.line().unwrap_or_else(|error| panic!("{error}: {}", self.log(Part::Load)));
        serde_json::from_value(told).expect("rounds")
    }

    fn play(&self, part: Part) -> Process {
        let this = std::env::current_exe().expect("this program");
        let log = fs::File::create(self.folder.join(part.word())).expect("a file");
        Process::start(self.other, this.as_os_str(), &[part.word()], log).expect("it starts")
    }

    fn log(&self, part: Part) -> String {
        fs::read_to_string(self.folder.join(part.word())).unwrap_or_default()
    }

    fn beside_plain(&self, rows: &mut Vec<Row>) {
        let mut open = self.gateway.told.clone();
        open["ca_pem"] = Value::Null;
        for (work, names) in [(Work::Item, &ITEM_ROWS), (Work::Object, &OBJECT_ROWS)] {
            let goals = [&self.gateway.told, &self.plain.told, &self.bare.told, &open];
            let told = self.load(&goals, work, 15, 400);
            let (ours, plain, bare, open) = (&told[0], &told[1], &told[2], &told[3]);
            let peer = "a plain hyper proxy";
            let targets =
                [(Target::AtLeast(0.8), "req/s"), (Target::AtMost(1.25), "µs"), (Target::AtMost(1.25), "µs")];
            for (what, (target, unit)) in targets.into_iter().enumerate() {
                rows.push(middle(names[what], unit, peer, Some(target), ours, plain, what));
            }
            rows.push(middle(names[3], "µs", peer, None, ours, plain, 3));
            rows.push(middle(names[0], "req/s", "hyper without a pool", None, ours, bare, 0));
            rows.push(middle(names[4], "req/s", "the same by CONNECT and TLS", None, open, ours, 0));
        }
    }

    fn beside_mitmproxy(&self, rows: &mut Vec<Row>) {
        let Some(mitmproxy) = self.mitmproxy() else { return };
        let goals = [&self.gateway.told, &mitmproxy.told];
        // It does some hundred requests a second at best, so that its turns are longer.
        let told = self.load(&goals, Work::Item, 5, 1000);
        let target = Some(Target::AtLeast(20.0));
        rows.push(middle(ITEM_ROWS[0], "req/s", "mitmproxy 11 that signs", target, &told[0], &told[1], 0));
    }

    fn mitmproxy(&self) -> Option<Goal> {
        let program = installed().or_else(|| {
            eprintln!("skipped: mitmproxy beside the gateway: it cannot be installed");
            None
        })?;
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/gateway/mitmproxy_sign.py");
        let folder = self.folder.join("mitmproxy");
        let words = format!(
            "-q --listen-host 127.0.0.1 -p {port} -s {script} --set confdir={} --set ssl_insecure=true \
             --set connection_strategy=lazy --set http2=false",
            folder.display()
        );
        let environment =
            format!("SERVICE={} KEY_ID=ASIAMITMPROXYMITMPRO SECRET=bench", self.service_address);
        let mut arguments: Vec<OsString> = environment.split(' ').map(OsString::from).collect();
        arguments.push(program.into());
        arguments.extend(words.split_whitespace().map(OsString::from));
        let log = fs::File::create(self.folder.join("mitmdump")).ok()?;
        let process = Process::start(self.middle, OsStr::new("env"), &arguments, log).ok()?.that_is_killed();
        let (address, began) = (SocketAddr::from(([127, 0, 0, 1], port)), Instant::now());
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > Duration::from_secs(60) {
                eprintln!("skipped: mitmproxy beside the gateway: it does not start");
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let pem = fs::read_to_string(folder.join("mitmproxy-ca-cert.pem")).ok()?;
        Some(Goal::new(process, &address.to_string().into(), &pem.into(), true))
    }

    fn memory(&self, rows: &mut Vec<Row>) {
        let [ours, plain] = [&self.gateway, &self.plain].map(|goal| {
            let mut hold = self.play(Part::Hold);
            let order = json!({ "goals": [goal.told], "connections": MANY });
            hold.tell(&order.to_string()).expect("it listens");
            let open = hold.line().unwrap_or_else(|error| panic!("{error}: {}", self.log(Part::Hold)));
            assert_eq!(open, MANY);
            resident(goal.process.pid())
        });
        rows.push(Row {
            name: "gateway, memory with 1,000 connections",
            value: ours / f64::from(1 << 20),
            unit: "MiB",
            peer: "a plain hyper proxy",
            ratio: ours / plain,
            target: None,
        });
    }
}

const ITEM_ROWS: [&str; 5] = [
    "gateway, GetItem with 1 KiB",
    "gateway, GetItem with 1 KiB, p50",
    "gateway, GetItem with 1 KiB, p99",
    "gateway, GetItem with 1 KiB, CPU time",
    "gateway, GetItem with 1 KiB, endpoint URL",
];
const OBJECT_ROWS: [&str; 5] = [
    "gateway, S3 GET of 1 MiB",
    "gateway, S3 GET of 1 MiB, p50",
    "gateway, S3 GET of 1 MiB, p99",
    "gateway, S3 GET of 1 MiB, CPU time",
    "gateway, S3 GET of 1 MiB, endpoint URL",
];

/// The round whose ratio is the middle one.
fn middle(
    name: &'static str,
    unit: &'static str,
    peer: &'static str,
    target: Option<Target>,
    ours: &[[f64; 4]],
    theirs: &[[f64; 4]],
    what: usize,
) -> Row {
    let mut pairs: Vec<_> =
        ours.iter().zip(theirs).map(|(ours, theirs)| (ours[what], theirs[what])).collect();
    pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (value, other) = pairs[pairs.len() / 2];
    Row { name, value, unit, peer, ratio: value / other, target }
}

/// mitmproxy in an environment of its own under `target/`, made if it is not there.
fn installed() -> Option<PathBuf> {
    let folder = fs::canonicalize("..").ok()?.join("target/venv-mitmproxy");
    let program = folder.join("bin/mitmdump");
    if !program.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status().ok()?.success();
        let pip = ["install", "--quiet", "--disable-pip-version-check", MITMPROXY, BOTOCORE];
        if !made || !Command::new(folder.join("bin/pip")).args(pip).status().ok()?.success() {
            return None;
        }
    }
    program.exists().then_some(program)
}

fn configuration(aws: &Value, service: &str) -> String {
    let text = |name: &str| aws[name].as_str().unwrap_or_default();
    let (imds, sts, ca_file) = (text("metadata_url"), text("endpoint_url"), text("ca_file"));
    format!(
        r#"
listen = ["127.0.0.1:0"]
[audit]
file = "audit.jsonl"
[[source]]
name = "node"
order = ["imds"]
region = "us-east-1"
imds_endpoint = "{imds}"
sts_endpoint = "{sts}"
ca_file = "{ca_file}"
[[application]]
name = "demo"
source = "node"
[[application.role]]
name = "developer"
assume = [
    {{ role_arn = "arn:aws:iam::111111111111:role/gateway-hub" }},
    {{ role_arn = "arn:aws:iam::222222222222:role/developer", external_id = "demo-external-id" }},
]
[[role]]
name = "developers"
allow = ["arn:aws:iam::222222222222:role/developer"]
[[subject]]
name = "alice"
roles = ["developers"]
[[placeholder]]
access_key_id = "{KEY_ID}"
secret_access_key = "{SECRET}"
subject = "alice"
application = "demo"
role = "developer"
[[endpoint]]
host = "*.amazonaws.com"
address = "{service}"
ca_file = "service.pem"
"#
    )
}
