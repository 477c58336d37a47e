//! Applications that are added and removed while the gateway runs, and what of it outlives the process.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use awsaccess::gateway::GatewayKey;
use awsaccess_emulator::{Effect, Fault};
use awsaccess_proxy::{Config, Proxy, StartError};
use common::desk::{Desk, TOKEN, as_issued};
use common::{Call, DEVELOPER, Reply, patient};
use serde_json::{Value, json};

fn team() -> Value {
    json!({
        "name": "team",
        "source": "node",
        "labels": { "env": "test" },
        "role": [{ "name": "developer", "assume": [
            { "role_arn": "arn:aws:iam::111111111111:role/gateway-hub" },
            { "role_arn": DEVELOPER, "external_id": "demo-external-id" },
        ] }],
    })
}

const PATH: &str = "/v1/applications/team";

fn from_of(desk: &Desk, name: &str) -> Option<String> {
    let (_, all) = desk.ask("GET", "/v1/applications", &Value::Null);
    assert!(!all.to_string().contains("demo-external-id"), "{all}");
    let all = all["applications"].as_array().unwrap();
    let found = all.iter().find(|one| one["name"] == name);
    found.map(|one| one["from"].as_str().unwrap().to_owned())
}

fn rewrite(desk: &Desk, edit: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(&desk.stage.config_file).unwrap();
    std::fs::write(&desk.stage.config_file, edit(text)).unwrap();
}

#[test]
fn one_is_added_used_kept_over_a_reload_and_removed() {
    let desk = Desk::open();
    let wish = json!({ "subject": "alice", "application": "team", "role": "developer" });
    assert_eq!(desk.ask("POST", "/v1/placeholders", &wish).0, 422, "there is none yet");

    let (status, put) = desk.ask("PUT", PATH, &team());
    assert_eq!((status, &put["persisted"]), (201, &json!(false)), "{put}");
    assert!(put["note"].as_str().unwrap().contains("until the gateway ends"), "{put}");
    assert_eq!((from_of(&desk, "team"), from_of(&desk, "demo")), (Some("api".into()), Some("file".into())));
    let (_, one) = desk.ask("GET", PATH, &Value::Null);
    assert_eq!((&one["labels"]["env"], &one["roles"][0]["arn"]), (&json!("test"), &json!(DEVELOPER)));

    let keys = desk.issue_for("team", "s-1");
    let reply = desk.stage.send(&as_issued(&keys));
    assert!(reply.status == 200 && reply.body.contains("assumed-role/developer/alice"), "{}", reply.body);
    assert_eq!(desk.ask("POST", "/v1/reload", &Value::Null).0, 200);
    assert_eq!(desk.stage.send(&as_issued(&keys)).status, 200, "it is kept over a reload");

    // What it may not be any more takes effect with the next request.
    let mut narrow = team();
    narrow["services"] = json!(["s3"]);
    assert_eq!(desk.ask("PUT", PATH, &narrow).0, 200);
    desk.stage.send(&as_issued(&keys)).refused(403, "AccessDenied");
    assert_eq!(desk.ask("PUT", PATH, &team()).0, 200);
    assert_eq!(desk.stage.send(&as_issued(&keys)).status, 200);

    // A request that runs ends with it, on its own connection.
    desk.stage.emulator.fault(Fault::new(Effect::Delay(60_000)).on_service("dynamodb"));
    let mut call = Call::dynamodb("ListTables", "{}");
    call.keys = keys.clone();
    let mut held = desk.stage.tls(call.host, call.host).unwrap();
    held.write_all(&call.bytes()).unwrap();
    held.flush().unwrap();
    desk.stage.log.wait_for(|line| line["event"] == "request.begin" && line["operation"] == "ListTables");
    let (status, removed) = desk.ask("DELETE", PATH, &Value::Null);
    assert_eq!(
        (status, &removed["requests_ended"], &removed["flushed"]),
        (200, &json!(1), &json!(1)),
        "{removed}"
    );
    let mut answer = Vec::new();
    let _ = held.read_to_end(&mut answer);
    Reply::read(&answer).refused(403, "ExpiredTokenException");
    assert_eq!(desk.stage.send(&as_issued(&keys)).status, 403);
    assert_eq!(desk.stage.send(&Call::sts("GetCallerIdentity")).status, 200, "the other one goes on");
    assert_eq!(desk.ask("GET", PATH, &Value::Null).0, 404);
    assert_eq!(desk.ask("DELETE", PATH, &Value::Null).0, 404);

    let lines = desk.close(&["demo-external-id"]);
    let done: Vec<_> = lines.iter().filter(|line| line["event"] == "change.end").collect();
    let told = |at: usize| (done[at]["operation"].as_str().unwrap(), done[at]["decision"].as_str().unwrap());
    assert_eq!(told(0), ("put-application", "allowed"));
    assert_eq!(done[0]["resources"], json!(["application:team"]));
    assert_eq!(told(4), ("remove-application", "allowed"));
    assert_eq!(told(5), ("remove-application", "refused"));
    assert_eq!(lines.iter().filter(|line| line["event"] == "change.begin").count(), done.len());
}

