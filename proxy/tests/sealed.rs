//! Placeholders that carry their own meaning, and credentials that never reach a client.

#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use awsaccess::access::Identity;
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Claims, GatewayKey, GatewayKeys, Revocation};
use awsaccess::time::Time;
use awsaccess_proxy::{Ailment, Flush};
use common::{ALICE, BOB, Call, DEVELOPER, Reply, SECRET, Stage};

/// A key of the gateway's that tests share.
fn keys() -> GatewayKeys {
    GatewayKeys::new(vec![GatewayKey::new(3, &[42; 32])]).unwrap()
}

/// A stage whose gateway has that key.
fn stage(more: &str) -> Stage {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let file = std::env::temp_dir().join(format!("awsaccess-seal-{}-{n}.keys", std::process::id()));
    std::fs::write(&file, format!("{}\n", GatewayKey::line(3, &[42; 32]).expose())).unwrap();
    let stage = Stage::with(|config| {
        let sealed = format!("[sealed]\nkey_file = \"{}\"\n", file.display());
        let config = hub(&config).replacen("listen =", &format!("{more}\nlisten ="), 1);
        format!("{config}{sealed}")
    });
    std::fs::remove_file(&file).unwrap();
    stage
}

/// With a role of the application's from which others can be assumed.
fn hub(config: &str) -> String {
    let role =
        format!("[[application.role]]\nname = \"hub\"\nassume = [{{ role_arn = \"{HUB}\" }}]\n[[role]]\n");
    let config = config.replacen("[[role]]\n", &role, 1);
    config.replacen(
        &format!("allow = [\"{DEVELOPER}\"]"),
        &format!("allow = [\"{DEVELOPER}\", \"{HUB}\"]"),
        1,
    )
}

const HUB: &str = "arn:aws:iam::111111111111:role/gateway-hub";

fn placeholder(subject: &str, lasts: u64) -> Credentials {
    of_role(subject, "developer", lasts)
}

fn of_role(subject: &str, role: &str, lasts: u64) -> Credentials {
    let now = Time::from(SystemTime::now());
    let who = Identity::new(subject, "demo", role).with_session("s-1");
    keys()
        .seal(&Claims::new(who, now - Duration::from_secs(60), now + Duration::from_secs(lasts)), &[1; 32])
        .unwrap()
}

fn with(mut call: Call, keys: &Credentials) -> Call {
    call.keys = keys.clone();
    call
}

fn assume(role: &str, more: &str) -> Call {
    let role = role.replace(':', "%3A").replace('/', "%2F");
    Call::sts(&format!("AssumeRole&RoleSessionName=chained&RoleArn={role}&ExternalId=demo-external-id{more}"))
}

fn element<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let (_, rest) =
        reply.body.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name}: {}", reply.body));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn received(reply: &Reply) -> Credentials {
    let get = |name: &str| element(reply, name);
    Credentials::new(get("AccessKeyId"), get("SecretAccessKey")).with_session_token(get("SessionToken"))
}

#[test]
fn a_sealed_placeholder_needs_no_entry() {
    let stage = stage("");
    let alice = placeholder("alice", 3600);
    let reply = stage.send(&with(Call::sts("GetCallerIdentity"), &alice));
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.body.contains("assumed-role/developer/alice"), "{}", reply.body);
    // Expired, of a subject that is not there, and with a token that was tampered with.
    stage.send(&with(Call::sts("GetCallerIdentity"), &placeholder("alice", 0))).refused(403, "ExpiredToken");
    stage
        .send(&with(Call::sts("GetCallerIdentity"), &placeholder("mallory", 600)))
        .refused(403, "AccessDenied");
    let token = alice.session_token().unwrap().expose();
    let tampered = format!("{}A{}", &token[..20], &token[21..]);
    let other = Credentials::new(alice.access_key_id(), alice.secret_access_key().expose())
        .with_session_token(if tampered == token { token.replace('A', "B") } else { tampered });
    stage.send(&with(Call::sts("GetCallerIdentity"), &other)).refused(403, "InvalidClientTokenId");
    let records = stage.end();
    let text = records.iter().map(ToString::to_string).collect::<String>();
    assert!(!text.contains(token) && !text.contains(alice.secret_access_key().expose()));
}

