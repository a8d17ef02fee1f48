use sigv4::{Claims, Expect, RequestHead, SecretKey};

fn twice(head: &RequestHead<'_>, claims: Claims, secret: &SecretKey, expect: &Expect) {
    let _ = sigv4::verify(head, claims, secret, expect);
    let _ = sigv4::verify(head, claims, secret, expect);
}

fn main() {}
