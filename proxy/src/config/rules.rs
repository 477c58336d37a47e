//! Who may do what, from the file: applications, roles, subjects and placeholders.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use awsaccess::access::{
    Application, Grantee, Group, Guard, Hop, Identity, Mapping, Mark, Narrowing, OpenRoles, Policy,
    PolicyError, Role, Rules, Stamp, Subject, Target, TimedGrant, Traits,
};
use awsaccess::gateway::{Placeholder, Store};
use awsaccess::time::Time;

use super::shape::nearest;
use super::{ConfigError, file, network};

/// The rules, or everything that is wrong with them.
pub(super) fn access_policy(file: &file::File) -> Result<Policy, ConfigError> {
    let mut faults = Faults::default();
    let guards = guards(file, &mut faults);
    let rules = Rules {
        applications: applications(file, &guards, &mut faults),
        roles: roles(file, &guards, &mut faults),
        subjects: subjects(file, &mut faults),
        groups: groups(file, &mut faults),
        mappings: mappings(file),
        timed_grants: timed_grants(file, &mut faults),
    };
    // What cannot be read would be missed by those who name it; the other faults are told at once.
    if faults.0.is_empty() {
        for fault in rules.faults() {
            let hint = hint(&fault.error, &rules);
            faults.add(&fault.place, format!("{}{hint}", fault.error));
        }
    }
    faults.done()?;
    Policy::of(rules).map_err(|why| ConfigError(why.to_string()))
}

/// What is wrong, a line each.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, key: &str, why: impl Display) {
        self.0.push(ConfigError::at(key, why).to_string());
    }

    /// The value, or a fault and nothing.
    fn take<T>(&mut self, key: &str, found: Result<T, impl Display>) -> Option<T> {
        found.map_err(|why| self.add(key, why)).ok()
    }

    fn done(self) -> Result<(), ConfigError> {
        if self.0.is_empty() { Ok(()) } else { Err(ConfigError(self.0.join("\n"))) }
    }
}

fn hint(error: &PolicyError, rules: &Rules) -> String {
    let near = match error {
        PolicyError::UnknownRole(_, name) => nearest(name, rules.roles.iter().map(|role| role.name.as_str())),
        PolicyError::UnknownGroup(_, name) => {
            nearest(name, rules.groups.iter().map(|group| group.name.as_str()))
        }
        _ => None,
    };
    near.map(did_you_mean).unwrap_or_default()
}

