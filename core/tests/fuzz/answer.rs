//! A host of the tests that says anything to any question: the right thing, something wrong, or nothing.

use std::net::IpAddr;
use std::time::Duration;

use awsaccess::chain::Options;
use awsaccess::credentials::Credentials;
use awsaccess::effect::{
    CustomFailure, FileFailure, HttpFailure, HttpReason, HttpReply, ListenFailure, ListenReply,
    ProcessFailure, ProcessReply, SignFailure,
};
use awsaccess::provider::{Cognito, FederationToken, RolesAnywhere, Saml, SessionToken, Token, WebIdentity};
use awsaccess::secret::Secret;
use awsaccess::step::Step;
use awsaccess::time::Time;

/// 2027-01-15T08:00:00Z
pub const NOW: Time = Time::from_unix(1_800_000_000);
/// What must not be seen anywhere.
pub const SECRETS: [&str; 18] = [
    "s3cr3t",
    "t0k3n",
    "3xt3rnal",
    "246810",
    "s3cr3t%2Fx",
    "t0k3n%2Fx",
    "acc3ss-",
    "r3fresh-",
    "cl13nt-secret",
    "d3vice-code",
    "c0de-of-redirect",
    "MHcCAQEEI",
    "s3ssion-",
    // t0k3n/x and acc3ss-one in base64, t0k3n and acc3ss- with every byte escaped.
    "dDBrM24ve",
    "MjQ2ODEw",
    "YWNjM3NzLW9uZ",
    "%74%30%6b%33%6e",
    "%61%63%63%33%73%73%2d",
];

/// A profile for each kind of source.
pub const CONFIG: &str = "[default]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = b\nexternal_id = 3xt3rnal\n\
    mfa_serial = arn:aws:iam::111122223333:mfa/me\n[profile b]\naws_access_key_id = AKIDB\n\
    aws_secret_access_key = s3cr3t/x/of-a-key\n[profile i]\nrole_arn = arn:aws:iam::111122223333:role/i\n\
    credential_source = Ec2InstanceMetadata\n[profile loop]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = loop2\n\
    [profile loop2]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = loop\n[profile p]\ncredential_process = x s3cr3t\n\
    [profile w]\nrole_arn = arn:aws:iam::111122223333:role/w\nweb_identity_token_file = ~/token\n[profile c]\n\
    role_arn = arn:aws:iam::111122223333:role/c\ncredential_source = EcsContainer\n\
    [profile s]\nsso_session = d\nsso_account_id = 111122223333\nsso_role_name = r\n[profile l]\n\
    login_session = arn:aws:iam::123456789012:user/demo\nregion = eu-west-1\n[profile t]\nsso_session = d\n\
    [profile role]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = s\n\
    [sso-session d]\nsso_region = eu-west-1\nsso_start_url = https://d.awsapps.com/start\n";