#[test]
fn roles_are_chained_and_no_real_key_comes_down() {
    let stage = stage("");
    let alice = of_role("alice", "hub", 3600);
    let reply = stage.send(&with(assume(DEVELOPER, ""), &alice));
    assert_eq!(reply.status, 200, "{}", reply.body);
    for secret in stage.emulator.secrets() {
        assert!(!reply.body.contains(&secret), "a real secret came down");
    }
    assert_eq!(reply.header("content-length"), Some(reply.bytes.len().to_string().as_str()));
    let chained = received(&reply);
    assert!(chained.access_key_id().starts_with("AGWP0003"), "{}", reply.body);
    let whose = stage.send(&with(Call::sts("GetCallerIdentity"), &chained));
    assert!(whose.body.contains("assumed-role/developer/chained"), "{}", whose.body);
    // What STS refuses comes back in its own words: an error carries nothing to hide.
    let refused = stage.send(&with(assume(DEVELOPER, ""), &chained));
    assert!(
        refused.status == 403 && refused.body.contains("assumed-role/developer/chained is not authorized")
    );
    let twice = received(&stage.send(&with(assume(DEVELOPER, ""), &alice)));
    assert_ne!(twice.access_key_id(), chained.access_key_id());
    // Not with another's secret or token.
    let mixed = Credentials::new(chained.access_key_id(), chained.secret_access_key().expose())
        .with_session_token(twice.session_token().unwrap().expose());
    stage.send(&with(Call::sts("GetCallerIdentity"), &mixed)).refused(403, "InvalidClientTokenId");
    let records = stage.end();
    let ends: Vec<_> = records.iter().filter(|record| record["event"] == "request.end").collect();
    assert_eq!(ends[0]["issued"], chained.access_key_id());
    assert_eq!(ends[1]["role"], DEVELOPER);
    assert_eq!(ends[1]["role_chain"], serde_json::json!([HUB, DEVELOPER]));
    assert!(ends[2].get("issued").is_none() && ends[2]["status"] == 403, "{}", ends[2]);
    assert!(ends.iter().all(|record| record["subject"] == "alice" || record["decision"] == "refused"));
}

#[test]
fn a_stored_placeholder_gets_sealed_ones() {
    let stage = Stage::with(|config| hub(&config).replace("role = \"developer\"", "role = \"hub\""));
    let reply = stage.send(&assume(DEVELOPER, ""));
    assert_eq!(reply.status, 200, "{}", reply.body);
    let chained = received(&reply);
    // The key that the gateway made at its start has the number nought.
    assert!(chained.access_key_id().starts_with("AGWP0000"));
    assert_eq!(stage.send(&with(Call::sts("GetCallerIdentity"), &chained)).status, 200);
    stage.end();
}