fn did_you_mean(name: &str) -> String {
    format!("; did you mean '{name}'?")
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

type Guards = BTreeMap<String, Arc<Guard>>;

fn guards(file: &file::File, faults: &mut Faults) -> Guards {
    let built_in =
        Guard::BUILT_IN.iter().filter_map(|name| Some(((*name).to_owned(), Guard::built_in(name)?)));
    let mut guards: Guards = built_in.map(|(name, guard)| (name, Arc::new(guard))).collect();
    for (n, entry) in file.guard.iter().enumerate() {
        // Each list by itself, so that a fault is told where it is.
        for (key, texts) in [("allow", entry.allow.as_deref().unwrap_or_default()), ("deny", &entry.deny)] {
            for (m, text) in texts.iter().enumerate() {
                faults.take(&format!("guard[{n}].{key}[{m}]"), Guard::new("", None, &[text]));
            }
        }
        let Ok(guard) =
            Guard::new(&entry.name, entry.allow.as_deref().map(strs).as_deref(), &strs(&entry.deny))
        else {
            continue;
        };
        if guards.insert(entry.name.clone(), Arc::new(guard)).is_some() {
            faults.add(&format!("guard[{n}].name"), "there is a guard of this name already");
        }
    }
    guards
}

fn named_guards(key: &str, names: &[String], guards: &Guards, faults: &mut Faults) -> Vec<Arc<Guard>> {
    let mut found = Vec::new();
    for (n, name) in names.iter().enumerate() {
        match guards.get(name) {
            Some(guard) => found.push(Arc::clone(guard)),
            None => {
                let near = nearest(name, guards.keys().map(String::as_str)).map(did_you_mean);
                let near = near.unwrap_or_default();
                faults.add(&format!("{key}[{n}]"), format!("there is no guard of the name '{name}'{near}"));
            }
        }
    }
    found
}

fn hops(key: &str, entries: &[file::Assume], faults: &mut Faults) -> Vec<Hop> {
    let hop = |(n, entry): (usize, &file::Assume)| {
        let hop = faults.take(&format!("{key}[{n}].role_arn"), Hop::new(&entry.role_arn))?;
        Some(match &entry.external_id {
            Some(id) => hop.with_external_id(id.as_str()),
            None => hop,
        })
    };
    entries.iter().enumerate().filter_map(hop).collect()
}

fn applications(file: &file::File, guards: &Guards, faults: &mut Faults) -> Vec<Application> {
    let everybody = named_guards("guards", &file.guards, guards, faults);
    let mut applications = Vec::new();
    for (n, entry) in file.application.iter().enumerate() {
        let at = |key: &str| format!("application[{n}].{key}");
        if !file.source.iter().any(|source| source.name == entry.source) {
            let near = nearest(&entry.source, file.source.iter().map(|source| source.name.as_str()));
            let near = near.map(did_you_mean).unwrap_or_default();
            faults.add(&at("source"), format!("there is no [[source]] of the name '{}'{near}", entry.source));
        }
        let targets = entry.role.iter().enumerate().map(|(m, role)| {
            Target::new(&role.name, hops(&at(&format!("role[{m}].assume")), &role.assume, faults))
        });
        let mut application = Application::new(&entry.name, entry.source.as_str(), targets.collect());
        application.labels.clone_from(&entry.labels);
        application.accounts.clone_from(&entry.accounts);
        application.partition.clone_from(&entry.partition);
        application.services.clone_from(&entry.services);
        application.regions.clone_from(&entry.regions);
        let hosts = network::patterns(&at("hosts"), &entry.hosts);
        application.hosts = hosts.map_err(|why| faults.0.push(why.to_string())).unwrap_or_default();
        let hosts = network::patterns(&at("customer_hosts"), &entry.customer_hosts);
        application.customer_hosts = hosts.map_err(|why| faults.0.push(why.to_string())).unwrap_or_default();
        if let Some(seconds) = entry.duration_seconds {
            application.duration = Duration::from_secs(seconds);
        }
        application.max_duration = entry.max_duration_seconds.map(Duration::from_secs);
        application.narrowing = match entry.session_policy.as_deref() {
            None => Narrowing::Nothing,
            Some("guards") => Narrowing::Guards,
            Some(text) => Narrowing::Text(text.to_owned()),
        };
        application.session_policy_arns.clone_from(&entry.session_policy_arns);
        application.guards = everybody.clone();
        application.guards.extend(named_guards(&at("guards"), &entry.guards, guards, faults));
        application.guards.extend(session_replies(&at("session_replies"), &entry.session_replies, faults));
        application.stamp = stamp(&at, entry, faults);
        application.clients_may_set = marks(&at("clients_may_set"), &entry.clients_may_set, faults);
        application.open = entry.open_roles.as_ref().map(|open| OpenRoles {
            via: hops(&at("open_roles.via"), &open.via, faults),
            external_id: open.external_id.clone(),
        });
        applications.push(application);
    }
    applications
}

fn session_replies(key: &str, replies: &BTreeMap<String, String>, faults: &mut Faults) -> Option<Arc<Guard>> {
    match Guard::of_session_replies(
        replies.iter().map(|(operation, mode)| (operation.as_str(), mode.as_str())),
    ) {
        Ok(guard) => guard.map(Arc::new),
        Err(wrong) => {
            wrong.into_iter().for_each(|(operation, why)| faults.add(&format!("{key}.\"{operation}\""), why));
            None
        }
    }
}

fn stamp(at: &dyn Fn(&str) -> String, entry: &file::Application, faults: &mut Faults) -> Stamp {
    let mut stamp = Stamp::default();
    if let Some(text) = &entry.session_name {
        stamp = faults.take(&at("session_name"), stamp.with_session_name(text)).unwrap_or_default();
    }
    if let Some(text) = &entry.source_identity {
        stamp = faults.take(&at("source_identity"), stamp.with_source_identity(text)).unwrap_or_default();
    }
    let tags: Vec<(&str, &str)> =
        entry.tags.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let transitive: Vec<&str> = entry.transitive_tags.iter().map(String::as_str).collect();
    faults.take(&at("tags"), stamp.with_tags(&tags, &transitive)).unwrap_or_default()
}

fn marks(key: &str, names: &[String], faults: &mut Faults) -> Vec<Mark> {
    let mark = |(n, name): (usize, &String)| {
        let found = Mark::of_name(name).ok_or_else(|| {
            let all = Mark::ALL.map(|mark| format!("\"{}\"", mark.name()));
            format!("must be one of {}", all.join(", "))
        });
        faults.take(&format!("{key}[{n}]"), found)
    };
    names.iter().enumerate().filter_map(mark).collect()
}

fn roles(file: &file::File, guards: &Guards, faults: &mut Faults) -> Vec<Role> {
    let mut roles = Vec::new();
    for (n, entry) in file.role.iter().enumerate() {
        let at = |key: &str| format!("role[{n}].{key}");
        for (key, texts) in [("allow", &entry.allow), ("deny", &entry.deny)] {
            for (m, text) in texts.iter().enumerate() {
                faults.take(&format!("{}[{m}]", at(key)), Role::new("", &[text], &[]));
            }
        }
        let allow: Vec<&str> = entry.allow.iter().map(String::as_str).collect();
        let deny: Vec<&str> = entry.deny.iter().map(String::as_str).collect();
        let own = named_guards(&at("guards"), &entry.guards, guards, faults);
        let Ok(mut role) = Role::new(&entry.name, &allow, &deny) else { continue };
        role.labels.clone_from(&entry.labels);
        role.accounts.clone_from(&entry.accounts);
        role.deny_labels.clone_from(&entry.deny_labels);
        role.deny_accounts.clone_from(&entry.deny_accounts);
        role.guards = own;
        roles.push(role);
    }
    roles
}

fn traits(key: &str, table: &BTreeMap<String, Vec<String>>, faults: &mut Faults) -> Traits {
    let mut traits = Traits::new();
    for (name, values) in table {
        faults.take(key, traits.insert(name.as_str(), values.iter().map(String::as_str)));
    }
    traits
}

fn subjects(file: &file::File, faults: &mut Faults) -> Vec<Subject> {
    let subject = |(n, entry): (usize, &file::Subject)| {
        let roles: Vec<&str> = entry.roles.iter().map(String::as_str).collect();
        let mut subject = Subject::new(&entry.name, &roles);
        subject.groups.clone_from(&entry.groups);
        subject.traits = traits(&format!("subject[{n}].traits"), &entry.traits, faults);
        subject
    };
    file.subject.iter().enumerate().map(subject).collect()
}

fn groups(file: &file::File, faults: &mut Faults) -> Vec<Group> {
    let group = |(n, entry): (usize, &file::Group)| {
        let roles: Vec<&str> = entry.roles.iter().map(String::as_str).collect();
        let mut group = Group::new(&entry.name, &roles);
        group.traits = traits(&format!("group[{n}].traits"), &entry.traits, faults);
        group
    };
    file.group.iter().enumerate().map(group).collect()
}

fn mappings(file: &file::File) -> Vec<Mapping> {
    file.mapping
        .iter()
        .map(|entry| Mapping::new(&entry.claim, &strs(&entry.values), &strs(&entry.roles)))
        .collect()
}

fn timed_grants(file: &file::File, faults: &mut Faults) -> Vec<TimedGrant> {
    let mut grants = Vec::new();
    for (n, entry) in file.grant.iter().enumerate() {
        let at = |key: &str| format!("grant[{n}].{key}");
        let to = match (&entry.subject, &entry.group) {
            (Some(name), None) => Some(Grantee::Subject(name.clone())),
            (None, Some(name)) => Some(Grantee::Group(name.clone())),
            _ => None,
        };
        if to.is_none() {
            faults.add(&format!("grant[{n}]"), "either a subject or a group is wanted");
        }
        for (key, text) in [("approved_by", &entry.approved_by), ("reason", &entry.reason)] {
            if text.trim().is_empty() {
                faults.add(&at(key), "must say something: it goes into the audit log");
            }
        }
        let begins_at = faults.take(&at("begins_at"), time(&entry.begins_at));
        let ends_at = faults.take(&at("ends_at"), time(&entry.ends_at));
        let (Some(to), Some(begins_at), Some(ends_at)) = (to, begins_at, ends_at) else { continue };
        let roles: Vec<&str> = entry.roles.iter().map(String::as_str).collect();
        let grant = TimedGrant::new(to, &roles, begins_at, ends_at);
        grants.push(grant.approved(entry.approved_by.as_str(), entry.reason.as_str()));
    }
    grants
}

fn time(text: &str) -> Result<Time, &'static str> {
    Time::parse_rfc3339(text).ok_or("not a time (2026-11-21T12:00:00Z)")
}

