//! The four parts of a set of credentials in a reply, by the names that AWS's services have for them.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::time::Time;

/// Why a reply is not understood; for the operator.
pub(super) type Why = &'static str;

/// A part, where it stands, and what it says.
pub(super) struct Field {
    pub(super) span: Range<usize>,
    pub(super) text: Zeroizing<String>,
}

/// How an end is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Text,
    Seconds,
    Milliseconds,
}

/// When they end, and where that stands.
pub(super) struct Expiry {
    pub(super) span: Range<usize>,
    pub(super) time: Time,
    pub(super) form: When,
}

/// A whole set.
pub(super) struct Found {
    pub(super) id: Field,
    pub(super) secret: Field,
    pub(super) token: Field,
    pub(super) expiry: Expiry,
}

/// Which of the four.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Id,
    Secret,
    Token,
    Expiry,
}

impl Part {
    /// By its name in any protocol; services differ in the case, and one in the word.
    pub(super) fn named(name: &str) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("AccessKeyId") {
            Some(Self::Id)
        } else if is("SecretAccessKey") || is("SecretKey") {
            Some(Self::Secret)
        } else if is("SessionToken") {
            Some(Self::Token)
        } else if is("Expiration") {
            Some(Self::Expiry)
        } else {
            None
        }
    }
}

/// What was found so far: one set, all of it in one place.
#[derive(Default)]
pub(super) struct Finder {
    place: Option<usize>,
    texts: [Option<Field>; 3],
    expiry: Option<Expiry>,
}

impl Finder {
    /// A part that is a text. `place` tells the object or element that it stands in.
    pub(super) fn text(
        &mut self,
        part: Part,
        place: usize,
        span: Range<usize>,
        text: &str,
    ) -> Result<(), Why> {
        let nth = match part {
            Part::Id => 0,
            Part::Secret => 1,
            Part::Token => 2,
            Part::Expiry => {
                let time = Time::parse_rfc3339(text).or_else(|| Time::parse_http(text));
                let time = time.ok_or("the end of the credentials is no time")?;
                return self.expires(place, Expiry { span, time, form: When::Text });
            }
        };
        self.settle(place)?;
        // Keys and tokens have no other characters; so none of ours need be escaped where theirs were not.
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a part of the credentials is empty, or has characters that no key has");
        }
        let Some(free) = self.texts.get_mut(nth) else { return Err(TWICE) };
        match free.replace(Field { span, text: Zeroizing::new(text.to_owned()) }) {
            None => Ok(()),
            Some(_) => Err(TWICE),
        }
    }

    /// The end, as a number of seconds or of milliseconds.
    pub(super) fn number(&mut self, place: usize, span: Range<usize>, number: f64) -> Result<(), Why> {
        if !(1.0..1e14).contains(&number) {
            return Err("the end of the credentials is no time");
        }
        let (seconds, form) =
            if number > 1e11 { (number / 1000.0, When::Milliseconds) } else { (number, When::Seconds) };
        let time = Time::from_unix(seconds as i64);
        self.expires(place, Expiry { span, time, form })
    }

    fn expires(&mut self, place: usize, expiry: Expiry) -> Result<(), Why> {
        self.settle(place)?;
        if self.expiry.replace(expiry).is_some() { Err(TWICE) } else { Ok(()) }
    }

    fn settle(&mut self, place: usize) -> Result<(), Why> {
        if *self.place.get_or_insert(place) == place {
            Ok(())
        } else {
            Err("the credentials are in more than one place")
        }
    }

    pub(super) fn finish(self) -> Result<Found, Why> {
        match (self.texts, self.expiry) {
            ([Some(id), Some(secret), Some(token)], Some(expiry)) => Ok(Found { id, secret, token, expiry }),
            ([None, None, None], None) => Err("it has no credentials"),
            _ => Err("a part of the credentials is missing"),
        }
    }
}

const TWICE: Why = "a part of the credentials is there twice";
