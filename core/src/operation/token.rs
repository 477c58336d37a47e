//! What a token opens that was signed offline: operations that are in none of AWS's models, since no API has them, and that
//! IAM's policies know as actions. Whoever has such a token is let in, so that each of them is as good as a login.

use super::listed::Listed;
use super::{Access, Action, Name, Operation, Protocol, Resource};
use crate::sigv4::{OfflinePresign, PresignKind};

/// What having one comes to; how much it lets its bearer do is up to what it opens.
pub(super) const ACCESS: Access = Access::Credentials;

/// An operation that a token is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// The signing name, which is the prefix of its actions as well.
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    /// The actions of IAM policies that it needs.
    actions: &'static [&'static str],
}

/// Every one that has an action of its own.
pub(super) static TOKENS: [Token; 7] = [
    Token { service: "codecommit", name: "GitPush", actions: &["GitPull", "GitPush"] },
    Token { service: "dsql", name: "DbConnect", actions: &["DbConnect"] },
    Token { service: "dsql", name: "DbConnectAdmin", actions: &["DbConnectAdmin"] },
    Token { service: "elasticache", name: "Connect", actions: &["Connect"] },
    Token { service: "kafka-cluster", name: "Connect", actions: &["Connect"] },
    Token { service: "memorydb", name: "Connect", actions: &["Connect"] },
    Token { service: "rds-db", name: "connect", actions: &["connect"] },
];

/// A presigned `GetCallerIdentity` says who one is to whoever reads it: to a cluster of EKS, which lets one in.
static IDENTITY: Token = Token { service: "sts", name: "GetCallerIdentity", actions: &["GetCallerIdentity"] };

impl Token {
    pub(super) fn actions(&self) -> Vec<Action> {
        self.actions.iter().map(|name| Action { prefix: self.service, name }).collect()
    }
}

/// What a text that was signed offline opens by itself; `None` for a URL, which is the request that it was signed for.
///
/// ```
/// use awsaccess::operation::{self, Access};
/// use awsaccess::sigv4::OfflinePresign;
/// let token = "db.example.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app&X-Amz-Algorithm=AWS4-\
///     HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Feu-west-1%2Frds-db%2Faws4_request&X-Amz-Date=\
///     20150830T123600Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=\
///     0000000000000000000000000000000000000000000000000000000000000000";
/// let found = operation::identify_token(&OfflinePresign::recognize(token.as_bytes()).unwrap()).unwrap();
/// assert_eq!((&*found.service, &*found.title()), ("rds-db", "connect"));
/// assert_eq!(found.access, Some(Access::Credentials));
/// ```
#[must_use]
pub fn identify_token(presign: &OfflinePresign) -> Option<Operation> {
    let kind = presign.kind();
    let token = match kind {
        PresignKind::EksToken => &IDENTITY,
        PresignKind::Url if presign.proves_identity() => &IDENTITY,
        PresignKind::S3 | PresignKind::Url => return None,
        _ => {
            let of_service = TOKENS.iter().filter(|token| token.service == presign.service());
            let named =
                |token: &&Token| kind != PresignKind::DsqlToken || Some(token.name) == presign.resource();
            of_service.into_iter().find(named)?
        }
    };
    let host = presign.host().split(':').next().unwrap_or_default();
    let resource = |kind: &'static str, value: &str| Resource { kind, value: value.to_owned() };
    let named = |kind| presign.resource().map(|value| resource(kind, value));
    let resources = match kind {
        PresignKind::EksToken => named("cluster").into_iter().collect(),
        PresignKind::Url => presign.cluster().map(|name| resource("cluster", name)).into_iter().collect(),
        PresignKind::DsqlToken => vec![resource("cluster", host.split('.').next().unwrap_or_default())],
        PresignKind::CodeCommit => {
            let path = presign.resource().unwrap_or_default();
            vec![resource("repository", path.rsplit('/').next().unwrap_or_default())]
        }
        PresignKind::MskToken => Vec::new(),
        _ => named("user").into_iter().chain([resource("host", host)]).collect(),
    };
    let listed = Listed::Token(token);
    Some(Operation {
        service: token.service.into(),
        model: None,
        name: Name::Exact(token.name),
        unlisted: None,
        protocol: Protocol::RestJson,
        access: Some(listed.access()),
        resources,
        listed: Some(listed),
    })
}

#[cfg(test)]
mod tests;
