//! Instants, as AWS writes them. Nothing here reads a clock.

use std::fmt;
use std::time::{Duration, SystemTime};

use ::time::format_description::well_known::{Rfc2822, Rfc3339};
use ::time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// The last second of the year 9999, the last that the four digits of a SigV4 date can name.
const LAST: i64 = 253_402_300_799;

/// A point in time, in whole milliseconds, between the years 1970 and 9999.
///
/// ```
/// use awsaccess::time::Time;
/// let t = Time::parse_amz("20150830T123600Z").unwrap();
/// assert_eq!(t.unix(), 1_440_938_160);
/// assert_eq!(t.to_string(), "2015-08-30T12:36:00Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    millis: i64,
}

impl Time {
    /// Seconds since the epoch; what lies outside 1970 to 9999 is moved to its nearer end.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        let seconds = if seconds < 0 {
            0
        } else if seconds > LAST {
            LAST
        } else {
            seconds
        };
        Self { millis: seconds * 1000 }
    }

    /// Milliseconds since the epoch, within the same bounds.
    #[must_use]
    pub const fn from_unix_millis(millis: i64) -> Self {
        if millis < 0 || millis > LAST * 1000 {
            return Self::from_unix(millis / 1000);
        }
        Self { millis }
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.millis / 1000
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.millis
    }

    /// The form of `X-Amz-Date` (`20150830T123600Z`), whose first eight bytes are the day of a credential scope.
    #[must_use]
    pub fn amz(self) -> AmzDate {
        let t = self.calendar();
        let (year, month, day) = t.to_calendar_date();
        let mut text = *b"00000000T000000Z";
        let pairs = [
            (0, year as u32 / 100),
            (2, year as u32 % 100),
            (4, u32::from(u8::from(month))),
            (6, u32::from(day)),
            (9, u32::from(t.hour())),
            (11, u32::from(t.minute())),
            (13, u32::from(t.second())),
        ];
        for (at, value) in pairs {
            if let Some([tens, ones]) = text.get_mut(at..at + 2) {
                *tens = b'0' + (value / 10) as u8;
                *ones = b'0' + (value % 10) as u8;
            }
        }
        AmzDate(text)
    }

    /// Reads `X-Amz-Date`'s form: exactly `YYYYMMDD'T'HHMMSS'Z'`, a day that exists, no leap second.
    #[must_use]
    pub fn parse_amz(text: &str) -> Option<Self> {
        let b: &[u8; 16] = text.as_bytes().try_into().ok()?;
        let number = |range: std::ops::Range<usize>| -> Option<u16> {
            b.get(range)?.iter().try_fold(0u16, |n, c| {
                c.is_ascii_digit().then(|| n.wrapping_mul(10).wrapping_add(u16::from(c - b'0')))
            })
        };
        if b[8] != b'T' || b[15] != b'Z' {
            return None;
        }
        let month = Month::try_from(number(4..6)? as u8).ok()?;
        let date = Date::from_calendar_date(i32::from(number(0..4)?), month, number(6..8)? as u8).ok()?;
        let time = ::time::Time::from_hms(number(9..11)? as u8, number(11..13)? as u8, number(13..15)? as u8)
            .ok()?;
        Self::within(PrimitiveDateTime::new(date, time).assume_utc())
    }

    /// Reads RFC 3339, the form of STS, IMDS and the caches (`2026-11-21T12:00:00Z`, fractions and offsets too).
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        Self::within(OffsetDateTime::parse(text.trim_ascii(), &Rfc3339).ok()?)
    }

    /// Reads the form of HTTP's `Date` header (RFC 9110, 5.6.7, the fixed-length form).
    #[must_use]
    pub fn parse_http(text: &str) -> Option<Self> {
        Self::within(OffsetDateTime::parse(text.trim_ascii(), &Rfc2822).ok()?)
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis - earlier.millis).unwrap_or(0))
    }

    /// So many milliseconds later; earlier if they are negative.
    pub(crate) fn shifted(self, millis: i64) -> Self {
        Self::from_unix_millis(self.millis.saturating_add(millis))
    }

    /// How far apart the two are, in either direction.
    #[must_use]
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_millis(self.millis.abs_diff(other.millis))
    }

    fn calendar(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.unix()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    fn within(t: OffsetDateTime) -> Option<Self> {
        let millis = i64::try_from(t.to_offset(UtcOffset::UTC).unix_timestamp_nanos() / 1_000_000).ok()?;
        (0..=LAST * 1000).contains(&millis).then_some(Self { millis })
    }
}

impl std::ops::Add<Duration> for Time {
    type Output = Self;
    fn add(self, wait: Duration) -> Self {
        let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self::from_unix_millis(self.millis.saturating_add(millis))
    }
}

impl std::ops::Sub<Duration> for Time {
    type Output = Self;
    fn sub(self, wait: Duration) -> Self {
        let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self::from_unix_millis(self.millis.saturating_sub(millis))
    }
}

/// RFC 3339 in UTC, whole seconds.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.calendar();
        let (year, month, day) = t.to_calendar_date();
        let (hour, minute, second) = t.to_hms();
        write!(f, "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<SystemTime> for Time {
    fn from(t: SystemTime) -> Self {
        let since = t.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<Time> for SystemTime {
    fn from(t: Time) -> Self {
        Self::UNIX_EPOCH + Duration::from_millis(u64::try_from(t.millis).unwrap_or(0))
    }
}

/// The sixteen characters of `X-Amz-Date`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AmzDate([u8; 16]);

impl AmzDate {
    /// `20150830T123600Z`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// `20150830`, the day of a credential scope.
    #[must_use]
    pub fn day(&self) -> &str {
        self.as_str().get(..8).unwrap_or_default()
    }
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_no_amz_date() {
        for bad in [
            "",
            "20150830T123600",
            "20150830 123600Z",
            "20150230T123600Z",
            "20151330T123600Z",
            "20150830T243600Z",
            "20150830T126000Z",
            "20150830T123660Z",
            "2015083aT123600Z",
            "+0150830T123600Z",
            "20150830T123600z",
            "19691231T235959Z",
            "20150830T123600Z ",
        ] {
            assert_eq!(Time::parse_amz(bad), None, "{bad}");
        }
    }

    #[test]
    fn reads_the_other_forms() {
        let t = Time::from_unix(784_111_777);
        assert_eq!(Time::parse_http("Sun, 06 Nov 1994 08:49:37 GMT"), Some(t));
        assert_eq!(Time::parse_rfc3339("1994-11-06T08:49:37Z"), Some(t));
        assert_eq!(Time::parse_rfc3339("1994-11-06T09:49:37.000+01:00"), Some(t));
        assert_eq!(Time::parse_rfc3339("1994-11-06"), None);
    }

    proptest! {
        #[test]
        fn amz_round_trip(seconds in 0..=LAST) {
            let t = Time::from_unix(seconds);
            prop_assert_eq!(Time::parse_amz(t.amz().as_str()), Some(t));
            prop_assert_eq!(Time::parse_rfc3339(&t.to_string()), Some(t));
        }

        #[test]
        fn never_panics(text in ".{0,32}", millis: i64, wait: u64) {
            let _ = (Time::parse_amz(&text), Time::parse_rfc3339(&text), Time::parse_http(&text));
            let t = Time::from_unix_millis(millis);
            let _ = (t + Duration::from_millis(wait), t - Duration::from_millis(wait), t.amz());
        }
    }
}
