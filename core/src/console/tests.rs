use super::*;
use crate::effect::{HttpFailure, HttpReason, HttpReply};
use crate::partition::PARTITIONS;

const NOW: Time = Time::from_unix(1_800_000_000);
const ROLE: &str = "arn:aws:iam::111122223333:role/Admin";
const HUSH: [&str; 3] = ["c0nsole-s3cret", "c0nsole-t0ken", "once-s1gnin"];

fn session(source: &str) -> Credentials {
    Credentials::new("ASIACONSOLE", HUSH[0])
        .with_session_token(HUSH[1])
        .with_expiry(NOW + Duration::from_secs(1800))
        .with_source(source)
}

fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3600)
}

fn field(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).unwrap();
    let pair = text.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    pair.map(str::to_owned)
}

/// The result, and the address and body of each request.
type Played = (Result<Link, Error>, Vec<(String, Vec<u8>)>);

/// Answers STS and the sign-in, and gives what the two were asked, in order.
fn play(
    base: &Credentials,
    console: &Console,
    mut sign_in_says: Vec<Result<HttpReply, HttpFailure>>,
) -> Played {
    let mut asked = Vec::new();
    let mut step = sign_in(base, console, NOW, [3; 32]);
    loop {
        step = match step {
            Step::Http(ask) => {
                let request = ask.request();
                asked.push((request.url.clone(), request.body.to_vec()));
                if request.url.ends_with("/federation") {
                    let reply = sign_in_says.remove(0);
                    ask.answer(NOW, reply)
                } else {
                    let action = field(&request.body, "Action").unwrap();
                    let user = if action == "AssumeRole" { "AssumedRoleUser" } else { "FederatedUser" };
                    let partition = if request.url.ends_with(".cn/") { "aws-cn" } else { "aws" };
                    let body = format!(
                        "<{action}Response><{action}Result><{user}><Arn>arn:{partition}:sts::111122223333:x/y</Arn>\
                         </{user}><Credentials><AccessKeyId>ASIACONSOLE</AccessKeyId><SecretAccessKey>{}\
                         </SecretAccessKey><SessionToken>{}</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration>\
                         </Credentials></{action}Result></{action}Response>",
                        HUSH[0], HUSH[1]
                    );
                    ask.answer(NOW, Ok(HttpReply::new(200, vec![], body)))
                }
            }
            Step::Done(result) => return (result, asked),
            other => panic!("{other:?}"),
        };
    }
}

fn token() -> Vec<Result<HttpReply, HttpFailure>> {
    vec![Ok(HttpReply::new(200, vec![], format!("{{\"SigninToken\":\"{}\"}}", HUSH[2])))]
}

#[test]
fn lengths_depend_on_what_the_role_is_assumed_with() {
    let keys = Credentials::new("AKIACONSOLE", HUSH[0]);
    for (base, wish, role, console) in [
        (&keys, Some(hours(24)), None, Some("43200")),
        (&keys, Some(hours(2)), None, Some("7200")),
        (&keys, None, None, None),
        (&session("imds"), Some(hours(12)), None, Some("43200")),
        (&session("sso"), Some(hours(12)), Some("3600"), None),
        (&session("environment"), Some(hours(2)), Some("3600"), None),
        (&session("session-token"), Some(Duration::from_secs(900)), Some("900"), None),
        (&session("assume-role"), None, None, None),
    ] {
        let mut wished = Console::new().role(AssumeRole::new(ROLE, "me"));
        wished.duration = wish;
        let (result, asked) = play(base, &wished, token());
        let link = result.map_err(|error| error.to_string()).unwrap_or_else(|error| panic!("{error}"));
        let [(sts, form), (signin, body)] = asked.as_slice() else { panic!("{}", asked.len()) };
        assert_eq!(
            (sts.as_str(), signin.as_str()),
            ("https://sts.us-east-1.amazonaws.com/", "https://signin.aws.amazon.com/federation")
        );
        assert_eq!(field(form, "DurationSeconds").as_deref(), role, "{:?}", base.source());
        assert_eq!(field(body, "SessionDuration").as_deref(), console, "{:?}", base.source());
        assert!(link.session_ends_at.is_some());
        assert_eq!(link.expires_at, NOW + Duration::from_secs(900));
        assert_eq!(link.arn.as_deref(), Some("arn:aws:sts::111122223333:x/y"));
    }
    let short = Console::new().role(AssumeRole::new(ROLE, "me")).duration(Duration::from_secs(899));
    let (result, asked) = play(&keys, &short, token());
    assert_eq!((result.err().map(|error| error.kind()), asked.len()), (Some(ErrorKind::Input), 0));
}

