#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::path::Path;

use serde_json::Value;

use super::call::call;
use super::*;
use crate::credentials::Credentials;
use crate::effect::{HttpFailure, HttpReason, HttpReply};
use crate::error::{Error, ErrorKind};
use crate::flow;
use crate::secret::Secret;
use crate::step::Step;
use crate::time::Time;

const NOW: Time = Time::from_unix(1_800_000_000);

fn vector(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path)).unwrap()
}

#[test]
fn endpoints_are_those_of_the_published_rules() {
    let document: Value = serde_json::from_slice(&vector("endpoints/sts-endpoint-tests.json")).unwrap();
    let cases = document["testCases"].as_array().unwrap();
    for case in cases {
        let params = &case["params"];
        let flag = |name: &str| params[name].as_bool().unwrap_or(false);
        let rules = EndpointRules {
            region: params["Region"].as_str(),
            url: params["Endpoint"].as_str(),
            fips: flag("UseFIPS"),
            dual_stack: flag("UseDualStack"),
            legacy_global: flag("UseGlobalEndpoint"),
        };
        let endpoint = Endpoint::choose(&rules);
        match case["expect"]["endpoint"]["url"].as_str() {
            None => assert!(endpoint.is_err(), "{case}"),
            Some(url) => {
                let endpoint = endpoint.unwrap_or_else(|error| panic!("{error}: {case}"));
                assert_eq!(endpoint.url(), url, "{case}");
                let scheme = &case["expect"]["endpoint"]["properties"]["authSchemes"][0];
                if let Some(region) = scheme["signingRegion"].as_str() {
                    assert_eq!(endpoint.region(), region, "{case}");
                }
            }
        }
    }
    assert_eq!(cases.len(), 69);
}

#[test]
fn a_region_leads_nowhere_else() {
    for bad in ["", "-", "a.b", "evil.example/", "US-EAST-1", "us-east-1@x", "us east 1"] {
        assert!(Endpoint::regional(bad).is_err(), "{bad}");
    }
    assert_eq!(region_of_arn("arn:aws-cn:iam::1:role/x"), Some("cn-northwest-1"));
    assert!(
        is_known_region("us-gov-west-1") && !is_known_region("us-gov-west") && !is_known_region("moon-1")
    );
}

#[test]
fn published_replies_parse() {
    let reply = Document::parse(&vector("sts/xml__responses__sts-get-session-token.xml")).unwrap();
    let expected: Value =
        serde_json::from_slice(&vector("sts/xml__responses__sts-get-session-token.json")).unwrap();
    let keys = Keys::read(&reply, "GetSessionTokenResult").unwrap();
    let expected = &expected["Credentials"];
    assert_eq!(keys.access_key_id, expected["AccessKeyId"].as_str().unwrap());
    assert_eq!(keys.secret_access_key.expose(), expected["SecretAccessKey"].as_str().unwrap());
    assert_eq!(keys.session_token.expose(), expected["SessionToken"].as_str().unwrap());
    assert_eq!(keys.expiration, Time::parse_rfc3339(expected["Expiration"].as_str().unwrap()).unwrap());

    let reply = Document::parse(&vector("sts/xml__errors__sts-get-session-token.xml")).unwrap();
    let expected: Value =
        serde_json::from_slice(&vector("sts/xml__errors__sts-get-session-token.json")).unwrap();
    assert_eq!(reply.root(), "ErrorResponse");
    for name in ["Code", "Message", "Type"] {
        assert_eq!(reply.text(&format!("Error/{name}")), expected["Error"][name].as_str());
    }
    assert_eq!(reply.text("RequestId"), expected["ResponseMetadata"]["RequestId"].as_str());
}

#[test]
fn a_document_is_small_and_plain() {
    let parse = |text: &str| Document::parse(text.as_bytes());
    let text = |xml: &str| parse(xml).unwrap().text("x").map(str::to_owned);
    assert_eq!(
        text("<r xmlns:n='u'><n:x a='b'> a&lt;&#x62;&amp;<!-- c --><![CDATA[<&]]> </n:x></r>").unwrap(),
        "a<b&<&"
    );
    assert_eq!(text("<r><x>1</x><x>2</x></r>"), None);
    let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
    let wide = format!("<r>{}</r>", "<x/>".repeat(5000));
    let bomb = "<!DOCTYPE r [<!ENTITY a 'aaaa'>]><r><x>&a;</x></r>";
    for bad in
        ["", "text", "<r>", "<r></s>", "<r/><r/>", "<r><x>&a;</x></r>", bomb, &deep, &wide, "<r>&#0;</r>"]
    {
        assert_eq!(parse(bad).err().map(|error| error.kind()), Some(ErrorKind::Malformed), "{bad}");
    }
    assert!(Document::parse(b"<r>\xff</r>").is_err());
}

