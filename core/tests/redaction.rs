//! What is hidden by shape, a form at a time, and what stays.

use awsaccess::redact::{self, Redactor};

const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETSKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDf+x/Q==";
const HEX: &str = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

/// `{KEY}`, `{TOKEN}` and `{HEX}` stand for the values above.
fn filled(text: &str) -> String {
    text.replace("{KEY}", KEY).replace("{TOKEN}", TOKEN).replace("{HEX}", HEX)
}

/// Checks pairs of a text and what is shown of it.
fn check(forms: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, want) in forms {
        let (text, want) = (filled(text), filled(want));
        let out = redact::text(&text);
        if out != want {
            wrong.push(format!("{text}\n  shown {out}\n  want  {want}"));
        }
        if redact::text(&out) != out {
            wrong.push(format!("{text}\n  twice {}", redact::text(&out)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ini_and_environment() {
    check(&[
        (
            "aws_secret_access_key = {KEY}\nregion = x",
            "aws_secret_access_key = [aws-secret-access-key]\nregion = x",
        ),
        ("AWS_SECRET_ACCESS_KEY={KEY}", "AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]"),
        ("export AWS_SESSION_TOKEN='{TOKEN}'; x", "export AWS_SESSION_TOKEN='[aws-session-token]'; x"),
        ("DB_PASSWORD=a,b;c&d)e 1", "DB_PASSWORD=[password] 1"),
        (
            "$env:AWS_SECRET_ACCESS_KEY = \"{KEY}\"",
            "$env:AWS_SECRET_ACCESS_KEY = \"[aws-secret-access-key]\"",
        ),
        ("setenv AWS_SECRET_ACCESS_KEY {KEY}", "setenv AWS_SECRET_ACCESS_KEY [aws-secret-access-key]"),
        (
            "aws configure set aws_secret_access_key {KEY}",
            "aws configure set aws_secret_access_key [aws-secret-access-key]",
        ),
        ("aws_secret_access_key =\nregion = x", "aws_secret_access_key =\nregion = x"),
        (
            "os.environ[\"AWS_SECRET_ACCESS_KEY\"] = \"{KEY}\"",
            "os.environ[\"AWS_SECRET_ACCESS_KEY\"] = \"[aws-secret-access-key]\"",
        ),
        (
            "setenv('AWS_SECRET_ACCESS_KEY', 'short')",
            "setenv('AWS_SECRET_ACCESS_KEY', '[aws-secret-access-key]')",
        ),
        ("AWS_BEARER_TOKEN_BEDROCK=abc", "AWS_BEARER_TOKEN_BEDROCK=[bedrock-api-key]"),
    ]);
}

#[test]
fn options() {
    check(&[
        (
            "x --secret-access-key short --region y",
            "x --secret-access-key [aws-secret-access-key] --region y",
        ),
        ("x --password=p%q y", "x --password=[password] y"),
        (
            "Set-AWSCredential -SecretKey abc -SessionToken def",
            "Set-AWSCredential -SecretKey [aws-secret-access-key] -SessionToken [aws-session-token]",
        ),
        ("--token-code 123456", "--token-code [mfa-code]"),
        ("--password-stdin x", "--password-stdin x"),
    ]);
}

#[test]
fn json() {
    check(&[
        (
            r#"{"SecretAccessKey":"{KEY}","SessionToken" : "{TOKEN}","n":1}"#,
            r#"{"SecretAccessKey":"[aws-secret-access-key]","SessionToken" : "[aws-session-token]","n":1}"#,
        ),
        (r#"{"Token":"{TOKEN}","Code":"Success"}"#, r#"{"Token":"[token]","Code":"Success"}"#),
        (r#"{"password":"a\"b\\","x":1}"#, r#"{"password":"[password]","x":1}"#),
        (r#"{"TokenCode": 123456, "x": 1}"#, r#"{"TokenCode": "[mfa-code]", "x": 1}"#),
        (
            r#"{"password": null, "secret": {"a": 1}, "NextToken": "AQICAHhabcdefghijklm"}"#,
            r#"{"password": null, "secret": {"a": 1}, "NextToken": "AQICAHhabcdefghijklm"}"#,
        ),
        (
            r#"{"log": "{\"SecretAccessKey\": \"a\\\"b/c\", \"x\": 1}"}"#,
            r#"{"log": "{\"SecretAccessKey\": \"[aws-secret-access-key]\", \"x\": 1}"}"#,
        ),
        (
            r#"{"log": "{\"SecretAccessKey\": \"abc\\"}"#,
            r#"{"log": "{\"SecretAccessKey\": \"[aws-secret-access-key]"}"#,
        ),
        (r#"{"password": ["one"]}"#, r#"{"password": ["[password]"]}"#),
        (
            r#"{"name": "AWS_SECRET_ACCESS_KEY", "value": "abc"}"#,
            r#"{"name": "AWS_SECRET_ACCESS_KEY", "value": "[aws-secret-access-key]"}"#,
        ),
        (r#"{"a": "password", "b": "c"}"#, r#"{"a": "password", "b": "c"}"#),
        (
            "{\n \"SecretAccessKey\":\n  \"abc\"\n}",
            "{\n \"SecretAccessKey\":\n  \"[aws-secret-access-key]\"\n}",
        ),
        (r#"{"authorizationToken":"QVdTOmV5SndZWGxzYjJGa0lqb2k="}"#, r#"{"authorizationToken":"[token]"}"#),
        (
            "{'SecretAccessKey': 'abc', 'x': b'y', 'password': b'z'}",
            "{'SecretAccessKey': '[aws-secret-access-key]', 'x': b'y', 'password': b'[password]'}",
        ),
    ]);
}

#[test]
fn other_structures() {
    check(&[
        (
            "<SecretAccessKey>{KEY}</SecretAccessKey><x/>",
            "<SecretAccessKey>[aws-secret-access-key]</SecretAccessKey><x/>",
        ),
        (
            "<sts:SessionToken>\n  {TOKEN}\n</sts:SessionToken>",
            "<sts:SessionToken>\n  [aws-session-token]\n</sts:SessionToken>",
        ),
        (
            "&lt;SecretAccessKey&gt;abc&lt;/SecretAccessKey&gt;",
            "&lt;SecretAccessKey&gt;[aws-secret-access-key]&lt;/SecretAccessKey&gt;",
        ),
        (
            "\\u003cSecretAccessKey\\u003eabc\\u003c/SecretAccessKey",
            "\\u003cSecretAccessKey\\u003e[aws-secret-access-key]\\u003c/SecretAccessKey",
        ),
        ("secret_key = \"{KEY}\" # terraform", "secret_key = \"[aws-secret-access-key]\" # terraform"),
        ("secretAccessKey: {KEY} # yaml", "secretAccessKey: [aws-secret-access-key] # yaml"),
        (
            "{AccessKeyID:AKIAIOSFODNN7EXAMPLE SecretAccessKey:abc SessionToken:def}",
            "{AccessKeyID:AKIAIOSFODNN7EXAMPLE SecretAccessKey:[aws-secret-access-key] SessionToken:[aws-session-token]}",
        ),
        (":secret_access_key=>\"abc\"", ":secret_access_key=>\"[aws-secret-access-key]\""),
        (
            "Action=X&Password=a%2Bb&WebIdentityToken=abc&Version=1",
            "Action=X&Password=[password]&WebIdentityToken=[web-identity-token]&Version=1",
        ),
        (
            "Session=%7B%22sessionKey%22%3A%22abcdefghijklmnop%2Fqr%22%2C%22sessionToken%22%3A%22x%22%7D",
            "Session=%7B%22sessionKey%22%3A%22[aws-secret-access-key]%22%2C%22sessionToken%22%3A%22[aws-session-token]%22%7D",
        ),
    ]);
}

#[test]
fn headers_in_logs() {
    check(&[
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20150830/x, SignedHeaders=host, Signature={HEX}\r\nx: y",
            "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20150830/x, SignedHeaders=host, Signature=[signature]\r\nx: y",
        ),
        (
            "authorization: AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=",
            "authorization: AWS AKIDEXAMPLE:[signature]",
        ),
        ("Authorization: Basic dXNlcjpwYXNz\n", "Authorization: Basic [credentials]\n"),
        ("{'Authorization': 'Bearer abc', 'a': 1}", "{'Authorization': 'Bearer [bearer-token]', 'a': 1}"),
        ("map[Authorization:[Bearer abc] Host:[x]]", "map[Authorization:[Bearer [bearer-token]] Host:[x]]"),
        ("curl -H 'Authorization: Digest a=b, c=d' x", "curl -H 'Authorization: Digest [credentials]' x"),
        ("X-Amz-Security-Token: {TOKEN}\n", "X-Amz-Security-Token: [aws-session-token]\n"),
        ("Set-Cookie: a=b; c=d\nHost: x", "Set-Cookie: [cookie]\nHost: x"),
        (
            "x-amz-server-side-encryption-customer-key:abc=",
            "x-amz-server-side-encryption-customer-key:[sse-customer-key]",
        ),
        ("Signature:\n{HEX}\nnext", "Signature:\n[signature]\nnext"),
        ("0;chunk-signature={HEX}\r\n", "0;chunk-signature=[signature]\r\n"),
    ]);
}

/// A block whose first line could be JSON is a block all the same.
#[test]
fn blocks_that_begin_like_json() {
    check(&[
        ("password: |\n  12345678\n  abcdefgh\nnext: 1", "password: |\n  [password]\n\nnext: 1"),
        ("password: >-\n  20260501 10:00 x\nnext: 1", "password: >-\n  [password]\nnext: 1"),
        ("password: |\n  true\n  abcdefgh\nnext: 1", "password: |\n  [password]\n\nnext: 1"),
        ("{\"TokenCode\":\n  123456\n}", "{\"TokenCode\":\n  \"[mfa-code]\"\n}"),
    ]);
}

#[test]
fn urls() {
    check(&[
        (
            "GET https://b.s3.amazonaws.com/k?X-Amz-Credential=AKID%2F1&X-Amz-Security-Token=a%2Fb&X-Amz-Signature={HEX} 200",
            "GET https://b.s3.amazonaws.com/k?X-Amz-Credential=AKID%2F1&X-Amz-Security-Token=[aws-session-token]&X-Amz-Signature=[signature] 200",
        ),
        (
            "\"https://x/?X-Amz-Signature={HEX}\\u0026y=1\"",
            "\"https://x/?X-Amz-Signature=[signature]\\u0026y=1\"",
        ),
        (
            "r=https%3A%2F%2Fx%2F%3FX-Amz-Signature%3D{HEX}%26y%3D1",
            "r=https%3A%2F%2Fx%2F%3FX-Amz-Signature%3D[signature]%26y%3D1",
        ),
        ("http://user:pa$$@proxy:8080/", "http://user:%5Bpassword%5D@proxy:8080/"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
    ]);
}

#[test]
fn free_text() {
    check(&[
        (
            "the key ({KEY}) and a SHA-1 da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "the key ([aws-secret-access-key]) and a SHA-1 da39a3ee5e6b4b0d3255bfef95601890afd80709",
        ),
        (
            "got Bearer abcdefgh12345678, and bearer authentications",
            "got Bearer [bearer-token], and bearer authentications",
        ),
        ("basic authentication is off", "basic authentication is off"),
        ("jwt eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0xx.c2ln end", "jwt [jwt] end"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nx",
            "-----BEGIN RSA PRIVATE KEY-----[private-key]\n\n\n-----END RSA PRIVATE KEY-----\nx",
        ),
        (
            "k: \"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n\",",
            "k: \"-----BEGIN PRIVATE KEY-----[private-key]-----END PRIVATE KEY-----\\n\",",
        ),
        ("-----BEGIN CERTIFICATE-----\nMIIE", "-----BEGIN CERTIFICATE-----\nMIIE"),
        (
            "src/main/java/com/Example/Client1Factory and org/apache/http/impl/client/HttpClient4x",
            "src/main/java/com/Example/Client1Factory and org/apache/http/impl/client/HttpClient4x",
        ),
        (
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/main-AbCdEf",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/main-AbCdEf",
        ),
        (
            "PasswordLastUsed: 2020-01-01, PasswordEnabled=true",
            "PasswordLastUsed: 2020-01-01, PasswordEnabled=true",
        ),
    ]);
}

#[test]
fn headers_by_name() {
    let shown = |name: &str, value: &str| {
        String::from_utf8(redact::header(name.as_bytes(), value.as_bytes()).into_owned()).expect("text")
    };
    for (name, value, want) in [
        ("X-AMZ-SECURITY-TOKEN", "x", "[aws-session-token]"),
        ("x-amz-s3session-token", "x", "[aws-session-token]"),
        ("cookie", "a=b", "[cookie]"),
        ("Proxy-Authorization", "Basic eA==", "Basic [credentials]"),
        ("authorization", "Bearer x", "Bearer [bearer-token]"),
        ("authorization", "justatoken", "[credentials]"),
        ("authorization", "AWS AKID:c2ln", "AWS AKID:[signature]"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=A/b,Signature=x,Oops=y",
            "AWS4-HMAC-SHA256 Credential=A/b,Signature=[signature],[credentials]",
        ),
        ("authorization", "", ""),
        ("x-aws-ec2-metadata-token", "x", "[token]"),
        ("x-aws-ec2-metadata-token-ttl-seconds", "21600", "21600"),
        ("x-amz-copy-source-server-side-encryption-customer-key", "x", "[sse-customer-key]"),
        ("x-amz-server-side-encryption-customer-key-md5", "x", "x"),
        ("x-amz-mfa", "arn:aws:iam::1:mfa/x 123456", "[mfa-code]"),
        (
            "referer",
            "https://x/?X-Amz-Signature=00112233445566778899",
            "https://x/?X-Amz-Signature=[signature]",
        ),
        ("x-amz-date", "20150830T123600Z", "20150830T123600Z"),
    ] {
        assert_eq!(shown(name, value), want, "{name}: {value}");
        assert_eq!(shown(name, want), want, "once is enough");
    }
    let kept = redact::header(b"host", b"sts.amazonaws.com");
    assert!(matches!(kept, std::borrow::Cow::Borrowed(_)));
}

#[test]
fn targets_by_name() {
    for (target, want) in [
        ("/a/b", "/a/b"),
        ("/?AWSAccessKeyId=A&Signature=x%3D&Expires=1", "/?AWSAccessKeyId=A&Signature=[signature]&Expires=1"),
        ("/?x-amz-security%2dtoken=x&&a", "/?x-amz-security%2dtoken=[aws-session-token]&&a"),
        (
            "/?Action=AssumeRole&TokenCode=123456&SerialNumber=s",
            "/?Action=AssumeRole&TokenCode=[mfa-code]&SerialNumber=s",
        ),
        (
            "/?UserData=x&my_password_2=y&z-Secret-z=w&t=",
            "/?UserData=[user-data]&my_password_2=[password]&z-Secret-z=[secret]&t=",
        ),
        (
            "/federation?Action=getSigninToken&Session=%7B%7D",
            "/federation?Action=getSigninToken&Session=[aws-session-token]",
        ),
        ("/?X-Amz-Signature", "/?X-Amz-Signature"),
    ] {
        let out = redact::target(target.as_bytes());
        assert_eq!(String::from_utf8_lossy(&out), want);
        assert_eq!(redact::target(&out), out, "once is enough");
    }
}

#[test]
fn key_ids_are_names_unless_told_otherwise() {
    let text = "Credential=AKIAIOSFODNN7EXAMPLE/2015, ASIAIOSFODNN7EXAMPLE, XAKIAIOSFODNN7EXAMPLE";
    assert_eq!(redact::text(text), text);
    let masked = Redactor::new().mask_key_ids(true).redact(text);
    assert_eq!(masked, "Credential=[aws-access-key-id]/2015, [aws-access-key-id], XAKIAIOSFODNN7EXAMPLE");
}
