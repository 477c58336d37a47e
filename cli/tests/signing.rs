//! `sign`, `presign`, `verify`, `resign` and `diagnose` as a person runs them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PLACEHOLDER: &str = "placeholder-secret-of-the-command-01";
const REAL: &str = "real-secret-of-the-command-000000001";
const TIME: &str = "20261121T120000Z";
const REQUEST: &[u8] = b"GET /a%20b HTTP/1.1\r\nHost: bucket.s3.us-east-1.amazonaws.com\r\n\r\n";

fn awsaccess(arguments: &[&str], env: &[(&str, &str)], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_awsaccess"))
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("the command ends")
}

fn client() -> [(&'static str, &'static str); 2] {
    [("AWS_ACCESS_KEY_ID", "AKIAPLACEHOLDER00001"), ("AWS_SECRET_ACCESS_KEY", PLACEHOLDER)]
}

fn gateway() -> [(&'static str, &'static str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL"),
        ("AWS_SECRET_ACCESS_KEY", REAL),
        ("AWSACCESS_PLACEHOLDER_SECRET_ACCESS_KEY", PLACEHOLDER),
    ]
}

fn real() -> [(&'static str, &'static str); 2] {
    [("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL"), ("AWS_SECRET_ACCESS_KEY", REAL)]
}

/// What a success printed.
fn done(output: &Output) -> Vec<u8> {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    output.stdout.clone()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("json")
}

/// A file of this test's own.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("written");
    path
}

fn signed(how: &[&str]) -> Vec<u8> {
    let mut arguments = vec!["sign", "--service", "s3", "--time", TIME];
    arguments.extend(how);
    done(&awsaccess(&arguments, &client(), REQUEST))
}

#[test]
fn a_signed_request_is_verified_and_signed_again() {
    for how in [&["--region", "us-east-1"][..], &["--region-set", "us-east-1,eu-*"]] {
        let request = signed(how);
        let algorithm = if how[0] == "--region" { "AWS4-HMAC-SHA256" } else { "AWS4-ECDSA-P256-SHA256" };
        let verify = ["verify", "--time", TIME, "--json"];
        let said = json(&done(&awsaccess(&verify, &client(), &request)));
        assert_eq!((said["verified"].as_bool(), &said["algorithm"]), (Some(true), &algorithm.into()));
        assert!(text(&done(&awsaccess(&verify[..3], &client(), &request))).contains("service: s3\n"));

        let again = done(&awsaccess(&["resign", "--time", TIME], &gateway(), &request));
        assert!(text(&again).contains("AKIAREALREALREALREAL") && !text(&again).contains("PLACEHOLDER"));
        let said = json(&done(&awsaccess(&verify, &real(), &again)));
        assert_eq!(said["access_key_id"], "AKIAREALREALREALREAL");
    }
}

#[test]
fn what_is_refused_is_one_and_said() {
    let request = signed(&["--region", "us-east-1"]);
    let verify = ["verify", "--time", TIME, "--json"];
    let changed = text(&request).replace("/a%20b", "/a%20c");
    let other = [("AWS_ACCESS_KEY_ID", "AKIAPLACEHOLDER00001"), ("AWS_SECRET_ACCESS_KEY", REAL)];
    let cases = [
        (changed.as_bytes(), &client()[..], "signature-mismatch"),
        (&request, &other[..], "signature-mismatch"),
        (&request, &real()[..], "unknown-key"),
    ];
    for (input, env, kind) in cases {
        let output = awsaccess(&verify, env, input);
        assert_eq!(output.status.code(), Some(1));
        let said = json(&output.stdout);
        assert_eq!((said["verified"].as_bool(), &said["kind"]), (Some(false), &kind.into()));
        assert!(text(&output.stderr).starts_with("awsaccess: "));
    }
    let late = awsaccess(&["verify", "--time", "20261121T130000Z"], &client(), &request);
    assert_eq!(late.status.code(), Some(1));
    assert!(text(&late.stderr).contains("expired"), "{}", text(&late.stderr));
    let keyless = awsaccess(&["resign", "--time", TIME], &real(), &request);
    assert_eq!(keyless.status.code(), Some(2));
    assert_eq!(awsaccess(&["verify"], &client(), b"nothing").status.code(), Some(2));
}

