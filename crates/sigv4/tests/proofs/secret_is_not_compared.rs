use sigv4::{SecretKey, SessionToken};

fn same(one: &SecretKey, other: &SecretKey, first: &SessionToken, second: &SessionToken) -> bool {
    one == other && first == second
}

fn main() {}
