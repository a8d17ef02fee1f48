use proptest::prelude::*;

use super::*;

#[test]
fn one_instant_in_every_spelling() {
    let at = Timestamp::from_unix(1_369_353_600);
    assert_eq!(at.basic(), "20130524T000000Z");
    assert_eq!(at.rfc3339(), "2013-05-24T00:00:00Z");
    assert_eq!(at.http_date(), "Fri, 24 May 2013 00:00:00 GMT");
    assert_eq!(at.scope_date().as_str(), "20130524");
    assert_eq!(format!("{:?}", at.scope_date()), "20130524");
    for text in ["20130524T000000Z", "Fri, 24 May 2013 00:00:00 GMT"] {
        assert_eq!(Timestamp::parse_date_header(text), Ok(at));
    }
    assert_eq!(Timestamp::parse_basic("20130524T000000Z"), Ok(at));
    assert_eq!(at.plus_seconds(-1).basic(), "20130523T235959Z");
}

#[test]
fn the_ends_of_time_stay() {
    assert_eq!(Timestamp::from_unix(i64::MIN).basic(), "00000101T000000Z");
    assert_eq!(Timestamp::from_unix(i64::MAX).basic(), "99991231T235959Z");
    assert_eq!(Timestamp::from_unix(i64::MAX).rfc3339(), "9999-12-31T23:59:59Z");
    assert_eq!(Timestamp::from_unix(i64::MIN).http_date(), "Sat, 01 Jan 0000 00:00:00 GMT");
    let last = Timestamp::from_unix(i64::MAX);
    assert_eq!(last.plus_seconds(i64::MAX), last);
    assert_eq!(last.plus_seconds(i64::MIN), Timestamp::from_unix(i64::MIN));
}

#[test]
fn what_is_no_time() {
    for text in [
        "",
        "20130524",
        "20130524T000000",
        "20130524T000000z",
        "20130524T000000Z ",
        "20130524t000000Z",
        "20130532T000000Z",
        "20130230T000000Z",
        "20131301T000000Z",
        "20130524T240000Z",
        "20130524T006000Z",
        "20130524T000060Z",
        "+2130524T000000Z",
        "2013-05-24T00:00:00Z",
        "２0130524T0000Z",
    ] {
        assert_eq!(Timestamp::parse_basic(text), Err(InvalidTime), "{text}");
        assert_eq!(Timestamp::parse_date_header(text), Err(InvalidTime), "{text}");
    }
    assert_eq!(Timestamp::parse_basic("Fri, 24 May 2013 00:00:00 GMT"), Err(InvalidTime));
    for text in [
        "Day, 24 May 2013 00:00:00 GMT",
        "24 May 2013 00:00:00 GMT",
        "Fri, 24 May 2013 00:00:00 UTC",
        "Fri, 24 May 2013 00:00:00 +0000",
        "Fri, 24 may 2013 00:00:00 GMT",
        "Fri, 4 May 2013 00:00:00 GMT",
        "Friday, 24-May-13 00:00:00 GMT",
        "Fri May 24 00:00:00 2013",
        "Fri, 31 Apr 2013 00:00:00 GMT",
    ] {
        assert_eq!(Timestamp::parse_date_header(text), Err(InvalidTime), "{text}");
    }
}

/// Some clients are wrong about the day of the week.
#[test]
fn which_day_of_the_week_it_was_says_the_date() {
    let right = Timestamp::parse_date_header("Fri, 24 May 2013 00:00:00 GMT").unwrap();
    let wrong = Timestamp::parse_date_header("Thu, 24 May 2013 00:00:00 GMT").unwrap();
    assert_eq!(wrong, right);
    assert_eq!(wrong.http_date(), "Fri, 24 May 2013 00:00:00 GMT");
}

#[test]
fn no_signature_is_older_than_1970() {
    let of = |text: &str| Timestamp::parse_hmac_v1(text).map(Timestamp::unix);
    assert_eq!(of("Thu, 01 Jan 1970 00:00:00 GMT"), Ok(0));
    for text in ["Wed, 31 Dec 1969 23:59:59 GMT", "Tue, 07 Jul 1950 21:53:04 +0000"] {
        assert_eq!(of(text), Err(InvalidTime), "{text}");
    }
}

proptest! {
    #[test]
    fn spellings_read_back(seconds in FIRST..=LAST) {
        let at = Timestamp::from_unix(seconds);
        prop_assert_eq!(at.unix(), seconds);
        prop_assert_eq!(Timestamp::parse_basic(&at.basic()), Ok(at));
        prop_assert_eq!(Timestamp::parse_date_header(&at.http_date()), Ok(at));
        prop_assert_eq!(ScopeDate::parse(at.scope_date().as_str()), Some(at.scope_date()));
        prop_assert!(at.basic().starts_with(at.scope_date().as_str()));
        prop_assert_eq!(at.rfc3339().replace(['-', ':'], ""), at.basic());
    }

    #[test]
    fn reading_is_total(text in ".{0,40}") {
        let _ = Timestamp::parse_basic(&text);
        let _ = Timestamp::parse_date_header(&text);
        let _ = ScopeDate::parse(&text);
    }
}
