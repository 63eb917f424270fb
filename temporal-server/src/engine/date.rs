//! Days of the Gregorian calendar, before and after the epoch alike. Knows no time zone.

/// Seconds of a day. There are no leap seconds in the protocol.
pub(crate) const DAY: i64 = 86_400;

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: u32,
    /// 1 to 31.
    pub(crate) day: u32,
}

impl Date {
    /// The date so many days after 1 January 1970 (Howard Hinnant's `civil_from_days`).
    pub(crate) fn of(day: i64) -> Self {
        let z = day + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        // Years of this arithmetic begin in March, so that leap days come last.
        let month = (shifted_month + 2) % 12 + 1;
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month: u32::try_from(month).unwrap_or(1),
            day: u32::try_from(day).unwrap_or(1),
        }
    }

    /// Days after 1 January 1970.
    pub(crate) fn number(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let month = i64::from(self.month);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let year_of_era = year.rem_euclid(400);
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        year.div_euclid(400) * 146_097 + day_of_era - 719_468
    }

    /// The first day of the next year.
    pub(crate) fn next_year(self) -> Self {
        Self {
            year: self.year + 1,
            month: 1,
            day: 1,
        }
    }

    /// The first day of the next month.
    pub(crate) fn next_month(self) -> Self {
        if self.month >= 12 {
            return self.next_year();
        }
        Self {
            month: self.month + 1,
            day: 1,
            ..self
        }
    }
}

/// 0 for Sunday, by days after 1 January 1970, which was a Thursday.
pub(crate) fn weekday(day: i64) -> u32 {
    u32::try_from((day + 4).rem_euclid(7)).unwrap_or(0)
}

/// A second after the epoch as RFC 3339 writes it, in UTC.
pub(crate) fn rfc3339(second: i64) -> String {
    let Date { year, month, day } = Date::of(second.div_euclid(DAY));
    let of_day = second.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_reverse() {
        for day in (-800_000..800_000).step_by(13) {
            assert_eq!(Date::of(day).number(), day);
        }
        let leap = Date {
            year: 2000,
            month: 2,
            day: 29,
        };
        assert_eq!(leap.number(), 11_016);
        assert_eq!(Date::of(11_016), leap);
        assert_eq!(leap.next_month().number(), 11_017);
        assert_eq!(Date::of(0).next_year().number(), 365);
        // 1 January 2000 was a Saturday.
        assert_eq!(weekday(10_957), 6);
    }

    #[test]
    fn seconds_are_written_as_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59Z");
        assert_eq!(rfc3339(1_704_067_200), "2024-01-01T00:00:00Z");
        assert_eq!(rfc3339(4_133_980_799), "2100-12-31T23:59:59Z");
    }
}
