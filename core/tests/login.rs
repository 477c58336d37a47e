//! The source `aws login`: its file, the renewal with its proof, and what the service says.

mod person;

use std::time::Duration;

use awsaccess::chain::{self, Options, Resolved};
use awsaccess::effect::{HttpReason, HttpReply};
use awsaccess::error::{Error, ErrorKind};
use awsaccess::secret::Secret;
use awsaccess::time::Time;
use base64ct::{Base64UrlUnpadded, Encoding};
use person::{NOW, Person};
use serde_json::{Value, json};

const CONFIG: &str = "[default]\nlogin_session = arn:aws:iam::123456789012:user/demo\nregion = eu-west-1\n\
    [profile role]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = default\n";
const FILE: &str =
    "/h/.aws/login/cache/bf5f7f6d57cc352e6ab0659523fca68f168f8380cdb2191fa6ec63f10880008c.json";
const TOKEN: &str = "POST https://us-east-2.signin.aws.amazon.com/v1/token";
const TOKEN_URL: &str = "https://us-east-2.signin.aws.amazon.com/v1/token";
/// Made by `openssl ecparam -name prime256v1 -genkey -noout`.
const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\n\
    MHcCAQEEIAhq1X+B57PS8AqcaFzq563+M0A6oTZ7Tgy9XDZPQC4toAoGCCqGSM49\n\
    AwEHoUQDQgAEGr7fDoRF1+12tOgqxLSkL6OHpd6w6jfE+yQKyFC49TmfOsLvKq11\n\
    rvaUcDoGjdGvaSzCha1SHs0Ih8GmQITzNA==\n-----END EC PRIVATE KEY-----\n";
const RENEWED: &str = r#"{"accessToken":{"accessKeyId":"ASIATWO","secretAccessKey":"s3cr3t-login-key","sessionToken":"s3ssion-login-token"},"tokenType":"aws_sigv4","expiresIn":900,"refreshToken":"r3fresh-two"}"#;

/// A session whose credentials end after so many seconds.
fn session(seconds: i64) -> Value {
    json!({
        "accessToken": {
            "accessKeyId": "ASIAONE",
            "secretAccessKey": "s3cr3t-login-key",
            "sessionToken": "s3ssion-login-token",
            "accountId": "123456789012",
            "expiresAt": Time::from_unix(NOW.unix() + seconds).to_string(),
            "new": 1,
        },
        "tokenType": "aws_sigv4",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "refreshToken": "r3fresh-one",
        "idToken": "aWQ-t0ken-of-login",
        "dpopKey": KEY,
        "signInRegion": "us-east-2",
        "ofAnotherTool": true,
    })
}

fn world(session: &Value) -> Person {
    Person::new(CONFIG).file(FILE, session.to_string()).reply(TOKEN, 200, RENEWED)
}

fn refused(seconds: i64, status: u16, body: &str) -> Person {
    let mut person = world(&session(seconds));
    person.replies.remove(TOKEN);
    person.reply(TOKEN, status, body)
}

fn resolve(person: &mut Person, options: &Options) -> Result<Resolved, Error> {
    let now = NOW + person.passed;
    person.drive(|env| chain::resolve(options, env, now, [5; 32]))
}

fn key(result: &Result<Resolved, Error>) -> &str {
    result.as_ref().unwrap().credentials().access_key_id()
}

