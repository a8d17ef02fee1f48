fn twice(verified: &sigv4::Verified) -> (sigv4::Verified, sigv4::Verified) {
    (verified.clone(), verified.clone())
}

fn main() {}