#[test]
fn parameters_are_held_against_their_limits() {
    let arn = "arn:aws:iam::111122223333:role/name";
    let kind = |request: &AssumeRole| request.form().err().map(|error| error.kind());
    assert_eq!(kind(&AssumeRole::new(arn, "me")), None);
    for (arn, session) in [
        ("arn:foo", "me"),
        (arn, "m"),
        (arn, "a b"),
        (arn, &*"x".repeat(65)),
        ("arn:aws:iam::1:user/name", "me"),
    ] {
        assert_eq!(kind(&AssumeRole::new(arn, session)), Some(ErrorKind::Input), "{arn} {session}");
    }
    let with = |change: fn(&mut AssumeRole)| {
        let mut request = AssumeRole::new(arn, "me");
        change(&mut request);
        kind(&request)
    };
    assert_eq!(with(|r| r.duration = Some(std::time::Duration::from_secs(899))), Some(ErrorKind::Input));
    assert_eq!(with(|r| r.external_id = Some(Secret::new("x"))), Some(ErrorKind::Input));
    assert_eq!(
        with(|r| r.mfa = Some(("arn:aws:iam::1:mfa/me".into(), Secret::new("12345")))),
        Some(ErrorKind::Mfa)
    );
    assert_eq!(with(|r| r.mfa = Some(("arn:aws:iam::1:mfa/me".into(), Secret::new("123456")))), None);
}

#[test]
fn a_form_is_encoded_as_botocore_does() {
    let form = Form::new("X").field("A", "a b+*~/é&=");
    assert_eq!(form.body(), b"Action=X&Version=2011-06-15&A=a+b%2B%2A~%2F%C3%A9%26%3D");
}

/// Answers the requests of a GetCallerIdentity in turn; gives the result and how often it was asked and waited.
fn play(replies: Vec<Result<HttpReply, HttpFailure>>) -> (Result<String, Error>, usize, usize) {
    let keys = Credentials::new("AKID", "s3cr3t").with_session_token("t0k/n");
    let endpoint = Endpoint::regional("eu-west-1").unwrap();
    let mut step = flow::start(NOW, [1; 32], |flow| async move {
        let reply = call(&flow, &keys, &endpoint, &Form::new("GetCallerIdentity")).await?;
        CallerIdentity::read(&reply).map(|identity| identity.arn)
    });
    let (mut replies, mut asked, mut waited) = (replies.into_iter(), 0, 0);
    loop {
        step = match step {
            Step::Http(ask) => {
                asked += 1;
                let names: Vec<_> = ask.request().headers.iter().map(|(name, _)| name.as_str()).collect();
                assert!(
                    ["host", "authorization", "x-amz-date", "x-amz-security-token"]
                        .iter()
                        .all(|n| names.contains(n))
                );
                ask.answer(NOW, replies.next().expect("one request too many"))
            }
            Step::Wait(ask) => {
                waited += 1;
                ask.answer(NOW, ())
            }
            Step::Done(result) => return (result, asked, waited),
            other => panic!("{other:?}"),
        };
    }
}

fn success() -> Result<HttpReply, HttpFailure> {
    let body = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:x</Arn><UserId>u</UserId>\
                <Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    Ok(HttpReply::new(200, Vec::new(), body))
}

fn error(status: u16, code: &str, message: &str, date: Option<&str>) -> Result<HttpReply, HttpFailure> {
    let body = format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    Ok(HttpReply::new(
        status,
        date.map(|date| ("Date".to_owned(), date.to_owned())).into_iter().collect(),
        body,
    ))
}

#[test]
fn what_may_pass_is_tried_three_times() {
    assert_eq!(play(vec![success()]), (Ok("arn:x".to_owned()), 1, 0));
    let broken = || Err(HttpFailure::new(HttpReason::Refused, "refused"));
    assert_eq!(play(vec![broken(), error(400, "Throttling", "", None), success()]).0.unwrap(), "arn:x");
    let (result, asked, waited) =
        play(vec![broken(), error(503, "X", "", None), error(400, "ThrottlingException", "", None)]);
    assert_eq!((asked, waited), (3, 2));
    let last = result.unwrap_err();
    assert!(last.is_retryable() && last.aws_code() == Some("ThrottlingException"));
    assert_eq!(play(vec![error(400, "IDPCommunicationError", "", None), success()]).1, 2);
    // A certificate that is not trusted now will not be a moment later.
    assert_eq!(play(vec![Err(HttpFailure::new(HttpReason::Tls, "unknown issuer"))]).1, 1);
}

