//! The source IAM Identity Center: token files, renewal, role credentials, bearer tokens.

mod person;

use std::time::Duration;

use awsaccess::chain::{self, Options, Resolved};
use awsaccess::effect::{FileFailure, HttpReason};
use awsaccess::error::{Error, ErrorKind};
use awsaccess::secret::Secret;
use person::{NOW, Person};
use serde_json::{Value, json};

const CONFIG: &str = "[default]\nsso_session = my-sso\nsso_account_id = 111122223333\nsso_role_name = Admin Role\n\
    [sso-session my-sso]\nsso_region = eu-west-1\nsso_start_url = https://my-org.awsapps.com/start\n\
    [profile old]\nsso_region = eu-west-1\nsso_start_url = https://my-org.awsapps.com/start\n\
    sso_account_id = 111122223333\nsso_role_name = Admin\n[profile token]\nsso_session = my-sso\n";
const FILE: &str = "/h/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json";
const OLD_FILE: &str = "/h/.aws/sso/cache/acff06c7037450e5a3fddcacb0a34e921da42d68.json";
const PORTAL: &str = "GET https://portal.sso.eu-west-1.amazonaws.com/federation/credentials";
const TOKEN: &str = "POST https://oidc.eu-west-1.amazonaws.com/token";
const TOKEN_URL: &str = "https://oidc.eu-west-1.amazonaws.com/token";
const KEYS: &str = r#"{"roleCredentials":{"accessKeyId":"ASIAROLE","secretAccessKey":"s3cr3t-role-key","sessionToken":"s3ssion-role-token","expiration":1800003600000}}"#;
const RENEWED: &str =
    r#"{"accessToken":"acc3ss-two","tokenType":"Bearer","expiresIn":3600,"refreshToken":"r3fresh-two"}"#;

/// A token that ends after so many seconds, and can be renewed.
fn token(seconds: i64) -> Value {
    json!({
        "startUrl": "https://my-org.awsapps.com/start",
        "region": "eu-west-1",
        "accessToken": "acc3ss-one",
        "expiresAt": awsaccess::time::Time::from_unix(NOW.unix() + seconds).to_string(),
        "clientId": "client",
        "clientSecret": "cl13nt-secret",
        "registrationExpiresAt": "2100-01-01T00:00:00Z",
        "refreshToken": "r3fresh-one",
        "ofAnotherTool": { "kept": [1, null] },
    })
}

fn world(token: &Value) -> Person {
    Person::new(CONFIG).file(FILE, token.to_string()).reply(PORTAL, 200, KEYS).reply(TOKEN, 200, RENEWED)
}

fn resolve(person: &mut Person, options: &Options) -> Result<Resolved, Error> {
    let now = NOW + person.passed;
    person.drive(|env| chain::resolve(options, env, now, [5; 32]))
}

fn bearer(person: &Person) -> &str {
    let sent = person.sent.iter().rev().find(|http| http.method == "GET").unwrap();
    sent.headers.iter().find(|(name, _)| name == "x-amz-sso_bearer_token").unwrap().1.expose()
}

fn without(mut token: Value, member: &str) -> Value {
    token.as_object_mut().unwrap().remove(member).unwrap();
    token
}

#[test]
fn a_token_that_lasts_is_used_as_it_is() {
    for file in [
        token(301).to_string(),
        r#"{"AccessToken":"acc3ss-one","EXPIRESAT":"2100-01-01T00:00:00UTC"}"#.to_owned(),
        r#"{"accessToken":"acc3ss-one","expiresAt":"2100-01-01T00:00:00.123Z"}"#.to_owned(),
    ] {
        let mut person = world(&token(0)).file(FILE, file);
        let resolved = resolve(&mut person, &Options::new()).unwrap();
        let found = resolved.credentials();
        assert_eq!((found.access_key_id(), found.account_id()), ("ASIAROLE", Some("111122223333")));
        assert_eq!(found.source(), Some("sso"));
        assert_eq!(found.session_token().map(Secret::expose), Some("s3ssion-role-token"));
        assert_eq!(bearer(&person), "acc3ss-one");
        assert!(person.sent[0].url.ends_with("?role_name=Admin%20Role&account_id=111122223333"));
        assert!(!person.asked.iter().any(|asked| asked.starts_with("lock") || asked.starts_with("write")));
    }
}

