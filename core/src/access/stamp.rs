//! How sessions at AWS say whose they are: their name, which CloudTrail shows, the source identity, which is kept through
//! further roles, and tags, which policies may ask for. All of it is from templates of the configuration; no client adds
//! to it, nor to what follows from it unless the application lets it ([`Mark`](super::Mark)).

use std::sync::Arc;

use super::template::{Known, Template};
use super::{Denied, TemplateError};
use crate::sts;

/// A session name for a subject: its own name where STS takes it (2 to 64 of `[A-Za-z0-9_+=,.@-]`), otherwise as
/// much of it as fits, and a digest of the whole, so that two subjects never share one.
///
/// ```
/// use awsaccess::access::session_name;
/// assert_eq!(session_name("alice@example.com"), "alice@example.com");
/// assert_ne!(session_name("team/alice"), session_name("team:alice"));
/// ```
#[must_use]
pub fn session_name(subject: &str) -> String {
    sts::session_name("{subject}", &[("subject", subject)]).unwrap_or_default()
}

/// How sessions are named and tagged. By default they are named by their subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stamp {
    session_name: Option<Template>,
    source_identity: Option<Template>,
    tags: Vec<(String, Template)>,
    transitive: Vec<String>,
}

/// What is wrong with a stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// A template that is none.
    #[error("{0}")]
    Template(#[from] TemplateError),
    /// A name that many would share.
    #[error(
        "the template '{0}' must name the subject, its session or a trait, so that people can be told apart"
    )]
    Shared(String),
    /// A literal that STS does not take in a name.
    #[error("the template '{0}' may have letters, digits and _+=,.@- beside its {{{{…}}}}")]
    Literal(String),
    /// Tags that STS does not take.
    #[error("tags: {0} are wanted")]
    Tags(&'static str),
    /// A key of no tag.
    #[error("the transitive tag '{0}' is none of the tags")]
    NoTag(String),
}

/// What is sent to STS.
pub(super) struct Stamped {
    pub(super) session_name: Arc<str>,
    pub(super) source_identity: Option<String>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) transitive_tag_keys: Vec<String>,
}

impl Stamp {
    /// With a name for sessions. Values that STS does not take are made fit, with a digest, so that no two meet.
    ///
    /// # Errors
    /// [`StampError`] says what is wrong with the template.
    pub fn with_session_name(mut self, template: &str) -> Result<Self, StampError> {
        self.session_name = Some(name_of_people(template)?);
        Ok(self)
    }

    /// With a source identity, made fit as names are.
    ///
    /// # Errors
    /// [`StampError`] says what is wrong with the template.
    pub fn with_source_identity(mut self, template: &str) -> Result<Self, StampError> {
        self.source_identity = Some(name_of_people(template)?);
        Ok(self)
    }

    /// With tags, and the keys of those that go on to further roles.
    ///
    /// # Errors
    /// [`StampError`] names the tag.
    pub fn with_tags(mut self, tags: &[(&str, &str)], transitive: &[&str]) -> Result<Self, StampError> {
        let sample: Vec<(String, String)> =
            tags.iter().map(|(key, _)| ((*key).to_owned(), String::new())).collect();
        sts::check_tags(&sample).map_err(|why| StampError::Tags(why.0))?;
        if let Some(key) = transitive.iter().find(|key| !tags.iter().any(|(own, _)| own == *key)) {
            return Err(StampError::NoTag((*key).to_owned()));
        }
        let read = |(key, text): &(&str, &str)| Ok(((*key).to_owned(), Template::parse(text)?));
        self.tags = tags.iter().map(read).collect::<Result<_, StampError>>()?;
        self.transitive = transitive.iter().map(|key| (*key).to_owned()).collect();
        Ok(self)
    }

    pub(super) fn fill(&self, known: Known<'_>) -> Result<Stamped, Denied> {
        let session_name = match &self.session_name {
            Some(template) => name(template, known).map_err(|why| missing("the session name", why))?.into(),
            None if sts::is_session_name(&known.who.subject) => Arc::clone(&known.who.subject),
            None => session_name(&known.who.subject).into(),
        };
        let source_identity = self.source_identity.as_ref().map(|template| name(template, known));
        let source_identity =
            source_identity.transpose().map_err(|why| missing("the source identity", why))?;
        let tag = |(key, template): &(String, Template)| {
            let value = template.fill(known).map_err(|why| missing(&format!("the tag '{key}'"), why))?;
            Ok((key.clone(), value))
        };
        let tags = self.tags.iter().map(tag).collect::<Result<Vec<_>, Denied>>()?;
        sts::check_tags(&tags).map_err(|why| missing("a tag", why.0))?;
        Ok(Stamped { session_name, source_identity, tags, transitive_tag_keys: self.transitive.clone() })
    }
}

fn missing(what: &str, why: &str) -> Denied {
    Denied::Stamp(format!("{what}: {why}"))
}

fn name_of_people(text: &str) -> Result<Template, StampError> {
    let template = Template::parse(text)?;
    let taken = |text: &str| text.bytes().all(|c| c.is_ascii_alphanumeric() || b"_+=,.@-".contains(&c));
    if !template.literals().all(taken) {
        return Err(StampError::Literal(text.to_owned()));
    }
    if template.is_shared() {
        return Err(StampError::Shared(text.to_owned()));
    }
    Ok(template)
}

