use sigv4::{SecretKey, SessionToken};

fn main() {
    println!("{}", SecretKey::new(String::from("secret")));
    println!("{}", SessionToken::parse(String::from("token")).unwrap());
}