#[test]
fn a_token_that_ends_soon_is_renewed_under_a_lock_and_written_back() {
    for seconds in [300, 1, 0, -86_400] {
        let mut person = world(&token(seconds));
        let resolved = resolve(&mut person, &Options::new()).unwrap();
        assert!(resolved.warnings().is_empty(), "{:?}", resolved.warnings());
        assert_eq!(bearer(&person), "acc3ss-two");
        let expected = json!({
            "clientId": "client", "clientSecret": "cl13nt-secret",
            "grantType": "refresh_token", "refreshToken": "r3fresh-one",
        });
        assert_eq!(person.body(TOKEN_URL), expected);
        let written = person.json(FILE);
        assert_eq!(written["accessToken"], "acc3ss-two");
        assert_eq!(written["refreshToken"], "r3fresh-two");
        assert_eq!(written["expiresAt"], "2027-01-15T09:00:00Z");
        assert_eq!(written["ofAnotherTool"], json!({ "kept": [1, null] }));
        let start = person.asked.iter().position(|asked| asked.starts_with("lock")).unwrap();
        let order = [
            format!("lock {FILE}.lock"),
            format!("read {FILE}"),
            TOKEN.to_owned(),
            format!("write {FILE}"),
            format!("unlock {FILE}.lock"),
        ];
        assert_eq!(person.asked[start..start + 5], order);
    }
}

