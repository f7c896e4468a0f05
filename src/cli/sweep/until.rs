//! [`Until`]: a time of day, a date with a time, or a duration, as a user types it.
//!
//! Does not know what ends then.

use chrono::{DateTime, Local, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use std::str::FromStr;

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Until(pub(crate) DateTime<Utc>);

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let now = Local::now();
        let expected = "expected a time such as 08:00, \"2026-03-01 08:00\" or 7h30m";
        match parse(text, &now) {
            Some(time) if time > now => Ok(Self(time.to_utc())),
            Some(_) => Err("this time is in the past".to_owned()),
            None => Err(expected.to_owned()),
        }
    }
}

fn parse<Z: TimeZone>(text: &str, now: &DateTime<Z>) -> Option<DateTime<Z>> {
    let zone = now.timezone();
    if let Ok(time) = NaiveTime::parse_from_str(text, "%H:%M") {
        let today = now.date_naive().and_time(time);
        let is_past = today <= now.naive_local();
        let day = if is_past { today + TimeDelta::days(1) } else { today };
        return zone.from_local_datetime(&day).earliest();
    }
    for form in ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return zone.from_local_datetime(&time).earliest();
        }
    }
    let span = humantime::parse_duration(text).ok().filter(|span| !span.is_zero())?;
    now.clone().checked_add_signed(TimeDelta::from_std(span).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_next_one() {
        let now = Utc.with_ymd_and_hms(2026, 3, 1, 22, 15, 0).unwrap();
        let shown = |text| parse(text, &now).map(|time| time.format("%d %H:%M").to_string());
        assert_eq!(shown("08:00").as_deref(), Some("02 08:00"));
        assert_eq!(shown("23:30").as_deref(), Some("01 23:30"));
        assert_eq!(shown("22:15").as_deref(), Some("02 22:15"), "now is over");
        assert_eq!(shown("2026-03-05 06:00").as_deref(), Some("05 06:00"));
        assert_eq!(shown("1h30m").as_deref(), Some("01 23:45"));
        for wrong in ["", "8", "25:00", "tomorrow", "0s"] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }
}
