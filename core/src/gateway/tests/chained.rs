//! Sessions that clients ask AWS for through the gateway: bounded, decided upon, and sealed.

use std::time::Duration;

use super::sealed::{claims, keys, sealing};
use super::*;
use crate::gateway::Answer as Told;

const STS: &str = "sts.us-east-1.amazonaws.com";
const DEPLOYER: &str = "arn:aws:iam::123456789012:role/deployer";
const REAL_CHAINED: &str = "chained/real/secret/chained/real/secret1";
const REAL_TOKEN: &str = "IQoJb3JpZ2luX2VjCHAINEDREALTOKEN==";

fn at(seconds: u64) -> Time {
    NOW + Duration::from_secs(seconds)
}

/// A request, as it came out.
pub(super) struct Out {
    resigned: Resigned,
    body: Vec<u8>,
    replacement: Option<Box<Replacement>>,
    record: Record,
    chained: Option<Credentials>,
}

impl Out {
    fn header(&self, name: &str) -> Option<String> {
        self.resigned.headers.first(name).map(lossy)
    }

    fn answered(&self, body: &str, now: Time) -> Result<String, Refusal> {
        let mut record = self.record.clone();
        let replacement = self.replacement.as_ref().expect("the reply is to be replaced");
        let seed = [now.unix().to_le_bytes()[0]; 32];
        let text =
            replacement.replace(&keys(), Told::new(200, None), body.as_bytes(), &seed, now, &mut record)?;
        Ok(String::from_utf8(text.to_vec()).unwrap())
    }
}

pub(super) fn through(
    gateway: &Gateway,
    client: &Client,
    head: &Kept,
    now: Time,
) -> Result<Out, (RefusalKind, String)> {
    let name = HostName::parse(client.host.as_bytes()).unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let mut record = Record::request("id", now);
    let found = gateway.open(head.head(), &arrival, now, &mut record).and_then(|opened| {
        let held = matches!(opened.body(), BodyPlan::Hold(_)).then_some(client.body.as_slice());
        let mut proven = opened.prove(gateway, held, now, &mut record)?;
        let chained = match proven.needs() {
            Needs::Chained(credentials) => Some(credentials.clone()),
            _ => None,
        };
        let real = Credentials::new("AKIAREALREALREALREAL", REAL).with_session_token("real-token");
        let body = proven.take_body().unwrap_or_else(|| client.body.clone());
        let replacement = proven.take_replacement();
        let resigned = proven.resign(chained.as_ref().unwrap_or(&real), now)?;
        Ok((resigned, body, replacement, chained))
    });
    match found {
        Ok((resigned, body, replacement, chained)) => {
            Ok(Out { resigned, body, replacement, record, chained })
        }
        Err(refused) => {
            let _ = refused.answer(&mut record);
            let line = record.line(crate::audit::Phase::End);
            assert!(!line.contains(REAL_CHAINED) && !line.contains(REAL_TOKEN), "{line}");
            Err((refused.refusal.kind(), refused.refusal.operator_detail().to_owned()))
        }
    }
}

/// A client with a sealed placeholder that lasts so many seconds.
pub(super) fn asking(body: &str, lasts: u64) -> Client {
    let mut claims = claims();
    claims.expires_at = at(lasts);
    let mut client = Client::new("sts", STS).with("Content-Type", FORM);
    client.method = "POST";
    client.keys = keys().seal(&claims, &[5; 32]).unwrap();
    client.body = format!("{body}&Version=2011-06-15").into_bytes();
    client
}

fn send(client: &Client) -> Result<Out, (RefusalKind, String)> {
    through(&sealing(&Revocations::default()), client, &client.head(), NOW)
}

pub(super) fn assume(role: &str, more: &str) -> String {
    format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=s{more}",
        role.replace(':', "%3A").replace('/', "%2F")
    )
}

fn body(out: &Out) -> &str {
    std::str::from_utf8(&out.body).unwrap()
}

/// What goes on is really signed over the body that goes on.
fn proves(out: &Out, keys: &Credentials) {
    let resigned = &out.resigned;
    let headers: Vec<(Vec<u8>, Vec<u8>)> = (&resigned.headers).into();
    let target = String::from_utf8(resigned.target.clone()).unwrap();
    let request = Request::new(&resigned.method, &target, &headers);
    let claim = Claim::parse(&request, &sigv4::Policy::default(), NOW).unwrap();
    let key = (keys.secret_access_key(), keys.session_token());
    assert!(claim.verify(key, Payload::Bytes(&out.body)).is_ok());
}

