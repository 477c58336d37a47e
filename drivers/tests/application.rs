//! What an application answers for the host that does not block: codes, pages, signatures and sources of its own.
#![cfg(feature = "tokio")]

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use awsaccess::chain::{CustomName, Options, Order, Source};
use awsaccess::credentials::Credentials;
use awsaccess::effect::{Custom, Listen, ListenFailure, Prompt, Sign};
use awsaccess::env::Env;
use awsaccess::error::ErrorKind;
use awsaccess::host::run_async;
use awsaccess::provider::{RolesAnywhere, SessionToken};
use awsaccess::secret::Secret;
use awsaccess::signin::{SsoLogin, sso_login};
use awsaccess::time::Time;
use awsaccess_drivers::tokio::{Answer, Application, Provider, Tokio};

const CERTIFICATE: &str = include_str!("../../vectors/roles-anywhere/ecdsa-chain.pem");
const CODE: &str = "246810";

/// Answers everything with the same document, and keeps what was sent.
#[derive(Clone, Debug, Default)]
struct Service(Arc<Mutex<Vec<(String, String)>>>);

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = request.headers().get("authorization").unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        self.0.lock().unwrap().push((body, header));
        let keys = "<Credentials><AccessKeyId>ASIAS</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t\
            </SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>";
        let xml = format!(
            "<GetSessionTokenResponse><GetSessionTokenResult>{keys}</GetSessionTokenResult></GetSessionTokenResponse>"
        );
        let json = r#"{"credentialSet":[{"credentials":{"accessKeyId":"ASIAX","secretAccessKey":"s","sessionToken":"t","expiration":"2100-01-01T00:00:00Z"}}],
            "clientId":"c","clientSecret":"s","clientSecretExpiresAt":4102444800}"#;
        let is_sts = request.uri().contains("sts.");
        let reply = HttpResponse::new(
            200.try_into().unwrap(),
            SdkBody::from(if is_sts { xml.as_str() } else { json }),
        );
        HttpConnectorFuture::ready(Ok(reply))
    }
}

impl Service {
    fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }
}

/// Knows a code, signs with nothing, and has a vault; notes what it was asked for.
#[derive(Clone, Default)]
struct Window(Arc<Mutex<Vec<String>>>);

impl Window {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }
}

impl Application for Window {
    fn prompt(&self, request: Prompt) -> Answer<'_, Prompt> {
        Box::pin(async move {
            self.note(request.message);
            Some(Secret::new(CODE))
        })
    }

    fn listen(&self, request: Listen) -> Answer<'_, Listen> {
        Box::pin(async move {
            self.note(request.path);
            Some(Err(ListenFailure::new("the window was closed")))
        })
    }

    fn sign(&self, request: Sign) -> Answer<'_, Sign> {
        Box::pin(async move {
            self.note(request.key);
            Some(Ok(vec![0xab; 70]))
        })
    }

    fn custom(&self, request: Custom) -> Answer<'_, Custom> {
        Box::pin(async move {
            self.note(request.name.as_str());
            Some(Ok(Some(Credentials::new("AKIDVAULT", "secret"))))
        })
    }
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn provider(options: Options, service: &Service, window: &Window) -> Provider {
    let builder = Provider::builder(options.region("eu-west-1").home("/nowhere"), service.client());
    builder.env(Env::new()).application(window.clone()).build().unwrap()
}

#[test]
fn a_code_a_signature_and_a_source() {
    let (service, window) = (Service::default(), Window::default());
    let keys = Options::new().credentials(Credentials::new("AKID", "secret"));
    let session = SessionToken::new().mfa_serial("arn:aws:iam::111122223333:mfa/me");
    let mfa = provider(keys.clone().session_token(session.clone()), &service, &window);

    let path = std::env::temp_dir().join(format!("awsaccess-application-{}.pem", std::process::id()));
    std::fs::write(&path, CERTIFICATE).unwrap();
    let arn = |kind: &str| format!("arn:aws:rolesanywhere:eu-west-1:111122223333:{kind}");
    let role = "arn:aws:iam::111122223333:role/r";
    let roles = RolesAnywhere::new(
        arn("trust-anchor/a"),
        arn("profile/p"),
        role,
        path.to_str().unwrap(),
        "pkcs11:one",
    );
    let anywhere = provider(Options::new().roles_anywhere(roles), &service, &window);

    let vault = Order::only(Source::Custom(CustomName::new("vault").unwrap()));
    let vault = provider(Options::new().order(vault), &service, &window);
    let ids = block(async {
        let mut ids = Vec::new();
        for provider in [&mfa, &anywhere, &vault] {
            ids.push(provider.credentials().await.unwrap().access_key_id().to_owned());
        }
        ids
    });
    std::fs::remove_file(&path).unwrap();
    assert_eq!(ids, ["ASIAS", "ASIAX", "AKIDVAULT"]);
    let asked = window.0.lock().unwrap().clone();
    assert_eq!(asked, ["MFA code for arn:aws:iam::111122223333:mfa/me:", "pkcs11:one", "vault"]);
    let sent = service.0.lock().unwrap().clone();
    assert!(sent[0].0.contains("TokenCode=246810"), "{}", sent[0].0);
    assert!(sent[1].1.ends_with(&"ab".repeat(70)), "{}", sent[1].1);

    // Without an application all of it is declined, and nothing is sent.
    let alone = Provider::builder(keys.session_token(session).region("eu-west-1"), service.client());
    let alone = alone.env(Env::new()).build().unwrap();
    assert_eq!(block(alone.credentials()).unwrap_err().kind(), ErrorKind::Mfa);
    assert_eq!(service.0.lock().unwrap().len(), 2);
}

#[test]
fn a_page() {
    let (service, window) = (Service::default(), Window::default());
    let mut host = Tokio::new(service.client()).application(Arc::new(window.clone()));
    let home = std::env::temp_dir().join(format!("awsaccess-application-{}", std::process::id()));
    let env: Env = [("HOME", home.to_str().unwrap())].into_iter().collect();
    let sso = awsaccess::chain::Sso::new(Some("d".into()), "eu-west-1", "https://d.awsapps.com/start");
    let request = SsoLogin::new(Options::new()).portal(sso);
    let now = Time::from_unix(1_800_000_000);
    let error = block(run_async(sso_login(&request, &env, now, [1; 32]), &mut host)).unwrap_err();
    assert!(error.message().contains("the window was closed"), "{error}");
    assert_eq!(*window.0.lock().unwrap(), ["/oauth/callback"]);
    let _ = std::fs::remove_dir_all(&home);
}
