//! What must not compile: the proof that a decision was made cannot be had without one.

#[test]
fn permits_cannot_be_made_up() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
