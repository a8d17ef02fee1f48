use proptest::prelude::*;

use super::*;

#[test]
fn signatures_are_hex_and_compare() {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
    let one = Signature::new(&key, b"one");
    let hex = one.hex();
    assert!(one.matches(&Signature::parse(&hex).unwrap()));
    assert!(!one.matches(&Signature::new(&key, b"two")));
    assert_eq!(hex.as_slice(), hex::encode(hmac::sign(&key, b"one")).as_bytes());
}

#[test]
fn a07_debug_shows_no_signature() {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
    let one = Signature::new(&key, b"one");
    assert_eq!(format!("{one:?}"), "Signature(redacted)");
}

#[test]
fn only_lower_case_hex_of_the_right_length() {
    let good = "0123456789abcdef".repeat(4);
    assert_eq!(hex32(&unhex32(good.as_bytes()).unwrap()).as_slice(), good.as_bytes());
    for bad in [&good[1..], &format!("{good}0"), &good.replace('a', "A"), &good.replace('a', "g")] {
        assert!(unhex32(bad.as_bytes()).is_none(), "{bad}");
    }
}

proptest! {
    #[test]
    fn hex_agrees_with_the_crate(bytes in any::<[u8; 32]>()) {
        let text = hex::encode(bytes);
        let ours = hex32(&bytes);
        prop_assert_eq!(ours.as_slice(), text.as_bytes());
        prop_assert_eq!(unhex32(text.as_bytes()), Some(bytes));
    }
}
