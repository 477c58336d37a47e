//! How programs, terminals and people write a value down, beside the plain forms.

use super::field::blank;
use super::until::quote_at;
use super::view::{NeedMore, View};

/// The letter that says what kind of string follows, as in Python's `b'…'`: its length.
pub(super) fn prefix(view: &View<'_>, at: usize) -> Result<usize, NeedMore> {
    Ok(usize::from(matches!(view.at(at)?, b'b' | b'u' | b'r' | b'f' | b'@')))
}

/// Behind what colours a terminal: `ESC [ 36 m`, also as JSON, Python and the shell write the first of them.
pub(super) fn uncoloured(view: &View<'_>, mut at: usize) -> Result<usize, NeedMore> {
    for _ in 0..4 {
        let mut open = at;
        for escape in [b"\x1b".as_slice(), b"\\u001b", b"\\x1b", b"\\033"] {
            if view.has(at, escape)? {
                open = at + escape.len();
                break;
            }
        }
        if open == at || view.at(open)? != b'[' {
            return Ok(at);
        }
        let end = view.skip(open + 1, 16, |byte| byte.is_ascii_digit() || byte == b';')?;
        if view.at(end)? != b'm' {
            return Ok(at);
        }
        at = end + 1;
    }
    Ok(at)
}

/// The string within `Some("…")`, `HeaderValue { _private: H1("…") }` or `[]string{"…"}`; `at` itself if there is
/// none.
pub(super) fn constructed(view: &View<'_>, at: usize) -> Result<usize, NeedMore> {
    let mut inner = at;
    if view.at(at)? == b'[' && view.at(at + 1)? != b']' {
        return Ok(at); // a label, or a list
    }
    for _ in 0..3 {
        let name = view.skip(inner, 32, |byte| byte.is_ascii_alphanumeric() || b"_:.&[]".contains(&byte))?;
        let open = view.skip(name, 1, |byte| byte == b' ')?;
        if name == inner || !matches!(view.at(open)?, b'(' | b'{') {
            return Ok(at);
        }
        inner = view.skip(open + 1, 1, |byte| byte == b' ')?;
        // The name of the only field.
        let field = view.skip(inner, 32, |byte| byte.is_ascii_alphanumeric() || byte == b'_')?;
        if view.has(field, b": ")? {
            inner = field + 2;
        }
        if quote_at(view, inner + prefix(view, inner)?)?.is_some() {
            return Ok(inner);
        }
    }
    Ok(at)
}

/// The string that a variable with a type is given: `password string = "…"`, `password: &str = "…"`; or that a
/// function of that name is called with: `.password("…")`.
pub(super) fn declared(view: &View<'_>, start: usize, end: usize) -> Result<Option<usize>, NeedMore> {
    if view.at(end)? == b'(' {
        let at = view.skip(end + 1, 8, |byte| blank(byte) || matches!(byte, b'\n' | b'\r'))?;
        let asks =
            ["get", "read", "find", "fetch", "describe", "delete", "list", "has", "is", "check", "verify"];
        let name = view.slice(start, end).to_ascii_lowercase();
        let asked = asks.iter().any(|verb| name.starts_with(verb.as_bytes()));
        return Ok((!asked && quote_at(view, at)?.is_some()).then_some(at));
    }
    let colon = view.skip(end, 1, |byte| byte == b':')?;
    let kind = view.skip(colon, 4, blank)?;
    let after = view.skip(kind, 32, |byte| byte.is_ascii_alphanumeric() || b"_<>&.?:'".contains(&byte))?;
    let equals = view.skip(after, 4, blank)?;
    if kind == end
        || after == kind
        || view.at(kind)? == b'\''
        || view.before(after) == b':'
        || view.at(equals)? != b'='
        || view.at(equals + 1)? == b'='
    {
        return Ok(None);
    }
    let at = view.skip(equals + 1, 4, blank)?;
    Ok(quote_at(view, at)?.is_some().then_some(at))
}

/// Whether a word of eight characters or more stands there that holds letters and digits: no prose.
pub(super) fn mixed(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    let end = view.skip(at, 64, |byte| byte.is_ascii_graphic() && !b"\"'`,;|()<>{}[]".contains(&byte))?;
    let word = view.slice(at, end);
    Ok(word.len() >= 8 && word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic))
}
