//! moto verifies with botocore and takes what core signed again, of STS, IAM, DynamoDB and S3; refused are a wrong
//! secret, a wrong token, a key that it does not know and whatever a user may not do, each with the service's own error.

use awsaccess::credentials::Credentials;
use awsaccess_peers::{Call, Kind, Moto, Reply, Signer};

const ACCOUNT: &str = "123456789012";
const ANY: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A\
    %22*%22%2C%22Resource%22%3A%22*%22%7D%7D";
const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A\
    %22sts%3AAssumeRole%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22*%22%7D%7D%7D";

/// A server with two users: an administrator, and one who may do nothing; and a role of an administrator's.
struct Stage {
    moto: Moto,
    admin: Credentials,
    nobody: Credentials,
}

impl Stage {
    fn new() -> Self {
        Self::with_role_policy(ANY)
    }

    fn with_role_policy(document: &str) -> Self {
        let moto = Moto::start();
        let iam = |form: &str| moto.set_up("iam", &format!("{form}&Version=2010-05-08"));
        let user = |name: &str| {
            let _ = iam(&format!("Action=CreateUser&UserName={name}"));
            keys(&iam(&format!("Action=CreateAccessKey&UserName={name}")))
        };
        let (admin, nobody) = (user("admin"), user("nobody"));
        let _ = iam(&format!("Action=PutUserPolicy&UserName=admin&PolicyName=any&PolicyDocument={ANY}"));
        let _ = iam(&format!("Action=CreateRole&RoleName=role&AssumeRolePolicyDocument={TRUST}"));
        let _ = iam(&format!("Action=PutRolePolicy&RoleName=role&PolicyName=any&PolicyDocument={document}"));
        moto.verify_from_now_on();
        Self { moto, admin, nobody }
    }

    fn send(&self, call: &Call, real: &Credentials) -> Reply {
        call.through(self.moto.host(), real).send()
    }

    fn assumed(&self) -> Credentials {
        let form = format!(
            "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Arole%2Frole&RoleSessionName=a"
        );
        keys(&self.send(&sts(&form), &self.admin).ok())
    }
}

fn keys(reply: &Reply) -> Credentials {
    let element = |name: &str| reply.element(name).unwrap();
    let keys = Credentials::new(element("AccessKeyId"), element("SecretAccessKey"));
    match reply.element("SessionToken") {
        Some(token) => keys.with_session_token(token),
        None => keys,
    }
}

fn sts(form: &str) -> Call {
    Call::form("sts", format!("{form}&Version=2011-06-15"))
}

fn iam(form: &str) -> Call {
    Call::form("iam", format!("{form}&Version=2010-05-08"))
}

fn list_tables() -> Call {
    Call::new("dynamodb", "POST", "/")
        .header("X-Amz-Target", "DynamoDB_20120810.ListTables")
        .header("Content-Type", "application/x-amz-json-1.0")
        .body("{}")
}

fn with_secret(keys: &Credentials, secret: &str) -> Credentials {
    let wrong = Credentials::new(keys.access_key_id(), secret);
    match keys.session_token() {
        Some(token) => wrong.with_session_token(token.expose()),
        None => wrong,
    }
}

#[test]
#[ignore = "wants moto_server; run peers/test.sh"]
fn sts_and_iam_take_what_is_signed_again() {
    let stage = Stage::new();
    let assumed = stage.assumed();
    for signer in Signer::ALL {
        let identity = sts("Action=GetCallerIdentity").by(signer);
        let arn = |keys| stage.send(&identity, keys).ok().element("Arn").unwrap();
        assert_eq!(arn(&stage.admin), format!("arn:aws:iam::{ACCOUNT}:user/admin"));
        assert_eq!(arn(&stage.nobody), format!("arn:aws:iam::{ACCOUNT}:user/nobody"));
        assert_eq!(arn(&assumed), format!("arn:aws:sts::{ACCOUNT}:assumed-role/role/a"));
        for keys in [&stage.admin, &assumed] {
            let users = stage.send(&iam("Action=ListUsers&PathPrefix=%2F").by(signer), keys).ok().text();
            assert!(users.contains("<UserName>nobody</UserName>"), "{users}");
            let _ = stage.send(&list_tables().by(signer), keys).ok();
        }
    }
}

#[test]
#[ignore = "wants moto_server; run peers/test.sh"]
fn wrong_keys_are_refused() {
    let stage = Stage::new();
    let assumed = stage.assumed();
    let identity = sts("Action=GetCallerIdentity");
    for keys in [&stage.admin, &assumed] {
        let wrong = with_secret(keys, "not-the-secret-of-this-key");
        stage.send(&identity, &wrong).refused(403, "SignatureDoesNotMatch");
        stage.send(&iam("Action=ListUsers"), &wrong).refused(403, "SignatureDoesNotMatch");
        let reply = stage.send(&list_tables(), &wrong);
        assert!(reply.status == 403 && reply.text().contains("SignatureDoesNotMatch"), "{}", reply.text());
        let spoiled = identity.through(stage.moto.host(), keys).spoiled().send();
        spoiled.refused(403, "SignatureDoesNotMatch");
        let altered =
            identity.through(stage.moto.host(), keys).with("content-type", |old| old.replace("utf", "UTF"));
        altered.send().refused(403, "SignatureDoesNotMatch");
    }
    let mut longer = identity
        .through(stage.moto.host(), &stage.admin)
        .with("content-length", |old| (old.parse::<usize>().unwrap() + 4).to_string());
    longer.body.extend(b"&A=B");
    longer.send().refused(403, "SignatureDoesNotMatch");
    let token = Credentials::new(assumed.access_key_id(), assumed.secret_access_key().expose())
        .with_session_token("another-token");
    stage.send(&identity, &token).refused(403, "InvalidClientTokenId");
    let unknown = Credentials::new("AKIANOBODYKNOWSTHIS0", "any");
    stage.send(&identity, &unknown).refused(403, "InvalidClientTokenId");
    // Rightly signed, and not allowed: another error.
    stage.send(&iam("Action=ListUsers"), &stage.nobody).refused(403, "AccessDenied");
}

