//! The credential chain of the AWS SDK for Rust (the crate `aws-config`), asked once with the environment that it is
//! started with. What it finds goes to standard output for the test that started it: key, secret, token and end, a line
//! each.

use std::fmt::Write as _;

use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// The network of a task of ECS: its agent's address leads to the one of `PEER_ECS_AGENT`.
#[derive(Debug)]
struct Network {
    client: SharedHttpClient,
    agent: String,
}

#[derive(Debug)]
struct Routed(SharedHttpConnector, String);

impl HttpClient for Network {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        parts: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, parts);
        SharedHttpConnector::new(Routed(connector, self.agent.clone()))
    }
}

impl HttpConnector for Routed {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let routed = request.uri().replace("http://169.254.170.2/", &format!("{}/", self.1));
        request.set_uri(routed).expect("an address");
        self.0.call(request)
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(ask());
}

async fn ask() {
    let client = aws_smithy_http_client::Builder::new().build_http();
    let agent = std::env::var("PEER_ECS_AGENT").unwrap_or_default();
    let client = SharedHttpClient::new(Network { client, agent });
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(client);
    if let Ok(profile) = std::env::var("PEER_PROFILE") {
        loader = loader.profile_name(profile);
    }
    let config = loader.load().await;
    let provider = config.credentials_provider().expect("a provider");
    match provider.provide_credentials().await {
        Ok(found) => {
            let end = found.expiry().and_then(|end| end.duration_since(std::time::UNIX_EPOCH).ok());
            let end = end.map_or(String::new(), |end| end.as_secs().to_string());
            let token = found.session_token().unwrap_or_default();
            println!("{}\n{}\n{token}\n{end}", found.access_key_id(), found.secret_access_key());
        }
        Err(error) => {
            let mut line = error.to_string();
            let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
            while let Some(inner) = cause {
                let _ = write!(line, ": {inner}");
                cause = inner.source();
            }
            eprintln!("{}", line.replace('\n', " "));
            std::process::exit(1);
        }
    }
}
