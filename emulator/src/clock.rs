//! The emulator's clock: the machine's, moved by an offset that tests may set; and the date forms of AWS.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::{Date, Month, OffsetDateTime, Time};

/// The time as the emulator sees it.
#[derive(Default)]
pub(crate) struct Clock {
    offset: AtomicI64,
}

impl Clock {
    /// Seconds since the epoch.
    pub(crate) fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        i64::try_from(now).unwrap_or(i64::MAX / 2) + self.offset.load(Ordering::Relaxed)
    }

    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn offset(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
    }
}

fn civil(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `2026-11-21T12:00:00Z`
pub(crate) fn iso8601(seconds: i64) -> String {
    let at = civil(seconds);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
}

/// `2026-11-21T12:00:00.000Z`, as S3's XML has it.
pub(crate) fn iso8601_millis(seconds: i64) -> String {
    iso8601(seconds).replace('Z', ".000Z")
}

/// `20261121T120000Z`
pub(crate) fn compact(seconds: i64) -> String {
    iso8601(seconds).replace(['-', ':'], "")
}

/// `Sat, 21 Nov 2026 12:00:00 GMT`
pub(crate) fn http_date(seconds: i64) -> String {
    let at = civil(seconds);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let weekday = at.weekday().to_string();
    let month = month.to_string();
    format!("{}, {day:02} {} {year:04} {hour:02}:{minute:02}:{second:02} GMT", &weekday[..3], &month[..3])
}

/// Reads `20261121T120000Z`.
pub(crate) fn parse_compact(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u16> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let month = Month::try_from(u8::try_from(number(4, 6)?).ok()?).ok()?;
    let date =
        Date::from_calendar_date(number(0, 4)?.into(), month, u8::try_from(number(6, 8)?).ok()?).ok()?;
    let part = |from: usize| u8::try_from(number(from, from + 2)?).ok();
    let time = Time::from_hms(part(9)?, part(11)?, part(13)?).ok()?;
    Some(date.with_time(time).assume_utc().unix_timestamp())
}

/// Reads the date of an HTTP header, `Sat, 21 Nov 2026 12:00:00 GMT`.
pub(crate) fn parse_http_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_whitespace();
    let (_, day, month, year) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (clock, zone) = (words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    if zone != "GMT" || words.next().is_some() {
        return None;
    }
    parse_compact(&format!("{year:0>4}{month:02}{day:0>2}T{}Z", clock.replace(':', "")))
}

/// A moment for interfaces that want the standard library's type.
pub(crate) fn system_time(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_both_ways() {
        let at = parse_compact("20150830T123600Z").expect("a date");
        assert_eq!(at, 1_440_938_160);
        assert_eq!(compact(at), "20150830T123600Z");
        assert_eq!(http_date(at), "Sun, 30 Aug 2015 12:36:00 GMT");
        assert_eq!(parse_http_date(&http_date(at)), Some(at));
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in ["", "20150230T000000Z", "20150830T250000Z", "2015083 T123600Z", "20150830T123600"] {
            assert_eq!(parse_compact(text), None, "{text}");
        }
    }
}
