//! Steps 1 to 4: AWS on loopback, the chain by itself, the gateway, and a client's day.

use std::io::{Read, Write};
use std::net::SocketAddr;

use awsaccess::chain::{Options, Order, Source};
use awsaccess::env::Env;
use awsaccess::provider::RoleHop;
use awsaccess_drivers::blocking::{self, Blocking};
use awsaccess_emulator::{Emulator, Recorded, Verdict};
use std::net::TcpStream;

use super::client::{self, Call};
use super::report::Report;
use super::stage::{BUCKET_HOST, DEVELOPER, EXTERNAL_ID, HUB, REGION, Stage};
use crate::output::Failure;
use crate::probe;

/// Step 1.
pub(crate) fn emulator(report: &mut Report) -> Result<Emulator, Failure> {
    report.step("AWS on loopback: instance metadata, STS, and services that verify every signature");
    let emulator = Emulator::builder().start()?;
    report.note(format!("metadata at {}, services at {}", emulator.metadata_url(), emulator.endpoint_url()));
    let reply = plain(emulator.metadata_address(), "GET", "/latest/meta-data/")?;
    report.check(
        "metadata answers nobody without a session token",
        reply.starts_with("HTTP/1.1 401"),
        &reply,
    );
    let ca = probe::trust(emulator.ca_pem().as_bytes())?;
    let tls = rustls::pki_types::ServerName::try_from("sts.amazonaws.com").map_err(Failure::failed)?;
    let mut tcp = TcpStream::connect(emulator.service_address())?;
    let mut tls = rustls::ClientConnection::new(ca, tls).map_err(Failure::failed)?;
    let shaken = tls.complete_io(&mut tcp);
    report.check(
        "its certificate for sts.amazonaws.com is signed by its own authority",
        shaken.is_ok(),
        format!("{shaken:?}"),
    );
    Ok(emulator)
}

/// Step 2.
pub(crate) fn chain(report: &mut Report, emulator: &Emulator) -> Result<(), Failure> {
    report.step("The chain: the instance's role over IMDSv2, then two roles, the second with an external id");
    emulator.clear_requests();
    let options = Options::new()
        .order(Order::only(Source::Imds))
        .region(REGION)
        .imds_endpoint(emulator.metadata_url())
        .sts_endpoint(emulator.endpoint_url())
        .assume(RoleHop::new(HUB).session_name("alice"))
        .assume(RoleHop::new(DEVELOPER).session_name("alice").external_id(EXTERNAL_ID));
    let mut host = Blocking::with_roots(emulator.ca_pem().as_bytes())?;
    let resolved = blocking::resolve_with(&options, &Env::new(), &mut host)?;
    for attempt in resolved.trace().attempts() {
        report.note(format!("{}: {} ({})", attempt.source, attempt.outcome.name(), attempt.reason));
    }
    let seen = emulator.requests();
    let metadata: Vec<&Recorded> = seen.iter().filter(|request| request.service == "imds").collect();
    report.check(
        "metadata was asked with a session token of version 2",
        metadata.first().is_some_and(|first| first.method == "PUT")
            && metadata.iter().skip(1).all(|request| request.header("x-aws-ec2-metadata-token").is_some()),
        format!("{} requests", metadata.len()),
    );
    let signers: Vec<&str> =
        seen.iter().filter(|request| request.service == "sts").filter_map(signer).collect();
    let chained = matches!(signers[..], [first, second]
        if first.contains(":assumed-role/gateway-node/") && second.contains(":assumed-role/gateway-hub/alice"));
    report.check(
        "two AssumeRole calls, each signed by the credentials before it, verified by aws-sigv4",
        chained,
        format!("{signers:?}"),
    );
    let keys = resolved.credentials();
    report.check(
        "they end in the developer's account",
        keys.account_id() == Some("222222222222"),
        format!("{keys:?}"),
    );
    report.check(
        "and expire within the hour that role chaining allows",
        keys.expires_at().is_some(),
        "no expiry",
    );
    Ok(())
}

