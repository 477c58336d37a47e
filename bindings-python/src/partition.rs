//! Partitions, regions and endpoints: the names of the AWS world, both ways.

use awsaccess::error::ErrorKind;
use awsaccess::partition::{self as core, HostRefused, Kind, Style, Variant};
use pyo3::prelude::*;

use crate::error::{error, guard, input};

/// A partition of AWS: a set of regions with an own identity system and own DNS suffixes.
#[pyclass(frozen, eq, module = "awsaccess")]
#[derive(PartialEq, Eq)]
pub(crate) struct Partition(&'static core::Partition);

#[pymethods]
impl Partition {
    /// The name that stands second in every ARN: `aws`, `aws-cn`, `aws-us-gov` and so on.
    #[getter]
    fn id(&self) -> &'static str {
        self.0.id
    }

    /// What the hosts of its APIs end in.
    #[getter]
    fn dns_suffix(&self) -> &'static str {
        self.0.dns_suffix
    }

    /// What its dual-stack hosts end in.
    #[getter]
    fn dual_stack_suffix(&self) -> &'static str {
        self.0.dual_stack_suffix
    }

    /// What the hosts of its console and its sign-in end in.
    #[getter]
    fn web_domain(&self) -> &'static str {
        self.0.web_domain
    }

    /// The region that global services sign for, where a service has no rule of its own.
    #[getter]
    fn implicit_region(&self) -> &'static str {
        self.0.implicit_region
    }

    /// The regions that are known by name; `partition` finds others by their pattern.
    #[getter]
    fn regions(&self) -> Vec<&'static str> {
        self.0.regions.to_vec()
    }

    fn __repr__(&self) -> String {
        format!("<Partition '{}'>", self.0.id)
    }
}

/// The partition of a region, known by name or by the pattern of it; `None` if no partition has such regions.
#[pyfunction]
pub(crate) fn partition(region: &str) -> Option<Partition> {
    core::of(region).map(Partition)
}

/// Every partition there is.
#[pyfunction]
pub(crate) fn partitions() -> Vec<Partition> {
    core::PARTITIONS.iter().map(Partition).collect()
}

/// Where a service is, and what a request to it is signed for.
#[pyclass(frozen, eq, module = "awsaccess")]
#[derive(PartialEq, Eq)]
pub(crate) struct Location(core::Location);

#[pymethods]
impl Location {
    /// The host.
    #[getter]
    fn host(&self) -> &str {
        &self.0.host
    }

    /// The address, without a slash at its end.
    #[getter]
    fn url(&self) -> String {
        format!("https://{}", self.0.host)
    }

    /// The service name of the credential scope.
    #[getter]
    fn signing_name(&self) -> &'static str {
        self.0.signing_name
    }

    /// The region of the credential scope.
    #[getter]
    fn signing_region(&self) -> &str {
        &self.0.signing_region
    }

    /// The region set to sign for with SigV4A, where the service prefers that.
    #[getter]
    fn signing_region_set(&self) -> Option<Vec<&'static str>> {
        self.0.signing_region_set.map(|set| set.split(',').collect())
    }

    fn __repr__(&self) -> String {
        format!("<Location '{}' {} {}>", self.0.host, self.0.signing_name, self.0.signing_region)
    }
}

/// The endpoint of a service by any of its names (its service id, botocore's name for it, the first labels of its host).
///
/// Raises `InputError` if region or service are unknown, or the service has no such endpoint there.
#[pyfunction]
#[pyo3(signature = (service, region, *, fips=false, dual_stack=false))]
pub(crate) fn locate(service: &str, region: &str, fips: bool, dual_stack: bool) -> PyResult<Location> {
    guard(|| {
        let found = core::locate(service, region, Variant { fips, dual_stack });
        found.map(Location).map_err(|why| input(&why.to_string()))
    })
}

/// What a host of AWS's says.
#[pyclass(frozen, eq, module = "awsaccess")]
#[derive(PartialEq, Eq)]
pub(crate) struct Endpoint(core::Endpoint);

#[pymethods]
impl Endpoint {
    /// The host name, lower case, without port.
    #[getter]
    fn host(&self) -> &str {
        &self.0.host
    }

    /// The labels that name the service (`dynamodb`, `api.ecr`), without marks of FIPS or dual stack.
    #[getter]
    fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// The service models that are reached there, as botocore names them; none where the host is no service's own.
    #[getter]
    fn services(&self) -> Vec<&'static str> {
        self.0.services().collect()
    }

    /// The service names that a credential scope may have, the usual one first.
    #[getter]
    fn signing_names(&self) -> Vec<&'static str> {
        self.0.signing_names().collect()
    }

    /// The region, where the host allows one only.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.0.region()
    }

    /// The regions that a credential scope may name; empty if it may name any of the partition's.
    #[getter]
    fn regions(&self) -> Vec<&str> {
        self.0.regions().collect()
    }

    /// The partition that the host lies in.
    #[getter]
    fn partition(&self) -> Option<Partition> {
        self.0.partition().map(Partition)
    }

    /// Who stands behind it: `service`, `opaque` (AWS's own, but not signed for), `customer`, `private-link` or `web`
    /// (console and sign-in).
    #[getter]
    fn kind(&self) -> &'static str {
        match self.0.kind {
            Kind::Service => "service",
            Kind::Opaque => "opaque",
            Kind::Customer => "customer",
            Kind::PrivateLink => "private-link",
            Kind::Web => "web",
            _ => "other",
        }
    }

    /// What the host says beside service and region: `path` (nothing), `virtual-host`, `access-point`, `express`,
    /// `account` or `labelled`.
    #[getter]
    fn style(&self) -> &'static str {
        match &self.0.style {
            Style::Path => "path",
            Style::VirtualHost(_) => "virtual-host",
            Style::AccessPoint(_) => "access-point",
            Style::Express(_) => "express",
            Style::Account(_) => "account",
            Style::Labelled(_) => "labelled",
            _ => "other",
        }
    }

    /// The bucket or access point that the host names.
    #[getter]
    fn bucket(&self) -> Option<&str> {
        self.0.bucket()
    }

    /// The account that the host names.
    #[getter]
    fn account(&self) -> Option<&str> {
        self.0.account()
    }

    /// Whether it is marked as a FIPS endpoint.
    #[getter]
    fn fips(&self) -> bool {
        self.0.fips
    }

    /// Whether it answers over IPv6 as well.
    #[getter]
    fn dual_stack(&self) -> bool {
        self.0.dual_stack
    }

    /// Whether a credential scope is one that this host takes.
    fn accepts(&self, region: &str, service: &str) -> bool {
        self.0.accepts(region, service).is_ok()
    }

    fn __repr__(&self) -> String {
        format!("<Endpoint '{}' {}>", self.0.host, self.kind())
    }
}

/// Reads a host name (or `name:443`) as AWS's; `None` for any other, and for one that no request may be signed for.
#[pyfunction]
pub(crate) fn endpoint(host: &str) -> PyResult<Option<Endpoint>> {
    guard(|| Ok(core::endpoint(host).ok().map(Endpoint)))
}

/// The same; raises `InputError` with the reason where `endpoint` gives `None`.
#[pyfunction]
pub(crate) fn parse_endpoint(host: &str) -> PyResult<Endpoint> {
    guard(|| {
        core::endpoint(host)
            .map(Endpoint)
            .map_err(|why: HostRefused| error(ErrorKind::Input, &why.to_string()))
    })
}
