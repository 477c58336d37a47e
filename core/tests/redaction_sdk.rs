//! What AWS's own tools print when asked to say much, and curl and Terraform beside them. The lines are written for
//! this test in the form that each of them gives its output; the values are invented.

use awsaccess::redact;

const SECRET: &str = "vN3xT/pQ8rKd2+LmZw7YsJ4hBgUc6EoXfAa9Ri1t";
/// A secret with nothing but small letters and digits, so that only what stands around it gives it away.
const DULL: &str = "dull0secret0without0any0shape";
const TOKEN: &str = "FwoGZXIvYXdzEBYaDKq9/x+TnB7//////////wEqLmZ0b2tlbg==";
const SIGNATURE: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const HIDDEN: [(&str, &str); 6] = [
    ("SECRET", SECRET),
    ("DULL", DULL),
    ("TOKEN", TOKEN),
    ("QUOTED", "FwoGZXIvYXdzEBYaDKq9%2Fx%2BTnB7%2F%2F%2F%2FwEqLmZ0b2tlbg%3D%3D"),
    ("ESCAPED", "FwoGZXIvYXdzEBYaDKq9\\/x+TnB7\\u002fwEqLmZ0b2tlbg\\u003d="),
    ("SIGNATURE", SIGNATURE),
];

/// What must still be read in each line, or the log would be of no use; `…` parts several.
struct Line(&'static str, &'static str);

