//! Instants, as AWS writes them. Nothing here reads a clock.

use std::fmt;
use std::time::{Duration, SystemTime};

use ::time::format_description::well_known::{Rfc2822, Rfc3339};
use ::time::{OffsetDateTime, UtcOffset};

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
        let (days, second) = ((self.unix() / DAY) as u32, (self.unix() % DAY) as u32);
        let (year, month, day) = civil(days);
        let [c, e] = two(year / 100);
        let [n, t] = two(year % 100);
        let ([m, o], [d, a]) = (two(month), two(day));
        let ([h, u], [i, p], [s, z]) = (two(second / 3600), two(second / 60 % 60), two(second % 60));
        AmzDate([c, e, n, t, m, o, d, a, b'T', h, u, i, p, s, z, b'Z'])
    }

    /// Reads `X-Amz-Date`'s form: exactly `YYYYMMDD'T'HHMMSS'Z'`, a day that exists, no leap second.
    #[must_use]
    pub fn parse_amz(text: &str) -> Option<Self> {
        let text: &[u8; 16] = text.as_bytes().try_into().ok()?;
        let &[c, e, n, t, m, o, d, a, b'T', h, u, i, p, s, z, b'Z'] = text else { return None };
        let mut wrong = false;
        let mut pair = |tens: u8, ones: u8| {
            let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
            wrong |= tens > 9 || ones > 9;
            u32::from(tens) * 10 + u32::from(ones)
        };
        let (year, month, day) = (pair(c, e) * 100 + pair(n, t), pair(m, o), pair(d, a));
        let (hour, minute, second) = (pair(h, u), pair(i, p), pair(s, z));
        if wrong || hour > 23 || minute > 59 || second > 59 || year < 1970 {
            return None;
        }
        // A day that does not exist comes back as another.
        let days = days_until(year, month, day)?;
        (civil(days) == (year, month, day))
            .then(|| Self::from_unix(i64::from(days) * DAY + i64::from(hour * 3600 + minute * 60 + second)))
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

const DAY: i64 = 86_400;
/// Days from the first of March of the year nought to the epoch, and in four hundred years.
const TO_EPOCH: u32 = 719_468;
const ERA: u32 = 146_097;

/// The two digits of a number below a hundred.
fn two(number: u32) -> [u8; 2] {
    PAIRS.get(number as usize).copied().unwrap_or_default()
}

/// A table: to divide seven times takes longer.
#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Year, month and day of a number of days since the epoch, in the Gregorian calendar. Years are counted from March, so
/// that the day that some of them lack is the last.
const fn civil(days: u32) -> (u32, u32, u32) {
    let days = days + TO_EPOCH;
    let (era, of_era) = (days / ERA, days % ERA);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (ERA - 1)) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Five months of 153 days, as March to July and August to December have.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + next, month, day)
}

/// The days from the epoch to a day from 1970 on; `None` for what is no month.
const fn days_until(year: u32, month: u32, day: u32) -> Option<u32> {
    if month < 1 || month > 12 {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year / 400, year % 400);
    let days = era * ERA + 365 * of_era + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day;
    days.checked_sub(TO_EPOCH + 1)
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
    /// Reads the form of `X-Amz-Date`, as [`Time::parse_amz`] does: there is one text for each time.
    pub(crate) fn parse(text: &str) -> Option<(Time, Self)> {
        Some((Time::parse_amz(text)?, Self(text.as_bytes().try_into().ok()?)))
    }

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

    /// The characters of [`AmzDate::as_str`].
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The characters of [`AmzDate::day`] and a slash, with which a credential scope begins.
    pub(crate) const fn scope_start(&self) -> [u8; 9] {
        let [c, e, n, t, m, o, d, a, ..] = self.0;
        [c, e, n, t, m, o, d, a, b'/']
    }
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use ::time::{Date, Month};
    use proptest::prelude::*;

    use super::*;

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
            // The calendar is ours; that of the crate `time` judges it.
            prop_assert_eq!(t.amz().to_string(), t.to_string().replace(['-', ':'], ""));
            prop_assert_eq!(Time::parse_rfc3339(&t.to_string()), Some(t));
        }

        #[test]
        fn only_days_that_exist_are_read(year in 0..10_000i32, month in 0..100u8, day in 0..100u8) {
            let text = format!("{year:04}{month:02}{day:02}T000000Z");
            let date = Month::try_from(month).ok().and_then(|month| Date::from_calendar_date(year, month, day).ok());
            let theirs = date.map(|date| date.midnight().assume_utc().unix_timestamp()).filter(|unix| *unix >= 0);
            prop_assert_eq!(Time::parse_amz(&text).map(Time::unix), theirs);
        }

        #[test]
        fn never_panics(text in ".{0,32}", millis: i64, wait: u64) {
            let _ = (Time::parse_amz(&text), Time::parse_rfc3339(&text), Time::parse_http(&text));
            let t = Time::from_unix_millis(millis);
            let _ = (t + Duration::from_millis(wait), t - Duration::from_millis(wait), t.amz());
        }
    }
}
