//! One request over an HTTP client of the AWS SDK for Rust.

use std::error::Error as _;
use std::io;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorSettings, SharedHttpClient,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use awsaccess::effect::{Http, HttpFailure, HttpReason, HttpReply};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::components;

pub(super) struct Client {
    proxied: SharedHttpClient,
    pub(super) direct: SharedHttpClient,
}

impl Client {
    pub(super) fn new(http: SharedHttpClient) -> Self {
        Self { proxied: http.clone(), direct: http }
    }

    /// Redirects are not followed: no client of the SDK does. The time is for all of it.
    pub(super) async fn send(&self, http: &Http) -> Result<HttpReply, HttpFailure> {
        let late = |_| HttpFailure::new(HttpReason::Timeout, "no reply in time");
        ::tokio::time::timeout(http.timeout, self.exchange(http)).await.map_err(late)?
    }

    async fn exchange(&self, http: &Http) -> Result<HttpReply, HttpFailure> {
        let client = if http.direct { &self.direct } else { &self.proxied };
        let components = components::bare().map_err(|error| other(error.to_string()))?;
        let settings =
            HttpConnectorSettings::builder().connect_timeout(http.timeout).read_timeout(http.timeout).build();
        let connector = client.http_connector(&settings, &components);
        let reply = connector.call(request(http)?).await.map_err(|error| failure(&error))?;
        read(reply, http.max_bytes).await
    }
}

fn request(http: &Http) -> Result<HttpRequest, HttpFailure> {
    let mut request = HttpRequest::new(SdkBody::from(http.body.as_slice()));
    request.set_method(http.method).map_err(|_| other("the method cannot be sent"))?;
    request.set_uri(http.url.as_str()).map_err(|_| other("the address cannot be read"))?;
    let agent = ("user-agent", concat!("awsaccess/", env!("CARGO_PKG_VERSION")));
    let headers = http.headers.iter().map(|(name, value)| (name.as_str(), value.expose()));
    for (name, value) in std::iter::once(agent).chain(headers) {
        let added = request.headers_mut().try_append(name.to_owned(), value.to_owned());
        added.map_err(|_| other("a header cannot be sent"))?;
    }
    Ok(request)
}

async fn read(reply: HttpResponse, max_bytes: usize) -> Result<HttpReply, HttpFailure> {
    let status = reply.status().as_u16();
    let headers = reply.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let body = Limited::new(reply.into_body(), max_bytes).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return HttpFailure::new(
                HttpReason::TooLarge,
                format!("the reply is larger than {max_bytes} bytes"),
            );
        }
        other("the reply broke off")
    })?;
    Ok(HttpReply::new(status, headers, body.to_bytes().to_vec()))
}

/// What the client says, with no more of it than names the cause.
fn failure(error: &ConnectorError) -> HttpFailure {
    let mut causes = std::iter::successors(error.source(), |error| (*error).source());
    let refused = causes.any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
    });
    let told = std::iter::successors(error.source(), |error| (*error).source()).last();
    let message = told.map_or_else(|| error.to_string(), ToString::to_string);
    // The causes that a TLS stack gives have no common type; their texts begin alike.
    let tls = ["invalid peer certificate", "received fatal alert", "certificate"];
    let reason = if refused {
        HttpReason::Refused
    } else if error.is_timeout() {
        HttpReason::Timeout
    } else if tls.iter().any(|beginning| message.starts_with(beginning)) {
        HttpReason::Tls
    } else if error.is_io() {
        HttpReason::Unreachable
    } else {
        HttpReason::Other
    };
    HttpFailure::new(reason, message)
}

fn other(message: impl Into<String>) -> HttpFailure {
    HttpFailure::new(HttpReason::Other, message)
}
