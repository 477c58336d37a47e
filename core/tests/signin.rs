//! Signing in and out, with a person, a browser and the services by script.

mod person;

use awsaccess::chain::{self, Options, Sso};
use awsaccess::effect::{HttpReply, Listen, ListenFailure};
use awsaccess::error::{Error, ErrorKind};
use awsaccess::profile::Profiles;
use awsaccess::signin::{
    LoggedIn, Login, SignedIn, SsoLogin, SsoProfile, account_roles, accounts, configure_sso, login, logout,
    sso_login, sso_logout,
};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use person::{Browser, NOW, Person, parameter};
use serde_json::json;
use sha2::{Digest, Sha256};

const CONFIG: &str = "# mine\n[profile dev]\nsso_session = my-sso\nsso_account_id = 111122223333\nsso_role_name = Admin\n\
    [sso-session my-sso]\nsso_region = us-east-1\nsso_start_url = https://my-org.awsapps.com/start\n\
    sso_registration_scopes = sso:account:access\n\
    [profile old]\nsso_region = us-east-1\nsso_start_url = https://my-org.awsapps.com/start\n\
    sso_account_id = 1\nsso_role_name = A\n[profile keys]\naws_access_key_id = AKID\naws_secret_access_key = s3cr3t-static\n";
const FILE: &str = "/h/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json";
const REGISTRATION: &str = "/h/.aws/sso/cache/19f1d250a5c239d09c992e412e777d484650b152.json";
const OIDC: &str = "POST https://oidc.us-east-1.amazonaws.com";
const URL: &str = "https://oidc.us-east-1.amazonaws.com";
const CLIENT: &str = r#"{"clientId":"client","clientSecret":"cl13nt-secret","clientIdIssuedAt":1,"clientSecretExpiresAt":1807776000}"#;
const DEVICE: &str = r#"{"deviceCode":"d3vice-code","userCode":"ABCD-EFGH","verificationUri":"https://device.sso.us-east-1.amazonaws.com/","verificationUriComplete":"https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH","expiresIn":600,"interval":1}"#;
const TOKENS: &str =
    r#"{"accessToken":"acc3ss-one","tokenType":"Bearer","expiresIn":28800,"refreshToken":"r3fresh-one"}"#;
const PENDING: &str = r#"{"error":"authorization_pending","error_description":"wait"}"#;

fn world() -> Person {
    Person::new(CONFIG).reply(&format!("{OIDC}/client/register"), 200, CLIENT).reply(
        &format!("{OIDC}/device_authorization"),
        200,
        DEVICE,
    )
}

fn token(person: Person, status: u16, body: &str) -> Person {
    person.reply(&format!("{OIDC}/token"), status, body)
}

fn sign_in(person: &mut Person, request: &SsoLogin) -> Result<SignedIn, Error> {
    let now = NOW + person.passed;
    person.drive(|env| sso_login(request, env, now, [6; 32]))
}

fn by_device() -> SsoLogin {
    SsoLogin::new(Options::new().profile("dev")).device_code(true)
}

fn by_browser() -> SsoLogin {
    SsoLogin::new(Options::new()).session("my-sso")
}

/// What a browser comes back with after a sign-in that went well.
fn well(listen: &Listen) -> Result<String, ListenFailure> {
    let state = parameter(&listen.page, "state").unwrap();
    Ok(format!("code=c0de-of-redirect%2F&state={state}"))
}

