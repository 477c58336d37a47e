//! One file, line by line, to a list of sections.
//!
//! White space is space and tab. A `#` or `;` in the first column begins a comment, as one does after white space
//! in a value, and anywhere in a header. An indented line goes on with the value above it or, if that was empty,
//! is a property nested in it; such lines know no comments.

use std::fmt;

use super::section::{Property, Section};
use crate::secret::Secret;

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// `~/.aws/config`.
    Config,
    /// `~/.aws/credentials`.
    Credentials,
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "config file",
            Self::Credentials => "credentials file",
        })
    }
}

/// The first thing in a file that cannot be read. Nothing of either file is used then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {kind}")]
#[non_exhaustive]
pub struct ProfileError {
    /// In which file.
    pub file: File,
    /// On which line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: ProfileErrorKind,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileErrorKind {
    /// The bytes are no UTF-8.
    #[error("not UTF-8 text; save the file as UTF-8")]
    Encoding,
    /// The file is larger than [`super::MAX_BYTES`].
    #[error("the file is too large to be a profile file")]
    TooLarge,
    /// `[name` without its end.
    #[error("a section header ends with ']'")]
    OpenHeader,
    /// A property or an indented line before the first header.
    #[error("a section header such as [default] has to come before this line")]
    OutsideSection,
    /// No `=`.
    #[error("a property is written name = value; there is no '=' here")]
    NoEquals,
    /// Nothing before the `=`.
    #[error("there is no name before the '='")]
    NoName,
    /// An indented line right after a header.
    #[error("an indented line goes on with a property, and none comes before it in this section")]
    NothingToContinue,
    /// An indented line beneath an empty value, without `=`.
    #[error("a nested property is written name = value; there is no '=' here")]
    NestedNoEquals,
    /// The same with nothing before the `=`.
    #[error("there is no name before the '=' of this nested property")]
    NestedNoName,
}

/// A header with its properties, not yet merged with others of its name.
pub(super) struct Block {
    pub(super) file: File,
    pub(super) line: usize,
    /// `profile` in `[profile name]`.
    pub(super) prefix: Option<String>,
    pub(super) name: String,
    /// The name was written between quotes, so any character may be in it.
    pub(super) quoted: bool,
    pub(super) section: Section,
    pub(super) warnings: Vec<String>,
}

