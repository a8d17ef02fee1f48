fn main() {
    let _ = policy::Permit::new(Vec::new());
}