pub(super) fn placeholders(file: &file::File) -> Result<Store, ConfigError> {
    let mut store = Store::new();
    for (n, entry) in file.placeholder.iter().enumerate() {
        let key = |name: &str| format!("placeholder[{n}].{name}");
        let id = &entry.access_key_id;
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=.-".contains(&byte);
        if !(16..=128).contains(&id.len()) || !id.bytes().all(sound) {
            return Err(ConfigError::at(
                &key("access_key_id"),
                "16 to 128 letters, digits and _+=.- are wanted",
            ));
        }
        if entry.secret_access_key.0.expose().len() < 20 {
            return Err(ConfigError::at(&key("secret_access_key"), "at least 20 characters are wanted"));
        }
        check_identity(file, entry).map_err(|why| ConfigError::at(&format!("placeholder[{n}]"), why))?;
        let mut faults = Faults::default();
        let claims = traits(&key("traits"), &entry.traits, &mut faults);
        faults.done()?;
        let identity = Identity::new(entry.subject.as_str(), entry.application.as_str(), entry.role.as_str())
            .with_traits(claims);
        let mut placeholder = Placeholder::new(entry.secret_access_key.0.clone(), identity);
        placeholder.signed_in.clone_from(&entry.signed_in);
        if let Some(token) = &entry.session_token {
            placeholder = placeholder.with_session_token(token.0.clone());
        }
        if let Some(at) = &entry.expires_at {
            let time = time(at).map_err(|why| ConfigError::at(&key("expires_at"), why))?;
            placeholder = placeholder.with_expiry(time);
        }
        if store.insert(id.as_str(), placeholder).is_some() {
            return Err(ConfigError::at(&key("access_key_id"), "is there twice"));
        }
    }
    Ok(store)
}