#[test]
fn what_is_final_is_told_by_kind() {
    for (status, code, kind) in [
        (403, "AccessDenied", ErrorKind::Denied),
        (403, "InvalidClientTokenId", ErrorKind::Denied),
        (403, "ExpiredToken", ErrorKind::Expired),
        (400, "ExpiredTokenException", ErrorKind::Expired),
        (400, "ValidationError", ErrorKind::Config),
        (403, "RegionDisabledException", ErrorKind::Config),
        (400, "Novelty", ErrorKind::Service),
    ] {
        let (result, asked, _) = play(vec![error(status, code, "because", None)]);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), asked, error.is_retryable()), (kind, 1, false), "{code}");
        assert_eq!(error.aws_code(), Some(code));
    }
    let (result, ..) = play(vec![Ok(HttpReply::new(404, Vec::new(), "<html>"))]);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Service);
    let (result, ..) = play(vec![Ok(HttpReply::new(200, Vec::new(), "<html>"))]);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn a_wrong_clock_is_set_right_once() {
    let date = Some("Fri, 15 Jan 2027 09:00:00 GMT"); // an hour after NOW
    let skewed = || error(403, "SignatureDoesNotMatch", "Signature expired", date);
    assert_eq!(play(vec![skewed(), success()]), (Ok("arn:x".to_owned()), 2, 0));
    assert_eq!(play(vec![skewed(), skewed()]).1, 2);
    let near = Some("Fri, 15 Jan 2027 08:03:00 GMT");
    assert_eq!(play(vec![error(403, "SignatureDoesNotMatch", "", near)]).1, 1);
}

#[test]
fn a_secret_that_comes_back_is_not_told() {
    for message in ["x-amz-security-token:t0k/n", "the token t0k%2Fn", "key s3cr3t"] {
        let (result, ..) = play(vec![error(403, "SignatureDoesNotMatch", message, None)]);
        let told = format!("{:?}", result.unwrap_err());
        assert!(
            told.contains("SignatureDoesNotMatch") && !told.contains("t0k") && !told.contains("s3cr3t"),
            "{told}"
        );
    }
}

fn body(request: Result<Request, Error>) -> String {
    request.map(|request| request.body().expose().to_owned()).unwrap_or_else(|error| error.to_string())
}

#[test]
fn each_operation_has_its_form() {
    let (arn, policy) = ("arn:aws:iam::111122223333:role/name", r#"{"Version":"2012-10-17"}"#);
    let token = Secret::new("eyJhbGciOi.J9");
    let arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()];
    let session = Session {
        duration: Some(std::time::Duration::from_secs(900)),
        policy: Some(policy),
        policy_arns: &arns,
    };
    let mut role = AssumeRole::new(arn, "me");
    role.provided_contexts =
        vec![("arn:aws:iam::aws:contextProvider/IdentityCenter".into(), Secret::new("assertion"))];
    role.tags = vec![("team".into(), "a b".into())];
    role.transitive_tag_keys = vec!["team".into()];
    role.source_identity = Some("alice".into());
    assert_eq!(
        body(role.request()),
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fname\
         &RoleSessionName=me&Tags.member.1.Key=team&Tags.member.1.Value=a+b&TransitiveTagKeys.member.1=team\
         &SourceIdentity=alice&ProvidedContexts.member.1.ProviderArn=arn%3Aaws%3Aiam%3A%3Aaws%3AcontextProvider%2FIdentityCenter\
         &ProvidedContexts.member.1.ContextAssertion=assertion"
    );
    let by_token = AssumeRoleWithWebIdentity {
        role_arn: arn,
        session_name: "me",
        token: &token,
        provider_id: Some("www.amazon.com"),
        session,
    };
    assert!(
        body(by_token.request())
            .contains("&WebIdentityToken=eyJhbGciOi.J9&ProviderId=www.amazon.com&PolicyArns.member.1.arn=")
    );
    assert!(!by_token.request().unwrap().is_signed());
    let root = AssumeRoot::new("111122223333", "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy");
    assert!(body(root.request()).ends_with(
        "&TaskPolicyArn.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Froot-task%2FS3UnlockBucketPolicy"
    ));
    assert_eq!(body(Ok(Request::get_caller_identity())), "Action=GetCallerIdentity&Version=2011-06-15");
    assert!(
        body(Request::get_access_key_info("AKIAIOSFODNN7EXAMPLE"))
            .ends_with("&AccessKeyId=AKIAIOSFODNN7EXAMPLE")
    );
    assert!(body(Request::decode_authorization_message("a+b")).ends_with("&EncodedMessage=a%2Bb"));
}