#[test]
fn long_lived_keys_become_a_federated_user() {
    let keys = Credentials::new("AKIACONSOLE", HUSH[0]);
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let wished =
        Console::new().federated_user("alice", Some(policy.into())).duration(hours(3)).region("cn-north-1");
    let (result, asked) = play(&keys, &wished, token());
    let link = result.ok().unwrap();
    assert!(asked[0].0.starts_with("https://sts.cn-north-1.amazonaws.com.cn"));
    assert_eq!(field(&asked[0].1, "DurationSeconds").as_deref(), Some("10800"));
    assert_eq!(asked[1].0, "https://cn-north-1.signin.amazonaws.cn/federation");
    assert_eq!(field(&asked[1].1, "SessionDuration"), None);
    assert!(
        link.url
            .expose()
            .contains("&Destination=https%3A%2F%2Fcn-north-1.console.amazonaws.cn%2F&SigninToken=")
    );
    for (base, wished) in [
        (&session("sso"), Console::new().federated_user("alice", None)),
        (&keys, Console::new()),
        (&session("session-token"), Console::new()),
        (&session("sso"), Console::new().duration(hours(1))),
        (&keys, Console::new().federated_user("a", None)),
        (&keys, Console::new().federated_user("alice", None).role(AssumeRole::new(ROLE, "me"))),
    ] {
        let (result, asked) = play(base, &wished, token());
        assert_eq!((result.err().map(|error| error.kind()), asked.len()), (Some(ErrorKind::Input), 0));
    }
}

#[test]
fn the_session_goes_in_the_body_and_the_link_says_where() {
    let wished = Console::new()
        .region("eu-west-1")
        .destination("/s3/buckets?tab=a&b")
        .issuer("https://portal.example/a b");
    let (result, asked) = play(&session("sso"), &wished, token());
    let link = result.ok().unwrap();
    let sent = field(&asked[0].1, "Session").unwrap();
    assert_eq!(
        sent,
        format!(
            "%7B%22sessionId%22%3A%22ASIACONSOLE%22%2C%22sessionKey%22%3A%22{}%22%2C%22sessionToken%22%3A%22{}%22%7D",
            HUSH[0], HUSH[1]
        )
    );
    assert_eq!(
        link.url.expose(),
        format!(
            "https://eu-west-1.signin.aws.amazon.com/federation?Action=login&Issuer=https%3A%2F%2Fportal.example%2Fa%20b\
             &Destination=https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Fs3%2Fbuckets%3Ftab%3Da%26b&SigninToken={}",
            HUSH[2]
        )
    );
    assert_eq!(link.session_ends_at, Some(NOW + Duration::from_secs(1800)));
}

#[test]
fn a_failure_tells_no_secret() {
    let echo = || HttpReply::new(400, vec![], format!("<html>{} {}</html>", HUSH[0], HUSH[1]));
    let gone = || Err(HttpFailure::new(HttpReason::Other, format!("POST https://x/?{}", HUSH[0])));
    for (says, kind) in [
        (vec![Ok(echo())], ErrorKind::Denied),
        (vec![gone(), gone()], ErrorKind::Unreachable),
        (vec![Err(HttpFailure::new(HttpReason::Tls, HUSH[1]))], ErrorKind::Unreachable),
        (
            vec![Ok(HttpReply::new(503, vec![], HUSH[0])), Ok(HttpReply::new(500, vec![], ""))],
            ErrorKind::Service,
        ),
        (vec![Ok(HttpReply::new(302, vec![], HUSH[0]))], ErrorKind::Service),
        (
            vec![Ok(HttpReply::new(200, vec![], format!("{{\"SigninToken\":{}}}", HUSH[2])))],
            ErrorKind::Malformed,
        ),
        (vec![Ok(HttpReply::new(200, vec![], "{\"SigninToken\":\"a b\"}"))], ErrorKind::Malformed),
        (vec![Ok(HttpReply::new(200, vec![], "{\"SigninToken\":\"\"}"))], ErrorKind::Malformed),
    ] {
        let turns = says.len();
        let (result, asked) = play(&session("sso"), &Console::new(), says);
        let error = result.err().unwrap();
        assert_eq!((error.kind(), asked.len()), (kind, turns), "{error}");
        let told = format!("{error:?} {error}");
        assert!(!HUSH.iter().any(|secret| told.contains(secret)) && !told.contains("https://"), "{told}");
    }
    let (result, _) = play(&session("sso"), &Console::new(), [vec![gone()], token()].concat());
    assert!(result.is_ok());
}