/// The name that the template gives, as STS takes it.
fn name(template: &Template, known: Known<'_>) -> Result<String, &'static str> {
    let pieces = template.pieces(known)?;
    let keys: Vec<String> = (0..pieces.len()).map(|n| n.to_string()).collect();
    let mut plain = String::new();
    let mut values = Vec::new();
    for ((is_literal, text), key) in pieces.iter().zip(&keys) {
        if *is_literal {
            plain.push_str(text);
        } else {
            plain.push_str(&format!("{{{key}}}"));
            values.push((key.as_str(), text.as_str()));
        }
    }
    sts::session_name(&plain, &values).map_err(|_| "cannot be made into a name")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::access::{Identity, Traits};

    fn fill(stamp: &Stamp, who: &Identity) -> Result<Stamped, Denied> {
        stamp.fill(Known { who, internal: &Traits::new() })
    }

    #[test]
    fn a_name_that_fits_is_kept() {
        assert_eq!(session_name("ab"), "ab");
        assert_eq!(session_name(&"a".repeat(64)).len(), 64);
        assert_ne!(session_name(&"a".repeat(65)), session_name(&"a".repeat(66)));
        assert!(session_name("a").starts_with("a-"));
    }

    #[test]
    fn a_subject_names_its_sessions_itself_where_it_can() {
        let long = "a".repeat(65);
        for subject in ["ab", "alice@example.com", "a", "team/alice", &long, "x-0123456789abcdef", ""] {
            let stamped = fill(&Stamp::default(), &Identity::new(subject, "prod", "reader")).unwrap();
            assert_eq!(*stamped.session_name, session_name(subject), "{subject}");
        }
    }

    #[test]
    fn sessions_say_whose_they_are() {
        let stamp = Stamp::default()
            .with_session_name("{{application}}.{{email.local(subject)}}")
            .and_then(|stamp| stamp.with_source_identity("{{subject}}"))
            .and_then(|stamp| {
                stamp.with_tags(
                    &[("user", "{{subject}}"), ("team", "t-{{external.team}}"), ("via", "gateway")],
                    &["user"],
                )
            })
            .unwrap();
        let traits = Traits::new().with("team", ["payments"]).unwrap();
        let alice = Identity::new("alice@example.com", "prod", "reader").with_traits(traits);
        let stamped = fill(&stamp, &alice).unwrap();
        assert_eq!(&*stamped.session_name, "prod.alice");
        assert_eq!(stamped.source_identity.as_deref(), Some("alice@example.com"));
        let tags: Vec<_> = stamped.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(tags, [("user", "alice@example.com"), ("team", "t-payments"), ("via", "gateway")]);
        assert_eq!(stamped.transitive_tag_keys, ["user"]);
        // Without the trait there is no session that lacks the tag.
        let why = fill(&stamp, &Identity::new("bob@example.com", "prod", "reader")).err();
        assert_eq!(why, Some(Denied::Stamp("the tag 'team': has no value".into())));
        let traits = Traits::new().with("team", ["a!b"]).unwrap();
        let why = fill(&stamp, &Identity::new("eve@example.com", "prod", "r").with_traits(traits)).err();
        assert!(matches!(why, Some(Denied::Stamp(why)) if why.contains("letters, digits")));
    }

    #[test]
    fn faults_are_named() {
        let of = |text: &str| Stamp::default().with_session_name(text).unwrap_err().to_string();
        assert!(of("gateway").contains("told apart"));
        assert!(of("{{application}}-{{role}}").contains("told apart"));
        assert!(of("a b {{subject}}").contains("letters, digits"));
        assert!(of("{{subjects}}").contains("names 'subjects'"));
        let tags = |tags: &[(&str, &str)], keys: &[&str]| Stamp::default().with_tags(tags, keys).unwrap_err();
        assert!(tags(&[("aws:x", "")], &[]).to_string().contains("aws:"));
        assert!(tags(&[("a", ""), ("A", "")], &[]).to_string().contains("case"));
        assert!(tags(&[("a", "")], &["b"]).to_string().contains("none of the tags"));
        assert!(tags(&[("a", "{{")], &[]).to_string().contains("without its"));
    }

    proptest! {
        #[test]
        fn sts_takes_every_name(subject in "\\PC{1,80}", application in "\\PC{1,80}") {
            let taken = |name: &str| {
                (2..=64).contains(&name.len())
                    && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_+=,.@-".contains(&c))
            };
            prop_assert!(taken(&session_name(&subject)));
            let stamp = Stamp::default().with_session_name("{{application}}-{{subject}}").unwrap();
            let stamped = fill(&stamp, &Identity::new(subject, application, "r")).ok().unwrap();
            prop_assert!(taken(&stamped.session_name), "{}", stamped.session_name);
        }

        /// Short names of few letters, so that they would meet if they could.
        #[test]
        fn no_two_subjects_share_a_name(one in "[a-]{1,4}", other in "[a-]{1,4}", app in "[a-]{1,3}") {
            let stamp = Stamp::default().with_session_name("{{application}}-{{subject}}").unwrap();
            let name = |subject: &str| {
                fill(&stamp, &Identity::new(subject, app.as_str(), "r")).ok().unwrap().session_name
            };
            prop_assert_eq!(one == other, name(&one) == name(&other));
        }
    }
}