/// A placeholder for nobody would be refused at its first use; better to say so now.
fn check_identity(file: &file::File, entry: &file::Placeholder) -> Result<(), String> {
    if !file.subject.iter().any(|subject| subject.name == entry.subject) {
        let near = nearest(&entry.subject, file.subject.iter().map(|subject| subject.name.as_str()));
        let near = near.map(did_you_mean).unwrap_or_default();
        return Err(format!("there is no [[subject]] of the name '{}'{near}", entry.subject));
    }
    let application = file.application.iter().find(|application| application.name == entry.application);
    let Some(application) = application else {
        return Err(format!("there is no [[application]] of the name '{}'", entry.application));
    };
    let is_listed = application.role.iter().any(|role| role.name == entry.role);
    // A role may be given by its ARN or its name at AWS too; whether it fits one is decided with the rules.
    let by_arn = application
        .role
        .iter()
        .filter_map(|role| role.assume.last())
        .any(|goal| goal.role_arn == entry.role || goal.role_arn.ends_with(&format!("/{}", entry.role)));
    if !is_listed && !by_arn && application.open_roles.is_none() {
        let near = nearest(&entry.role, application.role.iter().map(|role| role.name.as_str()));
        let near = near.map(did_you_mean).unwrap_or_default();
        return Err(format!(
            "the application '{}' has no role of the name '{}'{near}",
            entry.application, entry.role
        ));
    }
    Ok(())
}