#[test]
fn every_partition_has_its_own() {
    for partition in &PARTITIONS {
        let region = partition.implicit_region;
        let (result, asked) =
            play(&session("sso"), &Console::new().region(region).destination("ec2"), token());
        let url = result.ok().unwrap().url;
        assert_eq!(asked[0].0, format!("https://{region}.signin.{}/federation", partition.web_domain));
        let there =
            format!("Destination=https%3A%2F%2F{region}.console.{}%2Fec2%2Fhome", partition.web_domain);
        assert!(url.expose().contains(&there), "{}", partition.id);
    }
    assert_eq!(
        Federation::of(partition::by_id("aws-eusc").unwrap(), None).unwrap(),
        Federation::custom("https://eusc-de-east-1.signin.amazonaws-eusc.eu").unwrap()
    );
    assert!(Federation::of(&PARTITIONS[0], Some("cn-north-1")).is_err());
}

#[test]
fn keys_are_of_the_partition_of_the_region_that_is_set_up() {
    let at = |base: &Credentials, console: Console| {
        let (result, asked) = play(base, &console.default_region("cn-northwest-1"), token());
        (asked, result.ok().unwrap().url.expose().to_owned())
    };
    let (asked, url) = at(&session("sso"), Console::new());
    assert_eq!(asked[0].0, "https://signin.amazonaws.cn/federation");
    assert!(url.contains("&Destination=https%3A%2F%2Fconsole.amazonaws.cn%2F&"));
    let keys = Credentials::new("AKIACONSOLE", HUSH[0]);
    let (asked, _) = at(&keys, Console::new().federated_user("alice", None));
    assert_eq!(asked[0].0, "https://sts.cn-northwest-1.amazonaws.com.cn/");
    // What says more goes before it.
    let (asked, _) = at(&session("sso"), Console::new().region("eu-west-1"));
    assert_eq!(asked[0].0, "https://eu-west-1.signin.aws.amazon.com/federation");
    let (asked, _) = at(&keys, Console::new().role(AssumeRole::new(ROLE, "me")));
    assert_eq!(asked[1].0, "https://signin.aws.amazon.com/federation");
}

#[test]
fn destinations_stay_in_the_console() {
    let [aws, ..] = &PARTITIONS;
    let there = |wish| destination(Some(wish), aws, None);
    for (wish, url) in [
        ("", "https://console.aws.amazon.com/"),
        ("ec2", "https://console.aws.amazon.com/ec2/home"),
        ("/ec2/home#Instances:", "https://console.aws.amazon.com/ec2/home#Instances:"),
        ("https://eu-west-1.console.aws.amazon.com/s3", "https://eu-west-1.console.aws.amazon.com/s3"),
        ("https://s3.console.aws.amazon.com/?x", "https://s3.console.aws.amazon.com/?x"),
    ] {
        assert_eq!(there(wish).as_deref(), Ok(url));
    }
    for wish in [
        "http://console.aws.amazon.com/",
        "//evil.example/",
        "https://evil.example/",
        "https://console.aws.amazon.com.evil.example/",
        "https://console.aws.amazon.com@evil.example/",
        "https://evil.example\\.console.aws.amazon.com/",
        "https://console.amazonaws.cn/",
        "https://signin.aws.amazon.com/",
        "https://console.aws.amazon.com:8443/",
        "https://console.aws.amazon.com./",
        "javascript:alert(1)",
        "a b",
        "/\n",
    ] {
        assert_eq!(there(wish).unwrap_err().kind(), ErrorKind::Input, "{wish}");
    }
}

#[test]
fn roles_to_switch_to() {
    let link = SwitchRole::of(ROLE).unwrap();
    assert_eq!(
        link.url(None).unwrap(),
        "https://signin.aws.amazon.com/switchrole?account=111122223333&roleName=Admin"
    );
    let there = link.clone().destination("ec2").url(Some("eu-west-1")).unwrap();
    assert!(there.ends_with(
        "&redirect_uri=https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Fec2%2Fhome%3Fregion%3Deu-west-1"
    ));
    for bad in [
        "",
        "Admin",
        "arn:aws:iam::1:role/x",
        "arn:aws:iam::111122223333:user/x",
        "arn:moon:iam::111122223333:role/x",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:role/a b",
    ] {
        assert!(SwitchRole::of(bad).is_err(), "{bad}");
    }
    assert!(link.clone().color("red").url(None).is_err());
    assert!(link.clone().display_name("x".repeat(65)).url(None).is_err());
    assert!(link.destination("https://evil.example/").url(None).is_err());
}
