//! The XML of an error reply, as the texts of its innermost elements.

use quick_xml::Reader;
use quick_xml::events::Event;
use zeroize::Zeroizing;

/// The most elements of a reply that are read; errors have a score of them.
const MOST: usize = 256;
/// The deepest that elements may nest.
const DEEPEST: usize = 16;

/// Name (without its prefix) and text of each element that holds no other, in order. `None` for what is no XML.
///
/// A reply that is cut off gives what came before the cut: people paste what they have.
pub(super) fn leaves(body: &str) -> Option<Vec<(String, Zeroizing<String>)>> {
    let mut reader = Reader::from_str(body);
    reader.config_mut().check_end_names = false;
    let mut found = Vec::new();
    let mut open: Option<(String, Zeroizing<String>)> = None;
    let (mut depth, mut seen) = (0usize, 0usize);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                depth += 1;
                seen += 1;
                if depth > DEEPEST || seen > MOST {
                    break;
                }
                open = Some((String::from(tag.local_name().as_ref()), Zeroizing::default()));
            }
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                found.extend(open.take());
            }
            Ok(Event::Text(text)) => push(&mut open, &text.xml10_content()),
            Ok(Event::CData(text)) => push(&mut open, &text.xml10_content()),
            Ok(Event::GeneralRef(name)) => {
                let named = match &*name {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                };
                let numbered = name.resolve_char_ref().ok().flatten();
                if let Some(character) = numbered.or(named) {
                    push(&mut open, character.encode_utf8(&mut [0; 4]));
                }
            }
            Ok(Event::DocType(_) | Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    (seen > 0).then_some(found)
}

fn push(open: &mut Option<(String, Zeroizing<String>)>, text: &str) {
    if let Some((_, so_far)) = open {
        so_far.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Vec<(String, String)> {
        let leaves = leaves(body).unwrap_or_default();
        leaves.into_iter().map(|(name, text)| (name, text.as_str().to_owned())).collect()
    }

    #[test]
    fn texts_by_name() {
        let body = "<?xml version=\"1.0\"?>\n<e:Error xmlns:e='x'><e:Code>A&amp;B</e:Code><M><![CDATA[<]]>&#10;</M></e:Error>";
        assert_eq!(read(body), [("Code".into(), "A&B".into()), ("M".into(), "<\n".into())]);
        assert_eq!(read("<Error><Code>A</Code><Mess"), [("Code".into(), "A".into())]);
        assert!(leaves("{\"a\":1}").is_none() && leaves("").is_none());
        let bomb = "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>";
        assert!(read(bomb).is_empty());
        assert!(read(&"<a>".repeat(100_000)).is_empty());
    }
}
