//! A command line as a program and its arguments.
//!
//! AWS's SDKs do not agree: most give the line to a shell, the AWS CLI takes it apart itself. Both readings agree on a
//! line of plain and quoted words, and such a line needs no shell here. Only one that uses what a shell alone
//! understands (a pipe, a variable) is given to `/bin/sh -c` as it is written, unless that is forbidden.

use crate::error::{Error, ErrorKind};
use crate::profile::Platform;
use crate::secret::Secret;

/// The most words that one line may have.
const MOST_WORDS: usize = 256;
/// Words that a shell itself carries out.
const BUILT_IN: [&str; 14] =
    ["exit", "exec", "eval", "cd", ".", ":", "{", "!", "if", "for", "while", "case", "export", "command"];

/// Whether a shell may take part in running a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shell {
    /// For a line that uses what only a shell understands.
    #[default]
    AsNeeded,
    /// Never: such a line is refused.
    Never,
}

/// The program and its arguments.
pub(super) fn argv(line: &str, shell: Shell, platform: Platform) -> Result<Vec<Secret>, Error> {
    let config = |message: String| Error::new(ErrorKind::Config, message);
    let words = match platform {
        Platform::Unix => unix(line),
        Platform::Windows => windows(line),
    };
    let Words { words, needs_shell } = words.map_err(|why| config(format!("the line {why}")))?;
    match (needs_shell, shell, platform) {
        (Some(what), Shell::Never, _) => Err(config(format!(
            "the line uses {what}, which only a shell understands, and shells are switched off here"
        ))),
        (Some(what), _, Platform::Windows) => Err(config(format!(
            "the line uses {what}, which only a shell understands; name a program or a script that does"
        ))),
        (Some(_), Shell::AsNeeded, Platform::Unix) => {
            Ok(["/bin/sh", "-c", line].map(Secret::new).into_iter().collect())
        }
        (None, ..) if words.is_empty() => Err(config("the line is empty; name a program".to_owned())),
        (None, ..) if words.len() > MOST_WORDS => {
            Err(config(format!("the line has more than {MOST_WORDS} words")))
        }
        (None, ..) => Ok(words.into_iter().map(Secret::new).collect()),
    }
}

#[derive(Default)]
struct Words {
    words: Vec<String>,
    /// What a shell alone understands, in words that hold no part of the line.
    needs_shell: Option<&'static str>,
}

/// The quoting of a POSIX shell (IEEE 1003.1, XCU 2.2).
fn unix(line: &str) -> Result<Words, &'static str> {
    let mut found = Words::default();
    let mut word: Option<String> = None;
    let mut special = |what| found.needs_shell = found.needs_shell.or(Some(what));
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => found.words.extend(word.take()),
            '\'' => {
                let text = word.get_or_insert_default();
                until(&mut chars, '\'', |c| text.push(c))?;
            }
            '"' => {
                let text = word.get_or_insert_default();
                let mut escaped = false;
                until_unescaped(&mut chars, |c| match (escaped, c) {
                    (true, '"' | '\\' | '$' | '`') => {
                        escaped = false;
                        text.push(c);
                    }
                    (true, '\n') => escaped = false,
                    (true, c) => {
                        escaped = false;
                        text.extend(['\\', c]);
                    }
                    (false, '\\') => escaped = true,
                    (false, '$' | '`') => special("a variable or a command in quotes"),
                    (false, c) => text.push(c),
                })?;
            }
            '\\' => match chars.next() {
                Some('\n') => {}
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("ends with a backslash"),
            },
            '|' | '&' | ';' | '<' | '>' | '(' | ')' => special("an operator such as | or >"),
            '$' | '`' => special("a variable or a command in it"),
            '*' | '?' | '[' => special("a pattern of file names"),
            '~' | '#' if word.is_none() => special("a leading ~ or #"),
            // `NAME=value program` sets a variable.
            '=' if found.words.is_empty() && word.as_deref().is_some_and(is_name) => {
                special("a variable that is set before the program");
                word.get_or_insert_default().push(c);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    found.words.extend(word);
    if found.words.first().is_some_and(|first| BUILT_IN.contains(&first.as_str())) {
        found.needs_shell = found.needs_shell.or(Some("a command of the shell's own"));
    }
    Ok(found)
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Everything up to the closing quote.
fn until(
    chars: &mut impl Iterator<Item = char>,
    end: char,
    mut each: impl FnMut(char),
) -> Result<(), &'static str> {
    for c in chars {
        if c == end {
            return Ok(());
        }
        each(c);
    }
    Err("has a quote that is not closed")
}

/// The same for a double quote, which a backslash keeps from closing.
fn until_unescaped(
    chars: &mut impl Iterator<Item = char>,
    mut each: impl FnMut(char),
) -> Result<(), &'static str> {
    let mut escaped = false;
    for c in chars {
        if c == '"' && !escaped {
            return Ok(());
        }
        escaped = c == '\\' && !escaped;
        each(c);
    }
    Err("has a quote that is not closed")
}