fn check(lines: &[Line]) {
    let mut wrong = Vec::new();
    for Line(line, kept) in lines {
        let mut text = (*line).to_owned();
        let mut secrets = 0;
        for (name, secret) in HIDDEN {
            let slot = format!("{{{name}}}");
            secrets += text.matches(&slot).count();
            text = text.replace(&slot, secret);
        }
        assert!(secrets > 0, "{line}");
        let out = redact::text(&text);
        let leaks = HIDDEN
            .iter()
            .any(|(_, secret)| secret.split('%').any(|part| part.len() > 8 && out.contains(part)))
            || out.contains("FwoG")
            || out.contains("TnB7");
        let lost: Vec<&str> = kept.split('…').filter(|part| !out.contains(part)).collect();
        if leaks || !lost.is_empty() || out.matches('[').count() < secrets || redact::text(&out) != out {
            wrong.push(format!("{text}\n  shown {out}\n  lost {lost:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn aws_cli_and_botocore() {
    check(&[
        Line(
            "2026-05-01 10:00:00,123 - MainThread - botocore.auth - DEBUG - CanonicalRequest:\nPOST\n/\n\ncontent-type:application/x-www-form-urlencoded; charset=utf-8\nhost:sts.amazonaws.com\nx-amz-date:20260501T100000Z\nx-amz-security-token:{TOKEN}\n\ncontent-type;host;x-amz-date;x-amz-security-token\nab821ae955788b0e33ebd34c208442ccfc2d406e2edc5e7a39bd6458fbb4f843",
            "host:sts.amazonaws.com\n…\nx-amz-security-token:[aws-session-token]\n\n…\ncontent-type;host;x-amz-date;x-amz-security-token\nab821ae9",
        ),
        Line(
            "2026-05-01 10:00:00,124 - MainThread - botocore.auth - DEBUG - Signature:\n{SIGNATURE}\n",
            "Signature:\n[signature]\n",
        ),
        Line(
            "2026-05-01 10:00:00,125 - MainThread - botocore.endpoint - DEBUG - Sending http request: <AWSPreparedRequest stream_output=False, method=POST, url=https://sts.amazonaws.com/, headers={'Content-Type': b'application/x-www-form-urlencoded; charset=utf-8', 'User-Agent': b'aws-cli/2.17.0', 'X-Amz-Date': b'20260501T100000Z', 'X-Amz-Security-Token': b'{TOKEN}', 'Authorization': b'AWS4-HMAC-SHA256 Credential=ASIAQWERTYUIOPASDFGH/20260501/us-east-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature={SIGNATURE}', 'Content-Length': '43'}>",
            "'X-Amz-Security-Token': b'[aws-session-token]', 'Authorization': b'AWS4-HMAC-SHA256 Credential=ASIAQWERTYUIOPASDFGH/20260501/us-east-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[signature]', 'Content-Length': '43'}>",
        ),
        Line(
            "DEBUG - Making request for OperationModel(name=AssumeRoleWithWebIdentity) with params: {'url_path': '/', 'query_string': '', 'method': 'POST', 'body': {'Action': 'AssumeRoleWithWebIdentity', 'RoleArn': 'arn:aws:iam::123456789012:role/r', 'WebIdentityToken': '{DULL}'}, 'context': {'has_streaming_input': False}}",
            "'WebIdentityToken': '[web-identity-token]'}, 'context'",
        ),
        Line(
            "DEBUG - Response body:\nb'<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAQWERTYUIOPASDFGH</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken><Expiration>2026-05-01T11:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>'",
            "<SecretAccessKey>[aws-secret-access-key]</SecretAccessKey><SessionToken>[aws-session-token]</SessionToken><Expiration>2026",
        ),
        Line(
            "DEBUG - Response body:\nb'{\"roleCredentials\":{\"accessKeyId\":\"ASIAQWERTYUIOPASDFGH\",\"secretAccessKey\":\"{SECRET}\",\"sessionToken\":\"{TOKEN}\",\"expiration\":1777633200000}}'",
            "\"secretAccessKey\":\"[aws-secret-access-key]\",\"sessionToken\":\"[aws-session-token]\",\"expiration\":1777633200000",
        ),
        Line(
            "ReadOnlyCredentials(access_key='ASIAQWERTYUIOPASDFGH', secret_key='{DULL}', token='{TOKEN}', account_id=None)",
            "secret_key='[aws-secret-access-key]', token='[token]', account_id=None)",
        ),
        Line(
            "Credentials(access_key_id=\"ASIAQWERTYUIOPASDFGH\", secret_access_key=\"{DULL}\", session_token=\"{TOKEN}\")",
            "access_key_id=\"ASIAQWERTYUIOPASDFGH\", secret_access_key=\"[aws-secret-access-key]\", session_token=\"[aws-session-token]\")",
        ),
        Line(
            "send: b'GET /latest/api/token HTTP/1.1\\r\\nHost: 169.254.169.254\\r\\nX-aws-ec2-metadata-token: {DULL}\\r\\n\\r\\n'",
            "metadata-token: [token]\\r\\n",
        ),
        Line("header: X-Amz-Security-Token: {TOKEN}", "X-Amz-Security-Token: [aws-session-token]"),
        Line(
            "(b'X-Amz-Security-Token', b'{TOKEN}'), (b'Host', b'x.amazonaws.com')",
            "(b'Host', b'x.amazonaws.com')",
        ),
        Line(
            "<HTTPHeaders [('x-amz-security-token', '{TOKEN}'), ('host', 'x.amazonaws.com')]>",
            "('host', 'x.amazonaws.com')",
        ),
        Line(
            "DEBUG - Calculating signature using v4 auth for https://b.s3.amazonaws.com/k?X-Amz-Security-Token={QUOTED}&X-Amz-Expires=60",
            "X-Amz-Security-Token=[aws-session-token]&X-Amz-Expires=60",
        ),
    ]);
}

#[test]
fn sdk_for_javascript() {
    check(&[
        Line(
            "{\n  accessKeyId: 'ASIAQWERTYUIOPASDFGH',\n  secretAccessKey: '{DULL}',\n  sessionToken: '{TOKEN}',\n  expiration: 2026-05-01T11:00:00.000Z\n}",
            "secretAccessKey: '[aws-secret-access-key]',\n…sessionToken: '[aws-session-token]',\n  expiration: 2026",
        ),
        Line(
            "HttpRequest { method: 'GET', headers: { host: 'x.amazonaws.com', 'x-amz-security-token': '{TOKEN}', authorization: 'AWS4-HMAC-SHA256 Credential=AKID/20260501/x/s3/aws4_request, SignedHeaders=host, Signature={SIGNATURE}' }, body: undefined }",
            "'x-amz-security-token': '[aws-session-token]', authorization: 'AWS4-HMAC-SHA256 Credential=AKID/20260501/x/s3/aws4_request, SignedHeaders=host, Signature=[signature]' }, body: undefined",
        ),
        Line(
            "endpoints evaluateExpression { clientName: 'STSClient', commandName: 'AssumeRoleCommand', output: { Credentials: { AccessKeyId: 'ASIAQWERTYUIOPASDFGH', SecretAccessKey: `{DULL}`, SessionToken: \"{TOKEN}\" } } }",
            "SecretAccessKey: `[aws-secret-access-key]`, SessionToken: \"[aws-session-token]\" } }",
        ),
        Line(
            "{\"credentials\":{\"secretAccessKey\":\"{DULL}\",\"sessionToken\":\"{ESCAPED}\"},\"region\":\"eu-west-1\"}",
            "{\"secretAccessKey\":\"[aws-secret-access-key]\",\"sessionToken\":\"[aws-session-token]\"},\"region\":\"eu-west-1\"}",
        ),
        Line(
            "rawHeaders: [ 'X-Amz-Security-Token', '{TOKEN}', 'Host', 'x.amazonaws.com' ]",
            "'Host', 'x.amazonaws.com'",
        ),
        Line("[ [ 'authorization', 'Bearer {DULL}' ], [ 'accept', '*/*' ] ]", "Bearer …'accept', '*/*'"),
    ]);
}

#[test]
fn sdk_for_rust() {
    check(&[
        Line(
            "Request { method: \"POST\", headers: Headers { headers: {\"x-amz-security-token\": HeaderValue { _private: H1(\"{TOKEN}\") }, \"host\": HeaderValue { _private: H1(\"x.amazonaws.com\") }} } }",
            "H1(\"x.amazonaws.com\")",
        ),
        Line(
            "TRACE request{headers={\"x-amz-security-token\": \"{TOKEN}\", \"authorization\": \"AWS4-HMAC-SHA256 Credential=AKID/20260501/x/s3/aws4_request, SignedHeaders=host, Signature={SIGNATURE}\", \"accept\": \"*/*\"}}",
            "\"x-amz-security-token\": \"[aws-session-token]\", \"authorization\": \"AWS4-HMAC-SHA256 Credential=AKID/20260501/x/s3/aws4_request, SignedHeaders=host, Signature=[signature]\", \"accept\": \"*/*\"}}",
        ),
        Line(
            "Credentials { access_key_id: \"ASIAQWERTYUIOPASDFGH\", secret_access_key: \"{DULL}\", session_token: Some(\"{TOKEN}\"), expires_after: Some(1777633200) }",
            "secret_access_key: \"[aws-secret-access-key]\", session_token: Some(\"[aws-session-token]\"), expires_after: Some(1777633200) }",
        ),
        Line(
            "canonical_request=GET\n/\n\nhost:x.amazonaws.com\nx-amz-security-token:{TOKEN}\n\nhost;x-amz-security-token\nUNSIGNED-PAYLOAD",
            "x-amz-security-token:[aws-session-token]\n\nhost;x-amz-security-token\nUNSIGNED-PAYLOAD",
        ),
        Line(
            "SdkBody { inner: Once(Some(b\"{\\\"SecretAccessKey\\\":\\\"{DULL}\\\",\\\"Token\\\":\\\"{TOKEN}\\\"}\")), retryable: true }",
            "\\\"SecretAccessKey\\\":\\\"[aws-secret-access-key]\\\",\\\"Token\\\":\\\"[token]\\\"}\")), retryable: true }",
        ),
    ]);
}

#[test]
fn sdks_for_go_java_and_net() {
    check(&[
        Line(
            "SDK 2026/05/01 10:00:00 DEBUG Request\nGET / HTTP/1.1\r\nHost: x.amazonaws.com\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/20260501/x/s3/aws4_request, SignedHeaders=host, Signature={SIGNATURE}\r\nX-Amz-Security-Token: {TOKEN}\r\n\r\n",
            "Signature=[signature]\r\n…X-Amz-Security-Token: [aws-session-token]\r\n\r\n",
        ),
        Line(
            "{AccessKeyID:ASIAQWERTYUIOPASDFGH SecretAccessKey:{DULL} SessionToken:{TOKEN} Source:x CanExpire:true}",
            "SecretAccessKey:[aws-secret-access-key] SessionToken:[aws-session-token] Source:x CanExpire:true}",
        ),
        Line(
            "aws.Credentials{AccessKeyID:\"ASIAQWERTYUIOPASDFGH\", SecretAccessKey:\"{DULL}\", SessionToken:\"{TOKEN}\", Source:\"x\"}",
            "SecretAccessKey:\"[aws-secret-access-key]\", SessionToken:\"[aws-session-token]\", Source:\"x\"}",
        ),
        Line(
            "http.Header{\"X-Amz-Security-Token\":[]string{\"{TOKEN}\"}, \"Host\":[]string{\"x.amazonaws.com\"}}",
            "\"Host\":[]string{\"x.amazonaws.com\"}}",
        ),
        Line(
            "map[Host:[x.amazonaws.com] X-Amz-Security-Token:[{TOKEN}]]",
            "map[Host:[x.amazonaws.com] X-Amz-Security-Token:[[aws-session-token]]]",
        ),
        Line(
            "DefaultHttpRequest(httpMethod=GET, headers=[Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260501/x/s3/aws4_request, SignedHeaders=host, Signature={SIGNATURE}, Host: x, X-Amz-Security-Token: {TOKEN}])",
            "Signature=[signature], Host: x, X-Amz-Security-Token: [aws-session-token]])",
        ),
        Line(
            "http-outgoing-0 >> \"X-Amz-Security-Token: {TOKEN}[\\r][\\n]\"",
            "http-outgoing-0 >> \"X-Amz-Security-Token: [aws-session-token]",
        ),
        Line(
            "AwsSessionCredentials(accessKeyId=ASIAQWERTYUIOPASDFGH, secretAccessKey={DULL}, sessionToken={TOKEN}, providerName=x)",
            "secretAccessKey=[aws-secret-access-key], sessionToken=[aws-session-token], providerName=x)",
        ),
    ]);
}

#[test]
fn curl_wget_and_terraform() {
    check(&[
        Line(
            "> X-Amz-Security-Token: {TOKEN}\r\n> Accept: */*",
            "> X-Amz-Security-Token: [aws-session-token]\r\n> Accept: */*",
        ),
        Line(
            "> Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260501/x/s3/aws4_request, SignedHeaders=host, Signature={SIGNATURE}",
            "SignedHeaders=host, Signature=[signature]",
        ),
        Line(
            "* Server auth using Basic with user 'u'\n> Authorization: Basic dTpkdWxsMHNlY3JldA{DULL}==\n> Host: x",
            "Authorization: Basic [credentials]\n> Host: x",
        ),
        Line(
            "* [HTTP/2] [1] [x-amz-security-token: {TOKEN}]\n* [HTTP/2] [1] [accept: */*]",
            "[x-amz-security-token: [aws-session-token]]\n…[accept: */*]",
        ),
        Line(
            "=> Send header, 99 bytes (0x63)\n0000: x-aws-ec2-metadata-token: {DULL}",
            "metadata-token: [token]",
        ),
        Line(
            "curl --user ASIAQWERTYUIOPASDFGH:{SECRET} --aws-sigv4 aws:amz:eu-west-1:s3 https://b.s3.amazonaws.com/",
            "--user ASIAQWERTYUIOPASDFGH:[…] --aws-sigv4 aws:amz:eu-west-1:s3 https://b.s3.amazonaws.com/",
        ),
        Line(
            "curl -s -H \"X-Amz-Security-Token: {TOKEN}\" https://x.amazonaws.com",
            "\"X-Amz-Security-Token: [aws-session-token]\" https://x.amazonaws.com",
        ),
        Line(
            "2026-05-01T10:00:00.000Z [DEBUG] provider.terraform-provider-aws: HTTP Request Sent: aws.region=eu-west-1 http.request.header.x_amz_security_token={TOKEN} http.method=POST",
            "http.request.header.x_amz_security_token=[aws-session-token] http.method=POST",
        ),
        Line(
            "[DEBUG] HTTP Request Sent: http.request.header.authorization=\"AWS4-HMAC-SHA256 Credential=AKID/20260501/x/sts/aws4_request, SignedHeaders=host, Signature={SIGNATURE}\" http.url=https://sts.amazonaws.com/",
            "Signature=[signature]\" http.url=https://sts.amazonaws.com/",
        ),
        Line(
            "[DEBUG] HTTP Response Received: http.response.body=\n  | <Credentials>\n  |   <SecretAccessKey>{DULL}</SecretAccessKey>\n  |   <SessionToken>{TOKEN}</SessionToken>\n  | </Credentials>\n http.duration=1",
            "  |   <SecretAccessKey>[aws-secret-access-key]</SecretAccessKey>\n  |   <SessionToken>[aws-session-token]</SessionToken>\n",
        ),
        Line(
            "{\"@level\":\"debug\",\"@message\":\"HTTP Response Received\",\"http.response.body\":\"{\\\"SecretString\\\":\\\"{DULL}\\\",\\\"Name\\\":\\\"n\\\"}\",\"tf_rpc\":\"Configure\"}",
            "\\\"SecretString\\\":\\\"[secret]\\\",\\\"Name\\\":\\\"n\\\"}\",\"tf_rpc\":\"Configure\"}",
        ),
        Line(
            "provider \"aws\" {\n  access_key = \"ASIAQWERTYUIOPASDFGH\"\n  secret_key = \"{DULL}\"\n  token      = \"{TOKEN}\"\n}",
            "secret_key = \"[aws-secret-access-key]\"\n  token      = \"[token]\"\n}",
        ),
        Line(
            "+ password = \"{DULL}\" -> (known after apply)\n~ master_password: \"x\" => \"{DULL}\"",
            "-> (known after apply)",
        ),
        Line(
            "cmd: [\"env\", \"AWS_SECRET_ACCESS_KEY={DULL}\", \"A=b\"]",
            "\"AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]\", \"A=b\"]",
        ),
        Line(
            "docker run -e AWS_SECRET_ACCESS_KEY={DULL} -e AWS_SESSION_TOKEN={TOKEN} x",
            "-e AWS_SECRET_ACCESS_KEY=[aws-secret-access-key] -e AWS_SESSION_TOKEN=[aws-session-token] x",
        ),
    ]);
}
