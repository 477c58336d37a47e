use super::*;
use crate::access::Guard;
use crate::credentials::Credentials;
use crate::sigv4::{self, Payload, Request, Scope, Settings};
use crate::time::Time;

/// What is signed for that URL and service, without its scheme if it has none.
fn presign(url: &str, service: &str, headers: &[(&str, &str)]) -> OfflinePresign {
    let keys = Credentials::new("AKIAPLACEHOLDER00001", "placeholder/secret/placeholder/secret123");
    let whole = format!("https://{}", url.trim_start_matches("https://"));
    let request = Request::new("GET", &whole, headers);
    let scope = Scope::new("eu-west-1", service);
    let (settings, at) = (Settings::default(), Time::from_unix(1_440_938_160));
    let lasts = std::time::Duration::from_secs(900);
    let signed = sigv4::presign(&request, Payload::Bytes(b""), &keys, &scope, &settings, lasts, at).unwrap();
    let text = String::from_utf8(signed.target().to_vec()).unwrap();
    let text =
        if url.starts_with("https://") { text } else { text.trim_start_matches("https://").to_owned() };
    let found = OfflinePresign::recognize(text.as_bytes()).unwrap();
    headers.iter().fold(found, |found, (name, value)| found.with_header(name, value))
}

fn shown(operation: &Operation) -> String {
    let about: Vec<_> =
        operation.resources.iter().map(|one| format!(" {}:{}", one.kind, one.value)).collect();
    format!("{}:{}{}", operation.service, operation.title(), about.concat())
}

#[test]
fn a_token_is_known_by_what_it_opens() {
    for (url, service, wanted) in [
        (
            "db.x.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app",
            "rds-db",
            "rds-db:connect user:app host:db.x.eu-west-1.rds.amazonaws.com",
        ),
        ("cache/?Action=connect&User=app", "elasticache", "elasticache:Connect user:app host:cache"),
        ("store/?Action=connect&User=app", "memorydb", "memorydb:Connect user:app host:store"),
        ("abc.dsql.eu-west-1.on.aws/?Action=DbConnect", "dsql", "dsql:DbConnect cluster:abc"),
        ("abc.dsql.eu-west-1.on.aws/?Action=DbConnectAdmin", "dsql", "dsql:DbConnectAdmin cluster:abc"),
        (
            "https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster:Connect",
            "kafka-cluster",
            "kafka-cluster:Connect",
        ),
    ] {
        let found = identify_token(&presign(url, service, &[])).unwrap();
        assert_eq!(shown(&found), wanted);
        assert_eq!(found.access, Some(Access::Credentials));
        assert_eq!(found.actions()[0].to_string(), wanted.split(' ').next().unwrap());
    }
    // Who one is, in the form of an EKS token or not.
    let who = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(shown(&identify_token(&presign(who, "sts", &[])).unwrap()), "sts:GetCallerIdentity");
    let to = identify_token(&presign(who, "sts", &[("x-k8s-aws-id", "prod")])).unwrap();
    assert_eq!(shown(&to), "sts:GetCallerIdentity cluster:prod");
    // Any other URL is the request that it was signed for.
    for (url, service) in [
        ("https://sts.eu-west-1.amazonaws.com/?Action=GetSessionToken", "sts"),
        ("https://bucket.s3.eu-west-1.amazonaws.com/key", "s3"),
        ("db.x.eu-west-1.rds.amazonaws.com:5432/?Action=other&DBUser=app", "rds-db"),
        ("abc.dsql.eu-west-1.on.aws/?Action=DbDrop", "dsql"),
    ] {
        assert!(identify_token(&presign(url, service, &[])).is_none(), "{url}");
    }
}

#[test]
fn git_credentials_are_good_for_pushing() {
    let text = "https://AKIAPLACEHOLDER00001:20150830T123600Z0000000000000000000000000000000000000000000000000000000000000000@\
                git-codecommit.eu-west-1.amazonaws.com/v1/repos/site";
    let found = identify_token(&OfflinePresign::recognize(text.as_bytes()).unwrap()).unwrap();
    assert_eq!(shown(&found), "codecommit:GitPush repository:site");
    let actions: Vec<_> = found.actions().iter().map(ToString::to_string).collect();
    assert_eq!(actions, ["codecommit:GitPull", "codecommit:GitPush"]);
}

#[test]
fn every_one_is_an_operation_of_its_own() {
    assert!(TOKENS.is_sorted_by_key(|token| (token.service, token.name)));
    for token in &TOKENS {
        let same = |listed: &Listed| (listed.service(), listed.name()) == (token.service, token.name);
        assert_eq!(Listed::all().filter(same).count(), 1, "{}:{}", token.service, token.name);
        assert!(Listed::signing(token.service).any(|listed| listed == Listed::Token(token)));
    }
    assert!(Guard::new("g", Some(&["rds-db:connect user:app"]), &[]).is_ok());
}