pub(super) fn parse(file: File, bytes: &[u8]) -> Result<Vec<Block>, ProfileError> {
    let error = |line, kind| ProfileError { file, line, kind };
    if bytes.len() > super::MAX_BYTES {
        return Err(error(1, ProfileErrorKind::TooLarge));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        error(1 + before.iter().filter(|b| **b == b'\n').count(), ProfileErrorKind::Encoding)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { file, blocks: Vec::new(), open: None };
    for (line, number) in text.split('\n').zip(1..) {
        reader.line(line.strip_suffix('\r').unwrap_or(line), number).map_err(|kind| error(number, kind))?;
    }
    reader.close();
    Ok(reader.blocks)
}

struct Reader {
    file: File,
    blocks: Vec<Block>,
    open: Option<Open>,
}

/// The property that an indented line would go on with.
struct Open {
    line: usize,
    key: String,
    text: zeroize::Zeroizing<String>,
    /// The value was empty, so that indented lines nest.
    nests: bool,
    nested: Vec<(String, Secret)>,
}

impl Reader {
    fn line(&mut self, line: &str, number: usize) -> Result<(), ProfileErrorKind> {
        let content = trim(line);
        if content.is_empty() || line.starts_with(['#', ';']) {
            return Ok(());
        }
        if let Some(header) = line.strip_prefix('[') {
            self.close();
            let (prefix, name, quoted) = header_of(header)?;
            let (section, warnings) = (Section::default(), Vec::new());
            self.blocks.push(Block {
                file: self.file,
                line: number,
                prefix,
                name,
                quoted,
                section,
                warnings,
            });
            return Ok(());
        }
        if self.blocks.is_empty() {
            return Err(ProfileErrorKind::OutsideSection);
        }
        if line.starts_with([' ', '\t']) {
            return self.open.as_mut().ok_or(ProfileErrorKind::NothingToContinue)?.go_on(content);
        }
        self.close();
        let (key, value) = line.split_once('=').ok_or(ProfileErrorKind::NoEquals)?;
        let key = trim(key).to_ascii_lowercase();
        if key.is_empty() {
            return Err(ProfileErrorKind::NoName);
        }
        let text = zeroize::Zeroizing::new(trim(without_comment(value)).to_owned());
        self.open = Some(Open { line: number, key, nests: text.is_empty(), text, nested: Vec::new() });
        Ok(())
    }

    fn close(&mut self) {
        let (Some(open), Some(block)) = (self.open.take(), self.blocks.last_mut()) else { return };
        if !is_name(&open.key) {
            block.warnings.push(format!(
                "{}, line {}: the property is ignored, its name may not hold such characters",
                block.file, open.line
            ));
            return;
        }
        let property = Property { text: Secret::new(open.text.as_str()), nested: open.nested };
        if block.section.set(open.key.clone(), property).is_some() {
            block.warnings.push(format!(
                "{}, line {}: {} is set a second time in this section, and this value holds",
                block.file, open.line, open.key
            ));
        }
    }
}

impl Open {
    fn go_on(&mut self, content: &str) -> Result<(), ProfileErrorKind> {
        if self.nests {
            let (name, value) = content.split_once('=').ok_or(ProfileErrorKind::NestedNoEquals)?;
            let name = trim(name);
            if name.is_empty() {
                return Err(ProfileErrorKind::NestedNoName);
            }
            self.nested.push((name.to_ascii_lowercase(), Secret::new(trim(value))));
        }
        self.text.push('\n');
        self.text.push_str(content);
        Ok(())
    }
}

/// What stands between the brackets: a prefix, a name, and whether the name was quoted.
pub(super) fn header_of(header: &str) -> Result<(Option<String>, String, bool), ProfileErrorKind> {
    if let Some((prefix, name)) = quoted_header(header) {
        return Ok((prefix.map(str::to_owned), name.to_owned(), true));
    }
    let end = header.find(['#', ';']).unwrap_or(header.len());
    let inside = trim(header.get(..end).unwrap_or_default());
    let inside = trim(inside.strip_suffix(']').ok_or(ProfileErrorKind::OpenHeader)?);
    Ok(match inside.split_once([' ', '\t']) {
        Some((prefix, name)) => (Some(prefix.to_owned()), trim(name).to_owned(), false),
        None => (None, inside.to_owned(), false),
    })
}

/// `"a b"]` or `profile "a b"]`, then at most a comment.
fn quoted_header(header: &str) -> Option<(Option<&str>, &str)> {
    let inside = trim(header);
    let (prefix, rest) = match inside.split_once([' ', '\t']) {
        Some((word, rest)) if !word.starts_with(['"', '\'']) => (Some(word), trim(rest)),
        _ => (None, inside),
    };
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, after) = rest.get(1..)?.split_once(quote)?;
    let after = trim(trim(after).strip_prefix(']')?);
    let clean = after.is_empty() || after.starts_with(['#', ';']);
    (clean && !name.is_empty() && !name.contains(']')).then_some((prefix, name))
}

/// Cuts at the first `#` or `;` that follows white space; at the start of the text it does too, since the text
/// begins after the `=`.
pub(super) fn without_comment(value: &str) -> &str {
    let mut before = ' ';
    for (at, c) in value.char_indices() {
        if matches!(c, '#' | ';') && matches!(before, ' ' | '\t') && at > 0 {
            return value.get(..at).unwrap_or(value);
        }
        before = c;
    }
    value
}

/// Letters, digits and `_ - / . % @ : +`.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&b))
}

pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}
