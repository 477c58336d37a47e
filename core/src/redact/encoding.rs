//! The ways in which a text writes other text down: percent-encoding, JSON and XML escapes, base64, hex.

use zeroize::Zeroizing;

use super::view::{NeedMore, View};

/// One way of escaping, read a byte at a time.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Layer {
    /// RFC 3986, 2.1: `%2F`, in either case.
    Percent,
    /// RFC 8259, 7: `\/` and `\u002F`.
    Json,
    /// XML 1.0, 4.1 and 4.6: `&amp;`, `&#47;`, `&#x2F;`.
    Xml,
}

/// What a secret may have gone through before it was printed, innermost first, by name.
pub(super) const DIALECTS: [(&str, &[Layer]); 9] = [
    ("plain", &[]),
    ("percent-encoded", &[Layer::Percent]),
    ("json-escaped", &[Layer::Json]),
    ("xml-escaped", &[Layer::Xml]),
    ("percent-encoded, json-escaped", &[Layer::Percent, Layer::Json]),
    ("json-escaped, percent-encoded", &[Layer::Json, Layer::Percent]),
    ("percent-encoded twice", &[Layer::Percent, Layer::Percent]),
    ("json-escaped twice", &[Layer::Json, Layer::Json]),
    ("percent-encoded, xml-escaped", &[Layer::Percent, Layer::Xml]),
];

/// Reads one byte through the layers (innermost first): the byte, and where the next one begins.
pub(super) fn next(view: &View<'_>, at: usize, layers: &[Layer]) -> Result<Option<(u8, usize)>, NeedMore> {
    let Some((layer, outer)) = layers.split_first() else {
        return Ok(view.get(at)?.map(|byte| (byte, at + 1)));
    };
    let Some((first, after)) = next(view, at, outer)? else { return Ok(None) };
    let escaped = match (layer, first) {
        (Layer::Percent, b'%') => number(view, after, outer, 2)?,
        (Layer::Json, b'\\') => json(view, after, outer)?,
        (Layer::Xml, b'&') => xml(view, after, outer)?,
        _ => None,
    };
    Ok(Some(escaped.unwrap_or((first, after))))
}

/// So many hexadecimal digits that make one byte.
fn number(
    view: &View<'_>,
    mut at: usize,
    layers: &[Layer],
    digits: usize,
) -> Result<Option<(u8, usize)>, NeedMore> {
    let mut value = 0;
    for _ in 0..digits {
        let Some((byte, after)) = next(view, at, layers)? else { return Ok(None) };
        let Some(digit) = char::from(byte).to_digit(16) else { return Ok(None) };
        value = value * 16 + digit;
        at = after;
    }
    Ok(u8::try_from(value).ok().map(|byte| (byte, at)))
}

fn json(view: &View<'_>, at: usize, layers: &[Layer]) -> Result<Option<(u8, usize)>, NeedMore> {
    let Some((byte, after)) = next(view, at, layers)? else { return Ok(None) };
    Ok(Some(match byte {
        b'u' => return number(view, after, layers, 4),
        b'n' => (b'\n', after),
        b't' => (b'\t', after),
        b'r' => (b'\r', after),
        b'"' | b'\'' | b'\\' | b'/' => (byte, after),
        _ => return Ok(None),
    }))
}

fn xml(view: &View<'_>, mut at: usize, layers: &[Layer]) -> Result<Option<(u8, usize)>, NeedMore> {
    let mut name = [0; 6];
    for i in 0..=name.len() {
        let Some((byte, after)) = next(view, at, layers)? else { return Ok(None) };
        at = after;
        if byte == b';' {
            let name = name.get(..i).unwrap_or_default();
            return Ok(entity(name).map(|byte| (byte, at)));
        }
        let Some(slot) = name.get_mut(i) else { return Ok(None) };
        *slot = byte;
    }
    Ok(None)
}