#[test]
fn the_newer_limits_hold_too() {
    let arn = "arn:aws:iam::111122223333:role/name";
    let role = |change: fn(&mut AssumeRole)| {
        let mut role = AssumeRole::new(arn, "me");
        change(&mut role);
        role.request().err().map(|error| error.kind())
    };
    let hours = |n: u64| Some(std::time::Duration::from_secs(n * 3600));
    assert_eq!(
        role(|role| role.duration = Some(std::time::Duration::from_secs(43_201))),
        Some(ErrorKind::Input)
    );
    assert_eq!(role(|role| role.tags = vec![("aws:x".into(), String::new())]), Some(ErrorKind::Input));
    assert_eq!(role(|role| role.tags = vec![("a".into(), "x\u{2003}y".into())]), None);
    assert_eq!(role(|role| role.tags = vec![("a".into(), "x\ny".into())]), Some(ErrorKind::Input));
    assert_eq!(
        role(|role| role.provided_contexts = vec![(arn_of_provider(), Secret::new("abc"))]),
        Some(ErrorKind::Input)
    );
    assert_eq!(
        role(|role| role.provided_contexts = vec![(arn_of_provider(), Secret::new("abcd")); 6]),
        Some(ErrorKind::Input)
    );
    let mut long = AssumeRole::new(arn, "me");
    long.duration = hours(2);
    let session = |source| Credentials::new("ASIA", "s3cr3t").with_session_token("t0k/n").with_source(source);
    for (source, capped) in [
        ("assume-role", true),
        ("web-identity", true),
        ("sso", true),
        ("imds", false),
        ("session-token", false),
        ("environment", false),
    ] {
        assert_eq!(long.clone().by(&session(source)).request().is_err(), capped, "{source}");
    }
    let root = |who: &str, task: &str| AssumeRoot::new(who, task).request().is_err();
    let task = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy";
    assert!(!root("111122223333", task));
    assert!(root("1", task) && root("111122223333", "arn:aws:iam::aws:policy/AdministratorAccess"));
    let mut root = AssumeRoot::new("111122223333", task);
    root.duration = Some(std::time::Duration::from_secs(901));
    assert!(root.request().is_err());
    let keys = Credentials::new("AKID", "s3cr3t");
    let global = Endpoint::regional("aws-global").unwrap();
    root.duration = None;
    let refused = root.request().unwrap().http(Some(&keys), &global, NOW);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Config);
    let unsigned = Request::get_caller_identity().http(None, &global, NOW);
    assert_eq!(unsigned.unwrap_err().kind(), ErrorKind::Input);
    assert!(
        Request::get_access_key_info("AKIA").is_err() && Request::decode_authorization_message("").is_err()
    );
}

fn arn_of_provider() -> String {
    "arn:aws:iam::aws:contextProvider/IdentityCenter".to_owned()
}

#[test]
fn any_reply_is_read() {
    let read = |status, body: &[u8]| Reply::read(&HttpReply::new(status, Vec::new(), body));
    let found = read(200, &vector("sts/xml__responses__sts-get-session-token.xml")).ok().unwrap();
    assert_eq!((found.operation(), found.request_id().is_some()), ("GetSessionToken", true));
    assert_eq!(found.credentials().unwrap().source(), Some("session-token"));
    let Err(ReplyError::Refused(failure)) = read(403, &vector("sts/xml__errors__sts-get-session-token.xml"))
    else {
        panic!("it was refused")
    };
    assert!(failure.code.is_some() && failure.request_id.is_some() && !failure.message.is_empty());
    assert!(!failure.is_retryable());
    let without =
        b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId></Credentials>\
        </AssumeRoleResult></AssumeRoleResponse>";
    for body in [&without[..], b"<html/>", b"", b"<Response/>"] {
        assert!(matches!(read(200, body), Err(ReplyError::Malformed(_))));
    }
    let Err(ReplyError::Refused(failure)) = read(503, b"<html>") else { panic!("it was refused") };
    assert!(failure.is_retryable() && failure.code.is_none() && !failure.is_callers);
    let slow = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>\
        <RequestId>r-1</RequestId></ErrorResponse>";
    let Err(ReplyError::Refused(failure)) = read(400, slow.as_bytes()) else { panic!("it was refused") };
    assert!(failure.is_throttling() && failure.is_callers && failure.request_id.as_deref() == Some("r-1"));
    assert_eq!(failure.to_string(), "sts answered Throttling: Rate exceeded");
}
