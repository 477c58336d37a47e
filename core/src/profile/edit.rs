//! A few settings written into a config file, with everything else in it left as it is: comments, order, blank
//! lines, line ends.

use super::line::{header_of, is_name, trim, without_comment};

/// What kind of section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Profile,
    SsoSession,
}

/// Sets keys of a section, which is added at the end if it is not there. The text has to be one that can be read.
///
/// # Errors
/// What cannot be written: a name or a value that would be read as something else.
pub(crate) fn set(text: &str, kind: Kind, name: &str, values: &[(&str, &str)]) -> Result<String, String> {
    let header = header(kind, name)?;
    for (key, value) in values {
        let safe = !value.is_empty()
            && trim(value) == *value
            && !value.chars().any(char::is_control)
            && !value.starts_with(['#', ';'])
            && without_comment(value).len() == value.len();
        if !safe {
            return Err(format!("{key} cannot be written to a config file as it is"));
        }
    }
    let end = if text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) {
        "\r\n"
    } else {
        "\n"
    };
    let mut file = File { lines: text.split_inclusive('\n').map(str::to_owned).collect(), end };
    let mut added = Vec::new();
    for (key, value) in values {
        match file.find(kind, name, key) {
            Some(at) => file.replace(at, value),
            None => added.push(format!("{key} = {value}{end}")),
        }
    }
    match file.last_line(kind, name) {
        Some(at) => {
            file.end_line(at);
            file.lines.splice(at + 1..at + 1, added);
        }
        None => {
            if let Some(at) = file.lines.len().checked_sub(1) {
                file.end_line(at);
                if file.lines.last().is_some_and(|line| !line.trim_ascii().is_empty()) {
                    file.lines.push(end.to_owned());
                }
            }
            file.lines.push(format!("[{header}]{end}"));
            file.lines.extend(added);
        }
    }
    Ok(file.lines.concat())
}

fn header(kind: Kind, name: &str) -> Result<String, String> {
    let quoted = match name {
        _ if is_name(name) => name.to_owned(),
        _ if name.is_empty() || name.contains(['"', ']']) || name.chars().any(char::is_control) => {
            return Err(
                "the name of a section may hold no quotes, brackets and control characters".to_owned()
            );
        }
        _ => format!("\"{name}\""),
    };
    Ok(match kind {
        Kind::Profile if name == "default" => quoted,
        Kind::Profile => format!("profile {quoted}"),
        Kind::SsoSession => format!("sso-session {quoted}"),
    })
}

/// A file as its lines, each with its end.
struct File {
    lines: Vec<String>,
    end: &'static str,
}

impl File {
    /// The numbers of the lines that belong to the section, wherever it stands; its headers among them.
    fn section(&self, kind: Kind, name: &str) -> Vec<usize> {
        let headers: Vec<_> = self.lines.iter().map(|line| header_in(line)).collect();
        let is = |found: &(Option<String>, String), prefix: Option<&str>| {
            found.0.as_deref() == prefix && found.1 == name
        };
        let prefix = match kind {
            Kind::SsoSession => Some("sso-session"),
            // `[profile default]` displaces `[default]`.
            Kind::Profile
                if name == "default" && !headers.iter().flatten().any(|h| is(h, Some("profile"))) =>
            {
                None
            }
            Kind::Profile => Some("profile"),
        };
        let mut inside = false;
        let mut found = Vec::new();
        for (at, header) in headers.iter().enumerate() {
            if let Some(header) = header {
                inside = is(header, prefix);
            }
            if inside {
                found.push(at);
            }
        }
        found
    }

    /// The line of the property that holds: the last of its name.
    fn find(&self, kind: Kind, name: &str, key: &str) -> Option<usize> {
        let of =
            |line: &str| line.split_once('=').is_some_and(|(own, _)| trim(own).eq_ignore_ascii_case(key));
        let lines = self.section(kind, name).into_iter().rev();
        let mut lines = lines.filter(|at| self.lines.get(*at).is_some_and(|line| is_content(line)));
        lines.find(|at| {
            self.lines.get(*at).is_some_and(|line| !is_indented(line) && !line.starts_with('[') && of(line))
        })
    }

    /// Puts another value into a property; what is indented beneath it goes, a comment behind it stays.
    fn replace(&mut self, at: usize, value: &str) {
        let Some(line) = self.lines.get_mut(at) else { return };
        let Some((key, old)) = line.split_once('=') else { return };
        let content = old.trim_end_matches(['\n', '\r']);
        let kept = without_comment(content);
        let before = trim(kept);
        let blank = content.len() - content.trim_start_matches([' ', '\t']).len();
        let space =
            content.get(..blank).filter(|space| !space.is_empty() && !before.is_empty()).unwrap_or(" ");
        let comment = content.get(kept.trim_end_matches([' ', '\t']).len()..).filter(|c| !trim(c).is_empty());
        let ending = old.get(content.len()..).unwrap_or_default();
        let changed = before != value;
        if changed {
            *line = format!("{key}={space}{value}{}{ending}", comment.unwrap_or_default());
        }
        let mut next = at + 1;
        while let Some(line) = self.lines.get(next) {
            match is_content(line) {
                true if is_indented(line) => drop(self.lines.remove(next)),
                true => break,
                false => next += 1,
            }
        }
    }