fn entity(name: &[u8]) -> Option<u8> {
    match name {
        b"amp" => Some(b'&'),
        b"lt" => Some(b'<'),
        b"gt" => Some(b'>'),
        b"quot" => Some(b'"'),
        b"apos" => Some(b'\''),
        [b'#', b'x' | b'X', digits @ ..] => u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok(),
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

/// The base64 digits (RFC 4648, 4) that depend on `secret` alone when it follows `shift` bytes of something else.
pub(super) fn base64_inner(secret: &[u8], shift: usize) -> Zeroizing<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| {
        let byte = at.checked_sub(shift * 8).and_then(|at| secret.get(at / 8).map(|byte| (byte, at % 8)));
        byte.map_or(0, |(byte, at)| usize::from(byte >> (7 - at) & 1))
    };
    let first = (shift * 8).div_ceil(6);
    let end = (shift + secret.len()) * 8 / 6;
    let mut digits = Zeroizing::new(Vec::with_capacity(end - first));
    digits.extend(
        (first..end).filter_map(|digit| {
            DIGITS.get((0..6).fold(0, |value, i| value << 1 | bit(digit * 6 + i))).copied()
        }),
    );
    digits
}

/// Two lower-case hexadecimal digits a byte.
pub(super) fn hex(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(secret.len() * 2));
    for half in secret.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        digits.push(if half < 10 { b'0' + half } else { b'a' + half - 10 });
    }
    digits
}

/// Text beyond ASCII as `\u00e4`, or `\u00E4`, the way JSON writers print it that stay within ASCII.
pub(super) fn ascii_json(secret: &[u8], upper: bool) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(secret).ok().filter(|text| !text.is_ascii())?;
    let mut escaped = Zeroizing::new(Vec::with_capacity(secret.len() * 6));
    for c in text.chars() {
        let mut units = [0; 2];
        match u8::try_from(c).ok().filter(u8::is_ascii) {
            Some(byte) => escaped.push(byte),
            None => c.encode_utf16(&mut units).iter().for_each(|unit| {
                let unit = if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                escaped.extend_from_slice(unit.as_bytes());
            }),
        }
    }
    Some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, layers: &[Layer]) -> Vec<u8> {
        let view = View::new(text.as_bytes(), true);
        let (mut at, mut out) = (0, Vec::new());
        while let Ok(Some((byte, after))) = next(&view, at, layers) {
            out.push(byte);
            at = after;
        }
        out
    }

    #[test]
    fn every_dialect_reads_back_a_slash() {
        for (text, layers) in [
            ("a/b", &[][..]),
            ("a%2fb", &[Layer::Percent]),
            ("a\\/b", &[Layer::Json]),
            ("a\\u002Fb", &[Layer::Json]),
            ("a&#47;b", &[Layer::Xml]),
            ("a&#x2F;b", &[Layer::Xml]),
            ("a%252Fb", &[Layer::Percent, Layer::Percent]),
            ("a%5C%2Fb", &[Layer::Json, Layer::Percent]),
            ("a\\\\u002fb", &[Layer::Json, Layer::Json]),
            ("a\\u00252Fb", &[Layer::Percent, Layer::Json]),
        ] {
            assert_eq!(read(text, layers), b"a/b", "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(read("100% &co; \\x &#999;", &[Layer::Percent]), b"100% &co; \\x &#999;");
        assert_eq!(read("100% &co; &#999;", &[Layer::Xml]), b"100% &co; &#999;");
        assert_eq!(read("\\x", &[Layer::Json]), b"\\x");
    }

    #[test]
    fn base64_digits_at_every_alignment() {
        // `printf 'foobar!!' | base64`, then with one and two bytes before it.
        assert_eq!(*base64_inner(b"foobar!!", 0), b"Zm9vYmFyIS");
        assert_eq!(*base64_inner(b"foobar!!", 1), b"Zvb2JhciEh");
        assert_eq!(*base64_inner(b"foobar!!", 2), b"mb29iYXIhI");
        assert_eq!(*hex(b"\x00\xffA"), b"00ff41");
        assert_eq!(**ascii_json("p\u{e4}ss".as_bytes(), false).unwrap(), *b"p\\u00e4ss");
    }
}
