fn main() {
    let _: sigv4::Verified = Default::default();
}
