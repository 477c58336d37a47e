//! Policies in Cedar (<https://docs.cedarpolicy.com>), which restrict what the rules of the file allow.
//!
//! They are validated against `cedar.cedarschema` when they are read. A request needs both: a grant by the rules, and an
//! allowance here. A policy that cannot be evaluated would be passed over by Cedar, a `forbid` too; here it denies.

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;

use awsaccess::access::{Question, Restriction};
use awsaccess::operation::{Access, Name};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression as Value, Schema, ValidationMode, Validator,
};

const SCHEMA: &str = include_str!("cedar.cedarschema");

/// Policies, and the schema that they fit.
pub(crate) struct Cedar {
    schema: Schema,
    policies: PolicySet,
}

impl Cedar {
    /// Reads policy files, each with its name.
    pub(crate) fn load(files: &[(String, &Path)]) -> Result<Self, String> {
        let texts = files.iter().map(|(name, path)| {
            let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
            Ok((name.clone(), text))
        });
        Self::parse(&texts.collect::<Result<Vec<_>, String>>()?)
    }

    pub(crate) fn parse(texts: &[(String, String)]) -> Result<Self, String> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| error.to_string())?;
        let mut policies = PolicySet::new();
        for (name, text) in texts {
            let one: PolicySet = text.parse().map_err(|error| format!("{name}: {error}"))?;
            let found = Validator::new(schema.clone()).validate(&one, ValidationMode::Strict);
            if let Some(error) = found.validation_errors().next() {
                return Err(format!("{name}: {error}"));
            }
            policies.merge(&one, true).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(Self { schema, policies })
    }

    fn judge(&self, question: &Question<'_>) -> Result<(), String> {
        let broken = |error: &dyn std::fmt::Display| format!("cedar: the request cannot be judged: {error}");
        let (request, entities) = self.request(question).map_err(|error| broken(&error))?;
        let answer = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(broken(&error));
        }
        if answer.decision() == Decision::Allow {
            return Ok(());
        }
        let because: Vec<String> = answer
            .diagnostics()
            .reason()
            .map(|id| self.policies.annotation(id, "id").map_or_else(|| id.to_string(), str::to_owned))
            .collect();
        match because.is_empty() {
            true => Err("cedar: no policy permits it".to_owned()),
            false => Err(format!("cedar: forbid {}", because.join(", "))),
        }
    }

    fn request(&self, question: &Question<'_>) -> Result<(Request, Entities), String> {
        let (grant, wish) = (question.grant, question.wish);
        let who = &grant.identity;
        let user = uid("User", &who.subject)?;
        let session = uid("Session", who.session.as_deref().unwrap_or("none"))?;
        let application = uid("Application", &who.application)?;
        let role = grant.hops.last().map(|hop| &hop.role).ok_or("a grant without a role")?;
        let (account, role_id) = (uid("Account", role.account())?, uid("Role", role.as_str())?);
        let service = uid("Service", wish.service)?;
        let title = wish.operation.map_or_else(|| "(unknown)".into(), |operation| operation.title());
        let operation = uid("Operation", &format!("{}:{title}", wish.service))?;
        let is_known = wish.operation.is_some_and(|operation| matches!(operation.name, Name::Exact(_)));
        let target = uid("Target", &format!("{}:{title}", wish.service))?;

        let groups = who.traits.values("groups").iter().map(|name| uid("Group", name));
        let groups = groups.collect::<Result<Vec<_>, String>>()?;
        let set = |values: &[String]| Value::new_set(values.iter().cloned().map(Value::new_string));
        let claims = who.traits.iter().map(|(name, values)| (name.to_owned(), set(values)));
        let facts = question.signed_in.into_iter().flatten();
        let facts = facts.map(|(name, value)| (name.clone(), set(std::slice::from_ref(value))));
        let resources = wish.operation.into_iter().flat_map(|operation| &operation.resources);
        let names: Vec<String> =
            resources.map(|resource| format!("{}:{}", resource.kind, resource.value)).collect();
        let mut about = vec![
            ("names".to_owned(), set(&names)),
            ("role".to_owned(), Value::new_entity_uid(role_id.clone())),
            ("service".to_owned(), Value::new_entity_uid(service.clone())),
            ("region".to_owned(), Value::new_string(wish.region.to_owned())),
        ];
        about.extend(wish.host.map(|host| ("host".to_owned(), Value::new_string(host.to_owned()))));

        let entity = |uid: &EntityUid, attributes: Vec<(String, Value)>, parents: Vec<EntityUid>| {
            Entity::new(
                uid.clone(),
                attributes.into_iter().collect(),
                parents.into_iter().collect::<HashSet<_>>(),
            )
            .map_err(|error| error.to_string())
        };
        let tagged = |uid: &EntityUid, parents: Vec<EntityUid>, tags: Vec<(String, Value)>| {
            Entity::new_with_tags(uid.clone(), [], parents, tags).map_err(|error| error.to_string())
        };
        let mut all = vec![
            tagged(&user, groups.clone(), claims.collect())?,
            tagged(&session, vec![], facts.collect())?,
            entity(&application, vec![], vec![])?,
            entity(&account, vec![], vec![])?,
            entity(
                &role_id,
                vec![("name".to_owned(), Value::new_string(role.name().to_owned()))],
                vec![account.clone()],
            )?,
            entity(&service, vec![], vec![])?,
            entity(&operation, vec![("known".to_owned(), Value::new_bool(is_known))], vec![service.clone()])?,
            entity(&target, about, vec![application.clone()])?,
        ];
        for group in &groups {
            all.push(entity(group, vec![], vec![])?);
        }
        let entities = Entities::from_entities(all, Some(&self.schema)).map_err(|error| error.to_string())?;
        let access = wish.operation.and_then(|operation| operation.access).map_or("unknown", Access::name);
        let context = Context::from_pairs(context(question, operation, session));
        let context = context.map_err(|error| error.to_string())?;
        let request = Request::new(user, uid("Action", access)?, target, context, Some(&self.schema));
        Ok((request.map_err(|error| error.to_string())?, entities))
    }
}