/// Both end within five minutes of the clock of these tests, so that they are renewed.
const SSO_FILE: &str = r#"{"accessToken":"acc3ss-one","expiresAt":"2027-01-15T08:01:00Z","refreshToken":"r3fresh-one","clientId":"c","clientSecret":"cl13nt-secret","registrationExpiresAt":"2100-01-01T00:00:00Z","region":"eu-west-1"}"#;
const LOGIN_FILE: &str = r#"{"accessToken":{"accessKeyId":"ASIAL","secretAccessKey":"s3cr3t/x/of-a-key","sessionToken":"s3ssion-one","accountId":"1","expiresAt":"2027-01-15T08:01:00Z"},"clientId":"c","refreshToken":"r3fresh-one","dpopKey":"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAhq1X+B57PS8AqcaFzq563+M0A6oTZ7Tgy9XDZPQC4toAoGCCqGSM49\nAwEHoUQDQgAEGr7fDoRF1+12tOgqxLSkL6OHpd6w6jfE+yQKyFC49TmfOsLvKq11\nrvaUcDoGjdGvaSzCha1SHs0Ih8GmQITzNA==\n-----END EC PRIVATE KEY-----\n"}"#;
/// What the services of sign-in answer when all is well, by the end of the address.
const SIGN_IN: [(&str, &str); 8] = [
    (
        "/federation/credentials",
        r#"{"roleCredentials":{"accessKeyId":"ASIAS","secretAccessKey":"s3cr3t/x/of-a-key","sessionToken":"s3ssion-two","expiration":1900000000000}}"#,
    ),
    (
        "/v1/token",
        r#"{"accessToken":{"accessKeyId":"ASIAL","secretAccessKey":"s3cr3t/x/of-a-key","sessionToken":"s3ssion-two"},"expiresIn":900,"refreshToken":"r3fresh-two","idToken":"e30.eyJzdWIiOiJhcm46YXdzOmlhbTo6MTIzNDU2Nzg5MDEyOnVzZXIvZGVtbyJ9.e30"}"#,
    ),
    ("/token", r#"{"accessToken":"acc3ss-two","expiresIn":3600,"refreshToken":"r3fresh-two"}"#),
    (
        "/client/register",
        r#"{"clientId":"c","clientSecret":"cl13nt-secret","clientSecretExpiresAt":1900000000}"#,
    ),
    (
        "/device_authorization",
        r#"{"deviceCode":"d3vice-code","userCode":"AB-CD","verificationUri":"https://d.example/","expiresIn":600,"interval":5}"#,
    ),
    ("/assignment/accounts", r#"{"accountList":[{"accountId":"111122223333"}]}"#),
    ("/assignment/roles", r#"{"roleList":[{"roleName":"r"}]}"#),
    ("/logout", ""),
];
const INSTANCE: &str = r#"{"Code":"Success","AccessKeyId":"ASIAI","SecretAccessKey":"s3cr3t/x/of-a-key","Token":"t0k3n/x/of-a-session","Expiration":"2100-01-01T00:00:00Z"}"#;
const ROLE: &str = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn>\
    </AssumedRoleUser><Credentials><AccessKeyId>ASIAR</AccessKeyId><SecretAccessKey>s3cr3t/x/of-a-key</SecretAccessKey>\
    <SessionToken>t0k3n/x/of-a-session</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
    </AssumeRoleResponse>";

const PRINTED: &str = r#"{"Version":1,"AccessKeyId":"ASIAP","SecretAccessKey":"s3cr3t/x/of-a-key","SessionToken":"t0k3n/x/of-a-session","Expiration":"2100-01-01T00:00:00Z"}"#;
/// The replies of Cognito and of Roles Anywhere, both in one.
const IDENTITY: &str = r#"{"IdentityId":"eu-west-1:i","Token":"t0k3n","Credentials":{"AccessKeyId":"ASIAC","SecretKey":"s3cr3t/x/of-a-key","SessionToken":"t0k3n/x/of-a-session","Expiration":4102444800},
    "credentialSet":[{"credentials":{"accessKeyId":"ASIAX","secretAccessKey":"s3cr3t/x/of-a-key","sessionToken":"t0k3n/x/of-a-session","expiration":"2100-01-01T00:00:00Z"}}]}"#;
const CERTIFICATE: &[u8] = include_bytes!("../../../vectors/roles-anywhere/ecdsa-chain.pem");
const ANCHOR: &str = "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a";
const PROFILE: &str = "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/p";
const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/given";

/// One of the sources that are given in code, or an exchange of what was found.
pub fn given(options: Options, which: usize) -> Options {
    let file = || Token::File("/token".into());
    let mut basic = Cognito::new("eu-west-1:p").login("l", file());
    basic.role_arn = Some(ROLE_ARN.into());
    match which {
        0 => options.web_identity(WebIdentity::new(ROLE_ARN, file())),
        1 => options.saml(Saml::new(ROLE_ARN, "arn:aws:iam::111122223333:saml-provider/i", file())),
        2 => options.cognito(Cognito::new("eu-west-1:p").login("l", file())),
        3 => options.cognito(basic),
        4 => options.roles_anywhere(RolesAnywhere::new(ANCHOR, PROFILE, ROLE_ARN, "/cert", "/key")),
        5 => options.session_token(SessionToken::new().mfa_serial("arn:aws:iam::111122223333:mfa/me")),
        6 => options.federation_token(FederationToken::new("ana")),
        _ => options,
    }
}

/// What a host may say to any question.
#[derive(Clone, Debug)]
pub enum Answer {
    Good,
    Declined,
    Missing,
    Failed(usize),
    Status(u16),
    Echo(u16),
    Encoded(u16),
    Mistyped,
    Garbage(Vec<u8>),
    Huge,
    Old,
}

/// The files that a task reads when all goes well: config and credentials.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    pub config: &'a [u8],
    pub credentials: Option<&'a [u8]>,
}

/// The next step after that answer; a task that is done stays so.
pub fn say<T>(step: Step<T>, answer: &Answer, files: Files<'_>) -> Step<T> {
    match (step, answer) {
        (done @ Step::Done(_), _) => done,
        (step, Answer::Declined) => step.decline(NOW),
        (Step::ReadFile(ask), answer) => {
            let good = match ask.request().path.as_str() {
                "/token" | "/h/token" => Some(b"t0k3n+x+of+a+file".as_slice()),
                "/cert" => Some(CERTIFICATE),
                path if path.contains("/sso/cache/") => Some(SSO_FILE.as_bytes()),
                path if path.contains("/login/cache/") => Some(LOGIN_FILE.as_bytes()),
                path if path.ends_with("/credentials") => files.credentials,
                _ => Some(files.config),
            };
            let data = match answer {
                Answer::Good => Ok(good.map(<[u8]>::to_vec)),
                Answer::Mistyped => Ok(good.map(|good| mistyped(&String::from_utf8_lossy(good)).into())),
                Answer::Failed(_) => Err(FileFailure::new("permission denied")),
                Answer::Garbage(bytes) => Ok(Some(bytes.clone())),
                Answer::Huge => Ok(Some(vec![b'#'; 5 << 20])),
                _ => Ok(None),
            };
            ask.answer(NOW, data)
        }
        (Step::Http(ask), answer) => {
            let sent = ask.request();
            let good = match (sent.method, sent.url.ends_with("security-credentials/")) {
                ("PUT", _) => "t0k3n-imds",
                ("GET", true) => "gateway",
                ("GET", false) => INSTANCE,
                _ if sent.url.contains("cognito") || sent.url.contains("rolesanywhere") => IDENTITY,
                _ => {
                    let body = String::from_utf8_lossy(&sent.body);
                    let operation = body.split('&').next().unwrap_or_default().trim_start_matches("Action=");
                    &ROLE.replace("AssumeRole", operation)
                }
            };
            // A malicious or merely chatty service sends back everything that it was sent, as it came or encoded.
            let values = || { sent.headers.iter() }.map(|(_, value)| value.expose());
            let echo = match answer {
                Answer::Encoded(_) => {
                    values().map(base64).collect::<Vec<_>>().join(" ") + &escaped(&sent.body)
                }
                _ => {
                    let body = String::from_utf8_lossy(&sent.body).replace('&', ";");
                    values().collect::<Vec<_>>().join(" ") + &body
                }
            };
            let address = sent.url.split('?').next().unwrap();
            let of_sign_in = SIGN_IN.iter().find(|(end, _)| address.ends_with(end));
            let good = of_sign_in.map_or(good, |(_, good)| good);
            let echo = if of_sign_in.is_some() {
                serde_json::json!({ "__type": "X", "error": echo, "message": echo }).to_string()
            } else {
                format!(
                    "<ErrorResponse><Error><Code>X</Code><Message>{echo}</Message></Error></ErrorResponse>"
                )
            };
            let date = vec![("Date".to_owned(), "Sun, 06 Nov 1994 08:49:37 GMT".to_owned())];
            let reply = match answer {
                Answer::Good => Ok(HttpReply::new(200, Vec::new(), good)),
                Answer::Failed(reason) => Err(HttpFailure::new(HttpReason::ALL[*reason], "no\nreply")),
                Answer::Status(status) => Ok(HttpReply::new(*status, date, "")),
                Answer::Echo(status) | Answer::Encoded(status) => Ok(HttpReply::new(*status, date, echo)),
                Answer::Mistyped => Ok(HttpReply::new(200, Vec::new(), mistyped(good))),
                Answer::Garbage(bytes) => Ok(HttpReply::new(200, Vec::new(), bytes.clone())),
                Answer::Huge => Ok(HttpReply::new(200, Vec::new(), vec![b'a'; 1 << 20])),
                Answer::Old => Ok(HttpReply::new(200, Vec::new(), good.replace("2100", "2001"))),
                _ => Ok(HttpReply::new(404, Vec::new(), "")),
            };
            ask.answer(NOW, reply)
        }
        (Step::Prompt(ask), answer) => {
            let code = match answer {
                Answer::Good => "246810",
                Answer::Garbage(_) => "\u{0}\u{fffd}",
                _ => "",
            };
            ask.answer(NOW, Secret::new(code))
        }
        (Step::Wait(ask), _) => {
            assert!(ask.request().duration <= Duration::from_secs(25));
            ask.answer(NOW, ())
        }
        (Step::Resolve(ask), answer) => {
            let addresses = match answer {
                Answer::Good => Ok(vec![IpAddr::from([127, 0, 0, 1])]),
                Answer::Failed(reason) => Err(HttpFailure::new(HttpReason::ALL[*reason], "no\nname")),
                Answer::Missing => Ok(Vec::new()),
                _ => Ok(vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([10, 0, 0, 1])]),
            };
            ask.answer(NOW, addresses)
        }
        (Step::RunProcess(ask), answer) => {
            let argv: Vec<_> = ask.request().argv.iter().map(Secret::expose).collect();
            let reply = match answer {
                Answer::Good => Ok(ProcessReply::new(0, PRINTED.into(), b"s3cr3t".to_vec())),
                Answer::Mistyped => Ok(ProcessReply::new(0, mistyped(PRINTED).into(), Vec::new())),
                Answer::Failed(_) => Err(ProcessFailure::new(format!("{argv:?} failed"))),
                Answer::Garbage(bytes) => Ok(ProcessReply::new(0, bytes.clone(), bytes.clone())),
                Answer::Huge => Ok(ProcessReply::new(0, vec![b'a'; 1 << 20], Vec::new())),
                Answer::Old => Ok(ProcessReply::new(0, PRINTED.replace("2100", "2001").into(), Vec::new())),
                _ => Ok(ProcessReply::new(1, Vec::new(), b"s3cr3t t0k3n".to_vec())),
            };
            ask.answer(NOW, reply)
        }
        (Step::Sign(ask), answer) => {
            let signature = match answer {
                Answer::Good => Ok(vec![1, 2, 3]),
                Answer::Garbage(bytes) => Ok(bytes.clone()),
                Answer::Huge => Ok(vec![0; 1 << 20]),
                _ => Err(SignFailure::new("no\nkey")),
            };
            ask.answer(NOW, signature)
        }
        (Step::Custom(ask), answer) => {
            let keys =
                || Credentials::new("AKIDV", "s3cr3t/x/of-a-key").with_session_token("t0k3n/x/of-a-session");
            let reply = match answer {
                Answer::Good => Ok(Some(keys())),
                Answer::Missing => Ok(None),
                Answer::Old => Ok(Some(keys().with_expiry(Time::from_unix(1)))),
                Answer::Garbage(bytes) => {
                    Ok(Some(Credentials::new(String::from_utf8_lossy(bytes), "s3cr3t/x/of-a-key")))
                }
                Answer::Huge => Ok(Some(Credentials::new("A".repeat(1 << 20), "s3cr3t/x/of-a-key"))),
                _ => Err(CustomFailure::new("the vault\nis sealed")),
            };
            ask.answer(NOW, reply)
        }
        (Step::Lock(ask), answer) => ask.answer(NOW, done(answer)),
        (Step::WriteFile(ask), answer) => ask.answer(NOW, done(answer)),
        (Step::RemoveFile(ask), answer) => ask.answer(NOW, done(answer)),
        (Step::ListFiles(ask), answer) => {
            let names = match answer {
                Answer::Good => vec!["a.json".to_owned(), "../../x.json".to_owned(), "b".to_owned()],
                Answer::Huge => vec!["x.json".to_owned(); 5000],
                _ => Vec::new(),
            };
            ask.answer(NOW, done(answer).map(|()| names))
        }
        (Step::Listen(ask), answer) => {
            let state = ask.request().page.split('&').find(|part| part.starts_with("state=")).unwrap();
            let query = match answer {
                Answer::Good => format!("{state}&code=c0de-of-redirect"),
                Answer::Garbage(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Answer::Huge => "x".repeat(1 << 20),
                Answer::Old => format!("{state}&error=c&error_description=%0a"),
                _ => "code=c0de-of-redirect&state=other".to_owned(),
            };
            let reply = ListenReply::new(4711, query);
            ask.answer(NOW, done(answer).map(|()| reply).map_err(|_| ListenFailure::new("nobody\ncame")))
        }
        (other, _) => other.decline(NOW),
    }
}

fn done(answer: &Answer) -> Result<(), FileFailure> {
    match answer {
        Answer::Failed(_) | Answer::Status(_) => Err(FileFailure::new("read-only\nfile system")),
        _ => Ok(()),
    }
}

/// Where there was a text is a number now, and the reverse; what is no JSON loses its angle brackets.
fn mistyped(text: &str) -> String {
    fn other(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(all) => all.iter_mut().for_each(other),
            serde_json::Value::Object(all) => all.values_mut().for_each(other),
            serde_json::Value::Number(number) => *value = number.to_string().into(),
            serde_json::Value::String(text) => *value = text.len().into(),
            other => *other = serde_json::Value::Array(Vec::new()),
        }
    }
    match serde_json::from_str(text) {
        Ok(mut value) => {
            other(&mut value);
            value.to_string()
        }
        Err(_) => text.replace(['<', '>'], ""),
    }
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let of = |three: &[u8]| {
        let word = three.iter().chain(&[0, 0]).take(3).fold(0, |word, byte| word << 8 | usize::from(*byte));
        let digits = (0..4).map(|at| char::from(DIGITS[word >> (18 - 6 * at) & 63]));
        digits.take(three.len() + 1).collect::<String>()
    };
    text.as_bytes().chunks(3).map(of).collect()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}