#[test]
fn a_session_is_no_longer_than_the_one_it_was_asked_for_in() {
    for (asked, lasts, wanted) in [
        // Within the bounds, nothing changes.
        ("&DurationSeconds=900", 3600, None),
        ("&DurationSeconds=1800", 1800, None),
        ("", 3600, None),
        // The default is an hour, and counts.
        ("", 1800, Some(1800)),
        ("&DurationSeconds=3600", 1800, Some(1800)),
        ("&DurationSeconds=3600", 900, Some(900)),
        // One role's session gives another for an hour at most.
        ("&DurationSeconds=43200", 86400, Some(3600)),
        ("&DurationSeconds=%31%38%30%31", 1800, Some(1800)),
    ] {
        let client = asking(&assume(DEPLOYER, asked), lasts);
        let out = send(&client).unwrap();
        match wanted {
            None => assert_eq!(out.body, client.body),
            Some(seconds) => {
                let text = body(&out);
                assert_eq!(text.matches("DurationSeconds").count(), 1, "{text}");
                assert!(text.contains(&format!("DurationSeconds={seconds}")), "{text}");
                assert!(text.starts_with("Action=AssumeRole&RoleArn=arn%3Aaws"), "{text}");
                assert!(text.contains("Version=2011-06-15"), "{text}");
                assert_eq!(out.header("content-length"), Some(text.len().to_string()));
                let line = out.record.line(crate::audit::Phase::Begin);
                assert!(line.contains(&format!("shortened to {seconds} s")), "{line}");
            }
        }
        proves(&out, &Credentials::new("AKIAREALREALREALREAL", REAL).with_session_token("real-token"));
        assert_eq!(out.header("x-amz-security-token").as_deref(), Some("real-token"));
    }
    for action in ["GetSessionToken", "GetFederationToken"] {
        let out = send(&asking(&format!("Action={action}&Name=x"), 7200)).unwrap();
        assert!(body(&out).ends_with("&DurationSeconds=3600"), "{}", body(&out));
    }
    let saml = "AssumeRoleWithSAML&PrincipalArn=x&SAMLAssertion=x";
    for action in [saml, "AssumeRoleWithWebIdentity&WebIdentityToken=x"] {
        let text = assume(DEPLOYER, "&DurationSeconds=7200").replace("AssumeRole", action);
        assert!(body(&send(&asking(&text, 1000)).unwrap()).contains("DurationSeconds=1000"));
    }
}

#[test]
fn it_is_shortened_in_the_query_too() {
    let mut client = asking("", 1800);
    (client.method, client.body) = ("GET", Vec::new());
    client.headers.clear();
    client.target = format!("/?{}&DurationSeconds=3600&Version=2011-06-15", assume(DEPLOYER, ""));
    let out = send(&client).unwrap();
    let target = lossy(&out.resigned.target);
    assert!(target.contains("DurationSeconds=1800") && !target.contains("3600"), "{target}");
    proves(&out, &Credentials::new("AKIAREALREALREALREAL", REAL).with_session_token("real-token"));
}

