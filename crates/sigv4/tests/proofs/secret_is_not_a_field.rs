fn main() {
    let secret = sigv4::SecretKey::new(String::from("secret"));
    let _ = secret.0;
}