#[test]
fn a_url_is_presigned_verified_and_signed_again() {
    let presign = ["presign", "--region", "us-east-1", "--service", "s3", "--expires", "600", "--time", TIME];
    let url = done(&awsaccess(&presign, &client(), REQUEST));
    assert!(text(&url).starts_with("https://bucket.s3.us-east-1.amazonaws.com/a%20b?X-Amz-Algorithm="));
    let said = json(&done(&awsaccess(&["verify", "--time", TIME, "--json"], &client(), &url)));
    assert_eq!((&said["kind"], &said["resource"]), (&"s3".into(), &"bucket/a b".into()));
    let later = "20261121T120500Z";
    let resign = ["resign", "--time", later, "--json"];
    let said = json(&done(&awsaccess(&resign, &gateway(), &url)));
    assert_eq!((&said["expires"], &said["limited_by"]), (&300.into(), &"asked".into()));
    let again = said["text"].as_str().expect("text");
    let said = json(&done(&awsaccess(&["verify", "--time", later, "--json"], &real(), again.as_bytes())));
    assert_eq!(said["expires_at"], "2026-11-21T12:10:00Z");
    let short = json(&done(&awsaccess(&[&resign[..], &["--longest", "60"]].concat(), &gateway(), &url)));
    assert_eq!((&short["expires"], &short["limited_by"]), (&60.into(), &"policy".into()));
    let object = json(&done(&awsaccess(&[&presign[..], &["--json"]].concat(), &client(), REQUEST)));
    assert_eq!(object["url"].as_str().map(str::len), Some(url.len() - 1));
    assert_eq!(object["expires_at"], "2026-11-21T12:10:00Z");
}

#[test]
fn a_link_does_not_promise_more_than_its_credentials_hold() {
    let late = ["presign", "--region", "us-east-1", "--service", "s3", "--expires", "600", "--time"];
    let presign = [&late[..], &["20991231T235500Z"]].concat();
    let env = [&client()[..], &[("AWS_CREDENTIAL_EXPIRATION", "2100-01-01T00:00:00Z")]].concat();
    let output = awsaccess(&presign, &env, REQUEST);
    assert!(text(&done(&output)).contains("X-Amz-Expires=300&"));
    assert!(text(&output.stderr).contains("lasts 300 seconds, until 2100-01-01T00:00:00Z"));
    assert!(awsaccess(&presign, &client(), REQUEST).stderr.is_empty());
}

#[test]
fn a_refused_signature_is_explained() {
    let request = file("double.txt", &signed(&["--region", "us-east-1", "--double-encode", "true"]));
    let reply = b"HTTP/1.1 403 Forbidden\r\nDate: Sat, 21 Nov 2026 12:00:01 GMT\r\n\r\n<Error>\
        <Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>";
    let arguments = ["diagnose", request.to_str().expect("text"), "--reply", "-"];
    let said = text(&done(&awsaccess(&arguments, &client(), reply)));
    assert!(said.starts_with("cause: path-encoded-twice\nwhere: path\n"), "{said}");
    assert!(said.contains("signed: /a%2520b\nservice: /a%20b\n") && !said.contains(PLACEHOLDER), "{said}");
    let said = json(&done(&awsaccess(&[&arguments[..], &["--json"]].concat(), &client(), reply)));
    assert_eq!(
        (&said["cause"], &said["aws_code"]),
        (&"path-encoded-twice".into(), &"SignatureDoesNotMatch".into())
    );
    // Without the secret, and without AWS's canonical request, it cannot be known.
    let output = awsaccess(&arguments, &[], reply);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stdout).starts_with("cause: unknown"));
    let wanted = [&arguments[..], &["--region", "eu-west-1", "--service", "s3"]].concat();
    assert!(text(&awsaccess(&wanted, &[], reply).stdout).starts_with("cause: wrong-region"));
    assert_eq!(awsaccess(&["diagnose", "/nonexistent/request"], &[], b"").status.code(), Some(2));
    assert_eq!(awsaccess(&["diagnose", "-", "--reply", "-"], &[], b"").status.code(), Some(2));
}
