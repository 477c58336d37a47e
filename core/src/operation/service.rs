//! Which service a request is for, as its scope and its host say.

use smallvec::SmallVec;

use super::catalogue::Model;
use crate::partition::{Endpoint, Kind, Style};

/// The service that a request is for: the signing name of its scope, and what its host adds. Services that share a
/// signing name are told apart by their hosts.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    pub(super) name: Option<&'a str>,
    /// What stands before region and suffix in the host.
    pub(super) prefix: Option<&'a str>,
    /// Whether what answers at the host is a customer's own.
    pub(super) is_customers: bool,
    pub(super) style: &'a Style,
    pub(super) base_path: &'a str,
}

static PATH: Style = Style::Path;

impl<'a> Service<'a> {
    /// The service of that signing name, at a host of which nothing is known.
    #[must_use]
    pub const fn named(name: &'a str) -> Self {
        Self { name: Some(name), prefix: None, is_customers: false, style: &PATH, base_path: "" }
    }

    /// A service of which nothing is known. Only requests that name one themselves can be identified.
    #[must_use]
    pub const fn unknown() -> Self {
        Self { name: None, prefix: None, is_customers: false, style: &PATH, base_path: "" }
    }

    /// The service at an endpoint of AWS's.
    #[must_use]
    pub fn at(endpoint: &'a Endpoint) -> Self {
        Self {
            name: Some(endpoint.signing_name),
            prefix: Some(&endpoint.prefix),
            is_customers: endpoint.kind == Kind::Customer,
            style: &endpoint.style,
            base_path: "",
        }
    }

    /// Under another signing name than the host's first, as the credential scope says.
    #[must_use]
    pub const fn signed_as(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// Below a path of the listener's own, which does not reach the service.
    #[must_use]
    pub const fn below(mut self, base_path: &'a str) -> Self {
        self.base_path = base_path;
        self
    }

    /// How the host names a bucket.
    #[must_use]
    pub const fn addressed(mut self, style: &'a Style) -> Self {
        self.style = style;
        self
    }

    /// At a host of AWS's, by the labels that stand there before region and suffix.
    #[must_use]
    pub(crate) const fn on_host(mut self, prefix: &'a str) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// At a host behind which a customer's own code answers.
    #[must_use]
    pub(crate) const fn of_a_customer(mut self) -> Self {
        self.is_customers = true;
        self
    }

    /// The name under which the models know the service.
    pub(super) fn family(&self) -> &'a str {
        match self.name.unwrap_or_default() {
            "s3express" | "s3-object-lambda" => "s3",
            "iotdevicegateway" => "iotdata",
            "IngestionService" => "importexport",
            name => name,
        }
    }

    /// Whether the service stores objects, and so is told by method, path and sub-resource.
    pub(super) fn is_s3(&self) -> bool {
        crate::sigv4::is_s3_family(self.name.unwrap_or_default())
    }

    /// The models that it can be.
    pub(super) fn models(&self) -> SmallVec<[Model; 8]> {
        let all = Model::signing(self.family());
        let Some(prefix) = self.prefix.filter(|_| all.clone().nth(1).is_some()) else { return all.collect() };
        let here: SmallVec<[Model; 8]> =
            all.clone().filter(|model| model.hosts().any(|host| fits(host, prefix))).collect();
        if here.is_empty() { all.collect() } else { here }
    }
}

/// Whether a host's labels are those of a model; a `*` is any one label.
fn fits(host: &str, prefix: &str) -> bool {
    let any = |rest: &str| prefix.split_once('.').is_some_and(|(_, own)| own == rest);
    host == prefix || host.strip_prefix("*.").is_some_and(any)
}