/// The listeners that an answer names.
fn listening(answer: &Value) -> Vec<SocketAddr> {
    let all = answer["listening"].as_array().unwrap();
    all.iter().map(|one| one.as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn one_that_was_added_may_have_listeners_of_its_own() {
    let kept = Kept::new("listen");
    let desk = kept.open();
    let mut own = team();
    own["listen"] = json!(["127.0.0.1:0"]);
    let (status, put) = desk.ask("PUT", PATH, &own);
    assert_eq!(status, 201, "{put}");
    let first = listening(&put)[0];
    let keys = desk.issue_for("team", "s-1");
    let ask = |at: SocketAddr, call: &Call| {
        let mut stream = TcpStream::connect(at)?;
        stream.write_all(&call.bytes_with(&call.signed_for("localhost")))?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        io::Result::Ok(Reply::read(&answer))
    };
    assert_eq!(ask(first, &as_issued(&keys)).unwrap().status, 200);
    ask(first, &Call::sts("GetCallerIdentity")).unwrap().refused(403, "AccessDenied");
    assert_eq!(desk.ask("POST", "/v1/reload", &Value::Null).0, 200);
    assert_eq!(listening(&desk.ask("GET", PATH, &Value::Null).1), [first], "it stays over a reload");

    // What cannot be had changes nothing.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    own["listen"] = json!(["127.0.0.1:0", taken.local_addr().unwrap().to_string()]);
    let (status, refused) = desk.ask("PUT", PATH, &own);
    assert!(status == 422 && refused["error"].as_str().unwrap().contains("cannot listen on"), "{refused}");
    assert_eq!(ask(first, &as_issued(&keys)).unwrap().status, 200);
    drop(taken);
    // One more, and the first stays open.
    let (status, put) = desk.ask("PUT", PATH, &own);
    let both = listening(&put);
    assert!(status == 200 && both.len() == 2 && both.contains(&first), "{put}");
    assert!(both.iter().all(|at| ask(*at, &as_issued(&keys)).unwrap().status == 200));

    let desk = restarted(desk);
    let again = listening(&desk.ask("GET", PATH, &Value::Null).1);
    assert!(again.len() == 2 && again.contains(&both[1]), "{again:?}");
    assert!(again.iter().all(|at| ask(*at, &as_issued(&keys)).unwrap().status == 200));
    // They go with it.
    assert_eq!(desk.ask("DELETE", PATH, &Value::Null).0, 200);
    let is_closed = |at: &SocketAddr| ask(*at, &as_issued(&keys)).is_err();
    let until = Instant::now() + Duration::from_secs(20);
    while !again.iter().all(is_closed) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(again.iter().all(is_closed), "nobody is taken there any more");
    assert_eq!(desk.stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    desk.close(&[]);
}

#[test]
fn a_name_of_the_file_is_the_files() {
    let desk = Desk::open();
    let mut demo = team();
    demo["name"] = json!("demo");
    assert_eq!(desk.ask("PUT", "/v1/applications/demo", &demo).0, 409);
    assert_eq!(desk.ask("DELETE", "/v1/applications/demo", &Value::Null).0, 409);
    assert_eq!(desk.ask("PUT", PATH, &team()).0, 201);
    // Once the file has it, what was added is forgotten.
    let (hub, external) = ("arn:aws:iam::111111111111:role/gateway-hub", "demo-external-id");
    let of_file = format!(
        "[[application]]\nname = \"team\"\nsource = \"node\"\n[[application.role]]\nname = \"developer\"\n\
         assume = [{{ role_arn = \"{hub}\" }}, {{ role_arn = \"{DEVELOPER}\", external_id = \"{external}\" }}]\n"
    );
    rewrite(&desk, |text| format!("{text}\n{of_file}"));
    assert_eq!(desk.ask("POST", "/v1/reload", &Value::Null).0, 200);
    assert_eq!(from_of(&desk, "team"), Some("file".into()));
    assert_eq!(desk.ask("DELETE", PATH, &Value::Null).0, 409);
    rewrite(&desk, |text| text.replace(&of_file, ""));
    assert_eq!(desk.ask("POST", "/v1/reload", &Value::Null).0, 200);
    assert_eq!(from_of(&desk, "team"), None, "it does not come back");
    let lines = desk.close(&[]);
    let taken = lines.iter().find(|line| line["event"] == "change.end" && line["operation"] == "reload");
    assert_eq!(taken.unwrap()["resources"], json!(["application:team"]));
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_changes_nothing() {
    let desk = Desk::open();
    for (edit, wanted) in [
        (("source", json!("nod")), "source: there is no [[source]] of the name 'nod'; did you mean 'node'?"),
        (("sorce", json!("node")), "sorce: there is no key of this name; did you mean 'source'?"),
        (("name", json!("other")), "name: is another than the one"),
        (("listen", json!(["127.0.0.1:0", "localhost"])), "listen[1]: neither an address"),
        (
            ("role", json!([{ "name": "r", "assume": [{ "role_arn": "hub" }] }])),
            "role[0].assume[0].role_arn: 'hub'",
        ),
        (("session_policy", json!("not json")), "the application 'team'"),
        // No way to metadata by hosts of one's own.
        (("hosts", json!(["169.254.169.254"])), "hosts[0]: "),
        (("customer_hosts", json!(["s3.amazonaws.com", "[fd00:ec2::254]"])), "customer_hosts[1]: "),
        (("customer_hosts", json!(["2852039166"])), "customer_hosts[0]: "),
        (("customer_hosts", json!(["0xa9fea9fe"])), "customer_hosts[0]: "),
        (("customer_hosts", json!(["*"])), "customer_hosts[0]: "),
    ] {
        let mut wrong = team();
        wrong[edit.0] = edit.1.clone();
        let (status, answer) = desk.ask("PUT", PATH, &wrong);
        let told = answer["error"].as_str().unwrap_or_default();
        assert_eq!(status, 422, "{answer}");
        assert!(told.contains(wanted) && told.contains("1:"), "{told}");
    }
    // A name is as good as any other: it is no way to what is not AWS's.
    let mut named = team();
    named["customer_hosts"] = json!(["metadata.google.internal", "localhost"]);
    assert_eq!(desk.ask("PUT", PATH, &named).0, 201);
    let keys = desk.issue_for("team", "s-1");
    for host in ["localhost:443", "169.254.169.254:443"] {
        assert_eq!(desk.stage.connect(host).err().map(|reply| reply.status), Some(403), "{host}");
    }
    let reached = |host: &'static str| {
        let mut call = Call::new("GET", "execute-api", host, "/latest/meta-data/");
        call.keys = keys.clone();
        let signed = call.signed_for("127.0.0.1");
        desk.stage.send_plain(&call.bytes_with(&signed)).status
    };
    assert_ne!(reached("metadata.google.internal"), 200);
    assert_eq!(desk.ask("DELETE", PATH, &Value::Null).0, 200);
    assert_eq!(desk.stage.send(&Call::sts("GetCallerIdentity")).status, 200);

    let right = format!("Bearer {TOKEN}");
    let authorized = [("authorization", right.as_str())];
    for name in ["a%0Ab", "a%1b%5B2J", "%00", &"n".repeat(200)] {
        let reply =
            desk.ask_with("PUT", &format!("/v1/applications/{name}"), &team().to_string(), &authorized);
        assert_eq!(reply.status, 400, "{name}: {}", reply.body);
    }
    let body = |text: &str| desk.ask_with("PUT", PATH, text, &authorized).status;
    assert_eq!((body("{"), body("[]"), body("\u{0}")), (422, 422, 422));
    let long = team().to_string().replace("test", &"t".repeat(70 << 10));
    assert_eq!(body(&long), 422, "longer than an application may be");
    let endless = format!("PUT {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 2 << 20);
    let mut stream = TcpStream::connect(desk.stage.gateway.admin_addr().unwrap()).unwrap();
    let _ = stream.write_all((endless + &"x".repeat(2 << 20)).as_bytes());
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");

    for headers in [&[][..], &[("authorization", "Bearer another-token-that-is-as-long-as-the-first")]] {
        for (method, path) in [
            ("PUT", PATH),
            ("DELETE", "/v1/applications/demo"),
            ("POST", "/v1/console-links"),
            ("POST", "/v1/presigned-urls"),
            ("POST", "/v1/connections"),
        ] {
            assert_eq!(
                desk.ask_with(method, path, &team().to_string(), headers).status,
                401,
                "{method} {path}"
            );
        }
    }
    assert_eq!((from_of(&desk, "team"), from_of(&desk, "demo")), (None, Some("file".into())));
    let lines = desk.close(&[]);
    let refused = lines.iter().filter(|line| line["event"] == "change.end" && line["decision"] == "refused");
    assert!(refused.count() >= 4, "what came as far as the rules has a record");
}

#[test]
fn a_file_that_breaks_what_was_added_is_not_taken() {
    let more = "[[source]]\nname = \"other\"\norder = [\"environment\"]\n";
    let desk = Desk::open_with("", |config| format!("{config}\n{more}"));
    let mut other = team();
    other["source"] = json!("other");
    assert_eq!(desk.ask("PUT", PATH, &other).0, 201);
    rewrite(&desk, |text| text.replace(more, ""));
    let (status, answer) = desk.ask("POST", "/v1/reload", &Value::Null);
    assert_eq!(status, 422);
    let wanted = "the application 'team': 1:";
    assert!(answer["error"].as_str().unwrap().starts_with(wanted), "{answer}");
    assert_eq!(from_of(&desk, "team"), Some("api".into()));
    assert_eq!(desk.ask("DELETE", PATH, &Value::Null).0, 200);
    assert_eq!(desk.ask("POST", "/v1/reload", &Value::Null).0, 200);
    desk.close(&[]);
}

/// A folder for a state and a file of keys, which outlive a gateway.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("awsaccess-kept-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("keys"), GatewayKey::line(1, &[7; 32]).expose()).unwrap();
        Self(folder)
    }

    fn state(&self) -> PathBuf {
        self.0.join("state.json")
    }

    fn open(&self) -> Desk {
        let keys = format!("[sealed]\nkey_file = \"{}\"\n", self.0.join("keys").display());
        let more = format!("state = \"{}\"\n", self.state().display());
        Desk::open_with(&more, |config| format!("{config}\n{keys}"))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The same gateway, started again.
fn restarted(mut desk: Desk) -> Desk {
    let config = Config::load(&desk.stage.config_file).unwrap();
    desk.stage.gateway.shutdown();
    desk.stage.gateway = Proxy::start(config.with_audit(desk.stage.log.clone()).with_env(patient())).unwrap();
    desk
}

#[test]
fn what_was_added_and_revoked_outlives_the_process() {
    let kept = Kept::new("state");
    let desk = kept.open();
    let (status, put) = desk.ask("PUT", PATH, &team());
    assert_eq!((status, &put["persisted"], &put["note"]), (201, &json!(true), &Value::Null), "{put}");
    let (first, second) = (desk.issue_for("team", "s-1"), desk.issue_for("team", "s-2"));
    let (_, revoked) = desk.ask("POST", "/v1/revocations", &json!({ "session": "s-1" }));
    assert_eq!(revoked["persisted"], true, "{revoked}");
    #[cfg(unix)]
    {
        let mode = std::fs::metadata(kept.state()).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    }

    let desk = restarted(desk);
    assert_eq!(desk.stage.send(&as_issued(&first)).status, 403, "it stays revoked");
    assert_eq!(desk.stage.send(&as_issued(&second)).status, 200);
    assert_eq!(from_of(&desk, "team"), Some("api".into()));
    assert_eq!(desk.ask("DELETE", PATH, &Value::Null).1["persisted"], true);

    let desk = restarted(desk);
    assert_eq!(from_of(&desk, "team"), None);
    assert_eq!(desk.stage.send(&as_issued(&second)).status, 403);
    let text = std::fs::read_to_string(kept.state()).unwrap();
    for keys in [&first, &second] {
        assert!(
            !text.contains(keys.secret_access_key().expose()) && !text.contains("demo-external-id"),
            "{text}"
        );
    }
    desk.close(&[]);
}

#[test]
fn a_state_that_cannot_be_kept_or_read_is_said() {
    let kept = Kept::new("broken");
    let mut desk = kept.open();
    // A folder in the way of the file.
    std::fs::create_dir_all(kept.state().join("in-the-way")).unwrap();
    let (status, answer) = desk.ask("PUT", PATH, &team());
    assert_eq!(status, 503, "{answer}");
    assert_eq!(from_of(&desk, "team"), None, "it would have been forgotten");
    let keys = desk.issue("s-1");
    let (status, revoked) = desk.ask("POST", "/v1/revocations", &json!({ "session": "s-1" }));
    assert_eq!((status, &revoked["persisted"]), (200, &json!(false)));
    assert!(revoked["note"].as_str().unwrap().contains("cannot be written"), "{revoked}");
    assert_eq!(desk.stage.send(&as_issued(&keys)).status, 403, "it is in force all the same");

    std::fs::remove_dir_all(kept.state()).unwrap();
    std::fs::write(kept.state(), "{}").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(kept.state(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let config = || Config::load(&desk.stage.config_file).unwrap();
    let (checked, config) = (Proxy::check(config()), config());
    desk.stage.gateway.shutdown();
    for told in [checked.err(), Proxy::start(config).err()] {
        let Some(StartError::State(path, why)) = told else { panic!("it was taken") };
        assert!(path.ends_with("state.json") && why.contains("no state of a gateway"), "{path}: {why}");
    }
    std::fs::remove_file(kept.state()).unwrap();
    let config = Config::load(&desk.stage.config_file).unwrap();
    desk.stage.gateway = Proxy::start(config.with_audit(desk.stage.log.clone())).unwrap();
    desk.close(&[]);
}

#[test]
fn what_was_added_and_issued_stays_when_the_program_brings_another_configuration() {
    let desk = Desk::open();
    assert_eq!(desk.ask("PUT", PATH, &team()).0, 201);
    let keys = desk.issue_for("team", "s-1");
    let text = std::fs::read_to_string(&desk.stage.config_file).unwrap();
    desk.stage.gateway.replace(Config::parse(&text).unwrap()).unwrap();
    assert_eq!(from_of(&desk, "team"), Some("api".into()));
    assert_eq!(desk.stage.send(&as_issued(&keys)).status, 200, "the key of the gateway's life is the same");
    assert_eq!(desk.ask("POST", "/v1/reload", &Value::Null).0, 200, "its file is the one that it had");
    assert_eq!(desk.stage.send(&as_issued(&keys)).status, 200);
    desk.close(&[]);
}

#[test]
fn two_gateways_do_not_share_a_state() {
    let kept = Kept::new("shared");
    let desk = kept.open();
    let load = || Config::load(&desk.stage.config_file).unwrap();
    let Err(StartError::State(path, why)) = Proxy::start(load()) else { panic!("it started") };
    assert!(path.ends_with("state.json") && why.contains("another gateway has it"), "{path}: {why}");
    assert!(Proxy::check(load()).is_ok(), "to check it takes nothing away");
    // What the other would have undone is there.
    assert_eq!(desk.ask("PUT", PATH, &team()).1["persisted"], true);
    let desk = restarted(desk);
    assert_eq!(from_of(&desk, "team"), Some("api".into()));
    desk.close(&[]);
}

#[test]
fn what_is_revoked_is_listed_and_can_be_taken_back() {
    let kept = Kept::new("restored");
    let desk = kept.open();
    let keys = desk.issue("s/1");
    let passes = |desk: &Desk| desk.stage.send(&as_issued(&keys)).status == 200;
    let listed = |desk: &Desk| {
        let (status, all) = desk.ask("GET", "/v1/revocations", &Value::Null);
        assert_eq!(status, 200, "{all}");
        all["revocations"].as_array().unwrap().clone()
    };
    assert!(listed(&desk).is_empty() && passes(&desk));
    let id = keys.access_key_id();
    for (wish, path) in [
        (json!({ "session": "s/1" }), "session/s%2F1".to_owned()),
        (json!({ "subject": "alice" }), "subject/alice".to_owned()),
        (json!({ "access_key_id": id }), format!("access_key_id/{id}")),
        (json!({ "everything": true }), "everything".to_owned()),
    ] {
        let path = format!("/v1/revocations/{path}");
        assert_eq!(desk.ask("DELETE", &path, &Value::Null).0, 404, "{path}");
        assert_eq!(desk.ask("POST", "/v1/revocations", &wish).0, 200);
        assert!(!passes(&desk), "{wish}");
        let all = listed(&desk);
        let name = wish.as_object().unwrap().keys().next().unwrap();
        assert_eq!((all.len(), &all[0][name], &all[0]["from"]), (1, &wish[name], &json!("api")), "{all:?}");
        assert!(all[0]["until"].is_string());
        let (status, taken) = desk.ask("DELETE", &path, &Value::Null);
        let said = (status, &taken["restored"], &taken["persisted"]);
        assert_eq!(said, (200, &json!(1), &json!(true)), "{taken}");
        assert!(passes(&desk) && listed(&desk).is_empty(), "{wish}");
    }
    // It is kept, and what the file revokes is the file's.
    assert_eq!(desk.ask("POST", "/v1/revocations", &json!({ "session": "s/1" })).0, 200);
    assert_eq!(desk.ask("DELETE", "/v1/revocations/session/s%2F1", &Value::Null).0, 200);
    rewrite(&desk, |text| text.replace("[sealed]", "[sealed]\nrevoked = [\"session:s/1\"]"));
    let desk = restarted(desk);
    assert!(!passes(&desk));
    assert_eq!(listed(&desk)[0]["from"], "file");
    assert_eq!(desk.ask("DELETE", "/v1/revocations/session/s%2F1", &Value::Null).0, 409);
    rewrite(&desk, |text| text.replace("\nrevoked = [\"session:s/1\"]", ""));
    let desk = restarted(desk);
    assert!(passes(&desk));
    let lines = desk.close(&[]);
    let changes = |decision: &str| {
        let of = |line: &&Value| line["operation"] == "restore" && line["decision"] == decision;
        lines.iter().filter(|line| line["event"] == "change.end").filter(of).count()
    };
    assert_eq!((changes("allowed"), changes("refused")), (5, 5));
}
