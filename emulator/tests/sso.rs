//! IAM Identity Center: registration, sign-in by device and by browser, refresh, and the portal.

#![allow(clippy::needless_pass_by_value, reason = "JSON is written where it is used")]

mod support;

use awsaccess_emulator::{Effect, Emulator, Fault, IdentityCenter, World};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::{Call, Keys, Reply, ask_sts, start_with};

const START: &str = "https://d-1234567890.awsapps.com/start";
const OIDC: &str = "oidc.us-east-1.amazonaws.com";
const PORTAL: &str = "portal.sso.us-east-1.amazonaws.com";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const VERIFIER: &str = "a-verifier-of-the-tests-that-is-long-enough-0123456789";

fn start() -> Emulator {
    start_with(World::demo())
}

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

fn post(emulator: &Emulator, path: &str, body: &Value) -> Reply {
    Call::new("POST", OIDC, path)
        .header("content-type", "application/json")
        .body(body.to_string())
        .send(emulator)
}

/// A reply's status, `error` and error type.
fn oauth_error(reply: &Reply) -> (u16, String, String) {
    let error = json(reply)["error"].as_str().unwrap_or_default().to_owned();
    (reply.status, error, reply.header("x-amzn-errortype").unwrap_or_default().to_owned())
}

#[track_caller]
fn refused(reply: &Reply, status: u16, error: &str, kind: &str) {
    assert_eq!(oauth_error(reply), (status, error.to_owned(), kind.to_owned()), "{}", reply.text());
}