#[test]
fn what_cannot_be_shortened_is_refused() {
    let kind = |client: &Client| send(client).err().expect("it is refused").0;
    // A quarter of an hour is the least that there is.
    assert_eq!(kind(&asking(&assume(DEPLOYER, ""), 899)), RefusalKind::Denied);
    for more in [
        "&DurationSeconds=900&DurationSeconds=43200",
        "&DurationSeconds=900&durationseconds=43200",
        "&DurationSeconds=900&Duration%53econds=43200",
        "&DurationSeconds",
        "&x=1;DurationSeconds=43200",
    ] {
        assert_eq!(kind(&asking(&assume(DEPLOYER, more), 3600)), RefusalKind::AmbiguousOperation, "{more}");
    }
    for more in
        ["&DurationSeconds=", "&DurationSeconds=-1", "&DurationSeconds=1e9", "&DurationSeconds=9999999999"]
    {
        assert_eq!(kind(&asking(&assume(DEPLOYER, more), 3600)), RefusalKind::Denied, "{more}");
    }
    // In query and body at once.
    let mut both = asking(&assume(DEPLOYER, "&DurationSeconds=900"), 3600);
    both.target = "/?DurationSeconds=43200".into();
    assert_eq!(kind(&both), RefusalKind::AmbiguousOperation);
    // A checksum would no longer be that of the body.
    let bound = asking(&assume(DEPLOYER, ""), 1800).with("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    let (kind, detail) = send(&bound).err().unwrap();
    assert!(kind == RefusalKind::Denied && detail.contains("checksum"), "{detail}");
    assert!(
        send(&asking(&assume(DEPLOYER, ""), 3600).with("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==")).is_ok()
    );
}

#[test]
fn only_roles_that_the_rules_allow() {
    let refused = |role: &str| send(&asking(&assume(role, ""), 3600)).err().map(|(kind, _)| kind);
    assert_eq!(refused(DEPLOYER), None);
    assert_eq!(refused("arn:aws:iam::999999999999:role/any"), None, "a pattern covers it");
    assert_eq!(refused("arn:aws:iam::123456789012:role/admin"), Some(RefusalKind::Denied), "denied by name");
    assert_eq!(
        refused("arn:aws:iam::123456789012:role/hop"),
        Some(RefusalKind::Denied),
        "the gateway's own way"
    );
    assert_eq!(refused("arn:aws-cn:iam::123456789012:role/x"), Some(RefusalKind::Denied));
    assert_eq!(refused("nonsense"), Some(RefusalKind::Denied));
    let none = send(&asking("Action=AssumeRole&RoleSessionName=s", 3600)).err().unwrap();
    assert_eq!(none.0, RefusalKind::Denied);
    let record = send(&asking(&assume(DEPLOYER, ""), 3600)).unwrap().record;
    assert!(record.rule.unwrap().contains("; assume: role dev: allow arn:aws:iam::*:role/*"));

    // Named in full, the gateway's own way is open.
    let mut gateway = sealing(&Revocations::default());
    let hop = || Hop::new("arn:aws:iam::123456789012:role/hop").unwrap();
    gateway.access = Policy::new(
        vec![Application::new(
            "prod",
            "base",
            vec![Target::new("reader", vec![hop(), Hop::new(DEPLOYER).unwrap()])],
        )],
        vec![Role::new("dev", &[DEPLOYER, hop().role.as_str()], &[]).unwrap()],
        vec![Subject::new("alice@example.com", &["dev"])],
    )
    .unwrap();
    let client = asking(&assume(hop().role.as_str(), ""), 3600);
    assert!(through(&gateway, &client, &client.head(), NOW).is_ok());
}

fn reply(expiration: &str) -> String {
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <AssumeRoleResult>\n    \
         <AssumedRoleUser><AssumedRoleId>AROAX:s</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/d/s</Arn>\
         </AssumedRoleUser>\n    <Credentials>\n      <AccessKeyId>ASIAREALCHAINED00001</AccessKeyId>\n      \
         <SecretAccessKey>{REAL_CHAINED}</SecretAccessKey>\n      <SessionToken>{REAL_TOKEN}</SessionToken>\n      \
         <Expiration>{expiration}</Expiration>\n    </Credentials>\n  </AssumeRoleResult>\n</AssumeRoleResponse>"
    )
}

/// The text of an element, once.
fn element<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name} in {text}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn received(text: &str) -> Credentials {
    let get = |name: &str| element(text, name);
    Credentials::new(get("AccessKeyId"), get("SecretAccessKey")).with_session_token(get("SessionToken"))
}

