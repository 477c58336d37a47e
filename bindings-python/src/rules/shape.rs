//! The tables of rules, and what each key of them means to the core.

use std::collections::BTreeMap;
use std::sync::Arc;

use awsaccess::access::{
    Application, Grantee, Group, Guard, Hop, HostPattern, Mapping, Mark, Narrowing, OpenRoles, Role, Rules,
    Stamp, Subject, Target, TimedGrant, Traits,
};

use super::table::{Faults, Table};

type Guards = BTreeMap<String, Arc<Guard>>;

/// Everything that can be read; what cannot is among the faults.
pub(super) fn rules(root: &Table<'_, '_>, faults: &Faults) -> Rules {
    let guards = guards(root, faults);
    let everybody = named(root, "guards", &guards);
    let each = |key, read: &dyn Fn(&Table<'_, '_>)| {
        for table in root.tables(key) {
            read(&table);
            table.end();
        }
    };
    let found = std::cell::RefCell::new(Rules::default());
    each("application", &|table| {
        let application = application(table, &guards, &everybody, faults);
        found.borrow_mut().applications.push(application);
    });
    each("role", &|table| found.borrow_mut().roles.extend(role(table, &guards)));
    each("subject", &|table| {
        let mut subject = Subject::new(table.required("name"), &strs(&table.list("roles")));
        subject.groups = table.list("groups");
        subject.traits = traits(table);
        found.borrow_mut().subjects.push(subject);
    });
    each("group", &|table| {
        let mut group = Group::new(table.required("name"), &strs(&table.list("roles")));
        group.traits = traits(table);
        found.borrow_mut().groups.push(group);
    });
    each("mapping", &|table| {
        let (values, roles) = (table.list("values"), table.list("roles"));
        let mapping = Mapping::new(table.required("claim"), &strs(&values), &strs(&roles));
        found.borrow_mut().mappings.push(mapping);
    });
    each("grant", &|table| found.borrow_mut().timed_grants.extend(timed_grant(table)));
    root.end();
    found.into_inner()
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// The built-in guards, and those of the rules.
fn guards(root: &Table<'_, '_>, faults: &Faults) -> Guards {
    let built_in =
        Guard::BUILT_IN.iter().filter_map(|name| Some(((*name).to_owned(), Guard::built_in(name)?)));
    let mut guards: Guards = built_in.map(|(name, guard)| (name, Arc::new(guard))).collect();
    for table in root.tables("guard") {
        let name = table.required("name");
        let (allow, deny) = (table.texts("allow"), table.list("deny"));
        // Each rule by itself, so that a fault is told where it is.
        for (key, texts) in [("allow", allow.as_deref().unwrap_or_default()), ("deny", &deny)] {
            for (n, text) in texts.iter().enumerate() {
                if let Err(why) = Guard::new("", None, &[text]) {
                    table.wrong(&format!("{key}[{n}]"), why);
                }
            }
        }
        table.end();
        let Ok(guard) = Guard::new(&name, allow.as_deref().map(strs).as_deref(), &strs(&deny)) else {
            continue;
        };
        if guards.insert(name, Arc::new(guard)).is_some() {
            faults.add(&table.at("name"), "there is a guard of this name already");
        }
    }
    guards
}

fn named(table: &Table<'_, '_>, key: &'static str, guards: &Guards) -> Vec<Arc<Guard>> {
    let mut found = Vec::new();
    for (n, name) in table.list(key).iter().enumerate() {
        match guards.get(name) {
            Some(guard) => found.push(Arc::clone(guard)),
            None => {
                table.wrong(&format!("{key}[{n}]"), format_args!("there is no guard of the name '{name}'"));
            }
        }
    }
    found
}

fn hops(table: &Table<'_, '_>, key: &'static str) -> Vec<Hop> {
    let mut hops = Vec::new();
    for entry in table.tables(key) {
        let (role, external_id) = (entry.required("role_arn"), entry.text("external_id"));
        entry.end();
        match Hop::new(&role) {
            Ok(hop) => hops.push(match external_id {
                Some(id) => hop.with_external_id(id),
                None => hop,
            }),
            Err(why) if !role.is_empty() => entry.wrong("role_arn", why),
            Err(_) => {}
        }
    }
    hops
}

fn application(
    table: &Table<'_, '_>,
    guards: &Guards,
    everybody: &[Arc<Guard>],
    faults: &Faults,
) -> Application {
    let target = |entry: Table<'_, '_>| {
        let target = Target::new(entry.required("name"), hops(&entry, "assume"));
        entry.end();
        target
    };
    let targets = table.tables("role").into_iter().map(target).collect();
    let source = table.text("source").unwrap_or_else(|| "default".to_owned());
    let mut application = Application::new(table.required("name"), source, targets);
    application.labels = table.names("labels");
    application.accounts = table.list("accounts");
    application.partition = table.text("partition");
    application.services = table.list("services");
    application.regions = table.list("regions");
    application.hosts = hosts(table, "hosts");
    application.customer_hosts = hosts(table, "customer_hosts");
    if let Some(lasting) = table.seconds("duration_seconds") {
        application.duration = lasting;
    }
    application.max_duration = table.seconds("max_duration_seconds");
    application.narrowing = match table.text("session_policy") {
        None => Narrowing::Nothing,
        Some(text) if text == "guards" => Narrowing::Guards,
        Some(text) => Narrowing::Text(text),
    };
    application.session_policy_arns = table.list("session_policy_arns");
    application.guards = everybody.to_vec();
    application.guards.extend(named(table, "guards", guards));
    application.guards.extend(session_replies(table));
    application.stamp = stamp(table, faults);
    application.clients_may_set = marks(table);
    application.open = table.table("open_roles").map(|open| {
        let roles = OpenRoles { via: hops(&open, "via"), external_id: open.text("external_id") };
        open.end();
        roles
    });
    application
}

fn hosts(table: &Table<'_, '_>, key: &'static str) -> Vec<HostPattern> {
    let mut found = Vec::new();
    for (n, text) in table.list(key).iter().enumerate() {
        match HostPattern::parse(text) {
            Ok(pattern) => found.push(pattern),
            Err(why) => table.wrong(&format!("{key}[{n}]"), why),
        }
    }
    found
}

fn session_replies(table: &Table<'_, '_>) -> Option<Arc<Guard>> {
    let replies = table.names("session_replies");
    match Guard::of_session_replies(
        replies.iter().map(|(operation, mode)| (operation.as_str(), mode.as_str())),
    ) {
        Ok(guard) => guard.map(Arc::new),
        Err(wrong) => {
            for (operation, why) in wrong {
                table.wrong(&format!("session_replies.\"{operation}\""), why);
            }
            None
        }
    }
}

fn marks(table: &Table<'_, '_>) -> Vec<Mark> {
    let mark = |(n, name): (usize, &String)| {
        let found = Mark::of_name(name);
        if found.is_none() {
            let all = Mark::ALL.map(|mark| format!("\"{}\"", mark.name()));
            table.wrong(&format!("clients_may_set[{n}]"), format!("must be one of {}", all.join(", ")));
        }
        found
    };
    table.list("clients_may_set").iter().enumerate().filter_map(mark).collect()
}

fn stamp(table: &Table<'_, '_>, faults: &Faults) -> Stamp {
    let mut stamp = Stamp::default();
    if let Some(text) = table.text("session_name") {
        stamp = faults.take(&table.at("session_name"), stamp.with_session_name(&text)).unwrap_or_default();
    }
    if let Some(text) = table.text("source_identity") {
        stamp =
            faults.take(&table.at("source_identity"), stamp.with_source_identity(&text)).unwrap_or_default();
    }
    let (tags, transitive) = (table.names("tags"), table.list("transitive_tags"));
    let tags: Vec<(&str, &str)> = tags.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    faults.take(&table.at("tags"), stamp.with_tags(&tags, &strs(&transitive))).unwrap_or_default()
}

fn role(table: &Table<'_, '_>, guards: &Guards) -> Option<Role> {
    let (name, allow, deny) = (table.required("name"), table.list("allow"), table.list("deny"));
    for (key, texts) in [("allow", &allow), ("deny", &deny)] {
        for (n, text) in texts.iter().enumerate() {
            if let Err(why) = Role::new("", &[text], &[]) {
                table.wrong(&format!("{key}[{n}]"), why);
            }
        }
    }
    let own = named(table, "guards", guards);
    let (labels, accounts) = (table.lists("labels"), table.list("accounts"));
    let (deny_labels, deny_accounts) = (table.lists("deny_labels"), table.list("deny_accounts"));
    let mut role = Role::new(name, &strs(&allow), &strs(&deny)).ok()?;
    (role.labels, role.accounts) = (labels, accounts);
    (role.deny_labels, role.deny_accounts) = (deny_labels, deny_accounts);
    role.guards = own;
    Some(role)
}

fn traits(table: &Table<'_, '_>) -> Traits {
    let mut traits = Traits::new();
    for (name, values) in table.lists("traits") {
        if let Err(why) = traits.insert(name, values) {
            table.wrong("traits", why);
        }
    }
    traits
}

fn timed_grant(table: &Table<'_, '_>) -> Option<TimedGrant> {
    let to = match (table.text("subject"), table.text("group")) {
        (Some(name), None) => Some(Grantee::Subject(name)),
        (None, Some(name)) => Some(Grantee::Group(name)),
        _ => None,
    };
    if to.is_none() {
        table.wrong("subject", "either a subject or a group is wanted");
    }
    let (by, reason) = (table.required("approved_by"), table.required("reason"));
    for (key, text) in [("approved_by", &by), ("reason", &reason)] {
        if text.trim().is_empty() && !table.is_broken() {
            table.wrong(key, "must say something: it goes into the audit log");
        }
    }
    let (roles, begins_at, ends_at) = (table.list("roles"), table.time("begins_at"), table.time("ends_at"));
    Some(TimedGrant::new(to?, &strs(&roles), begins_at?, ends_at?).approved(by, reason))
}
