//! Everything that the failing cases name exists and is public.

use sigv4::{
    AccessKeyId, Claims, Expect, Presented, RequestHead, SecretKey, SessionToken, SigningKey,
    Verified, VerifyError,
};

fn check(
    head: &RequestHead<'_>,
    claims: Claims,
    secret: &SecretKey,
    expect: &Expect,
) -> Result<Verified, VerifyError> {
    sigv4::verify(head, claims, secret, expect)
}

fn main() {
    let _ = check;
    let _ = |verified: Verified| verified;
    let _ = |presented: Presented| presented;
    let _ = |key: SigningKey| key;
    println!("{:?}", SecretKey::new(String::from("secret")));
    let id = AccessKeyId::parse("AKID").unwrap();
    println!("{id} {}", id == id.clone());
    let _ = SessionToken::parse(String::from("token")).is_ok();
}
