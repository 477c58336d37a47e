//! The operations of the catalogue, one by one, for rules that are turned into something else.

use super::Access;
use super::Operation;
use super::Protocol;
use super::action::{self, Action};
use super::catalogue::{Entry, Model};
use super::service::Service;

/// What the catalogue of operations was made of.
pub const CATALOGUE: &str = "botocore 1.44.5";

/// An operation of AWS's models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed(Entry);

impl Listed {
    /// Every operation there is.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Model::all().flat_map(Model::operations).map(Self)
    }

    /// Those of the services that sign under a name, or are of the family of one that does.
    pub(crate) fn signing(name: &str) -> impl Iterator<Item = Self> + use<'_> {
        Model::signing(Service::named(name).family()).flat_map(Model::operations).map(Self)
    }

    /// The signing name of its service.
    pub(crate) fn service(self) -> &'static str {
        self.0.model().signs_as()
    }

    /// The service as SDKs call it.
    pub(crate) fn model(self) -> &'static str {
        self.0.model().name()
    }

    /// What its actions in IAM policies begin with.
    pub(crate) fn iam(self) -> &'static str {
        self.0.model().iam()
    }

    pub(crate) fn name(self) -> &'static str {
        self.0.name()
    }

    pub(crate) fn access(self) -> Access {
        self.0.access()
    }

    /// Whether its body can be JSON or a form.
    pub(crate) fn has_members(self) -> bool {
        let model = self.0.model();
        let kinds = [Protocol::Query, Protocol::Ec2, Protocol::Json10, Protocol::Json11, Protocol::RestJson];
        kinds.into_iter().any(|protocol| model.speaks(protocol))
    }

    /// The actions that it needs, asked for under that signing name.
    pub(crate) fn actions(self, service: &str) -> Vec<Action> {
        action::actions(self.0, service, false)
    }

    /// The same of a version of an object, where that differs.
    pub(crate) fn actions_on_version(self, service: &str) -> Vec<Action> {
        action::actions(self.0, service, true)
    }
}

impl Operation {
    /// The operation of the models, where it is the only one that the request can be.
    pub(crate) fn listed(&self) -> Option<Listed> {
        self.entry.map(Listed)
    }
}