/// Step 3.
pub(crate) fn gateway(report: &mut Report, emulator: Emulator) -> Result<Stage, Failure> {
    report.step("The gateway: CONNECT with a throw-away authority, tunnels, and endpoint-URL mode");
    let stage = Stage::start(emulator)?;
    report.note(format!("listens on {}", stage.address()?));
    let client = stage.client(&stage.keys)?;
    let other = client::Client {
        tls: probe::trust(stage.emulator.ca_pem().as_bytes())?,
        ..stage.client(&stage.keys)?
    };
    let call = Call::new("GET", "sts", "sts.us-east-1.amazonaws.com", "/", b"");
    let distrusted = other.call(&call);
    report.check("who does not trust its authority gets no connection", distrusted.is_err(), "a reply");
    let mut tunnel = match client.tunnel("registry.example.com:443")? {
        Ok(tunnel) => tunnel,
        Err(refusal) => {
            return Err(Failure::failed(format!("the tunnel was refused: {}", refusal.summary())));
        }
    };
    tunnel.write_all(b"GET /latest/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut first = [0; 8];
    tunnel.read_exact(&mut first)?;
    report.check(
        "a listed host that is not AWS is tunnelled, untouched",
        &first == b"HTTP/1.1",
        format!("{first:?}"),
    );
    Ok(stage)
}

/// Step 4.
pub(crate) fn requests(report: &mut Report, stage: &Stage) -> Result<(), Failure> {
    report.step("A client signs with placeholder keys; AWS sees only the real ones");
    stage.emulator.clear_requests();
    let client = stage.client(&stage.keys)?;

    let form = b"Action=GetCallerIdentity&Version=2011-06-15";
    let call = Call::new("POST", "sts", "sts.us-east-1.amazonaws.com", "/", form)
        .header("content-type", "application/x-www-form-urlencoded");
    let reply = client.call(&call)?;
    let arn = "arn:aws:sts::222222222222:assumed-role/developer/alice";
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    report.check(
        &format!("sts GetCallerIdentity: {arn}"),
        reply.status == 200 && text.contains(arn),
        reply.summary(),
    );

    let item = br#"{"TableName":"demo-table","Item":{"id":{"S":"1"},"text":{"S":"one real request"}}}"#;
    let reply = client.call(&dynamodb("PutItem", item))?;
    report.check("dynamodb PutItem", reply.status == 200, reply.summary());
    let key = br#"{"TableName":"demo-table","Key":{"id":{"S":"1"}}}"#;
    let reply = client.call(&dynamodb("GetItem", key))?;
    let same = String::from_utf8_lossy(&reply.body).contains("one real request");
    report.check("dynamodb GetItem: the item comes back", reply.status == 200 && same, reply.summary());

    let body: Vec<u8> = (0..32u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let reply = client.call(&Call::new("PUT", "s3", BUCKET_HOST, "/a%20large/object", &body))?;
    report.check("s3 PutObject, 32 MiB", reply.status == 200, reply.summary());
    let reply = client.call(&Call::new("GET", "s3", BUCKET_HOST, "/a%20large/object", b""))?;
    report.check(
        "s3 GetObject: the same 32 MiB come back",
        reply.status == 200 && reply.body == body,
        reply.status,
    );
    let range =
        Call::new("GET", "s3", BUCKET_HOST, "/a%20large/object", b"").header("range", "bytes=1000-1999");
    let reply = client.call(&range)?;
    let same = body.get(1000..2000).is_some_and(|part| part == reply.body);
    report.check("s3 GetObject, a range of it", reply.status == 206 && same, reply.summary());

    let address = stage.address()?;
    let here = address.to_string();
    let local = Call::new("POST", "sts", &here, "/", form)
        .header("content-type", "application/x-www-form-urlencoded");
    let headers = local.signed(&stage.keys, REGION)?;
    let reply = client::send_plain(address, &local, &headers)?;
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    report.check(
        "the same by AWS_ENDPOINT_URL, without TLS on loopback",
        reply.status == 200 && text.contains(arn),
        reply.summary(),
    );
    judged(report, stage);
    Ok(())
}

pub(crate) fn dynamodb<'a>(operation: &str, body: &'a [u8]) -> Call<'a> {
    Call::new("POST", "dynamodb", "dynamodb.us-east-1.amazonaws.com", "/", body)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
}

/// What the emulator says of the requests since it was last cleared.
pub(crate) fn judged(report: &mut Report, stage: &Stage) {
    let seen: Vec<Recorded> =
        stage.emulator.requests().into_iter().filter(|request| request.service != "imds").collect();
    let verified =
        seen.iter().filter(|request| request.verified_key().is_some_and(|key| key.starts_with("ASIA")));
    let (right, all) = (verified.count(), seen.len());
    report.check(
        &format!("the emulator saw {all} requests, each with a right signature under temporary keys"),
        all > 0 && right == all,
        format!("{right} of {all}"),
    );
    let placeholder = stage.keys.access_key_id();
    let told = seen.iter().filter(|request| {
        request.target.contains(placeholder)
            || request.headers.iter().any(|(_, value)| String::from_utf8_lossy(value).contains(placeholder))
    });
    report.check("and the placeholder key id in none of them", told.count() == 0, "one with it");
}

/// Who signed, where the signature was right.
fn signer(request: &Recorded) -> Option<&str> {
    match &request.verdict {
        Verdict::Verified { arn, .. } => Some(arn),
        _ => None,
    }
}

/// A request without anything, and the reply's text.
fn plain(to: SocketAddr, method: &str, target: &str) -> std::io::Result<String> {
    let mut tcp = TcpStream::connect(to)?;
    tcp.write_all(
        format!("{method} {target} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut reply = String::new();
    tcp.read_to_string(&mut reply)?;
    Ok(reply)
}