fn context(question: &Question<'_>, operation: EntityUid, session: EntityUid) -> Vec<(String, Value)> {
    let seconds = question.now.unix_millis().div_euclid(1000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let mut pairs = vec![
        ("operation".to_owned(), Value::new_entity_uid(operation)),
        ("session".to_owned(), Value::new_entity_uid(session)),
        ("time".to_owned(), Value::new_datetime(question.now.to_string())),
        ("hour".to_owned(), Value::new_long(of_day / 3600)),
        // The first of January 1970 was a Thursday.
        ("weekday".to_owned(), Value::new_long((days + 3).rem_euclid(7) + 1)),
    ];
    pairs.extend(
        question.source.map(|source| ("source".to_owned(), Value::new_ip(plain(source).to_string()))),
    );
    pairs
}

/// An IPv4 address as one, however the socket says it.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind: EntityTypeName = kind.parse().map_err(|_| format!("{kind} is no type"))?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

impl Restriction for Cedar {
    fn check(&self, question: &Question<'_>) -> Result<(), String> {
        self.judge(question)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use awsaccess::access::{Application, Grant, Hop, Identity, Policy, Role, Subject, Target, Traits, Wish};
    use awsaccess::operation::{self, Operation, Service};
    use awsaccess::sigv4;
    use awsaccess::time::Time;

    use super::*;

    /// Nobody writes in the evening, without MFA or from elsewhere, and agents never: the rules of the file know neither
    /// the time, nor the address, nor how somebody signed in.
    const OFFICE: &str = r#"
        permit(principal, action == Action::"read", resource);
        @id("writing in office hours")
        permit(principal in Group::"developers", action == Action::"write", resource in Application::"orders")
        when {
            context.hour >= 8 && context.hour < 18 && context.weekday <= 5 &&
            context.session.hasTag("mfa") && context.session.getTag("mfa").contains("true") &&
            context has source && context.source.isInRange(ip("10.0.0.0/8"))
        };
        @id("no unmanaged devices")
        forbid(principal, action, resource)
        when { principal.hasTag("device") && principal.getTag("device").contains("unmanaged") };
        @id("the archive")
        forbid(principal, action, resource)
        when { resource.names.contains("bucket:archive") && context.operation in Service::"s3" };
    "#;
    /// A Friday, 12:00 UTC.
    const NOON: Time = Time::from_unix(1_448_020_800);

    struct Case {
        who: Identity,
        operation: Operation,
        now: Time,
        source: &'static str,
        mfa: bool,
    }

    fn s3(method: &str, path: &str) -> Operation {
        operation::identify(&sigv4::Request::new(method, path, &[]), &Service::named("s3"), b"")
    }

    fn grant(who: &Identity, wish: &Wish<'_>) -> Grant {
        let hop = Hop::new("arn:aws:iam::123456789012:role/writer").unwrap();
        let policy = Policy::new(
            vec![Application::new("orders", "base", vec![Target::new("writer", vec![hop])])],
            vec![Role::new("all", &["arn:aws:iam::*:role/*"], &[]).unwrap()],
            vec![Subject::new(&*who.subject, &["all"])],
        );
        policy.unwrap().decide(who, wish, NOON).unwrap()
    }

    fn case(edit: impl FnOnce(&mut Case)) -> Result<(), String> {
        let traits = Traits::new().with("groups", ["developers"]).unwrap();
        let mut case = Case {
            who: Identity::new("alice", "orders", "writer").with_traits(traits),
            operation: s3("PUT", "/bucket/key"),
            now: NOON,
            source: "10.1.2.3",
            mfa: true,
        };
        edit(&mut case);
        let cedar =
            Cedar::parse(&[("office".into(), OFFICE.into())]).unwrap_or_else(|error| panic!("{error}"));
        let wish = Wish::new("s3", "eu-west-1").asking(&case.operation).at("s3.eu-west-1.amazonaws.com");
        let grant = grant(&case.who, &wish);
        let facts = BTreeMap::from([("mfa".to_owned(), case.mfa.to_string())]);
        let mut question = Question::new(&grant, &wish, case.now);
        (question.source, question.signed_in) = (case.source.parse().ok(), Some(&facts));
        cedar.check(&question)
    }

    #[test]
    fn it_denies_what_the_rules_of_the_file_cannot_tell() {
        let none = Err("cedar: no policy permits it".to_owned());
        assert_eq!(case(|_| {}), Ok(()));
        assert_eq!(case(|case| case.now = NOON + std::time::Duration::from_secs(8 * 3600)), none);
        assert_eq!(
            case(|case| case.now = NOON + std::time::Duration::from_secs(24 * 3600)),
            none,
            "a Saturday"
        );
        assert_eq!(case(|case| case.mfa = false), none);
        assert_eq!(case(|case| case.source = "192.0.2.1"), none);
        assert_eq!(case(|case| case.source = "::ffff:10.1.2.3"), Ok(()));
        assert_eq!(case(|case| case.source = "unknown"), none);
        let nobody = Identity::new("alice", "orders", "writer");
        assert_eq!(case(|case| case.who = nobody), none);
        assert_eq!(case(|case| (case.operation, case.mfa) = (s3("GET", "/bucket/key"), false)), Ok(()));
        // What is known by no name is neither reading nor writing.
        assert_eq!(case(|case| case.operation = s3("BREW", "/bucket/key")), none);
    }

    #[test]
    fn a_denial_names_its_policy() {
        let device = |case: &mut Case| {
            case.who.traits.insert("device", ["unmanaged"]).unwrap();
        };
        assert_eq!(case(device), Err("cedar: forbid no unmanaged devices".into()));
        let archive = |case: &mut Case| case.operation = s3("GET", "/archive/key");
        assert_eq!(case(archive), Err("cedar: forbid the archive".into()));
    }

    #[test]
    fn policies_fit_the_schema_or_are_refused() {
        for (text, told) in [
            ("permit(principal, action, resource) when { context.our > 1 };", "our"),
            ("permit(principal, action == Action::\"reed\", resource);", "reed"),
            ("permit(principal is Person, action, resource);", "Person"),
            ("permit(principal, action, resource) when {", "office: "),
            ("permit(principal, action, resource) when { principal.getTag(\"x\").contains(\"y\") };", "tag"),
        ] {
            let error = Cedar::parse(&[("office".into(), text.into())]).err().unwrap_or_default();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
