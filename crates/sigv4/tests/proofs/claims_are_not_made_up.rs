use sigv4::{AccessKeyId, Claims};

fn main() {
    let _ = Claims { access_key_id: AccessKeyId::parse("AKID").unwrap(), session_token: None };
}
