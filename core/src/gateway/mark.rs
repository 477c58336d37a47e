//! Who a session says that it is for. What follows from a placeholder's session is that subject's too, and AWS's own log
//! must not say otherwise: a client sets no source identity, no tags and no contexts of its own where it asks STS for
//! another role, unless its application lets it.
//!
//! AWS keeps a source identity and transitive tags through a chain of roles, and refuses others. It knows of none where
//! the application sets none, and nothing of tags that are not transitive; so they are held against the rules here.

use super::form::Form;
use super::refusal::{Refusal, RefusalKind};
use crate::access::{Grant, Mark};

/// Lets a request for a session be that says nothing of its holder but what the grant allows.
pub(super) fn check(form: &Form<'_>, grant: &Grant) -> Result<(), Refusal> {
    if let Some(said) = form.one("SourceIdentity")? {
        let is_ours = grant.source_identity.as_ref().map(|ours| *ours == said.value);
        if !is_ours.unwrap_or(may_set(grant, Mark::SourceIdentity)) {
            return Err(refused(Mark::SourceIdentity, "SourceIdentity"));
        }
    }
    for (name, value) in form.all() {
        let name = String::from_utf8_lossy(&name);
        let list = name.split('.').next().unwrap_or_default();
        let is = |known: &str| list.eq_ignore_ascii_case(known);
        let mark = match () {
            // SDKs write an empty list as its bare name.
            () if list == name && value.is_empty() => continue,
            () if is("Tags") || is("TransitiveTagKeys") => Mark::Tags,
            () if is("ProvidedContexts") => Mark::Contexts,
            () => continue,
        };
        if !may_set(grant, mark) {
            return Err(refused(mark, list));
        }
        let is_key = is("Tags") && name.to_ascii_lowercase().ends_with(".key");
        let mut own = grant.tags.iter().map(|(key, _)| key);
        // Keys that differ in case alone are one to STS.
        if is_key && own.any(|key| key.as_bytes().eq_ignore_ascii_case(&value)) {
            return Err(Refusal::new(
                RefusalKind::Denied,
                "the gateway sets a tag of this key itself; leave it out of Tags",
            ));
        }
    }
    Ok(())
}

fn may_set(grant: &Grant, mark: Mark) -> bool {
    grant.clients_may_set.contains(&mark)
}

fn refused(mark: Mark, parameter: &str) -> Refusal {
    let name = mark.name();
    Refusal::new(
        RefusalKind::Denied,
        format!("the gateway says who a session is for, and {parameter} would say more or otherwise; leave it out"),
    )
    .with_detail(format!(
        "a client's own {parameter} is refused; clients_may_set = [\"{name}\"] of the application allows it where the \
         application sets none itself"
    ))
}
