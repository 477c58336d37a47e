//! The pages that a browser is shown: who approves, and what came of it.

use crate::encoding::{percent_encode, xml};
use crate::message::Reply;

/// A page with a sentence.
pub(crate) fn plain(status: u16, text: &str) -> Reply {
    html(status, &format!("<p>{}</p>", xml(text)))
}

/// A page with a link for each user who may approve, and one to deny. The name is appended to `approve`.
pub(crate) fn choice<'a>(
    question: &str,
    names: impl Iterator<Item = &'a str>,
    approve: &str,
    deny: &str,
) -> Reply {
    let mut body = format!("<p>{}</p><ul>", xml(question));
    for name in names {
        let link = format!("{approve}{}", percent_encode(name.as_bytes(), b""));
        body.push_str(&format!("<li><a href=\"{}\">Approve as {}</a></li>", xml(&link), xml(name)));
    }
    body.push_str(&format!("<li><a href=\"{}\">Deny</a></li></ul>", xml(deny)));
    html(200, &body)
}

/// Sends the browser on.
pub(crate) fn redirect(location: &str) -> Reply {
    Reply::empty(302).header("Location", location)
}

/// An address with more parameters in its query.
pub(crate) fn with_query(address: &str, pairs: &[(&str, &str)]) -> String {
    let mut address = address.to_owned();
    for (name, value) in pairs {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&format!("{name}={}", percent_encode(value.as_bytes(), b"")));
    }
    address
}

fn html(status: u16, body: &str) -> Reply {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>awsaccess emulator</title>\
         </head><body>{body}</body></html>\n"
    );
    Reply::new(status, page).header("Content-Type", "text/html; charset=utf-8")
}
