use sigv4::{SigningKey, chunked::ChunkSeed};

fn main() {
    let _ = |key: SigningKey| key.hmac;
    let _ = |key: SigningKey, other: SigningKey| key == other;
    let _ = |seed: ChunkSeed| seed.key;
}
