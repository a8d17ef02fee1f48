//! What must not compile outside the crate: making up a proof, showing or comparing a secret.

#[test]
fn proofs_and_secrets_keep_to_themselves() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/proofs/*.rs");
    // That the cases fail for their own reason and not for a missing name.
    cases.pass("tests/proofs/pass/*.rs");
    let count = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proofs"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|it| it == "rs"))
        .count();
    assert_eq!(count, 9);
}
