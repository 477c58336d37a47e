//! An application that was added while the gateway runs: JSON of the shape of an `[[application]]`, beside those of the
//! file, checked by what checks the file.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::document::{Node, Syntax, position};
use super::{ConfigError, file, shape, without_values};

/// The longest of them, in bytes.
const LONGEST: usize = 64 << 10;

/// An application as it was brought.
#[derive(Clone)]
pub(crate) struct Added {
    pub(crate) name: String,
    /// It may hold an external id.
    text: Arc<Zeroizing<String>>,
}

impl Added {
    /// Reads one, or says everything that is wrong with its form. `name` is what it is to be called.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, ConfigError> {
        if text.len() > LONGEST {
            return Err(ConfigError(format!("an application takes {LONGEST} bytes at most")));
        }
        let added = Self { name: name.to_owned(), text: Arc::new(Zeroizing::new(text.to_owned())) };
        let at = |at: usize, key: &str, why: &str| {
            let (line, column) = position(text, at);
            let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
            format!("{line}:{column}: {key}{why}")
        };
        let node = Node::parse(text, Syntax::Json);
        let node = node.map_err(|faults| {
            let lines: Vec<_> = faults.iter().map(|fault| at(fault.at, "", &fault.why)).collect();
            ConfigError(lines.join("\n"))
        })?;
        let misfits = shape::check_as(&node, "Application");
        if !misfits.is_empty() {
            let lines: Vec<_> =
                misfits.iter().map(|misfit| at(misfit.at, &misfit.key, &misfit.why)).collect();
            return Err(ConfigError(lines.join("\n")));
        }
        let application = added.application()?;
        let wrong = |key: &str, why: &str| Err(ConfigError(at(node.locate(key), key, why)));
        if application.name != name {
            return wrong("name", "is another than the one it is to be added under");
        }
        if !is_name(name) {
            return wrong("name", "1 to 128 characters without control characters are wanted");
        }
        Ok(added)
    }

    /// As the file has them.
    pub(super) fn application(&self) -> Result<file::Application, ConfigError> {
        serde_json::from_str(&self.text).map_err(|error| {
            let why = error.to_string();
            let why = without_values(why.split(" at line ").next().unwrap_or_default());
            ConfigError(format!("{}:{}: {why}", error.line(), error.column()))
        })
    }

    /// The JSON.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// Whether an application may be called that.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// What is wrong, in the words of those who added the applications: the first `own` are the file's.
pub(super) fn told(error: &ConfigError, own: usize, added: &[Added]) -> ConfigError {
    let line = |line: &str| {
        let found = line.strip_prefix("application[").and_then(|rest| {
            let (number, rest) = rest.split_once(']')?;
            let one = added.get(number.parse::<usize>().ok()?.checked_sub(own)?)?;
            let name = one.name.escape_debug();
            let Some(rest) = rest.strip_prefix('.') else {
                return Some(format!("the application '{name}'{rest}"));
            };
            let key = rest.split(": ").next().unwrap_or_default();
            let key = key.split(".\"").next().unwrap_or(key);
            let node = Node::parse(one.text(), Syntax::Json).ok()?;
            let (row, column) = position(one.text(), node.locate(key));
            Some(format!("the application '{name}': {row}:{column}: {rest}"))
        });
        found.unwrap_or_else(|| line.to_owned())
    };
    ConfigError(error.0.lines().map(line).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const FILE: &str =
        "listen = []\n[[source]]\nname = \"base\"\n[[application]]\nname = \"own\"\nsource = \"base\"\n";

    fn error(name: &str, text: &str) -> String {
        let read = Added::read(name, text)
            .and_then(|one| Config::parse(FILE).and_then(|config| config.with_added(&[one])));
        read.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_told_where_it_is() {
        for (text, wanted) in [
            (r#"{"name": "new", "source": "base"}"#, ""),
            ("{", "1:2: not json"),
            ("[]", "1:1: a table is wanted, and there is a list"),
            (r#"{"name": "new"}"#, "1:1: source: is missing"),
            (
                r#"{"name": "new", "sourc": "base"}"#,
                "1:17: sourc: there is no key of this name; did you mean 'source'?",
            ),
            (r#"{"name": "old", "source": "base"}"#, "1:2: name: is another"),
            (
                r#"{"name": "new", "source": "bas"}"#,
                "the application 'new': 1:17: source: there is no [[source]] of the name 'bas'",
            ),
            (
                r#"{"name": "new", "source": "base", "listen": ["127.0.0.1:0", "localhost"]}"#,
                "the application 'new': 1:61: listen[1]: neither an address",
            ),
            (
                "{\"name\": \"new\", \"source\": \"base\",\n \"role\": [{\"name\": \"r\", \"assume\": [{\"role_arn\": \"hub\"}]}]}",
                "the application 'new': 2:37: role[0].assume[0].role_arn: 'hub' is not the arn",
            ),
            (
                r#"{"name": "new", "source": "base", "hosts": ["169.254.169.254"]}"#,
                "the application 'new': 1:45: hosts[0]: ",
            ),
            (r#"{"name": "new", "source": "base", "duration_seconds": 5}"#, "the application 'new'"),
        ] {
            let found = error("new", text);
            assert!(found.starts_with(wanted) && found.is_empty() == wanted.is_empty(), "{text}: {found}");
        }
        assert!(
            error("a\nb", r#"{"name": "a\nb", "source": "base"}"#).contains("without control characters")
        );
        assert!(
            error("new", &format!("{{\"name\": \"{}\"}}", "n".repeat(LONGEST))).contains("bytes at most")
        );
        assert!(
            error("own", r#"{"name": "own", "source": "base"}"#).contains("the application 'own'"),
            "one of a name"
        );
    }
}
