use proptest::prelude::*;

use super::*;

const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const B: &str = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn bytes(first: u8) -> [u8; 32] {
    std::array::from_fn(|index| if index == 0 { first } else { index as u8 })
}

fn problems(text: &str) -> Vec<(usize, RingProblem)> {
    KeyRing::parse(text).unwrap_err().errors().iter().map(|e| (e.line, e.problem)).collect()
}

#[test]
fn a_file_is_read_and_written_as_it_was() {
    let text = format!("# ours\n\nold accept {A}\n# new\nnew active {B}\n");
    let ring = KeyRing::parse(&text).unwrap();
    assert_eq!(ring.render().as_str(), text);
    assert_eq!(ring.active_id().as_str(), "new");
    let keys: Vec<_> = ring.keys().map(|(id, state)| (id.as_str(), state)).collect();
    assert_eq!(keys, [("old", KeyState::Accept), ("new", KeyState::Active)]);
    let loose = format!("  old\taccept   {A}  \r\nnew active {B}");
    assert!(KeyRing::parse(&loose).is_ok());
}

#[test]
fn every_wrong_line_is_named() {
    let long = "x".repeat(33);
    let text = format!(
        "a active {A}\nb\nc active {B}\n{long} accept {B}\nä accept {B}\nd Accept {B}\ne accept AAAA\n\
         f accept {B} more\na accept {B}\ng accept {A}\nh accept {zero}\ni accept {nopad}\n",
        zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        nopad = B.trim_end_matches('='),
    );
    assert_eq!(
        problems(&text),
        [
            (2, RingProblem::Fields),
            (3, RingProblem::SecondActive),
            (4, RingProblem::KeyId),
            (5, RingProblem::KeyId),
            (6, RingProblem::State),
            (7, RingProblem::Key),
            (8, RingProblem::Fields),
            (9, RingProblem::DuplicateId),
            (10, RingProblem::DuplicateKey),
            (11, RingProblem::Weak),
            (12, RingProblem::Key),
        ]
    );
    assert_eq!(problems(""), [(0, RingProblem::NoActive)]);
    assert_eq!(problems(&format!("a accept {A}")), [(0, RingProblem::NoActive)]);
    assert_eq!(problems(&"#".repeat(70_000)), [(0, RingProblem::TooLarge)]);
}

#[test]
fn a51_errors_do_not_repeat_keys() {
    let text = format!("a active {A}\nb active {B}\nc wrong {B}\nd accept {B}x\n");
    let errors = KeyRing::parse(&text).unwrap_err();
    let shown = format!("{errors} {errors:?}");
    assert!(!shown.contains("AQECAwQF"), "{shown}");
    let ring = KeyRing::parse(&format!("a active {A}\nb accept {B}\n")).unwrap();
    let shown = format!("{ring:?}");
    assert_eq!(shown, "KeyRing{\"a\": Active, \"b\": Accept}");
}

#[test]
fn the_life_of_a_ring() {
    let mut ring = KeyRing::init("one", bytes(1)).unwrap();
    assert_eq!(ring.add("one", bytes(2)), Err(RingProblem::DuplicateId.into()));
    assert_eq!(ring.add("two", bytes(1)), Err(RingProblem::DuplicateKey.into()));
    assert_eq!(ring.add("t wo", bytes(2)), Err(RingProblem::KeyId.into()));
    assert_eq!(ring.add("two", [9; 32]), Err(RingProblem::Weak.into()));
    ring.add("two", bytes(2)).unwrap();
    assert_eq!(ring.active_id().as_str(), "one");
    assert_eq!(ring.activate("three"), Err(RingUse::Unknown("`three`".into())));
    ring.activate("two").unwrap();
    ring.activate("two").unwrap();
    assert_eq!(ring.remove("two"), Err(RingUse::Active("`two`".into())));
    assert_eq!(ring.remove("three"), Err(RingUse::Unknown("`three`".into())));
    let written = ring.render();
    let read = KeyRing::parse(&written).unwrap();
    assert_eq!(read.active_id().as_str(), "two");
    ring.remove("one").unwrap();
    assert_eq!(ring.keys().count(), 1);
    assert!(!ring.render().contains("one"));
    for index in 0..62 {
        let mut key = bytes(3);
        key[31] = index;
        ring.add(&format!("k{index}"), key).unwrap();
    }
    ring.add("last", bytes(4)).unwrap();
    assert_eq!(ring.add("more", bytes(5)), Err(RingProblem::TooMany.into()));
    assert!(KeyRing::parse(&ring.render()).is_ok());
}

proptest! {
    #[test]
    fn reading_never_panics(text in "[ -~\n]{0,300}") {
        let _ = KeyRing::parse(&text);
    }
}