/// moto hashes the parameters of a query as if they were the body. It refuses the SDK's own requests too.
#[test]
#[ignore = "wants moto_server; run peers/test.sh"]
fn a_query_without_a_body_is_beyond_this_server() {
    let stage = Stage::new();
    let query = Call::new("sts", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15").by(Signer::Sdk);
    query.direct(stage.moto.host(), &stage.admin).send().refused(403, "SignatureDoesNotMatch");
    stage.send(&query, &stage.admin).refused(403, "SignatureDoesNotMatch");
}

/// botocore takes a path as it was sent, so that here the odd ones can be held as well.
#[test]
#[ignore = "wants moto_server; run peers/test.sh"]
fn s3_takes_what_is_signed_again() {
    let stage = Stage::new();
    let assumed = stage.assumed();
    let _ = stage.send(&Call::s3("PUT", "/bucket"), &assumed).ok();
    for signer in Signer::ALL {
        for kind in [Kind::Hashed, Kind::Unsigned] {
            for key in [
                "plain",
                "a%20b",
                "a%2Bb",
                "a%2Fb",
                "a//b",
                "x%3Ay",
                "%C3%A9",
                "%40%3D%2A%28%29%21%27",
                "a/../b",
            ] {
                let target = format!("/bucket/{signer:?}/{kind:?}/{key}");
                let put = Call::s3("PUT", &target).by(signer).declared(kind).body(key);
                let _ = stage.send(&put, &assumed).ok();
                let get = Call::s3("GET", &target).by(signer);
                assert_eq!(stage.send(&get, &assumed).ok().text(), key, "{target}");
                stage.send(&get, &with_secret(&assumed, "wrong")).refused(403, "SignatureDoesNotMatch");
            }
        }
    }
}

/// What the guards say in the words of IAM, as a policy of a role: this server judges by those, and not by the policy that
/// a session was assumed with. The text is the one that STS is given.
#[test]
#[ignore = "wants moto_server; run peers/test.sh"]
fn what_a_guard_denies_moto_denies_too() {
    let text = reader_policy();
    assert!(text.contains("dynamodb:ListTables") && !text.contains("CreateTable"), "{text}");
    let stage = Stage::with_role_policy(&encode(&text));
    let reader = stage.assumed();
    let send = |call: &Call| stage.send(call, &reader);
    assert_eq!(send(&list_tables()).status, 200);
    let create = Call::new("dynamodb", "POST", "/")
        .header("X-Amz-Target", "DynamoDB_20120810.CreateTable")
        .header("Content-Type", "application/x-amz-json-1.0")
        .body("{\"TableName\":\"t\"}");
    for call in [create, iam("Action=CreateUser&UserName=mallory")] {
        let refused = send(&call);
        let body = String::from_utf8_lossy(&refused.body);
        assert!(refused.status >= 400 && body.contains("AccessDenied"), "{body}");
    }
}

/// Of a reader of DynamoDB, as the gateway's rules grant it.
fn reader_policy() -> String {
    use awsaccess::access::{
        Application, Guard, Hop, Identity, Narrowing, Policy, Role, Subject, Target, Wish,
    };
    use awsaccess::operation::{self, Service};
    use awsaccess::sigv4::Request;
    let hop = Hop::new(&format!("arn:aws:iam::{ACCOUNT}:role/role")).unwrap();
    let mut application = Application::new("a", "base", vec![Target::new("role", vec![hop])]);
    application.services = vec!["dynamodb".into()];
    application.narrowing = Narrowing::Guards;
    let mut readers = Role::new("readers", &["arn:aws:iam::*:role/*"], &[]).unwrap();
    readers.guards = Guard::built_in("read-only").into_iter().map(Into::into).collect();
    let policy =
        Policy::new(vec![application], vec![readers], vec![Subject::new("alice", &["readers"])]).unwrap();
    let headers =
        [("x-amz-target", "DynamoDB_20120810.ListTables"), ("content-type", "application/x-amz-json-1.0")];
    let operation =
        operation::identify(&Request::new("POST", "/", &headers), &Service::named("dynamodb"), b"{}");
    let wish = Wish::new("dynamodb", "us-east-1").asking(&operation);
    let now = awsaccess::time::Time::from_unix(1_800_000_000);
    let grant = policy.decide(&Identity::new("alice", "a", "role"), &wish, now).unwrap();
    grant.session_policy.unwrap().text().unwrap()
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