#[test]
fn a_code_is_shown_and_the_service_asked_until_it_was_typed_in() {
    let mut person = token(world(), 400, PENDING);
    for (status, body) in [(400, r#"{"error":"slow_down"}"#), (400, PENDING), (500, "{}"), (200, TOKENS)] {
        person = token(person, status, body);
    }
    let signed_in = sign_in(&mut person, &by_device()).unwrap();
    assert_eq!(signed_in.token_file, FILE);
    assert_eq!(signed_in.portal.session.as_deref(), Some("my-sso"));
    let waits: Vec<_> = person.asked.iter().filter(|asked| asked.starts_with("wait")).collect();
    assert_eq!(waits[..3], ["wait 1", "wait 1", "wait 6"]);
    let shown = &person.prompts[0];
    assert!(shown.message.contains("ABCD-EFGH") && shown.page.as_deref().unwrap().ends_with("ABCD-EFGH"));
    let registered = person.body(&format!("{URL}/client/register"));
    assert_eq!(
        registered,
        json!({
            "clientName": "awsaccess-my-sso", "clientType": "public", "scopes": ["sso:account:access"],
        })
    );
    assert_eq!(
        person.body(&format!("{URL}/device_authorization")),
        json!({
            "clientId": "client", "clientSecret": "cl13nt-secret", "startUrl": "https://my-org.awsapps.com/start",
        })
    );
    assert_eq!(
        person.body(&format!("{URL}/token")),
        json!({
            "clientId": "client", "clientSecret": "cl13nt-secret",
            "grantType": "urn:ietf:params:oauth:grant-type:device_code", "deviceCode": "d3vice-code",
        })
    );
    let passed = i64::try_from(person.passed.as_secs()).unwrap();
    assert_eq!(
        person.json(FILE),
        json!({
            "startUrl": "https://my-org.awsapps.com/start", "region": "us-east-1",
            "accessToken": "acc3ss-one", "refreshToken": "r3fresh-one",
            "expiresAt": awsaccess::time::Time::from_unix(NOW.unix() + passed + 28_800).to_string(),
            "clientId": "client", "clientSecret": "cl13nt-secret", "registrationExpiresAt": "2027-04-15T08:00:00Z",
        })
    );
    assert_eq!(
        person.json(REGISTRATION),
        json!({
            "clientId": "client", "clientSecret": "cl13nt-secret", "expiresAt": "2027-04-15T08:00:00Z",
            "scopes": ["sso:account:access"],
        })
    );

    // The client serves again; a browser's sign-in wants one of its own and displaces it.
    let mut person = token(world(), 200, TOKENS).file(REGISTRATION, person.files[REGISTRATION].clone());
    sign_in(&mut person, &by_device()).unwrap();
    assert_eq!(person.count(&format!("{OIDC}/client/register")), 0);
    person.browser = Some(well);
    sign_in(&mut person, &by_browser()).unwrap();
    assert_eq!(person.count(&format!("{OIDC}/client/register")), 1);
    assert_eq!(person.json(REGISTRATION)["grantTypes"], json!(["authorization_code", "refresh_token"]));
}

#[test]
fn the_token_of_a_sign_in_gives_credentials() {
    let mut person = token(world(), 200, TOKENS);
    sign_in(&mut person, &by_device()).unwrap();
    let keys = r#"{"roleCredentials":{"accessKeyId":"ASIAROLE","secretAccessKey":"s3cr3t-role-key","sessionToken":"s3ssion-role-token","expiration":1800003600000}}"#;
    let mut person =
        person.reply("GET https://portal.sso.us-east-1.amazonaws.com/federation/credentials", 200, keys);
    let options = Options::new().profile("dev");
    let resolved = person.drive(|env| chain::resolve(&options, env, NOW, [5; 32])).unwrap();
    assert_eq!(resolved.credentials().access_key_id(), "ASIAROLE");
}

#[test]
fn how_a_wait_for_a_person_ends() {
    let end = |status, body: &str| {
        let mut person = token(world(), status, body);
        let error = sign_in(&mut person, &by_device()).unwrap_err();
        assert!(!person.files.contains_key(FILE));
        (error.kind(), person.count(&format!("{OIDC}/token")))
    };
    assert_eq!(end(400, r#"{"error":"expired_token"}"#), (ErrorKind::Expired, 1));
    assert_eq!(end(400, r#"{"error":"access_denied"}"#), (ErrorKind::Denied, 1));
    for error in
        ["invalid_grant", "invalid_request", "unauthorized_client", "unsupported_grant_type", "invalid_scope"]
    {
        assert_eq!(end(400, &format!(r#"{{"error":"{error}"}}"#)), (ErrorKind::Service, 1), "{error}");
    }
    let unanswered = end(400, PENDING);
    assert_eq!(unanswered, (ErrorKind::Expired, 400));
    let mut person = token(world(), 400, PENDING);
    person.stands_still = true;
    assert_eq!(sign_in(&mut person, &by_device()).unwrap_err().kind(), ErrorKind::Expired);
    let mut person = token(world(), 400, PENDING);
    person.will_not_wait = true;
    assert_eq!(sign_in(&mut person, &by_device()).unwrap_err().kind(), ErrorKind::Declined);
    for body in [
        "{}",
        &DEVICE.replace("https://", "javascript://"),
        &DEVICE.replace("600", "0"),
        &DEVICE.replace("ABCD", "A\\u001b"),
    ] {
        let mut person = world();
        person.replies.remove(&format!("{OIDC}/device_authorization"));
        let mut person = token(person, 200, TOKENS).reply(&format!("{OIDC}/device_authorization"), 200, body);
        assert_eq!(sign_in(&mut person, &by_device()).unwrap_err().kind(), ErrorKind::Malformed, "{body}");
        assert!(person.prompts.is_empty());
    }
}

#[test]
fn a_client_that_the_service_forgot_is_registered_anew() {
    let file =
        r#"{"clientId":"forgotten","clientSecret":"cl13nt-secret","expiresAt":"2027-04-15T08:00:00Z"}"#;
    let mut person = world();
    let path = format!("{OIDC}/device_authorization");
    let forgotten = HttpReply::new(401, Vec::new(), r#"{"error":"invalid_client"}"#);
    person.replies.get_mut(&path).unwrap().push_front(Ok(forgotten));
    let mut person = token(person, 200, TOKENS).file(REGISTRATION, file);
    sign_in(&mut person, &by_device()).unwrap();
    assert_eq!(person.json(REGISTRATION)["clientId"], "client");
    assert_eq!(person.count(&path), 2);
}

#[test]
fn a_browser_comes_back_with_a_code() {
    let mut person = token(world(), 200, TOKENS);
    person.browser = Some(|listen| {
        assert_eq!(listen.path, "/oauth/callback");
        assert!(listen.page.starts_with(&format!("{URL}/authorize?response_type=code&client_id=client&redirect_uri=http%3A%2F%2F127.0.0.1%3A{{port}}%2Foauth%2Fcallback&")), "{}", listen.page);
        assert!(
            listen.page.contains("&code_challenge_method=S256&scopes=sso%3Aaccount%3Aaccess&code_challenge=")
        );
        well(listen)
    });
    sign_in(&mut person, &by_browser()).unwrap();
    assert_eq!(
        person.body(&format!("{URL}/client/register")),
        json!({
            "clientName": "awsaccess-my-sso", "clientType": "public", "scopes": ["sso:account:access"],
            "grantTypes": ["authorization_code", "refresh_token"],
            "redirectUris": ["http://127.0.0.1/oauth/callback"], "issuerUrl": "https://my-org.awsapps.com/start",
        })
    );
    let body = person.body(&format!("{URL}/token"));
    assert_eq!(body["grantType"], "authorization_code");
    assert_eq!(body["code"], "c0de-of-redirect/");
    assert_eq!(body["redirectUri"], "http://127.0.0.1:4711/oauth/callback");
    assert_eq!(body["codeVerifier"].as_str().unwrap().len(), 64);
    assert_eq!(person.json(FILE)["accessToken"], "acc3ss-one");
    assert!(person.prompts.is_empty());
}

#[test]
fn the_challenge_is_that_of_the_verifier_and_differs_by_seed() {
    let run = |seed| {
        let mut person = token(world(), 200, TOKENS);
        thread_local!(static PAGE: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) });
        person.browser = Some(|listen| {
            PAGE.with(|page| page.borrow_mut().clone_from(&listen.page));
            well(listen)
        });
        let request = by_browser();
        person.drive(|env| sso_login(&request, env, NOW, [seed; 32])).unwrap();
        let page = PAGE.with(|page| page.borrow().clone());
        let verifier = person.body(&format!("{URL}/token"))["codeVerifier"].as_str().unwrap().to_owned();
        (parameter(&page, "code_challenge").unwrap(), parameter(&page, "state").unwrap(), verifier)
    };
    let (challenge, state, verifier) = run(1);
    assert_eq!(challenge, Base64UrlUnpadded::encode_string(&Sha256::digest(&verifier)));
    let other = run(2);
    assert!(challenge != other.0 && state != other.1 && verifier != other.2);
}

#[test]
fn a_redirect_that_is_no_answer_is_refused() {
    fn state(listen: &Listen) -> String {
        parameter(&listen.page, "state").unwrap()
    }
    let cases: [(Browser, ErrorKind, &str); 9] = [
        (|_| Ok("code=c0de-of-redirect&state=other".into()), ErrorKind::Denied, "does not belong"),
        (|_| Ok("code=c0de-of-redirect".into()), ErrorKind::Denied, "does not belong"),
        (|_| Ok("error=access_denied".into()), ErrorKind::Denied, "does not belong"),
        (|_| Ok(String::new()), ErrorKind::Denied, "does not belong"),
        (
            |l| Ok(format!("state={0}&state={0}&code=c0de-of-redirect", state(l))),
            ErrorKind::Denied,
            "does not belong",
        ),
        (
            |l| Ok(format!("state={}&error=access_denied&error_description=no+thanks", state(l))),
            ErrorKind::Denied,
            "access_denied: no thanks",
        ),
        (|l| Ok(format!("state={}", state(l))), ErrorKind::Malformed, "no code"),
        (|l| Ok(format!("state={}&code=%ff", state(l))), ErrorKind::Malformed, "no code"),
        (|_| Err(ListenFailure::new("nobody came")), ErrorKind::Timeout, "nobody came"),
    ];
    for (browser, kind, told) in cases {
        let mut person = token(world(), 200, TOKENS);
        person.browser = Some(browser);
        let error = sign_in(&mut person, &by_browser()).unwrap_err();
        assert!(error.kind() == kind && error.message().contains(told), "{error}");
        assert_eq!(person.count(&format!("{OIDC}/token")), 0);
    }
}

#[test]
fn without_a_browser_or_a_session_a_code_is_shown() {
    let mut person = token(world(), 200, TOKENS);
    sign_in(&mut person, &by_browser()).unwrap();
    assert!(person.asked.contains(&"listen".to_owned()) && person.prompts.len() == 1);
    let mut person = token(world(), 200, TOKENS);
    person.browser = Some(well);
    let signed_in = sign_in(&mut person, &SsoLogin::new(Options::new().profile("old"))).unwrap();
    assert!(signed_in.token_file.ends_with("/acff06c7037450e5a3fddcacb0a34e921da42d68.json"));
    assert!(!person.asked.contains(&"listen".to_owned()));
}

#[test]
fn an_address_of_the_organizations_own_leads_to_the_portal() {
    let leads = |method: &str, status, to: &str| {
        let mut person = token(world(), 200, TOKENS);
        let reply = HttpReply::new(status, vec![("Location".to_owned(), to.to_owned())], "");
        person.replies.insert(format!("{method} https://sso.example.com/"), [Ok(reply)].into());
        let other = if method == "GET" { "HEAD" } else { "GET" };
        let mut person = person.reply(&format!("{other} https://sso.example.com/"), 405, "");
        let portal = Sso::new(Some("mine".into()), "us-east-1", "https://sso.example.com/");
        let result = sign_in(&mut person, &SsoLogin::new(Options::new()).portal(portal).device_code(true));
        (result, person)
    };
    for method in ["HEAD", "GET"] {
        let (result, person) = leads(method, 302, "https://my-org.awsapps.com/start");
        let signed_in = result.unwrap();
        assert_eq!(
            person.body(&format!("{URL}/device_authorization"))["startUrl"],
            "https://my-org.awsapps.com/start"
        );
        assert_eq!(person.json(&signed_in.token_file)["startUrl"], "https://sso.example.com/");
    }
    for (status, to) in [
        (302, "https://evil.example/"),
        (302, "http://my-org.awsapps.com/"),
        (200, "https://my-org.awsapps.com/"),
    ] {
        let (result, person) = leads("HEAD", status, to);
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Config);
        assert_eq!(person.count(&format!("{OIDC}/client/register")), 0);
    }
}

#[test]
fn what_there_is_to_sign_in_to() {
    for (request, told) in [
        (SsoLogin::new(Options::new().profile("keys")), "does not use IAM Identity Center"),
        (SsoLogin::new(Options::new()).session("none"), "is not in the config file"),
        (SsoLogin::new(Options::new().profile("none")), "none"),
    ] {
        let error = sign_in(&mut world(), &request).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.message().contains(told), "{error}");
    }
    let mut person = token(world(), 200, TOKENS);
    person.write = Some(awsaccess::effect::FileFailure::new("disk full"));
    let error = sign_in(&mut person, &by_device()).unwrap_err();
    assert!(error.message().contains("disk full"), "{error}");
}

#[test]
fn accounts_and_roles_are_listed_page_by_page() {
    let request = by_device();
    let mut person = token(world(), 200, TOKENS);
    sign_in(&mut person, &request).unwrap();
    let list = "GET https://portal.sso.us-east-1.amazonaws.com/assignment/accounts";
    let roles = "GET https://portal.sso.us-east-1.amazonaws.com/assignment/roles";
    let first = r#"{"nextToken":"a/b","accountList":[{"accountId":"111122223333","accountName":"one","emailAddress":"a@b"},{}]}"#;
    let last = r#"{"nextToken":null,"accountList":[{"accountId":"444455556666"}]}"#;
    let mut person = person.reply(list, 200, first).reply(list, 200, last).reply(
        roles,
        200,
        r#"{"roleList":[{"roleName":"Admin","accountId":"1"}]}"#,
    );
    let found = person.drive(|env| accounts(&request, env, NOW, [1; 32])).unwrap();
    let ids: Vec<_> = found.iter().map(|account| (account.id.as_str(), account.name.as_deref())).collect();
    assert_eq!(ids, [("111122223333", Some("one")), ("444455556666", None)]);
    assert!(person.sent.last().unwrap().url.ends_with("accounts?max_result=100&next_token=a%2Fb"));
    let names = person.drive(|env| account_roles(&request, "111122223333", env, NOW, [1; 32])).unwrap();
    assert_eq!(names, ["Admin"]);
    assert!(person.sent.last().unwrap().url.ends_with("roles?account_id=111122223333&max_result=100"));
    // A list that never ends, ends.
    let mut endless = token(world(), 200, TOKENS).reply(list, 200, first);
    sign_in(&mut endless, &request).unwrap();
    let error = endless.drive(|env| accounts(&request, env, NOW, [1; 32])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
}

#[test]
fn a_profile_is_written_and_works() {
    let mut sso = Sso::new(Some("new".into()), "eu-west-1", "https://my-org.awsapps.com/start");
    sso.role = Some(("111122223333".into(), "Admin".into()));
    let mut profile = SsoProfile::new("prod", sso.clone());
    profile.region = Some("eu-central-1".into());
    let mut person = world();
    let written = person.drive(|env| configure_sso(&profile, &Options::new(), env, NOW, [1; 32])).unwrap();
    assert_eq!(written.path, "/h/.aws/config");
    let text = person.text("/h/.aws/config");
    let added = "\n[profile prod]\nsso_session = new\nsso_account_id = 111122223333\nsso_role_name = Admin\nregion = eu-central-1\n\
        \n[sso-session new]\nsso_start_url = https://my-org.awsapps.com/start\nsso_region = eu-west-1\n\
        sso_registration_scopes = sso:account:access\n";
    assert_eq!(text, format!("{CONFIG}{added}"));
    let read = Profiles::parse(Some(text.as_bytes()), None).unwrap();
    let plan = chain::plan(&read, &awsaccess::profile::Selected::choose(Some("prod"), &person.environment()))
        .unwrap();
    assert_eq!(plan.base, chain::Base::Sso(sso.clone()));
    // Again: nothing to do.
    person.asked.clear();
    person.drive(|env| configure_sso(&profile, &Options::new(), env, NOW, [1; 32])).unwrap();
    assert!(!person.asked.iter().any(|asked| asked.starts_with("write")));
    // What others share, and what would win, is told.
    sso.session = Some("my-sso".into());
    let error = person
        .drive(|env| configure_sso(&SsoProfile::new("x", sso.clone()), &Options::new(), env, NOW, [1; 32]));
    assert!(error.unwrap_err().message().contains("another sso_region"));
    sso.session = Some("third".into());
    let written = person.drive(|env| {
        configure_sso(&SsoProfile::new("keys", sso.clone()), &Options::new(), env, NOW, [1; 32])
    });
    assert!(written.unwrap().warnings[0].contains("aws_access_key_id"));
    let mut broken = world().file("/h/.aws/config", "oops\n");
    let error = broken.drive(|env| configure_sso(&profile, &Options::new(), env, NOW, [1; 32])).unwrap_err();
    assert_eq!((error.kind(), broken.text("/h/.aws/config")), (ErrorKind::Profile, "oops\n"));
}

#[test]
fn signing_out_takes_the_tokens_back() {
    let mut person = token(world(), 200, TOKENS);
    sign_in(&mut person, &by_device()).unwrap();
    let bye = "POST https://portal.sso.us-east-1.amazonaws.com/logout";
    let mut person = person
        .reply(bye, 200, "")
        .file(
            "/h/.aws/sso/cache/other.json",
            r#"{"accessToken":"acc3ss-two","expiresAt":"2100-01-01T00:00:00Z","region":"evil/"}"#,
        )
        .file("/h/.aws/sso/cache/notes.txt", "mine")
        .file("/h/.aws/cli/cache/a.json", r#"{"ProviderType":"sso","Credentials":{}}"#)
        .file("/h/.aws/cli/cache/b.json", r#"{"Credentials":{}}"#);
    let done = person.drive(|env| sso_logout(&Options::new(), env, NOW, [1; 32])).unwrap();
    assert_eq!(done.removed, [FILE, "/h/.aws/sso/cache/other.json", "/h/.aws/cli/cache/a.json"]);
    assert_eq!(done.warnings.len(), 1, "{:?}", done.warnings);
    let sent = person.sent.last().unwrap();
    assert_eq!((sent.url.as_str(), sent.headers[0].1.expose()), (&bye[5..], "acc3ss-one"));
    assert!(person.files.contains_key(REGISTRATION) && person.files.contains_key("/h/.aws/cli/cache/b.json"));
}

const SIGN_IN: &str = "https://eu-west-1.signin.aws.amazon.com";

/// What the sign-in service answers: `sub` is the user demo.
fn signed_in_tokens() -> String {
    let claims = json!({ "sub": "arn:aws:iam::123456789012:user/demo", "aud": "x" }).to_string();
    let id_token = format!("e30.{}.aWQ-t0ken-of-login", Base64UrlUnpadded::encode_string(claims.as_bytes()));
    json!({
        "accessToken": {
            "accessKeyId": "ASIALOGIN", "secretAccessKey": "s3cr3t-login-key", "sessionToken": "s3ssion-login-token",
        },
        "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "r3fresh-one", "idToken": id_token,
    })
    .to_string()
}

fn log_in(person: &mut Person, request: &Login) -> Result<LoggedIn, Error> {
    person.drive(|env| login(request, env, NOW, [6; 32]))
}

#[test]
fn a_console_sign_in_on_this_device() {
    let mut person = world().reply(&format!("POST {SIGN_IN}/v1/token"), 200, &signed_in_tokens());
    person.browser = Some(|listen| {
        let start = format!(
            "{SIGN_IN}/v1/authorize?response_type=code&client_id=arn%3Aaws%3Asignin%3A%3A%3Adevtools%2Fsame-device&state="
        );
        assert!(listen.page.starts_with(&start), "{}", listen.page);
        assert!(listen.page.contains("&code_challenge_method=SHA-256&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1%3A{port}%2Foauth%2Fcallback&code_challenge="));
        well(listen)
    });
    let options = Options::new().profile("me").region("eu-west-1");
    let done = log_in(&mut person, &Login::new(options)).unwrap();
    assert_eq!(
        (done.session.as_str(), done.account_id.as_str()),
        ("arn:aws:iam::123456789012:user/demo", "123456789012")
    );
    let body = person.body(&format!("{SIGN_IN}/v1/token"));
    assert_eq!(body["redirectUri"], "http://127.0.0.1:4711/oauth/callback");
    assert_eq!(
        (&body["grantType"], &body["code"]),
        (&json!("authorization_code"), &json!("c0de-of-redirect/"))
    );
    let text = person.text("/h/.aws/config");
    assert_eq!(
        text,
        format!("{CONFIG}\n[profile me]\nlogin_session = {}\nregion = eu-west-1\n", done.session)
    );
    let path = "/h/.aws/login/cache/bf5f7f6d57cc352e6ab0659523fca68f168f8380cdb2191fa6ec63f10880008c.json";
    let file = person.json(path);
    assert_eq!(file["accessToken"]["expiresAt"], "2027-01-15T08:15:00Z");
    assert_eq!((&file["signInRegion"], &file["tokenType"]), (&json!("eu-west-1"), &json!("aws_sigv4")));
    assert!(file["dpopKey"].as_str().unwrap().starts_with("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI"));
    // The profile works, is renewed with the key of the file, and can be signed out of.
    let options = Options::new().profile("me");
    let resolved = person.drive(|env| chain::resolve(&options, env, NOW, [5; 32])).unwrap();
    assert_eq!(resolved.credentials().access_key_id(), "ASIALOGIN");
    let later = NOW + std::time::Duration::from_secs(800);
    person.passed = std::time::Duration::from_secs(800);
    person.drive(|env| chain::resolve(&options, env, later, [5; 32])).unwrap();
    assert_eq!(person.body(&format!("{SIGN_IN}/v1/token"))["grantType"], "refresh_token");
    let done = person.drive(|env| logout(&options, env, NOW, [5; 32])).unwrap();
    assert_eq!(done.removed, [path]);
}

#[test]
fn a_console_sign_in_on_another_device() {
    fn paste(prompt: &awsaccess::effect::Prompt) -> String {
        let page = prompt.page.as_deref().unwrap();
        assert_eq!(parameter(page, "client_id").unwrap(), "arn:aws:signin:::devtools/cross-device");
        assert_eq!(parameter(page, "redirect_uri").unwrap(), format!("{SIGN_IN}/v1/sessions/confirmation"));
        let state = parameter(page, "state").unwrap();
        format!(" {}\n", Base64::encode_string(format!("state={state}&code=c0de-of-redirect").as_bytes()))
    }
    let world = || world().reply(&format!("POST {SIGN_IN}/v1/token"), 200, &signed_in_tokens());
    let request = Login::new(Options::new().region("eu-west-1")).remote(true);
    let mut person = world();
    person.pastes = Some(paste);
    log_in(&mut person, &request).unwrap();
    assert_eq!(
        person.body(&format!("{SIGN_IN}/v1/token"))["redirectUri"],
        format!("{SIGN_IN}/v1/sessions/confirmation")
    );
    for pastes in [
        |_: &_| String::new(),
        |_: &_| "%%%".to_owned(),
        |_: &_| Base64::encode_string(b"state=x&code=c0de-of-redirect"),
    ] {
        let mut person = world();
        person.pastes = Some(pastes);
        let error = log_in(&mut person, &request).unwrap_err();
        assert!([ErrorKind::Input, ErrorKind::Denied].contains(&error.kind()), "{error}");
        assert!(person.sent.is_empty());
    }
}

#[test]
fn what_a_console_sign_in_is_refused_for() {
    let end = |request: &Login, status, body: &str| {
        let mut person = world().reply(&format!("POST {SIGN_IN}/v1/token"), status, body);
        person.browser = Some(well);
        let before = person.files.clone();
        let error = log_in(&mut person, request).unwrap_err();
        assert_eq!(person.files, before, "nothing is written");
        error
    };
    let here = || Options::new().region("eu-west-1");
    let request = Login::new(here());
    assert!(end(&Login::new(here().profile("keys")), 200, "").message().contains("aws_access_key_id"));
    assert!(end(&Login::new(here().profile("dev")), 200, "").message().contains("sso_session"));
    assert_eq!(end(&Login::new(Options::new()), 200, "").kind(), ErrorKind::Config);
    assert_eq!(end(&request, 400, r#"{"error":"AUTHCODE_EXPIRED"}"#).kind(), ErrorKind::Expired);
    assert_eq!(end(&request, 200, "{}").kind(), ErrorKind::Malformed);
    for id_token in ["", "a.b.c", "e30.e30.x"] {
        let mut body: serde_json::Value = serde_json::from_str(&signed_in_tokens()).unwrap();
        body["idToken"] = id_token.into();
        assert_eq!(end(&request, 200, &body.to_string()).kind(), ErrorKind::Malformed, "{id_token}");
    }
}