fn with(client: &Value, more: Value) -> Value {
    let mut body = json!({"clientId": client["clientId"], "clientSecret": client["clientSecret"]});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

fn register(emulator: &Emulator, more: Value) -> Value {
    let mut body = json!({"clientName": "tests", "clientType": "public"});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    let reply = post(emulator, "/client/register", &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    json(&reply)
}

fn browser_client(emulator: &Emulator) -> Value {
    register(
        emulator,
        json!({"scopes": ["sso:account:access"], "grantTypes": ["authorization_code", "refresh_token"],
            "redirectUris": ["http://127.0.0.1/oauth/callback"], "issuerUrl": START}),
    )
}

fn device(emulator: &Emulator, client: &Value) -> Value {
    let reply = post(emulator, "/device_authorization", &with(client, json!({"startUrl": START})));
    assert_eq!(reply.status, 200, "{}", reply.text());
    json(&reply)
}

fn poll(emulator: &Emulator, client: &Value, device: &Value) -> Reply {
    post(emulator, "/token", &with(client, json!({"grantType": DEVICE, "deviceCode": device["deviceCode"]})))
}

fn refresh(emulator: &Emulator, client: &Value, token: &Value) -> Reply {
    post(emulator, "/token", &with(client, json!({"grantType": "refresh_token", "refreshToken": token})))
}

fn portal(emulator: &Emulator, method: &str, target: &str, token: &str) -> Reply {
    Call::new(method, PORTAL, target).header("x-amz-sso_bearer_token", token).send(emulator)
}

fn authorize_query(client: &Value, method: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    format!(
        "response_type=code&client_id={}&redirect_uri=http%3A%2F%2F127.0.0.1%3A40123%2Foauth%2Fcallback&state=s-1\
         &code_challenge_method={method}&scopes=sso%3Aaccount%3Aaccess&code_challenge={challenge}",
        client["clientId"].as_str().expect("an id")
    )
}

fn code_of(location: &str) -> &str {
    location.split_once("code=").expect("a code").1.split('&').next().expect("a code")
}

fn redeem(emulator: &Emulator, client: &Value, code: &str, more: Value) -> Reply {
    let mut body = with(
        client,
        json!({"grantType": "authorization_code", "code": code, "codeVerifier": VERIFIER,
            "redirectUri": "http://127.0.0.1:40123/oauth/callback"}),
    );
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    post(emulator, "/token", &body)
}

#[test]
fn the_device_flow() {
    let emulator = start();
    let client = register(&emulator, json!({"scopes": ["sso:account:access"]}));
    let device = device(&emulator, &client);
    assert_eq!((device["expiresIn"].as_i64(), device["interval"].as_i64()), (Some(600), Some(5)));
    refused(
        &poll(&emulator, &client, &device),
        400,
        "authorization_pending",
        "AuthorizationPendingException",
    );
    refused(&poll(&emulator, &client, &device), 400, "slow_down", "SlowDownException");
    let code = device["userCode"].as_str().expect("a code");
    assert!(!emulator.approve_device("XXXX-XXXX", "alice") && !emulator.approve_device(code, "nobody"));
    // After what it was told first, and before what it was told then.
    emulator.set_clock_offset(5);
    refused(&poll(&emulator, &client, &device), 400, "slow_down", "SlowDownException");
    emulator.set_clock_offset(30);
    assert!(emulator.approve_device(code, "alice"));
    assert!(!emulator.approve_device(code, "alice"), "a code is answered once");
    let reply = poll(&emulator, &client, &device);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let token = json(&reply);
    assert_eq!((token["tokenType"].as_str(), token["expiresIn"].as_i64()), (Some("Bearer"), Some(3600)));
    refused(&poll(&emulator, &client, &device), 400, "invalid_grant", "InvalidGrantException");
    let secrets = emulator.secrets();
    for secret in
        [&token["accessToken"], &token["refreshToken"], &client["clientSecret"], &device["deviceCode"]]
    {
        assert!(secrets.iter().any(|known| known == secret), "{secret}");
    }
}

#[test]
fn a_device_code_denied_expired_or_for_nobody() {
    let emulator = start();
    let client = register(&emulator, json!({}));
    let denied = device(&emulator, &client);
    assert!(emulator.deny_device(denied["userCode"].as_str().expect("a code")));
    refused(&poll(&emulator, &client, &denied), 400, "access_denied", "AccessDeniedException");
    let late = device(&emulator, &client);
    emulator.set_clock_offset(601);
    refused(&poll(&emulator, &client, &late), 400, "expired_token", "ExpiredTokenException");
    assert!(!emulator.approve_device(late["userCode"].as_str().expect("a code"), "alice"));
    let elsewhere = with(&client, json!({"startUrl": "https://example.com/start"}));
    refused(
        &post(&emulator, "/device_authorization", &elsewhere),
        400,
        "invalid_request",
        "InvalidRequestException",
    );
    let wrong = json!({"clientId": client["clientId"], "clientSecret": "another", "startUrl": START});
    refused(
        &post(&emulator, "/device_authorization", &wrong),
        401,
        "invalid_client",
        "InvalidClientException",
    );
    emulator.set_clock_offset(91 * 86_400);
    let again = with(&client, json!({"startUrl": START}));
    refused(
        &post(&emulator, "/device_authorization", &again),
        401,
        "invalid_client",
        "InvalidClientException",
    );
}

/// Without scopes, as the legacy configuration has it, there is nothing to refresh with.
#[test]
fn a_legacy_client_gets_no_refresh_token() {
    let emulator = start();
    let client = register(&emulator, json!({}));
    let device = device(&emulator, &client);
    assert!(emulator.approve_device(device["userCode"].as_str().expect("a code"), "bob"));
    let token = json(&poll(&emulator, &client, &device));
    assert!(token["accessToken"].is_string() && token["refreshToken"].is_null());
}

#[test]
fn the_browser_flow_with_its_proof_key() {
    let emulator = start();
    let client = browser_client(&emulator);
    let query = authorize_query(&client, "S256");
    let url = format!("{}/authorize?{query}", emulator.endpoint_url());
    let location = emulator.approve(&url, "alice").expect("approved");
    assert!(
        location.starts_with("http://127.0.0.1:40123/oauth/callback?code=")
            && location.ends_with("&state=s-1")
    );
    let reply = redeem(&emulator, &client, code_of(&location), json!({}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let again = redeem(&emulator, &client, code_of(&location), json!({}));
    refused(&again, 400, "invalid_grant", "InvalidGrantException");

    for more in [
        json!({"codeVerifier": VERIFIER.to_uppercase()}),
        json!({"redirectUri": "http://127.0.0.1:40124/oauth/callback"}),
        json!({"code": "unknown"}),
    ] {
        let location = emulator.approve(&url, "alice").expect("approved");
        let reply = redeem(&emulator, &client, code_of(&location), more);
        refused(&reply, 400, "invalid_grant", "InvalidGrantException");
    }
    let location = emulator.approve(&url, "alice").expect("approved");
    emulator.set_clock_offset(601);
    let late = redeem(&emulator, &client, code_of(&location), json!({}));
    refused(&late, 400, "invalid_grant", "InvalidGrantException");
    assert_eq!(emulator.approve(&url, "nobody"), None);
}

#[test]
fn the_pages_that_a_browser_sees() {
    let emulator = start();
    let client = browser_client(&emulator);
    let get = |target: &str| Call::new("GET", OIDC, target).send(&emulator);
    let query = authorize_query(&client, "S256");
    let page = get(&format!("/authorize?{query}"));
    assert!(page.text().contains("Approve as alice") && page.text().contains("/authorize/deny?"));
    let approved = get(&format!("/authorize/approve?{query}&user=alice"));
    assert_eq!(approved.status, 302);
    let code = code_of(approved.header("location").expect("a location")).to_owned();
    assert_eq!(redeem(&emulator, &client, &code, json!({})).status, 200);
    let denied = get(&format!("/authorize/deny?{query}"));
    assert_eq!(
        denied.header("location"),
        Some("http://127.0.0.1:40123/oauth/callback?error=access_denied&state=s-1")
    );
    let plain = get(&format!("/authorize?{}", authorize_query(&client, "plain")));
    assert_eq!(
        plain.header("location"),
        Some("http://127.0.0.1:40123/oauth/callback?error=invalid_request&state=s-1")
    );
    let elsewhere = query.replace("127.0.0.1", "192.0.2.1");
    assert_eq!(get(&format!("/authorize?{elsewhere}")).status, 400, "never sent elsewhere");

    let center = IdentityCenter::new(START).user("carol", &[]).signed_in("carol");
    let emulator = start_with(World::default().identity_center(center));
    let client = browser_client(&emulator);
    let query = authorize_query(&client, "S256");
    let approved = Call::new("GET", OIDC, &format!("/authorize?{query}")).send(&emulator);
    assert_eq!(approved.status, 302, "who is signed in is not asked");
    let client = register(&emulator, json!({}));
    assert_eq!(poll(&emulator, &client, &device(&emulator, &client)).status, 200);
}

#[test]
fn registrations_that_are_refused_and_grants_that_do_not_fit() {
    let emulator = start();
    for (more, error) in [
        (json!({"clientType": "confidential"}), "InvalidClientMetadataException"),
        (json!({"scopes": ["a b"]}), "InvalidScopeException"),
        (json!({"grantTypes": ["password"]}), "UnsupportedGrantTypeException"),
        (json!({"redirectUris": ["https://example.com/"]}), "InvalidRedirectUriException"),
        (json!({"grantTypes": ["authorization_code"], "issuerUrl": START}), "InvalidRedirectUriException"),
        (json!({"issuerUrl": "https://example.com"}), "InvalidRequestException"),
        (json!({"scopes": "sso:account:access"}), "InvalidRequestException"),
    ] {
        let mut body = json!({"clientName": "tests", "clientType": "public"});
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let (status, _, kind) = oauth_error(&post(&emulator, "/client/register", &body));
        assert_eq!((status, kind.as_str()), (400, error), "{more}");
    }
    let client = browser_client(&emulator);
    let reply = post(&emulator, "/device_authorization", &with(&client, json!({"startUrl": START})));
    refused(&reply, 400, "unauthorized_client", "UnauthorizedClientException");
    let reply = post(&emulator, "/token", &with(&client, json!({"grantType": "password"})));
    refused(&reply, 400, "unsupported_grant_type", "UnsupportedGrantTypeException");
    let reply = Call::new("POST", OIDC, "/token").body("{").send(&emulator);
    refused(&reply, 400, "invalid_request", "InvalidRequestException");
}

#[test]
fn a_refresh_token_is_good_once() {
    let emulator = start();
    let client = browser_client(&emulator);
    let url = format!("{}/authorize?{}", emulator.endpoint_url(), authorize_query(&client, "S256"));
    let location = emulator.approve(&url, "alice").expect("approved");
    let first = json(&redeem(&emulator, &client, code_of(&location), json!({})));
    let reply = refresh(&emulator, &client, &first["refreshToken"]);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let second = json(&reply);
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    let burnt = refresh(&emulator, &client, &first["refreshToken"]);
    refused(&burnt, 400, "invalid_grant", "InvalidGrantException");
    let other = browser_client(&emulator);
    let stolen = refresh(&emulator, &other, &second["refreshToken"]);
    refused(&stolen, 400, "invalid_grant", "InvalidGrantException");
    emulator.set_clock_offset(8 * 3600 - 600);
    let reply = refresh(&emulator, &client, &second["refreshToken"]);
    let left = json(&reply)["expiresIn"].as_i64().expect("seconds");
    assert!((500..=600).contains(&left), "no token outlives its sign-in: {left}");
    emulator.set_clock_offset(8 * 3600 + 1);
    let late = refresh(&emulator, &client, &json(&reply)["refreshToken"]);
    refused(&late, 400, "invalid_grant", "InvalidGrantException");
}

#[test]
fn the_portal_gives_credentials_for_what_is_assigned() {
    let emulator = start();
    let alice = emulator.sso_token(START, "alice").expect("a token");
    let bob = emulator.sso_token(START, "bob").expect("a token");
    let target =
        |role: &str, account: &str| format!("/federation/credentials?role_name={role}&account_id={account}");
    let reply = portal(&emulator, "GET", &target("Reader", "222222222222"), &bob);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = json(&reply)["roleCredentials"].clone();
    let left = body["expiration"].as_i64().expect("milliseconds") / 1000 - emulator.now();
    assert!((3500..=3600).contains(&left), "{left}");
    let text = |name: &str| body[name].as_str().expect(name).to_owned();
    let keys =
        Keys { id: text("accessKeyId"), secret: text("secretAccessKey"), token: Some(text("sessionToken")) };
    let arn = ask_sts(&emulator, &keys, &[("Action", "GetCallerIdentity")]).element("Arn");
    let role = emulator.world().identity_centers[0].role_name("222222222222", "Reader");
    assert_eq!(arn, format!("arn:aws:sts::222222222222:assumed-role/{role}/bob"));

    for (target, token, status, kind) in [
        (target("Administrator", "222222222222"), &bob, 403, "ForbiddenException"),
        (target("Reader", "111111111111"), &bob, 404, "ResourceNotFoundException"),
        (target("Reader", "12"), &alice, 400, "InvalidRequestException"),
        ("/federation/credentials?account_id=111111111111".into(), &alice, 400, "InvalidRequestException"),
        (target("Reader", "222222222222"), &"another".to_owned(), 401, "UnauthorizedException"),
    ] {
        assert_eq!(portal(&emulator, "GET", &target, token).error(), (status, kind.to_owned()), "{target}");
    }
    let bare = Call::new("GET", PORTAL, &target("Reader", "222222222222")).send(&emulator);
    assert_eq!(bare.error(), (401, "UnauthorizedException".to_owned()));
    emulator.set_clock_offset(3601);
    let late = portal(&emulator, "GET", &target("Reader", "222222222222"), &bob);
    assert_eq!(late.error(), (401, "UnauthorizedException".to_owned()));
}

#[test]
fn the_portal_lists_in_pages_and_logs_out() {
    let accounts: Vec<String> = (0..5).map(|number| format!("00000000000{number}")).collect();
    let assignments: Vec<(&str, &str)> = accounts
        .iter()
        .flat_map(|account| [(account.as_str(), "Reader"), (account.as_str(), "Writer")])
        .collect();
    let center = IdentityCenter::new(START).user("carol", &assignments);
    let emulator = start_with(World::default().identity_center(center));
    let token = emulator.sso_token(START, "carol").expect("a token");
    let (mut seen, mut next) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page =
            json(&portal(&emulator, "GET", &format!("/assignment/accounts?max_result=2{next}"), &token));
        for account in page["accountList"].as_array().expect("accounts") {
            seen.push(account["accountId"].as_str().expect("an id").to_owned());
            assert!(account["accountName"].is_string() && account["emailAddress"].is_string());
        }
        next = page["nextToken"]
            .as_str()
            .map_or(String::new(), |next| format!("&next_token={}", next.replace('=', "%3D")));
    }
    assert_eq!((seen, next.as_str()), (accounts, ""));
    let roles = json(&portal(&emulator, "GET", "/assignment/roles?account_id=000000000003", &token));
    assert_eq!(roles["roleList"][1], json!({"roleName": "Writer", "accountId": "000000000003"}));
    for (target, status) in [
        ("/assignment/roles?account_id=999999999999", 404),
        ("/assignment/accounts?max_result=0", 400),
        ("/assignment/accounts?next_token=x", 400),
    ] {
        assert_eq!(portal(&emulator, "GET", target, &token).status, status, "{target}");
    }
    assert_eq!(portal(&emulator, "POST", "/logout", &token).status, 200);
    assert_eq!(portal(&emulator, "GET", "/assignment/accounts", &token).status, 401);
}

#[test]
fn faults_by_path_in_each_shape() {
    let emulator = start();
    let token = emulator.sso_token(START, "alice").expect("a token");
    let busy = Fault::new(Effect::Status { status: 429, code: String::new() });
    emulator.fault(busy.on_service("sso").on_path("/assignment/*").times(1));
    let reply = portal(&emulator, "GET", "/assignment/accounts", &token);
    assert_eq!(reply.error(), (429, "TooManyRequestsException".to_owned()));
    assert_eq!(portal(&emulator, "GET", "/assignment/accounts", &token).status, 200);
    let broken = Fault::new(Effect::Status { status: 500, code: "InternalServerException".into() });
    emulator.fault(broken.on_service("sso-oidc").on_path("/token").times(1));
    refused(&post(&emulator, "/token", &json!({})), 500, "server_error", "InternalServerException");
}

/// At the emulator's own address the shape of a request tells the service, and S3 keeps what is signed for it.
#[test]
fn paths_at_the_emulators_own_address() {
    let emulator = start();
    let token = emulator.sso_token(START, "alice").expect("a token");
    let call = Call::new("GET", "localhost", "/assignment/accounts").header("x-amz-sso_bearer_token", &token);
    assert_eq!(call.send(&emulator).status, 200);
    assert_eq!(emulator.requests().pop().expect("a request").service, "sso");
    let keys = support::developer(&emulator);
    let how = support::Sign::new(&emulator, "s3");
    let bucket = Call::new("GET", "localhost", "/authorize").sign(&keys, &how).send(&emulator);
    assert_eq!(bucket.error(), (404, "NoSuchBucket".to_owned()));
    assert_eq!(emulator.requests().pop().expect("a request").service, "s3");
}