    /// The last line of the section that says something; new ones come after it.
    fn last_line(&self, kind: Kind, name: &str) -> Option<usize> {
        let lines = self.section(kind, name).into_iter().rev();
        lines.into_iter().find(|at| self.lines.get(*at).is_some_and(|line| is_content(line)))
    }

    /// The last line of a file may lack its end.
    fn end_line(&mut self, at: usize) {
        if let Some(line) = self.lines.get_mut(at).filter(|line| !line.ends_with('\n')) {
            line.push_str(self.end);
        }
    }
}

fn header_in(line: &str) -> Option<(Option<String>, String)> {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let inside = line.strip_prefix('[')?.trim_end_matches(['\n', '\r']);
    header_of(inside).ok().map(|(prefix, name, _)| (prefix, name))
}

fn is_content(line: &str) -> bool {
    !trim(line.trim_end_matches(['\n', '\r'])).is_empty() && !line.starts_with(['#', ';'])
}

fn is_indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profiles;
    use proptest::prelude::*;

    const SSO: &[(&str, &str)] = &[("sso_session", "s"), ("region", "eu-west-1")];

    #[test]
    fn all_else_stays() {
        let before = "# mine\n[profile a] # first\nregion=us-east-1 # home\n; why\n\n[profile b]\nx = 1\ns3 =\n  k = v";
        let after = set(before, Kind::Profile, "a", SSO).unwrap();
        assert_eq!(
            after,
            "# mine\n[profile a] # first\nregion= eu-west-1 # home\nsso_session = s\n; why\n\n[profile b]\nx = 1\ns3 =\n  k = v"
        );
        assert_eq!(set(&after, Kind::Profile, "a", SSO).unwrap(), after);
        let added = set(before, Kind::SsoSession, "two words", &SSO[1..]).unwrap();
        assert_eq!(added, format!("{before}\n\n[sso-session \"two words\"]\nregion = eu-west-1\n"));
        assert_eq!(set("", Kind::Profile, "default", &SSO[..1]).unwrap(), "[default]\nsso_session = s\n");
    }

    #[test]
    fn the_value_that_holds_is_replaced() {
        let before = "[profile a]\r\nregion = 1\r\nregion = 2\r\n  more\r\n# c\r\n\tmore\r\n[profile default]\r\n[default]\r\nregion = x\r\n[profile a]\r\noutput = json";
        let after = set(before, Kind::Profile, "a", SSO).unwrap();
        assert_eq!(
            after,
            "[profile a]\r\nregion = 1\r\nregion = eu-west-1\r\n# c\r\n[profile default]\r\n[default]\r\nregion = x\r\n[profile a]\r\noutput = json\r\nsso_session = s\r\n"
        );
        let after = set(before, Kind::Profile, "default", &SSO[1..]).unwrap();
        assert!(
            after.contains("[profile default]\r\nregion = eu-west-1\r\n[default]\r\nregion = x\r\n"),
            "{after}"
        );
    }

    #[test]
    fn what_would_be_read_otherwise_is_refused() {
        for value in ["", " x", "a #b", "#a", "a\nb", "a\u{0}"] {
            assert!(set("", Kind::Profile, "a", &[("k", value)]).is_err(), "{value:?}");
        }
        assert!(set("", Kind::Profile, "a]\n[b", SSO).is_err() && set("", Kind::Profile, "", SSO).is_err());
    }

    proptest! {
        #[test]
        fn what_is_set_is_read_and_the_rest_as_before(
            lines in prop::collection::vec("(\\[(profile )?(a|b|default)\\]( # c)?|[ \t]?(region|k|s3) ?= ?(v|w # c)?|# c|)", 0..14),
            crlf: bool, open: bool,
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let before = lines.join(end) + if open { "" } else { end };
            let Ok(read) = Profiles::parse(Some(before.as_bytes()), None) else { return Ok(()) };
            for name in ["a", "default", "new"] {
                let after = set(&before, Kind::Profile, name, SSO).unwrap();
                let again = Profiles::parse(Some(after.as_bytes()), None).unwrap();
                let written = again.profile(name).unwrap();
                prop_assert_eq!((written.get("sso_session"), written.get("region")), (Some("s"), Some("eu-west-1")), "{}", after);
                for (other, section) in read.all_profiles() {
                    for (key, value) in section.iter().filter(|(key, _)| other != name || *key == "k" || *key == "s3") {
                        prop_assert_eq!(again.profile(other).unwrap().raw(key), Some(value), "{}", after);
                    }
                }
                // What is indented belongs to a value, whatever it looks like.
                let comments = |text: &str| text.lines().filter(|line| !is_indented(line) && line.contains("# c")).count();
                prop_assert_eq!(comments(&after), comments(&before), "{}", after);
            }
        }
    }
}
