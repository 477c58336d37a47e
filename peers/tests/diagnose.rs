//! Requests that are wrong in one way each, what a server of others really answers, and the cause that core names.

use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Cause, Evidence, Payload, Reply as Answer, Request, Scope, Settings, diagnose, presign, sign,
};
use awsaccess::time::Time;
use awsaccess_peers::{Moto, Reply, S3};

/// A request that a client signed, on its way to being wrong.
#[derive(Clone)]
struct Sent {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: &'static str,
    keys: Credentials,
    scope: Scope,
    settings: Settings,
    at: Time,
}

impl Sent {
    fn new(host: &str, method: &'static str, target: &str, keys: &Credentials, service: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: vec![("Host".to_owned(), host.to_owned())],
            body: "",
            keys: keys.clone(),
            scope: Scope::new("us-east-1", service),
            // moto hashes a body for nothing else.
            settings: Settings { content_sha256_header: Some(true), ..Settings::default() },
            at: Time::from(std::time::SystemTime::now()),
        }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn body(mut self, body: &'static str) -> Self {
        self.body = body;
        self.header("Content-Length", &body.len().to_string())
    }

    fn keys(mut self, keys: &Credentials) -> Self {
        self.keys = keys.clone();
        self
    }

    fn ago(mut self, time: Duration) -> Self {
        self.at = self.at - time;
        self
    }

    fn signed(mut self) -> Self {
        let request = Request::new(self.method, &self.target, &self.headers);
        let body = Payload::Bytes(self.body.as_bytes());
        let signed = sign(&request, body, &self.keys, &self.scope, &self.settings, self.at).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let fields = signed.apply(&request).into_iter().map(|(name, value)| (text(name), text(value)));
        self.headers = fields.collect();
        self
    }

    fn link(mut self, expires: Duration) -> Self {
        let request = Request::new(self.method, &self.target, &self.headers);
        let link =
            presign(&request, Payload::Unsigned, &self.keys, &self.scope, &self.settings, expires, self.at);
        self.target = String::from_utf8(link.unwrap().target().to_vec()).unwrap();
        self
    }

    /// Changes what was signed.
    fn then(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn set(&mut self, name: &str, change: impl FnOnce(&str) -> String) {
        let field = self.headers.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name)).unwrap();
        field.1 = change(&field.1);
    }

    fn remove(&mut self, name: &str) {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    }

    /// What the server at that address answers to it, and why.
    fn cause(&self, address: &str) -> (Cause, u16, String) {
        let mut bytes = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str("\r\n");
        bytes.push_str(self.body);
        let reply = Reply::to(address, bytes.as_bytes());
        let fields: Vec<(&str, &str)> = reply.head.lines().filter_map(|line| line.split_once(": ")).collect();
        let answer = Answer::parse(reply.status, &fields, &reply.body);
        let request = Request::new(self.method, &self.target, &self.headers);
        let evidence = Evidence::new(request, Payload::Bytes(self.body.as_bytes()));
        let found = diagnose(&evidence.credentials(&self.keys), Some(&answer));
        (found.cause(), reply.status, format!("{found:?} {}{}", reply.head, reply.text()))
    }
}