#[test]
fn a_refresh_token_that_is_not_replaced_is_kept() {
    let mut person = world(&token(0));
    person.replies.remove(TOKEN);
    let mut person = person.reply(TOKEN, 200, r#"{"accessToken":"acc3ss-two","expiresIn":3600}"#);
    resolve(&mut person, &Options::new()).unwrap();
    assert_eq!(person.json(FILE)["refreshToken"], "r3fresh-one");
}

#[test]
fn one_of_two_processes_renews() {
    let mut person = world(&token(10));
    let mut others = token(3600);
    others["accessToken"] = "acc3ss-two".into();
    person.meanwhile = Some((FILE.to_owned(), others.to_string().into_bytes()));
    resolve(&mut person, &Options::new()).unwrap();
    assert_eq!((person.count(TOKEN), bearer(&person)), (0, "acc3ss-two"));
    assert_eq!(person.count(&format!("unlock {FILE}.lock")), 1);

    // The AWS CLI takes no lock: it may have used the refresh token first.
    let mut person = world(&token(-1));
    person.replies.remove(TOKEN);
    let mut person = person.reply(TOKEN, 400, r#"{"error":"invalid_grant"}"#);
    person.after_request = Some((FILE.to_owned(), others.to_string().into_bytes()));
    resolve(&mut person, &Options::new()).unwrap();
    assert_eq!((person.count(TOKEN), bearer(&person)), (1, "acc3ss-two"));
}

#[test]
fn a_renewal_that_fails_leaves_the_old_token_and_is_not_repeated_at_once() {
    let mut person = world(&token(200));
    person.replies.remove(TOKEN);
    let mut person = person.reply(TOKEN, 400, r#"{"error":"invalid_request","error_description":"no"}"#);
    let options = Options::new();
    let resolved = resolve(&mut person, &options).unwrap();
    assert!(resolved.warnings()[0].contains("was not renewed"), "{:?}", resolved.warnings());
    assert_eq!((person.count(TOKEN), bearer(&person)), (1, "acc3ss-one"));
    for (passed, attempts) in [(29, 1), (30, 2), (59, 2), (61, 3)] {
        person.passed = Duration::from_secs(passed);
        resolve(&mut person, &options.clone()).unwrap();
        assert_eq!(person.count(TOKEN), attempts, "after {passed} seconds");
    }
    person.passed = Duration::from_secs(200);
    let error = resolve(&mut person, &options).unwrap_err();
    assert!(error.message().contains("invalid_request: no"), "{error}");
    person.passed = Duration::from_secs(201);
    let error = resolve(&mut person, &options).unwrap_err();
    assert!(error.is_retryable() && error.message().contains("less than 30 seconds ago"), "{error}");
}

#[test]
fn what_cannot_be_renewed_is_used_to_its_end() {
    let expired = json!("2020-01-01T00:00:00Z");
    let mut old_client = token(0);
    old_client["registrationExpiresAt"] = expired;
    for made in [
        without(token(0), "refreshToken"),
        without(token(0), "clientId"),
        without(token(0), "clientSecret"),
        without(token(0), "registrationExpiresAt"),
        old_client,
    ] {
        let mut still = made.clone();
        still["expiresAt"] = token(5)["expiresAt"].clone();
        let mut person = world(&still);
        let resolved = resolve(&mut person, &Options::new()).unwrap();
        assert_eq!((person.count(TOKEN), resolved.warnings().len()), (0, 1));
        let error = resolve(&mut world(&made), &Options::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expired);
        assert!(error.message().contains("aws sso login --sso-session my-sso"), "{error}");
        assert!(error.message().contains("awsaccess login"), "{error}");
    }
}

#[test]
fn the_older_configuration_knows_no_renewal() {
    let options = Options::new().profile("old");
    let mut person = world(&token(0)).file(OLD_FILE, token(10).to_string());
    resolve(&mut person, &options).unwrap();
    assert_eq!((person.count(TOKEN), bearer(&person)), (0, "acc3ss-one"));
    let mut person = world(&token(0)).file(OLD_FILE, token(0).to_string());
    let error = resolve(&mut person, &options).unwrap_err();
    assert_eq!((error.kind(), person.count(TOKEN)), (ErrorKind::Expired, 0));
}

#[test]
fn a_token_that_is_not_there_or_cannot_be_read() {
    let mut person = world(&token(9999));
    person.files.remove(FILE);
    let error = resolve(&mut person, &Options::new()).unwrap_err();
    assert!(error.kind() == ErrorKind::Expired && error.message().contains("nobody is signed in"), "{error}");
    for file in [
        "",
        "{",
        "[]",
        "null",
        r#"{"expiresAt":"2100-01-01T00:00:00Z"}"#,
        r#"{"accessToken":"acc3ss-one"}"#,
        r#"{"accessToken":"acc3ss-one","expiresAt":"soon"}"#,
        r#"{"accessToken":7,"expiresAt":"2100-01-01T00:00:00Z"}"#,
        r#"{"accessToken":"a\r\nx: acc3ss-one","expiresAt":"2100-01-01T00:00:00Z"}"#,
    ] {
        let error = resolve(&mut world(&token(0)).file(FILE, file), &Options::new()).unwrap_err();
        assert!(error.kind() == ErrorKind::Malformed && error.message().contains("login"), "{file}: {error}");
    }
}

#[test]
fn what_the_renewal_is_answered_with() {
    let end = |status, body: &str| {
        let mut person = world(&token(0));
        person.replies.remove(TOKEN);
        let mut person = person.reply(TOKEN, status, body);
        let error = resolve(&mut person, &Options::new()).unwrap_err();
        (error.kind(), error.is_retryable(), person.count(TOKEN))
    };
    for body in [
        r#"{"error":"invalid_grant"}"#,
        r#"{"error":"expired_token"}"#,
        r#"{"__type":"x#InvalidGrantException"}"#,
    ] {
        assert_eq!(end(400, body), (ErrorKind::Expired, false, 1), "{body}");
    }
    assert_eq!(end(401, r#"{"error":"invalid_client"}"#), (ErrorKind::Expired, false, 1));
    assert_eq!(end(500, r#"{"error":"server_error"}"#), (ErrorKind::Service, true, 3));
    assert_eq!(end(429, ""), (ErrorKind::Service, true, 3));
    for body in [
        "",
        "[]",
        "{}",
        r#"{"accessToken":"acc3ss-two"}"#,
        r#"{"accessToken":"a b","expiresIn":1}"#,
        r#"{"accessToken":"acc3ss-two","expiresIn":-1}"#,
    ] {
        assert_eq!(end(200, body), (ErrorKind::Malformed, false, 1), "{body}");
    }
    // What comes back of ours is not told.
    let echo = r#"{"error":"r3fresh-one","error_description":"bad r3fresh-one of cl13nt-secret"}"#;
    assert_eq!(end(400, echo).0, ErrorKind::Service);
    for (reason, kind) in
        [(HttpReason::Timeout, ErrorKind::Timeout), (HttpReason::Tls, ErrorKind::Unreachable)]
    {
        let mut person = world(&token(0));
        person.replies.remove(TOKEN);
        let mut person = person.fail(TOKEN, reason);
        assert_eq!(resolve(&mut person, &Options::new()).unwrap_err().kind(), kind);
    }
}

#[test]
fn a_lock_that_is_refused_and_a_file_that_cannot_be_written() {
    let mut person = world(&token(0));
    person.lock = Some(Err(FileFailure::new("read-only file system")));
    let error = resolve(&mut person, &Options::new()).unwrap_err();
    assert!(error.message().contains("read-only") && person.count(TOKEN) == 0, "{error}");
    let mut person = world(&token(10));
    person.lock = Some(Err(FileFailure::new("another process holds it")));
    assert_eq!(resolve(&mut person, &Options::new()).unwrap().warnings().len(), 1);
    assert_eq!(bearer(&person), "acc3ss-one");
    let mut person = world(&token(0));
    person.lock = None;
    resolve(&mut person, &Options::new()).unwrap();
    let mut person = world(&token(0));
    person.write = Some(FileFailure::new("disk full"));
    let resolved = resolve(&mut person, &Options::new()).unwrap();
    assert!(resolved.warnings()[0].contains("disk full"), "{:?}", resolved.warnings());
    assert_eq!(bearer(&person), "acc3ss-two");
}

#[test]
fn what_the_portal_answers() {
    let end = |status, body: &str| {
        let mut person = world(&token(9999));
        person.replies.remove(PORTAL);
        let mut person = person.reply(PORTAL, status, body);
        let error = resolve(&mut person, &Options::new()).unwrap_err();
        (error, person.count(PORTAL))
    };
    let (error, asked) =
        end(401, r#"{"__type":"UnauthorizedException","message":"Session token not found or invalid"}"#);
    assert_eq!(
        (error.kind(), asked, error.aws_code()),
        (ErrorKind::Expired, 1, Some("UnauthorizedException"))
    );
    assert!(error.message().contains("aws sso login"), "{error}");
    let (error, _) = end(403, r#"{"message":"No access"}"#);
    assert!(error.kind() == ErrorKind::Denied && error.message().contains("not assigned"), "{error}");
    assert_eq!(end(404, r#"{"__type":"ResourceNotFoundException"}"#).0.kind(), ErrorKind::Service);
    assert_eq!(end(429, r#"{"__type":"TooManyRequestsException"}"#).1, 3);
    assert_eq!(end(503, "").1, 3);
    assert_eq!(end(301, "").0.kind(), ErrorKind::Service);
    for body in ["", "<html>", "{}", r#"{"roleCredentials":{}}"#, r#"{"roleCredentials":[]}"#] {
        assert_eq!(end(200, body).0.kind(), ErrorKind::Malformed, "{body}");
    }
    assert_eq!(end(200, &KEYS.replace("1800003600000", "1799999999000")).0.kind(), ErrorKind::Expired);
    assert_eq!(end(200, &KEYS.replace("1800003600000", "0")).0.kind(), ErrorKind::Malformed);
    assert!(!end(400, r#"{"__type":"acc3ss-one","message":"acc3ss-one"}"#).0.message().contains("acc3ss"));
    let mut person = world(&token(9999));
    person.replies.get_mut(PORTAL).unwrap().push_front(Ok(awsaccess::effect::HttpReply::new(
        500,
        vec![],
        "",
    )));
    resolve(&mut person, &Options::new()).unwrap();
    assert_eq!(person.count(PORTAL), 2);
}

#[test]
fn addresses_come_from_the_region_or_the_configuration() {
    let mut person = world(&token(0));
    person.env.push(("AWS_USE_FIPS_ENDPOINT", "true"));
    resolve(&mut person, &Options::new()).unwrap_err();
    assert_eq!(person.sent.last().unwrap().url, "https://oidc-fips.eu-west-1.amazonaws.com/token");
    let mut person = world(&token(0)).reply("POST http://127.0.0.1:1/o/token", 200, RENEWED).reply(
        "GET http://127.0.0.1:1/p/federation/credentials",
        200,
        KEYS,
    );
    person.env.extend([
        ("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1/p"),
        ("AWS_ENDPOINT_URL_SSO_OIDC", "http://127.0.0.1:1/o/"),
    ]);
    resolve(&mut person, &Options::new()).unwrap();
    let evil = CONFIG.replace("sso_region = eu-west-1", "sso_region = evil.example/");
    let mut person = world(&token(0)).file("/h/.aws/config", evil);
    assert_eq!(resolve(&mut person, &Options::new()).unwrap_err().kind(), ErrorKind::Config);
    assert!(person.sent.is_empty());
}

#[test]
fn a_bearer_token_comes_from_the_environment_or_the_session() {
    let options = Options::new().profile("token");
    let ask = |person: &mut Person, options: &Options| {
        person.drive(|env| chain::bearer_token(options, "bedrock agent-core", env, NOW, [5; 32]))
    };
    let mut person = world(&token(0));
    let found = ask(&mut person, &options).unwrap();
    assert_eq!((found.token.expose(), found.source), ("acc3ss-two", "sso"));
    assert_eq!(found.expires_at.unwrap().unix(), NOW.unix() + 3600);
    person.env.push(("AWS_BEARER_TOKEN_BEDROCK_AGENT_CORE", "acc3ss-one"));
    let found = ask(&mut person, &options).unwrap();
    assert_eq!((found.token.expose(), found.expires_at), ("acc3ss-one", None));
    let full = || world(&token(0));
    // Nobody selected the last, and it is not there.
    let empty = full().file("/h/.aws/config", String::new());
    for (mut person, profile) in [(full(), Some("old")), (full(), Some("missing")), (empty, None)] {
        let options = profile.map_or_else(Options::new, |name| Options::new().profile(name));
        let error = ask(&mut person, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConfigured);
        assert!(error.message().contains("AWS_BEARER_TOKEN_BEDROCK_AGENT_CORE"), "{error}");
    }
    // Credentials are another matter: such a profile has none.
    let error = resolve(&mut world(&token(0)), &options).unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.message().contains("sso_account_id"), "{error}");
}