/// The quoting of Windows programs: only `"` quotes, and a backslash counts before one only.
///
/// <https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments>
fn windows(line: &str) -> Result<Words, &'static str> {
    let mut found = Words::default();
    let mut word: Option<String> = None;
    let (mut quoted, mut backslashes) = (false, 0usize);
    for c in line.chars() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        let before = std::mem::take(&mut backslashes);
        if before > 0 {
            let kept = if c == '"' { before / 2 } else { before };
            word.get_or_insert_default().extend(std::iter::repeat_n('\\', kept));
        }
        match c {
            '"' if before % 2 == 1 => word.get_or_insert_default().push('"'),
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' | '\n' | '\r' if !quoted => found.words.extend(word.take()),
            '|' | '&' | '<' | '>' if !quoted => {
                found.needs_shell = found.needs_shell.or(Some("an operator such as | or >"));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    if backslashes > 0 {
        word.get_or_insert_default().extend(std::iter::repeat_n('\\', backslashes));
    }
    found.words.extend(word);
    if quoted { Err("has a quote that is not closed") } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str, platform: Platform) -> Result<Vec<String>, String> {
        argv(line, Shell::AsNeeded, platform)
            .map(|argv| argv.iter().map(|word| word.expose().to_owned()).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_of_words_needs_no_shell() {
        for (line, expected) in [
            ("tool", vec!["tool"]),
            ("  tool\t--x  y\n", vec!["tool", "--x", "y"]),
            ("'/opt/my tool' \"a b\" ''", vec!["/opt/my tool", "a b", ""]),
            (r#"t a\ b "q\"\\\$\x" 'l\n' c"d"'e'"#, vec!["t", "a b", r#"q"\$\x"#, r"l\n", "cde"]),
            ("t a~ b#c --k=v", vec!["t", "a~", "b#c", "--k=v"]),
            ("t '$HOME|;*'", vec!["t", "$HOME|;*"]),
            ("t \"\\\n\" a\\\nb", vec!["t", "", "ab"]),
        ] {
            assert_eq!(
                words(line, Platform::Unix),
                Ok(expected.iter().map(|w| (*w).to_owned()).collect()),
                "{line}"
            );
        }
    }

    #[test]
    fn what_a_shell_alone_understands_is_given_to_it_or_refused() {
        for line in [
            "a | b", "a; b", "a > b", "$X", "t \"$X\"", "t `x`", "t *.json", "~/bin/t", "A=b t", "exit 1",
            "t # x", "(t)",
        ] {
            assert_eq!(
                words(line, Platform::Unix),
                Ok(vec!["/bin/sh".into(), "-c".into(), line.into()]),
                "{line}"
            );
            let refused = argv(line, Shell::Never, Platform::Unix).err().unwrap();
            assert!(refused.message().contains("only a shell"), "{refused}");
        }
        for bad in ["t 'x", "t \"x", "t \"x\\\"", "t\\", "", "  "] {
            assert!(words(bad, Platform::Unix).is_err(), "{bad}");
        }
        let long = "a ".repeat(MOST_WORDS + 1);
        assert!(words(&long, Platform::Unix).is_err());
    }

    #[cfg(unix)]
    mod beside_a_shell {
        use super::super::{Words, unix};
        use proptest::prelude::*;

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(1000))]

            /// The judge is the shell of this machine: where we say that none is needed, it must see the same words.
            #[test]
            #[allow(clippy::disallowed_methods, reason = "a test is a host: it runs a shell")]
            fn the_words_are_the_same(line in "[abcdefgh =~\\t'\"\\\\#$-]{1,12}") {
                let Ok(Words { words, needs_shell: None }) = unix(&line) else { return Ok(()) };
                prop_assume!(!words.is_empty());
                let script = format!("for word in {line}\ndo printf '%s\\0' \"$word\"; done");
                let said = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
                let expected: String = words.iter().map(|word| format!("{word}\0")).collect();
                prop_assert_eq!(String::from_utf8(said.stdout).unwrap(), expected);
            }
        }
    }

    #[test]
    fn windows_has_rules_of_its_own() {
        for (line, expected) in [
            (r#"C:\x\t.exe "a b" c"#, vec![r"C:\x\t.exe", "a b", "c"]),
            (r#""C:\Program Files\t.exe" 'a b'"#, vec![r"C:\Program Files\t.exe", "'a", "b'"]),
            (r#"t a\\b a\\"b c" d\" e\\\"f"#, vec!["t", r"a\\b", r"a\b c", "d\"", "e\\\"f"]),
            (r#"t "" x\"#, vec!["t", "", r"x\"]),
        ] {
            assert_eq!(
                words(line, Platform::Windows),
                Ok(expected.iter().map(|w| (*w).to_owned()).collect()),
                "{line}"
            );
        }
        assert!(words("t \"x", Platform::Windows).is_err());
        assert!(words("t | u", Platform::Windows).unwrap_err().contains("only a shell"));
        assert_eq!(words("t \"a|b\"", Platform::Windows).unwrap()[1], "a|b");
    }
}