/// Checks each proof that was sent, with another library's P-256, and gives what they say.
fn proofs(person: &Person) -> Vec<Value> {
    let sent = person.sent.iter().filter(|http| http.url.ends_with("/v1/token"));
    let proof = |http: &awsaccess::effect::Http| {
        let token = http.headers.iter().find(|(name, _)| name == "DPoP").unwrap().1.expose().to_owned();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let part = |n| -> Value {
            let bytes = Base64UrlUnpadded::decode_vec(input.split('.').nth(n).unwrap()).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        let (header, payload) = (part(0), part(1));
        assert_eq!((&header["typ"], &header["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        assert_eq!((&header["jwk"]["kty"], &header["jwk"]["crv"]), (&json!("EC"), &json!("P-256")));
        assert_eq!(header["jwk"].as_object().unwrap().len(), 4, "the private part is not in it");
        let coordinate =
            |name: &str| Base64UrlUnpadded::decode_vec(header["jwk"][name].as_str().unwrap()).unwrap();
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let signature = Base64UrlUnpadded::decode_vec(signature).unwrap();
        ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, point)
            .verify(input.as_bytes(), &signature)
            .unwrap();
        assert_eq!((&payload["htm"], &payload["htu"]), (&json!("POST"), &json!(http.url)));
        payload
    };
    sent.map(proof).collect()
}

#[test]
fn credentials_that_last_are_used_as_they_are() {
    let mut person = world(&session(301));
    let found = resolve(&mut person, &Options::new());
    assert_eq!(key(&found), "ASIAONE");
    let found = found.unwrap().into_credentials();
    assert_eq!((found.account_id(), found.source()), (Some("123456789012"), Some("login")));
    assert_eq!(found.session_token().map(Secret::expose), Some("s3ssion-login-token"));
    assert!(person.sent.is_empty());
}

#[test]
fn a_renewal_proves_its_key_and_is_written_back() {
    for seconds in [300, 0, -3600] {
        let mut person = world(&session(seconds));
        let found = resolve(&mut person, &Options::new());
        assert_eq!(key(&found), "ASIATWO");
        assert_eq!(found.unwrap().credentials().expires_at(), Some(NOW + Duration::from_secs(900)));
        let expected = json!({
            "clientId": "arn:aws:signin:::devtools/same-device",
            "grantType": "refresh_token", "refreshToken": "r3fresh-one",
        });
        assert_eq!(person.body(TOKEN_URL), expected);
        assert_eq!(proofs(&person)[0]["iat"], NOW.unix());
        let written = person.json(FILE);
        let mut kept = session(900);
        kept["accessToken"]["accessKeyId"] = "ASIATWO".into();
        kept["refreshToken"] = "r3fresh-two".into();
        assert_eq!(written, kept);
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
fn the_key_is_the_one_of_the_file() {
    let mut person = world(&session(0));
    resolve(&mut person, &Options::new()).unwrap();
    let proof = person.sent[0].headers.iter().find(|(name, _)| name == "DPoP").unwrap().1.expose();
    let header = Base64UrlUnpadded::decode_vec(proof.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    // The public point as openssl wrote it into the same file.
    let bytes = |text: &str| Base64UrlUnpadded::decode_vec(text).unwrap();
    let der =
        base64ct::Base64::decode_vec(&KEY.lines().filter(|line| !line.starts_with('-')).collect::<String>())
            .unwrap();
    let point =
        [bytes(header["jwk"]["x"].as_str().unwrap()), bytes(header["jwk"]["y"].as_str().unwrap())].concat();
    assert!(der.ends_with(&point));
}

#[test]
fn each_attempt_has_a_proof_of_its_own_and_the_right_time() {
    let mut person = refused(0, 500, "{}")
        .reply(TOKEN, 503, r#"{"error":"service_unavailable"}"#)
        .reply(TOKEN, 200, RENEWED);
    assert_eq!(key(&resolve(&mut person, &Options::new())), "ASIATWO");
    let ids: std::collections::BTreeSet<_> = proofs(&person).iter().map(|p| p["jti"].to_string()).collect();
    assert_eq!(ids.len(), 3);
    let id = proofs(&person)[0]["jti"].as_str().unwrap().to_owned();
    let is_v4 = id.len() == 36 && &id[14..15] == "4" && "89ab".contains(&id[19..20]);
    assert!(is_v4, "{id}");

    let mut person = world(&session(0));
    person.replies.remove(TOKEN);
    let date = "Fri, 15 Jan 2027 10:00:00 GMT";
    let mut person =
        person.reply_at(TOKEN, 400, r#"{"error":"INVALID_REQUEST"}"#, date).reply(TOKEN, 200, RENEWED);
    let found = resolve(&mut person, &Options::new());
    assert_eq!((key(&found), found.as_ref().unwrap().clock_offset()), ("ASIATWO", 7_200_000));
    let times: Vec<_> = proofs(&person).iter().map(|proof| proof["iat"].as_i64().unwrap()).collect();
    assert_eq!(times, [NOW.unix(), NOW.unix() + 7200]);

    // Unless the clock is to be trusted, whatever a service says.
    let mut person = world(&session(0));
    person.replies.remove(TOKEN);
    person.env.push(("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true"));
    let mut person =
        person.reply_at(TOKEN, 400, r#"{"error":"INVALID_REQUEST"}"#, date).reply(TOKEN, 200, RENEWED);
    assert!(resolve(&mut person, &Options::new()).is_err());
    assert_eq!(person.count(TOKEN), 1);
}

#[test]
fn what_ends_a_session_ends_it_at_once() {
    for (code, kind, told) in [
        ("TOKEN_EXPIRED", ErrorKind::Expired, "has ended"),
        ("USER_CREDENTIALS_CHANGED", ErrorKind::Expired, "password"),
        ("INSUFFICIENT_PERMISSIONS", ErrorKind::Denied, "signin:CreateOAuth2Token"),
        ("INVALID_REQUEST", ErrorKind::Service, "INVALID_REQUEST"),
    ] {
        for seconds in [200, 0] {
            // No status is agreed on for these.
            for status in [400, 401, 403] {
                let mut person = refused(seconds, status, &format!(r#"{{"error":"{code}","message":"m"}}"#));
                let error = resolve(&mut person, &Options::new()).unwrap_err();
                assert!(error.message().contains(told) && error.aws_code() == Some(code), "{error}");
                assert!(error.kind() == kind || kind == ErrorKind::Service, "{code}: {:?}", error.kind());
                assert_eq!(person.count(TOKEN), 1);
                assert!(kind != ErrorKind::Expired || error.message().contains("aws login"), "{error}");
            }
        }
    }
}

#[test]
fn what_passes_leaves_the_old_credentials_to_their_end() {
    for (status, body) in
        [(500, r#"{"error":"server_error"}"#), (429, ""), (503, ""), (200, "{}"), (200, "[")]
    {
        let options = Options::new();
        let mut person = refused(200, status, body);
        let found = resolve(&mut person, &options);
        assert_eq!(key(&found), "ASIAONE");
        assert_eq!(found.unwrap().warnings().len(), 1);
        let asked = person.count(TOKEN);
        assert_eq!(asked, if status == 200 { 1 } else { 3 });
        resolve(&mut person, &options).unwrap();
        assert_eq!(person.count(TOKEN), asked, "less than 30 seconds later");
        assert!(resolve(&mut refused(0, status, body), &Options::new()).is_err());
    }
    let mut person = world(&session(0));
    person.replies.remove(TOKEN);
    let mut person = person.fail(TOKEN, HttpReason::Refused);
    assert_eq!(resolve(&mut person, &Options::new()).unwrap_err().kind(), ErrorKind::Unreachable);
}

#[test]
fn every_member_is_needed() {
    for member in ["accessToken", "clientId", "refreshToken", "dpopKey"] {
        let mut file = session(9999);
        file.as_object_mut().unwrap().remove(member);
        let error = resolve(&mut world(&file), &Options::new()).unwrap_err();
        assert!(error.kind() == ErrorKind::Malformed && error.message().contains(member), "{error}");
        assert!(error.message().contains("aws login"), "{error}");
    }
    for member in ["accessKeyId", "secretAccessKey", "sessionToken", "accountId", "expiresAt"] {
        let mut file = session(9999);
        file["accessToken"].as_object_mut().unwrap().remove(member);
        let error = resolve(&mut world(&file), &Options::new()).unwrap_err();
        assert!(error.message().contains(member), "{error}");
    }
    let mut file = session(9999);
    file["dpopKey"] = KEY.replace("MHcC", "MHcD").into();
    assert!(resolve(&mut world(&file), &Options::new()).is_err());
    let mut person = world(&session(0));
    person.files.remove(FILE);
    let error = resolve(&mut person, &Options::new()).unwrap_err();
    assert!(error.kind() == ErrorKind::Expired && error.message().contains("aws login"), "{error}");
}

#[test]
fn the_region_is_that_of_the_sign_in_then_of_the_profile_then_of_the_environment() {
    let asked = |file: Value, config: &str, env: &[(&'static str, &'static str)]| {
        let mut person = world(&file).file("/h/.aws/config", config);
        person.env.extend(env);
        let result = resolve(&mut person, &Options::new());
        (person.sent.last().map(|http| http.url.clone()), result)
    };
    let mut homeless = session(0);
    homeless.as_object_mut().unwrap().remove("signInRegion");
    let environment = [("AWS_REGION", "ap-south-1")];
    assert_eq!(asked(session(0), CONFIG, &environment).0.unwrap(), TOKEN_URL);
    let of_profile = asked(homeless.clone(), CONFIG, &environment).0.unwrap();
    assert_eq!(of_profile, "https://eu-west-1.signin.aws.amazon.com/v1/token");
    let bare = CONFIG.replace("region = eu-west-1\n", "");
    let of_env = asked(homeless.clone(), &bare, &environment).0.unwrap();
    assert_eq!(of_env, "https://ap-south-1.signin.aws.amazon.com/v1/token");
    let nowhere = asked(homeless, &bare, &[]);
    assert!(nowhere.0.is_none() && nowhere.1.unwrap_err().message().contains("AWS_REGION"));
    let custom = asked(session(0), CONFIG, &[("AWS_ENDPOINT_URL_SIGNIN", "http://127.0.0.1:1")]).0.unwrap();
    assert_eq!(custom, "http://127.0.0.1:1/v1/token");
}

#[test]
fn the_directory_of_the_cache_can_be_another() {
    let name = FILE.rsplit('/').next().unwrap();
    for (directory, path) in [("/c/", format!("/c/{name}")), ("~/mine", format!("/h/mine/{name}"))] {
        let mut person = world(&session(0)).file(&path, session(999).to_string());
        person.files.remove(FILE);
        person.env.push(("AWS_LOGIN_CACHE_DIRECTORY", directory));
        assert_eq!(key(&resolve(&mut person, &Options::new())), "ASIAONE");
    }
}

#[test]
fn another_process_renews_and_roles_follow() {
    let mut person = world(&session(10));
    let mut others = session(900);
    others["accessToken"]["accessKeyId"] = "ASIATHREE".into();
    person.meanwhile = Some((FILE.to_owned(), others.to_string().into_bytes()));
    assert_eq!(key(&resolve(&mut person, &Options::new())), "ASIATHREE");
    assert_eq!(person.count(TOKEN), 0);

    let sts = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/x</Arn>\
        </AssumedRoleUser><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s3cr3t-role-key</SecretAccessKey>\
        <SessionToken>s3ssion-role-token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>\
        </AssumeRoleResult></AssumeRoleResponse>";
    let mut person = world(&session(900));
    person.env.push(("AWS_REGION", "eu-west-1"));
    let reply = HttpReply::new(200, Vec::new(), sts);
    person.replies.insert("POST https://sts.eu-west-1.amazonaws.com/".to_owned(), [Ok(reply)].into());
    assert_eq!(key(&resolve(&mut person, &Options::new().profile("role"))), "ASIAROLE");
}
