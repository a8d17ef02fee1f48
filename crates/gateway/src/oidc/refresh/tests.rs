use super::*;

#[test]
fn a_refresh_comes_up_to_a_tenth_early_and_within_bounds() {
    let seconds = Duration::from_secs;
    for (asked, least, most) in [
        (None, 270, 300),
        (Some(0), 60, 60),
        (Some(61), 60, 61),
        (Some(1_000), 900, 1_000),
        (Some(u64::MAX), 77_760, 86_400),
    ] {
        for _ in 0..100 {
            let pause = interval(asked.map(seconds));
            assert!((seconds(least)..=seconds(most)).contains(&pause), "{asked:?}: {pause:?}");
        }
    }
}

#[test]
fn failures_back_off_to_five_minutes() {
    for (failures, least, most) in [(1, 500, 1_000), (2, 1_000, 2_000), (5, 8_000, 16_000)] {
        let pause = backoff(failures);
        assert!((least..=most).contains(&pause.as_millis()), "{failures}: {pause:?}");
    }
    for failures in [10, 17, 40, u32::MAX] {
        assert!((150..=300).contains(&backoff(failures).as_secs()), "{failures}");
    }
}

#[test]
fn the_jitter_differs() {
    let some: std::collections::BTreeSet<_> =
        (0..20).map(|_| (unit_random() * 65_536.0) as u32).collect();
    assert!(some.len() > 5);
}
