//! What a request is for.

use super::{Application, Denied, RoleArn};
use crate::operation::Operation;

/// What the request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wish<'a> {
    /// The partition of the host; `None` for a host that is not AWS's.
    pub partition: Option<&'a str>,
    /// The region of the credential scope.
    pub region: &'a str,
    /// The service of the credential scope.
    pub service: &'a str,
    /// What it asks for. Where it is not told, whatever has a guard is denied.
    pub operation: Option<&'a Operation>,
    /// The host that it goes to. Where it is not told, an application that names hosts is none for it.
    pub host: Option<&'a str>,
    /// Whether the host is a customer's, that only the application's own list may allow.
    pub is_customer_host: bool,
}

impl<'a> Wish<'a> {
    /// A service in a region; of no partition of AWS's, until one is named.
    #[must_use]
    pub const fn new(service: &'a str, region: &'a str) -> Self {
        Self { partition: None, region, service, operation: None, host: None, is_customer_host: false }
    }

    /// At a host of that partition.
    #[must_use]
    pub fn in_partition(mut self, partition: impl Into<Option<&'a str>>) -> Self {
        self.partition = partition.into();
        self
    }

    /// For that operation.
    #[must_use]
    pub const fn asking(mut self, operation: &'a Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// At that host.
    #[must_use]
    pub const fn at(mut self, host: &'a str) -> Self {
        self.host = Some(host);
        self
    }

    /// At a host of a customer's, which is the application's to allow.
    #[must_use]
    pub const fn at_customer_host(mut self, host: &'a str) -> Self {
        self.is_customer_host = true;
        self.at(host)
    }

    /// Whether it is within the bounds of the application.
    pub(super) fn check_bounds(&self, application: &Application, goal: &RoleArn) -> Result<(), Denied> {
        let within =
            |list: &[String], value: &str| list.is_empty() || list.iter().any(|entry| entry == value);
        if !within(&application.services, self.service) {
            return Err(Denied::Service);
        }
        if !within(&application.regions, self.region) {
            return Err(Denied::Region);
        }
        if self.partition.is_some_and(|partition| partition != goal.partition()) {
            return Err(Denied::Partition);
        }
        let name = |host: &'a str| host.rsplit_once(':').map_or(host, |(name, _)| name);
        let named = |patterns: &[super::HostPattern]| {
            self.host.is_some_and(|host| patterns.iter().any(|pattern| pattern.matches(name(host))))
        };
        let is_listed = named(&application.hosts);
        match self.is_customer_host {
            true if !is_listed && !named(&application.customer_hosts) => Err(Denied::Host),
            false if !is_listed && !application.hosts.is_empty() => Err(Denied::Host),
            _ => Ok(()),
        }
    }
}
