//! Sign-in for `aws login`: codes, refresh, and the proof of possession of every request.

#![allow(clippy::needless_pass_by_value, reason = "JSON is written where it is used")]

#[path = "support/key.rs"]
mod key;

mod support;

use awsaccess_emulator::{Effect, Emulator, Fault, Policy, World};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::EcdsaKeyPair;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::{Call, Keys, Reply, ask_sts, start_with};

const HOST: &str = "us-east-1.signin.aws.amazon.com";
const CLIENT: &str = "arn:aws:signin:::devtools/same-device";
const BACK: &str = "http://127.0.0.1:40123/oauth/callback";
const VERIFIER: &str = "a-verifier-of-the-tests-that-is-long-enough-0123456789";

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

/// A proof, with what a test changes of its claims and its header.
fn proof(key: &EcdsaKeyPair, now: i64, claims: Value, header: Value) -> String {
    let (x, y) = key::point(key);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let mut head = json!({"typ": "dpop+jwt", "alg": "ES256",
        "jwk": {"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)}});
    let id = encode(key.sign(&SystemRandom::new(), b"id").expect("random").as_ref());
    let mut body = json!({"jti": id, "htm": "POST", "htu": format!("https://{HOST}/v1/token"), "iat": now});
    for (target, changes) in [(&mut body, claims), (&mut head, header)] {
        for (name, value) in changes.as_object().expect("an object") {
            target[name] = value.clone();
        }
    }
    let signed = format!("{}.{}", encode(head.to_string().as_bytes()), encode(body.to_string().as_bytes()));
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", encode(signature.as_ref()))
}

fn send(emulator: &Emulator, proof: &str, body: &Value) -> Reply {
    Call::new("POST", HOST, "/v1/token").header("dpop", proof).body(body.to_string()).send(emulator)
}

fn ask(emulator: &Emulator, key: &EcdsaKeyPair, body: &Value) -> Reply {
    send(emulator, &proof(key, emulator.now(), json!({}), json!({})), body)
}

fn exchange(emulator: &Emulator) -> Value {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let url = format!(
        "https://{HOST}/v1/authorize?response_type=code&client_id={CLIENT}&state=s-1&code_challenge_method=SHA-256\
         &scope=openid&redirect_uri={BACK}&code_challenge={challenge}"
    );
    let location = emulator.approve(&url, "alice").expect("approved");
    let (code, state) = location.split_once("code=").expect("a code").1.split_once('&').expect("a state");
    assert_eq!(state, "state=s-1");
    json!({"clientId": CLIENT, "grantType": "authorization_code", "code": code, "codeVerifier": VERIFIER,
        "redirectUri": BACK})
}

fn refresh(token: &Value) -> Value {
    json!({"clientId": CLIENT, "grantType": "refresh_token", "refreshToken": token["refreshToken"]})
}

#[track_caller]
fn refused(reply: &Reply, kind: &str, error: &str) {
    let got =
        (reply.status, reply.header("x-amzn-errortype"), json(reply)["error"].as_str().map(str::to_owned));
    assert_eq!(got, (400, Some(kind), Some(error.to_owned())), "{}", reply.text());
}

#[test]
fn a_sign_in_and_its_refresh() {
    let emulator = start_with(World::demo());
    let key = key::p256();
    let body = exchange(&emulator);
    let reply = ask(&emulator, &key, &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let first = json(&reply);
    assert_eq!((first["tokenType"].as_str(), first["expiresIn"].as_i64()), (Some("aws_sigv4"), Some(900)));
    let claims = first["idToken"].as_str().expect("a token").split('.').nth(1).expect("claims");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
    assert_eq!(claims["sub"], "arn:aws:iam::111111111111:user/alice");
    let text = |name: &str| first["accessToken"][name].as_str().expect(name).to_owned();
    let keys =
        Keys { id: text("accessKeyId"), secret: text("secretAccessKey"), token: Some(text("sessionToken")) };
    let who = ask_sts(&emulator, &keys, &[("Action", "GetCallerIdentity")]);
    assert_eq!(who.element("Arn"), "arn:aws:iam::111111111111:user/alice");
    assert!(emulator.secrets().iter().any(|secret| *secret == first["refreshToken"]));

    let reply = ask(&emulator, &key, &refresh(&first));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let second = json(&reply);
    refused(&ask(&emulator, &key, &refresh(&first)), "AccessDeniedException", "TOKEN_EXPIRED");
    refused(&ask(&emulator, &key::p256(), &refresh(&second)), "ValidationException", "INVALID_REQUEST");
    refused(&ask(&emulator, &key, &body), "ValidationException", "INVALID_REQUEST");
    emulator.set_clock_offset(12 * 3600 + 1);
    refused(&ask(&emulator, &key, &refresh(&second)), "AccessDeniedException", "TOKEN_EXPIRED");
}

#[test]
fn proofs_that_are_refused() {
    let emulator = start_with(World::demo());
    let key = key::p256();
    let now = emulator.now();
    for (claims, header) in [
        (json!({"htm": "GET"}), json!({})),
        (json!({"htu": "https://us-west-2.signin.aws.amazon.com/v1/token"}), json!({})),
        (json!({"htu": format!("http://{HOST}/v1/token")}), json!({})),
        (json!({"iat": now - 301}), json!({})),
        (json!({"iat": now + 330}), json!({})),
        (json!({"iat": null}), json!({})),
        (json!({"jti": ""}), json!({})),
        (json!({}), json!({"typ": "JWT"})),
        (json!({}), json!({"alg": "none"})),
        (json!({}), json!({"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}})),
    ] {
        let shown = format!("{claims} {header}");
        let reply = send(&emulator, &proof(&key, now, claims, header), &exchange(&emulator));
        assert_eq!(json(&reply)["error"], "INVALID_REQUEST", "{shown} {}", reply.text());
    }
    let good = proof(&key, now, json!({}), json!({}));
    let (signed, _) = good.rsplit_once('.').expect("a token");
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([7; 64]));
    refused(&send(&emulator, &forged, &exchange(&emulator)), "ValidationException", "INVALID_REQUEST");
    let body = exchange(&emulator);
    let bare = Call::new("POST", HOST, "/v1/token").body(body.to_string()).send(&emulator);
    refused(&bare, "ValidationException", "INVALID_REQUEST");
    let first = send(&emulator, &good, &exchange(&emulator));
    assert_eq!(first.status, 200, "{}", first.text());
    let replayed = send(&emulator, &good, &refresh(&json(&first)));
    refused(&replayed, "ValidationException", "INVALID_REQUEST");
    assert!(replayed.text().contains("used before"));
}

#[test]
fn why_a_sign_in_ends() {
    let mut world = World::demo();
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*"}});
    let key = key::p256();
    let emulator = start_with(world.clone());
    let first = json(&ask(&emulator, &key, &exchange(&emulator)));
    emulator.change_password("alice");
    refused(&ask(&emulator, &key, &refresh(&first)), "AccessDeniedException", "USER_CREDENTIALS_CHANGED");
    let late = exchange(&emulator);
    emulator.set_clock_offset(601);
    refused(&ask(&emulator, &key, &late), "AccessDeniedException", "AUTHCODE_EXPIRED");
    let mut wrong = exchange(&emulator);
    wrong["codeVerifier"] = VERIFIER.to_uppercase().into();
    refused(&ask(&emulator, &key, &wrong), "ValidationException", "INVALID_REQUEST");

    world.users[0].policies = vec![Policy::parse(&policy).expect("a policy")];
    let emulator = start_with(world);
    let body = exchange(&emulator);
    refused(&ask(&emulator, &key, &body), "AccessDeniedException", "INSUFFICIENT_PERMISSIONS");
}

#[test]
fn the_pages_and_faults() {
    let emulator = start_with(World::demo());
    let query = format!(
        "response_type=code&client_id={CLIENT}&state=s-1&code_challenge_method=SHA-256&scope=openid\
         &redirect_uri={BACK}&code_challenge={}",
        "A".repeat(43)
    );
    let get = |target: &str| Call::new("GET", HOST, target).send(&emulator);
    assert!(get(&format!("/v1/authorize?{query}")).text().contains("Approve as alice"));
    let approved = get(&format!("/v1/authorize/approve?{query}&user=ci"));
    assert!(approved.header("location").expect("a location").starts_with(&format!("{BACK}?code=")));
    let denied = get(&format!("/v1/authorize/deny?{query}"));
    assert_eq!(denied.header("location"), Some(format!("{BACK}?error=access_denied&state=s-1").as_str()));
    for (from, to) in
        [("SHA-256", "S256"), ("same-device", "other"), ("127.0.0.1", "192.0.2.1"), ("openid", "x")]
    {
        let wrong = query.replace(from, to);
        assert_eq!(get(&format!("/v1/authorize?{wrong}")).status, 400, "{wrong}");
    }
    let fault = Fault::new(Effect::Status { status: 503, code: "ServiceUnavailableException".into() });
    emulator.fault(fault.on_service("signin").on_path("/v1/token").times(1));
    let reply = ask(&emulator, &key::p256(), &json!({}));
    assert_eq!((reply.status, json(&reply)["error"].as_str()), (503, Some("service_unavailable")));
}

/// The reply to a request for a console token.
fn console_token(emulator: &Emulator, keys: &Keys, duration: Option<u32>) -> Reply {
    let session = json!({"sessionId": keys.id, "sessionKey": keys.secret, "sessionToken": keys.token});
    let encoded: String = session.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let duration = duration.map_or(String::new(), |seconds| format!("&SessionDuration={seconds}"));
    Call::new("POST", HOST, "/federation")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("Action=getSigninToken{duration}&Session={encoded}"))
        .send(emulator)
}

#[test]
fn a_session_signs_in_to_the_console_once() {
    let emulator = start_with(World::demo());
    let ci = Keys::of(&emulator, "ci");
    let assume = |keys: &Keys, arn: &str, id: &str| {
        let mut parameters = vec![("Action", "AssumeRole"), ("RoleSessionName", "me"), ("RoleArn", arn)];
        parameters.extend((!id.is_empty()).then_some(("ExternalId", id)));
        Keys::in_reply(&ask_sts(&emulator, keys, &parameters))
    };
    let first = assume(&ci, "arn:aws:iam::111111111111:role/gateway-hub", "");
    let chained = assume(&first, "arn:aws:iam::222222222222:role/developer", "demo-external-id");
    let user = [("Action", "GetFederationToken"), ("Name", "guest")];
    let federated = Keys::in_reply(&ask_sts(&emulator, &ci, &user));
    let plain = Keys::in_reply(&ask_sts(&emulator, &ci, &[("Action", "GetSessionToken")]));
    let forged = Keys { secret: "x".repeat(40), ..first.clone() };
    for (keys, duration, status) in [
        (&first, None, 200),
        (&first, Some(900), 200),
        (&first, Some(899), 400),
        (&first, Some(43_201), 400),
        (&federated, None, 200),
        (&federated, Some(3600), 400),
        (&plain, None, 400),
        (&chained, None, 200),
        (&chained, Some(900), 400),
        (&ci, None, 400),
        (&forged, None, 400),
    ] {
        let reply = console_token(&emulator, keys, duration);
        assert_eq!(reply.status, status, "{duration:?} {}", reply.text());
    }
    let token =
        json(&console_token(&emulator, &first, None))["SigninToken"].as_str().expect("a token").to_owned();
    let login = |host: &str, token: &str, destination: &str| {
        Call::new(
            "GET",
            host,
            &format!("/federation?Action=login&Destination={destination}&SigninToken={token}"),
        )
        .send(&emulator)
    };
    let console = "https://console.aws.amazon.com/ec2";
    assert_eq!(login(HOST, &token, "https://evil.example/").status, 400);
    let opened = login(HOST, &token, console);
    assert_eq!((opened.status, opened.header("location")), (302, Some(console)));
    assert_eq!(login(HOST, &token, console).status, 400);
    let token =
        json(&console_token(&emulator, &first, None))["SigninToken"].as_str().expect("a token").to_owned();
    assert_eq!(login("eu-west-1.signin.aws.amazon.com", &token, console).status, 400);
}
