fn main() {
    let _ = policy::Permit { reasons: Vec::new() };
}