#[test]
fn the_client_gets_a_placeholder_and_aws_its_own_keys_back() {
    let revoked = Revocations::default();
    let gateway = sealing(&revoked);
    let asked = asking(&assume(DEPLOYER, ""), 3600);
    let first = through(&gateway, &asked, &asked.head(), NOW).unwrap();
    let original = reply(&at(1800).to_string());
    let text = first.answered(&original, NOW).unwrap();
    assert!(
        !text.contains(REAL_CHAINED) && !text.contains(REAL_TOKEN) && !text.contains("ASIAREAL"),
        "{text}"
    );
    let given = received(&text);
    assert!(given.access_key_id().starts_with("AGWP0007"));
    assert_eq!(element(&text, "Expiration"), at(1800).to_string());
    // All else is byte for byte what came.
    let mut back = text.clone();
    for (ours, theirs) in [
        (given.access_key_id(), "ASIAREALCHAINED00001"),
        (given.secret_access_key().expose(), REAL_CHAINED),
        (given.session_token().unwrap().expose(), REAL_TOKEN),
    ] {
        back = back.replacen(ours, theirs, 1);
    }
    assert_eq!(back, original);

    // A request that is signed with it goes on with the real ones, under the client's name.
    let mut s3 = Client::s3();
    s3.keys = given.clone();
    let out = through(&gateway, &s3, &s3.head(), at(60)).err();
    assert!(out.is_none());
    let out = through(&gateway, &s3, &s3.head(), NOW).unwrap();
    let authorization = out.header("authorization").unwrap();
    assert!(authorization.contains("Credential=ASIAREALCHAINED00001/"), "{authorization}");
    assert_eq!(out.header("x-amz-security-token").as_deref(), Some(REAL_TOKEN));
    proves(&out, &Credentials::new("ASIAREALCHAINED00001", REAL_CHAINED).with_session_token(REAL_TOKEN));
    assert_eq!(out.record.subject.as_deref(), Some("alice@example.com"));
    assert_eq!(out.record.role.as_deref(), Some(DEPLOYER));
    assert_eq!(out.record.role_chain.len(), 3, "{:?}", out.record.role_chain);
    assert!(out.record.session_name.is_none());

    // And on: a role after that role, within the shorter of the two sessions.
    let mut nested = asking(&assume("arn:aws:iam::123456789012:role/next", ""), 1);
    nested.keys = given;
    let second = through(&gateway, &nested, &nested.head(), NOW).unwrap();
    assert!(body(&second).contains("DurationSeconds=1800"), "{}", body(&second));
    assert_eq!(second.chained.as_ref().map(Credentials::access_key_id), Some("ASIAREALCHAINED00001"));
    let text = second.answered(&reply(&at(3600).to_string()), NOW).unwrap();
    assert_eq!(element(&text, "Expiration"), at(1800).to_string(), "the least of the two");
    let mut s3 = Client::s3();
    s3.keys = received(&text);
    let out = through(&gateway, &s3, &s3.head(), NOW).unwrap();
    assert_eq!(out.record.role_chain.len(), 4);
    let (kind, _) = {
        s3.at = at(1800);
        through(&gateway, &s3, &s3.head(), at(1800)).err().unwrap()
    };
    assert_eq!(kind, RefusalKind::SessionExpired);

    // What is revoked at the root is revoked to its last branch.
    s3.at = NOW;
    revoked.add(Revocation::KeyId(asked.keys.access_key_id().into()), at(7200), NOW).unwrap();
    assert_eq!(through(&gateway, &s3, &s3.head(), NOW).err().unwrap().0, RefusalKind::TokenInvalid);
}

#[test]
fn a_rule_that_is_gone_takes_its_chains_along() {
    let mut gateway = sealing(&Revocations::default());
    let asked = asking(&assume(DEPLOYER, ""), 3600);
    let out = through(&gateway, &asked, &asked.head(), NOW).unwrap();
    let mut s3 = Client::s3();
    s3.keys = received(&out.answered(&reply(&at(1800).to_string()), NOW).unwrap());
    gateway.access = Policy::new(vec![], vec![], vec![]).unwrap();
    assert_eq!(through(&gateway, &s3, &s3.head(), NOW).err().unwrap().0, RefusalKind::Denied);
}

#[test]
fn s3_express_keeps_working() {
    let gateway = sealing(&Revocations::default());
    let host = "bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com";
    let mut create = Client::new("s3express", host).with("x-amz-create-session-mode", "ReadWrite");
    create.target = "/?session".into();
    create.keys = keys().seal(&claims(), &[5; 32]).unwrap();
    let out = through(&gateway, &create, &create.head(), NOW).unwrap();
    assert!(out.record.role_chain.len() == 2 && out.replacement.is_some());
    let original = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CreateSessionResult><Credentials><SessionToken>{REAL_TOKEN}\
         </SessionToken><SecretAccessKey>{REAL_CHAINED}</SecretAccessKey><AccessKeyId>ASIAREALCHAINED00001\
         </AccessKeyId><Expiration>2015-08-30T12:41:00.000Z</Expiration></Credentials></CreateSessionResult>"
    );
    let text = out.answered(&original, NOW).unwrap();
    assert!(text.contains("<Expiration>2015-08-30T12:41:00.000Z</Expiration>"), "{text}");
    let given = received(&text);

    // The session's token has a place of its own, both ways.
    let mut get = Client::new("s3express", host);
    get.target = "/key".into();
    get.keys = given;
    get.settings.session_token = sigv4::SessionToken::S3Express;
    let out = through(&gateway, &get, &get.head(), NOW).unwrap();
    assert_eq!(out.header("x-amz-s3session-token").as_deref(), Some(REAL_TOKEN));
    assert_eq!(out.header("x-amz-security-token"), None);
    assert!(out.header("authorization").unwrap().contains("Credential=ASIAREALCHAINED00001/"));
}