#[test]
fn a_chained_session_is_bounded_by_its_parent() {
    let stage = stage("");
    let alice = of_role("alice", "hub", 1800);
    let reply = stage.send(&with(assume(DEVELOPER, "&DurationSeconds=3600"), &alice));
    assert_eq!(reply.status, 200, "{}", reply.body);
    let ends = Time::parse_rfc3339(element(&reply, "Expiration")).unwrap();
    assert!(ends <= alice.expires_at().unwrap(), "{ends}");
    // In the query it can be seen what STS was asked for.
    let body = String::from_utf8(assume(DEVELOPER, "&DurationSeconds=3600").body).unwrap();
    let body = body.replace("&ExternalId=demo-external-id", "");
    let get = Call::new("GET", "sts", "sts.us-east-1.amazonaws.com", &format!("/?{body}"));
    assert!(stage.send(&with(get, &alice)).body.contains("is not authorized to perform: sts:AssumeRole"));
    let target = stage.emulator.requests().last().unwrap().target.clone();
    let seconds = target.split("DurationSeconds=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    assert!((1700..=1800).contains(&seconds.parse::<u64>().unwrap()), "{target}");
    stage.send(&with(assume(DEVELOPER, ""), &placeholder("alice", 600))).refused(403, "AccessDenied");
    let admin = "arn:aws:iam::222222222222:role/admin";
    stage.send(&with(assume(admin, ""), &alice)).refused(403, "AccessDenied");
    stage
        .send(&with(assume("arn:aws:iam::111111111111:role/gateway-hub", ""), &alice))
        .refused(403, "AccessDenied");
    stage.end();
}

#[test]
fn placeholders_stay_here() {
    let stage = Stage::new();
    for (name, value) in [
        ("x-foo", ALICE.to_owned()),
        ("x-foo", format!("Bearer {SECRET}")),
        ("x-foo", format!("see {}", placeholder("alice", 600).access_key_id())),
        ("user-agent", format!("curl {ALICE}")),
    ] {
        stage.send(&Call::sts("GetCallerIdentity").header(name, &value)).refused(400, "InvalidRequest");
    }
    let mut query = Call::s3("GET", &format!("/key?x={}", ALICE.replace('A', "%41")));
    query.host = "demo-bucket.s3.us-east-1.amazonaws.com";
    stage.send(&query).refused(400, "InvalidRequest");
    stage.send(&Call::s3("GET", &format!("/{ALICE}"))).refused(400, "InvalidRequest");
    let body = format!("{{\"TableName\":\"{SECRET}\"}}");
    let reply = stage.send(&Call::dynamodb("GetItem", &body));
    assert_eq!(
        (reply.status, reply.header("x-amzn-errortype")),
        (400, Some("ValidationException")),
        "{}",
        reply.body
    );
    // As a trailer of the framing, which ends here.
    assert!(stage.emulator.requests().iter().all(|request| !request.head().contains("x-foo")));
    stage.end();
}

#[test]
fn foreign_links_pass_by_rule_only() {
    let link = |keys: (&str, &str), method: &'static str, host: &'static str| {
        let call = Call::s3(method, "/key").keys(keys.0, keys.1);
        let headers = vec![("host", host)];
        let request = awsaccess::sigv4::Request::new(method, "/key", &headers);
        let signed = awsaccess::sigv4::presign(
            &request,
            awsaccess::sigv4::Payload::Unsigned,
            &call.keys,
            &awsaccess::sigv4::Scope::new("us-east-1", "s3"),
            &awsaccess::sigv4::Settings::default(),
            Duration::from_secs(300),
            Time::from(call.at),
        )
        .unwrap();
        let target = String::from_utf8(signed.target().to_vec()).unwrap();
        (
            target.clone(),
            format!(
                "{method} {target} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close\r\n\r\n"
            ),
        )
    };
    let host = "demo-bucket.s3.us-east-1.amazonaws.com";
    let stranger = ("AKIASOMEBODYELSE0001", "a-secret-that-only-they-know");
    let denied = Stage::new();
    denied.send_raw(host, link(stranger, "GET", host).1.as_bytes()).refused(403, "InvalidAccessKeyId");
    assert!(denied.emulator.requests().iter().all(|request| !request.head().contains("SOMEBODYELSE")));
    denied.end();

    let stage = Stage::with(|config| format!("foreign_presigned = true\n{config}"));
    let (target, bytes) = link(stranger, "GET", host);
    let reply = stage.send_raw(host, bytes.as_bytes());
    // The emulator does not know the key: it is its answer that comes back.
    assert_eq!(reply.status, 403, "{}", reply.body);
    let sent = stage.emulator.requests();
    let head = sent.last().unwrap().head();
    assert!(head.contains(&target), "{head}");
    let lower = head.to_ascii_lowercase();
    assert!(
        !lower.contains("authorization")
            && !lower.contains("x-forwarded-for")
            && !lower.contains("security-token")
    );
    let count = sent.len();
    for (keys, method) in [
        (stranger, "PUT"),
        (stranger, "DELETE"),
        ((ALICE, "wrong"), "GET"),
        (("AGWP0003AAAAAAAAAAAAAAAAAAAAAAAAAA", "x"), "GET"),
    ] {
        let reply = stage.send_raw(host, link(keys, method, host).1.as_bytes());
        assert!(reply.status == 403 && reply.body.contains("<HostId>awsaccess"), "{method}: {}", reply.body);
    }
    assert_eq!(stage.emulator.requests().len(), count, "none of them left");
    let records = stage.end();
    let end = records.iter().find(|record| record["event"] == "request.end").unwrap();
    assert_eq!((&end["auth"], &end["decision"]), (&"foreign-query".into(), &"allowed".into()), "{end}");
    assert!(end.get("subject").is_none());
}

#[test]
fn calls_without_a_signature_pass_by_rule_only() {
    let host = "sts.us-east-1.amazonaws.com";
    let raw = |body: &str| {
        format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let deployer = "arn:aws:iam::222222222222:role/deployer";
    let form = |token: &str, role: &str| {
        format!(
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=ci&RoleArn={role}&WebIdentityToken={token}"
        )
    };
    let closed = Stage::new();
    closed
        .send_raw(host, raw(&form("x.y.z", deployer)).as_bytes())
        .refused(403, "MissingAuthenticationToken");
    closed.end();

    let rule = |identity: &str, reply: &str| {
        let (identity, reply) = (identity.to_owned(), reply.to_owned());
        Stage::with(move |config| {
            let allow = config.replacen(
                &format!("allow = [\"{DEVELOPER}\"]"),
                &format!("allow = [\"{DEVELOPER}\", \"{deployer}\"]"),
                1,
            );
            format!(
                "{reply}\n{allow}\n[[unsigned]]\noperation = \"sts:AssumeRoleWithWebIdentity\"\n{identity}"
            )
        })
    };
    let identity = "subject = \"alice\"\napplication = \"demo\"\nrole = \"developer\"\n";
    let token = |stage: &Stage| {
        let issuer = "https://ci.example.com";
        stage.emulator.web_identity_token(issuer, "sts.amazonaws.com", "repo:example/x", 600).unwrap()
    };
    let stage = rule(identity, "");
    let reply = stage.send_raw(host, raw(&form(&token(&stage), deployer)).as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.body);
    let chained = received(&reply);
    assert!(chained.access_key_id().starts_with("AGWP0000"), "{}", reply.body);
    let whose = stage.send(&with(Call::sts("GetCallerIdentity"), &chained));
    assert!(whose.body.contains("assumed-role/deployer/ci"), "{}", whose.body);
    // Another role, another operation, and a signature that only looks like none.
    let admin = "arn:aws:iam::222222222222:role/admin";
    stage.send_raw(host, raw(&form(&token(&stage), admin)).as_bytes()).refused(403, "AccessDenied");
    let other = "Action=GetCallerIdentity&Version=2011-06-15";
    stage.send_raw(host, raw(other).as_bytes()).refused(403, "MissingAuthenticationToken");
    let both = raw(&form("x.y.z", deployer)).replacen("POST / ", "POST /?X-Amz-Signature=0 ", 1);
    assert!(stage.send_raw(host, both.as_bytes()).status >= 400);
    let records = stage.end();
    let end = records.iter().find(|record| record["event"] == "request.end").unwrap();
    assert_eq!((&end["subject"], &end["auth"]), (&"alice".into(), &"none".into()), "{end}");
    assert!(end["rule"].as_str().unwrap().contains("unsigned sts:AssumeRoleWithWebIdentity"));

    // Without an identity there is nobody to seal them for.
    let stage = rule("", "");
    stage.send_raw(host, raw(&form(&token(&stage), deployer)).as_bytes()).refused(403, "AccessDenied");
    stage.end();
    let stage = rule("", "credential_replies = { \"sts:AssumeRoleWithWebIdentity\" = \"pass\" }");
    let reply = stage.send_raw(host, raw(&form(&token(&stage), deployer)).as_bytes());
    assert!(reply.status == 200 && element(&reply, "AccessKeyId").starts_with("ASIA"), "{}", reply.body);
    stage.end();
}

#[test]
fn a_request_that_comes_again() {
    let stage = Stage::with(|config| format!("{config}\n[replay]\ntimes = 2\n"));
    let call = Call::sts("GetCallerIdentity").bytes();
    let host = "sts.us-east-1.amazonaws.com";
    for _ in 0..2 {
        assert_eq!(stage.send_raw(host, &call).status, 200);
    }
    stage.send_raw(host, &call).refused(403, "SignatureDoesNotMatch");
    // Another's is another, and reads are not looked at.
    let get = Call::s3("GET", "/no-such-key").bytes();
    for _ in 0..3 {
        assert_eq!(stage.send_raw("demo-bucket.s3.us-east-1.amazonaws.com", &get).status, 404);
    }
    stage.end();
}

#[test]
fn revoked_while_it_runs() {
    let stage = stage("");
    let alice = placeholder("alice", 3600);
    let who = with(Call::sts("GetCallerIdentity"), &alice);
    assert_eq!(stage.send(&who).status, 200);
    let until = Time::from(SystemTime::now()) + Duration::from_secs(3600);
    stage.gateway.revoke(Revocation::Session("s-1".into()), until).unwrap();
    stage.send(&who).refused(403, "InvalidClientTokenId");
    assert_eq!(stage.gateway.flush(&Flush::All), 0, "what was fetched for it is gone");
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    assert_eq!(stage.gateway.flush(&Flush::Subject("alice".into())), 1);
    stage.end();
}

#[test]
fn the_health_of_an_application() {
    let stage = stage("");
    let found = stage.gateway.health("demo");
    let by_name = |name: &str| found.iter().find(|health| health.role == name).unwrap();
    assert!(by_name("developer").ailment.is_none() && by_name("developer").expires_at.is_some());
    // Only a person with a second factor may have that one, which AWS does not say: it names the principal, no more.
    let admin = by_name("admin");
    let Some(Ailment::Denied { principal: Some(principal) }) = &admin.ailment else { panic!("{admin:?}") };
    assert!(principal.contains("assumed-role/gateway-node/"), "{principal}");
    let ailment = admin.ailment.as_ref().unwrap();
    assert!(ailment.may_be().contains(&"mfa-demanded") && ailment.advice().contains("second factor"));
    assert!(stage.gateway.health("nothing").is_empty());
    assert!(stage.emulator.secrets().iter().all(|secret| !format!("{found:?}").contains(secret)));
    stage.end();
}

#[test]
fn nobody_s_session_is_another_s() {
    let stage = stage("");
    let bob = stage.send(&Call::sts("GetCallerIdentity").keys(BOB, SECRET));
    assert_eq!(bob.status, 403, "{}", bob.body);
    let (alice, other) = (placeholder("alice", 3600), placeholder("bob", 3600));
    let whose = |keys: &Credentials| stage.send(&with(Call::sts("GetCallerIdentity"), keys)).body;
    assert!(whose(&alice).contains("developer/alice") && whose(&other).contains("developer/bob"));
    assert!(whose(&alice).contains("developer/alice"));
    // The token of one beside the key of another.
    let mixed = Credentials::new(alice.access_key_id(), alice.secret_access_key().expose())
        .with_session_token(other.session_token().unwrap().expose());
    stage.send(&with(Call::sts("GetCallerIdentity"), &mixed)).refused(403, "InvalidClientTokenId");
    stage.end();
}
