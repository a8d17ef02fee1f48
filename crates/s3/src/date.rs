//! ISO 8601 instants, as object lock writes them.

/// Seconds since 1970 of `YYYY-MM-DDThh:mm:ss[.fraction](Z|+hh:mm|-hh:mm)`; the fraction is cut
/// off.
pub(crate) fn parse_iso8601(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = fields::<3>(date, '-')?;
    if date.len() != 10 || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day)
    {
        return None;
    }
    let (time, offset) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at_checked(at)?,
        None => return None,
    };
    let offset = match offset.split_at_checked(1)? {
        ("Z", "") => 0,
        (sign, offset) if offset.len() == 5 => {
            let [hours, minutes] = fields::<2>(offset, ':')?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if sign == "-" { -60 } else { 60 }
        }
        _ => return None,
    };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let [hour, minute, second] = fields::<3>(clock, ':')?;
    if clock.len() != 8 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset)
}

fn fields<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let mut values = [0; N];
    let mut parts = text.split(separator);
    for value in &mut values {
        let part = parts.next()?;
        if !(2..=4).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *value = part.parse().ok()?;
    }
    parts.next().is_none().then_some(values)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Howard Hinnant's `days_from_civil`, for years of four digits.
const fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2027-01-01T00:00:00Z", 1_798_761_600),
            ("2000-02-29T23:59:59.999Z", 951_868_799),
            ("2000-03-01T01:00:00+01:00", 951_868_800),
            ("1969-12-31T23:00:00-01:00", 0),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("2000-03-01T05:30:00+05:30", 951_868_800),
            ("2000-02-29T23:00:00-01:00", 951_868_800),
            ("2000-03-01T23:59:00+23:59", 951_868_800),
            ("2000-03-01T00:00:00.123456789Z", 951_868_800),
            ("2028-02-29T00:00:00Z", 1_835_395_200),
            ("2027-04-30T00:00:00Z", 1_809_043_200),
            ("2027-12-31T23:59:59Z", 1_830_297_599),
        ] {
            assert_eq!(parse_iso8601(text), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "2027-01-01",
            "2027-01-01T00:00:00",
            "2027-02-29T00:00:00Z",
            "2027-13-01T00:00:00Z",
            "2027-1-01T00:00:00Z",
            "2027-01-01T24:00:00Z",
            "2027-01-01T00:00:00Zx",
            "2027-01-01T00:00:00.Z",
            "Fri, 01 Jan 2027 00:00:00 GMT",
            "2027-01-01T00:00:00+1:00",
            "2027-01-01T00:00:00+001:00",
            "2027-01-01T00:00:00+24:00",
            "2027-01-01T00:00:00+01:60",
            "2027-01-01T00:60:00Z",
            "2027-01-01T00:00:60Z",
            "2027-01-01T00:00:00.1234567890Z",
            "2027-01-01T00:00:00.1xZ",
            "2027-+1-01T00:00:00Z",
            "2027-04-31T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "20270101T000000Z",
        ] {
            assert_eq!(parse_iso8601(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse_iso8601(&text);
        }
    }
}