#[test]
fn the_answer_is_asked_for_uncompressed() {
    let zipped = asking(&assume(DEPLOYER, ""), 3600).with("Accept-Encoding", "gzip, deflate");
    let out = send(&zipped).unwrap();
    assert_eq!(out.header("accept-encoding").as_deref(), Some("identity"));
    assert_eq!(out.body, zipped.body);
    let mut other = asking("Action=GetCallerIdentity", 3600).with("Accept-Encoding", "gzip");
    other.body = b"Action=GetCallerIdentity&Version=2011-06-15".to_vec();
    assert_eq!(send(&other).unwrap().header("accept-encoding").as_deref(), Some("gzip"));
}

#[test]
fn the_root_user_of_an_account_is_asked_for_by_rule_only() {
    let task = "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Froot-task%2FS3UnlockBucketPolicy";
    let root = |account: &str, lasts| {
        asking(&format!("Action=AssumeRoot&TargetPrincipal={account}&TaskPolicyArn.arn={task}"), lasts)
    };
    let kind = |gateway: &Gateway, client: &Client| {
        through(gateway, client, &client.head(), NOW).err().map(|(kind, _)| kind)
    };
    let mut gateway = sealing(&Revocations::default());
    let client = root("123456789012", 3600);
    assert_eq!(kind(&gateway, &client), Some(RefusalKind::CredentialOperation), "nobody named it");
    gateway.credential_replies = [("sts:AssumeRoot".to_owned(), CredentialReply::Virtualise)].into();
    assert_eq!(kind(&gateway, &client), Some(RefusalKind::Denied), "the application names no account");
    let reader = Target::new("reader", vec![Hop::new(DEPLOYER).unwrap()]);
    let mut prod = Application::new("prod", "base", vec![reader]);
    prod.accounts = vec!["123456789012".into()];
    gateway.access = Policy::new(
        vec![prod],
        vec![Role::new("dev", &["arn:aws:iam::*:role/*"], &[]).unwrap()],
        vec![Subject::new("alice@example.com", &["dev"])],
    )
    .unwrap();
    assert_eq!(kind(&gateway, &client), None);
    for account in ["999999999999", "arn%3Aaws%3Aiam%3A%3A999999999999%3Aroot", "nonsense"] {
        assert_eq!(kind(&gateway, &root(account, 3600)), Some(RefusalKind::Denied), "{account}");
    }
    assert_eq!(kind(&gateway, &root("123456789012", 899)), Some(RefusalKind::Denied), "too little is left");
    let out = through(&gateway, &client, &client.head(), NOW).unwrap();
    let text = out.answered(&reply(&at(900).to_string()), NOW).unwrap();
    let mut s3 = Client::s3();
    s3.keys = received(&text);
    let out = through(&gateway, &s3, &s3.head(), NOW).unwrap();
    assert_eq!(out.record.role.as_deref(), Some("arn:*:iam::123456789012:root"));
}

#[test]
fn rules_say_what_becomes_of_a_reply() {
    let mut gateway = sealing(&Revocations::default());
    let client = asking(&assume(DEPLOYER, ""), 3600);
    let mut with = |mode| {
        gateway.credential_replies = [("sts:AssumeRole".to_owned(), mode)].into();
        let out = through(&gateway, &client, &client.head(), NOW);
        out.map(|out| out.replacement.is_some()).map_err(|(kind, _)| kind)
    };
    assert_eq!(with(CredentialReply::Virtualise), Ok(true));
    assert_eq!(with(CredentialReply::Pass), Ok(false));
    assert_eq!(with(CredentialReply::Deny), Err(RefusalKind::CredentialOperation));
    // What no rule and no default names stays denied; a rule may have any of them sealed.
    let mut ecr = Client::new("ecr", "api.ecr.us-east-1.amazonaws.com")
        .with("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
        .with("Content-Type", "application/x-amz-json-1.1");
    (ecr.method, ecr.body) = ("POST", b"{}".to_vec());
    ecr.keys = client.keys.clone();
    let mut gateway = sealing(&Revocations::default());
    let kind = |gateway: &Gateway| through(gateway, &ecr, &ecr.head(), NOW).err().map(|(kind, _)| kind);
    assert_eq!(kind(&gateway), Some(RefusalKind::CredentialOperation));
    gateway.credential_replies =
        [("ecr:GetAuthorizationToken".to_owned(), CredentialReply::Virtualise)].into();
    assert_eq!(kind(&gateway), None);
}
