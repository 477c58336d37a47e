//! Files and replies.

use awsaccess::chain::{self, Options, Order, Source};
use awsaccess::effect::HttpReply;
use awsaccess::env::Env;
use awsaccess::flow::MAX_QUESTIONS;
use awsaccess::profile::Profiles;
use awsaccess::provider::{RoleHop, assume_role};
use awsaccess::step::Step;
use awsaccess::sts::{AssumedRole, CallerIdentity, Document, Endpoint};

use super::{NOW, placeholder};

/// Bytes as a config file and, behind a NUL, a credentials file.
pub(super) fn profile(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (config, credentials) = (&data[..at], data.get(at + 1..));
    let parsed = Profiles::parse(Some(config), credentials);
    // A comment at the end changes nothing.
    let more = Profiles::parse(Some(&[config, b"\n# end\n"].concat()), credentials);
    assert_eq!(parsed.is_ok(), more.is_ok(), "{parsed:?} {more:?}");
    match parsed {
        Err(error) => {
            let lines = |file: &[u8]| file.split(|byte| matches!(byte, b'\n' | b'\r')).count();
            let most = lines(config).max(lines(credentials.unwrap_or_default()));
            assert!(error.line <= most, "{error}");
            assert!(!error.to_string().contains('\n'));
        }
        Ok(profiles) => {
            let text = String::from_utf8_lossy(data).into_owned();
            for (name, section) in profiles.all_profiles() {
                assert!(text.contains(name), "{name}");
                for (key, value) in section.iter() {
                    assert_eq!(section.raw(key), Some(value), "{key}");
                    assert!(value.lines().all(|line| text.contains(line)), "{key} = {value}");
                }
            }
            assert_eq!(Ok(profiles), more);
        }
    }
}

/// Bytes as replies of STS and of the instance metadata, one behind the other with 0xFF between.
pub(super) fn reply(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    if let Ok(document) = Document::parse(rest) {
        let _ = (AssumedRole::read(&document).is_ok(), CallerIdentity::read(&document).is_ok());
        assert!(!document.root().is_empty());
        let spaced =
            Document::parse(&[rest, b"<!-- end -->\n"].concat()).expect("a comment at the end is nothing");
        assert_eq!(spaced.root(), document.root());
    }
    let status = [200, 200, 200, 400, 401, 403, 404, 503][usize::from(mode & 7)];
    let ends = [mode & 8 == 0, true, true];
    let mut replies = rest.split(|byte| *byte == 0xff).zip(ends.into_iter().cycle()).cycle();
    let mut reply = move || {
        let (body, good) = replies.next().unwrap_or((b"", true));
        HttpReply::new(if good { status } else { 200 }, Vec::new(), body.to_vec())
    };
    let hop = RoleHop::new("arn:aws:iam::444455556666:role/hop");
    let endpoint = Endpoint::regional("eu-west-1").unwrap();
    end(assume_role(&placeholder(), &hop, &endpoint, NOW, [1; 32]), &mut reply);
    let env: Env = [("HOME", "/h")].into_iter().collect();
    let options = Options::new().order(Order::only(Source::Imds));
    end(chain::resolve(&options, &env, NOW, [1; 32]), &mut reply);
}

/// Whatever is replied, a task ends, and says why on one line.
fn end<T>(mut step: Step<T>, reply: &mut impl FnMut() -> HttpReply) {
    for _ in 0..=MAX_QUESTIONS {
        step = match step {
            Step::Done(Ok(_)) => return,
            Step::Done(Err(error)) => {
                let told = error.message();
                assert!(
                    !told.is_empty() && told.len() < 700 && !told.chars().any(char::is_control),
                    "{told}"
                );
                return;
            }
            Step::Http(ask) => ask.answer(NOW, Ok(reply())),
            Step::Wait(ask) => ask.answer(NOW, ()),
            other => other.decline(NOW),
        };
    }
    panic!("no end after {MAX_QUESTIONS} questions");
}
