//! The operations of the catalogue, one by one, for rules that are turned into something else.

use super::action::{self, Action};
use super::catalogue::{Entry, Model};
use super::service::Service;
use super::token::{self, TOKENS, Token};
use super::{Access, Operation, Protocol};

/// What the catalogue of operations was made of.
pub const CATALOGUE: &str = "botocore 1.44.5";

/// An operation that there is: of AWS's models, or one that a [token](super::token) is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    Entry(Entry),
    Token(&'static Token),
}

impl Listed {
    /// Every operation there is.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Model::all().flat_map(Model::operations).map(Self::Entry).chain(TOKENS.iter().map(Self::Token))
    }

    /// Those of the services that sign under a name, or are of the family of one that does.
    pub(crate) fn signing(name: &str) -> impl Iterator<Item = Self> + use<'_> {
        let entries = Model::signing(Service::named(name).family()).flat_map(Model::operations);
        let tokens = TOKENS.iter().filter(move |token| token.service == name);
        entries.map(Self::Entry).chain(tokens.map(Self::Token))
    }

    /// The signing name of its service.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Entry(entry) => entry.model().signs_as(),
            Self::Token(token) => token.service,
        }
    }

    /// The service as SDKs call it.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Entry(entry) => entry.model().name(),
            Self::Token(token) => token.service,
        }
    }

    /// What its actions in IAM policies begin with.
    pub(crate) fn iam(self) -> &'static str {
        match self {
            Self::Entry(entry) => entry.model().iam(),
            Self::Token(token) => token.service,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Entry(entry) => entry.name(),
            Self::Token(token) => token.name,
        }
    }

    pub(crate) fn access(self) -> Access {
        match self {
            Self::Entry(entry) => entry.access(),
            Self::Token(_) => token::ACCESS,
        }
    }

    /// Whether its body can be JSON or a form.
    pub(crate) fn has_members(self) -> bool {
        let Self::Entry(entry) = self else { return false };
        let model = entry.model();
        let kinds = [Protocol::Query, Protocol::Ec2, Protocol::Json10, Protocol::Json11, Protocol::RestJson];
        kinds.into_iter().any(|protocol| model.speaks(protocol))
    }

    /// The actions that it needs, asked for under that signing name.
    pub(crate) fn actions(self, service: &str) -> Vec<Action> {
        match self {
            Self::Entry(entry) => action::actions(entry, service, false),
            Self::Token(token) => token.actions(),
        }
    }

    /// The same of a version of an object, where that differs.
    pub(crate) fn actions_on_version(self, service: &str) -> Vec<Action> {
        match self {
            Self::Entry(entry) => action::actions(entry, service, true),
            Self::Token(token) => token.actions(),
        }
    }
}

impl Operation {
    /// The operation that there is, where it is the only one that the request can be.
    pub(crate) fn listed(&self) -> Option<Listed> {
        self.listed
    }
}