/// Sends each and collects those whose cause is another than what was done to them.
#[track_caller]
fn all_named(address: &str, cases: &[(Cause, Sent)]) {
    let mut wrong = Vec::new();
    for (expected, sent) in cases {
        let (cause, status, shown) = sent.cause(address);
        let refused = status >= 400;
        if cause != *expected || refused == (cause == Cause::Nothing) {
            wrong.push(format!("{} instead of {}: {shown}", cause.name(), expected.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn with_secret(keys: &Credentials, secret: &str) -> Credentials {
    Credentials::new(keys.access_key_id(), secret)
}

#[test]
fn what_s3s_refuses() {
    let s3 = S3::start();
    let (host, keys) = (s3.host(), s3.credentials());
    let put = Sent::new(&host, "PUT", "/bucket", &keys, "s3").body("").signed();
    assert_eq!(put.cause(&host).0, Cause::Nothing);
    let request = |method, target: &str| Sent::new(&host, method, target, &keys, "s3");
    let get = |target: &str| request("GET", target);
    let hour = Duration::from_secs(3600);
    let object = request("PUT", "/bucket/key").body("hello").header("X-Amz-Meta-Note", "a");
    let derived_for = |scope: Scope, written: &'static str| {
        get("/bucket?prefix=a")
            .then(|sent| sent.scope = scope)
            .signed()
            .then(|sent| sent.set("authorization", |value| value.replace(written, "/us-east-1/s3/")))
    };
    let cases = [
        (Cause::Nothing, object.clone().signed()),
        (
            Cause::WrongSecret,
            get("/bucket").keys(&with_secret(&keys, "another-secret-of-the-client")).signed(),
        ),
        (
            Cause::UnknownKey,
            get("/bucket")
                .keys(&Credentials::new("AKIANOBODYKNOWSIT000", "another-secret-of-the-client"))
                .signed(),
        ),
        (Cause::WrongRegion, derived_for(Scope::new("eu-west-1", "s3"), "/eu-west-1/s3/")),
        (Cause::WrongService, derived_for(Scope::new("us-east-1", "iam"), "/us-east-1/iam/")),
        (Cause::MethodChanged, get("/bucket/key").signed().then(|sent| sent.method = "HEAD")),
        (
            Cause::HeaderOrder,
            request("PUT", "/bucket/key")
                .body("hello")
                .header("X-Amz-Meta-A", "1")
                .header("X-Amz-Meta-A", "2")
                .signed()
                .then(|sent| {
                    sent.set("x-amz-meta-a", |_| "2".to_owned());
                    let last = sent.headers.iter_mut().rfind(|(name, _)| name == "X-Amz-Meta-A").unwrap();
                    last.1 = "1".to_owned();
                }),
        ),
        (Cause::HeaderRemoved, object.clone().signed().then(|sent| sent.remove("x-amz-meta-note"))),
        (Cause::PayloadChanged, object.clone().signed().then(|sent| sent.body = "jello")),
        (
            Cause::PathEncodedTwice,
            get("/bucket/a%2520b").signed().then(|sent| sent.target = "/bucket/a%20b".to_owned()),
        ),
        (Cause::ClockSkew, get("/bucket").ago(hour).signed()),
        (Cause::Expired, get("/bucket/key").ago(hour).link(Duration::from_secs(60))),
        (Cause::NotSigned, get("/bucket")),
        (
            Cause::MalformedAuthentication,
            get("/bucket")
                .signed()
                .then(|sent| sent.set("authorization", |value| value.replace(", Signature=", ","))),
        ),
    ];
    all_named(&host, &cases);
}

#[test]
#[ignore = "wants moto_server; run peers/test.sh"]
fn what_moto_refuses() {
    let moto = Moto::start();
    let iam = |form: &str| moto.set_up("iam", &format!("{form}&Version=2010-05-08"));
    let _ = iam("Action=CreateUser&UserName=admin");
    let made = iam("Action=CreateAccessKey&UserName=admin");
    let element = |name: &str| made.element(name).unwrap();
    let keys = Credentials::new(element("AccessKeyId"), element("SecretAccessKey"));
    let any = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22\
        %3A%22*%22%2C%22Resource%22%3A%22*%22%7D%7D";
    let _ = iam(&format!("Action=PutUserPolicy&UserName=admin&PolicyName=any&PolicyDocument={any}"));
    moto.verify_from_now_on();

    let get = |target: &str| Sent::new(moto.host(), "GET", target, &keys, "lambda");
    let list = || get("/2015-03-31/functions");
    let derived_for = |scope: Scope, written: &'static str| {
        list()
            .then(|sent| sent.scope = scope)
            .signed()
            .then(|sent| sent.set("authorization", |value| value.replace(written, "/us-east-1/lambda/")))
    };
    let cases = [
        (Cause::Nothing, list().signed()),
        (Cause::WrongSecret, list().keys(&with_secret(&keys, "another-secret-of-the-client")).signed()),
        (
            Cause::UnknownKey,
            list().keys(&Credentials::new("AKIANOBODYKNOWSIT000", "another-secret-of-the-client")).signed(),
        ),
        (Cause::WrongRegion, derived_for(Scope::new("eu-west-1", "lambda"), "/eu-west-1/lambda/")),
        (Cause::WrongService, derived_for(Scope::new("us-east-1", "iam"), "/us-east-1/iam/")),
        (Cause::MethodChanged, list().signed().then(|sent| sent.method = "POST")),
        (
            Cause::QueryPlus,
            get("/2015-03-31/functions?Marker=a%20b")
                .signed()
                .then(|sent| sent.target = "/2015-03-31/functions?Marker=a+b".to_owned()),
        ),
        (
            Cause::HeaderRemoved,
            list().header("X-Amz-Meta-Note", "a").signed().then(|sent| sent.remove("x-amz-meta-note")),
        ),
        (
            Cause::PathEncodedOnce,
            get("/2015-03-31/functions/a%20b")
                .then(|sent| sent.settings.double_encode = Some(false))
                .signed(),
        ),
        (Cause::NotSigned, list()),
        (
            Cause::MalformedAuthentication,
            list()
                .signed()
                .then(|sent| sent.set("authorization", |value| value.replace(", Signature=", ","))),
        ),
    ];
    all_named(moto.host(), &cases);
}
