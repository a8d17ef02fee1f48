use sigv4::{AccessKeyId, Payload, Scheme, Verified};

fn main() {
    let _ = Verified {
        access_key_id: AccessKeyId::parse("AKID").unwrap(),
        scheme: Scheme::HeaderV4,
        region: None,
        region_set: None,
        signed_at: None,
        expires_at: None,
        payload: Payload::Unsigned,
        chunk_seed: None,
    };
}
