//! One RSA key of 1024 bits, and enough arithmetic to sign with it: crypto libraries rightly refuse
//! to, and without a good signature a test could not tell why a token was refused.

use aws_lc_rs::digest;

const LIMBS: usize = 16;
type Number = [u64; LIMBS];

const MODULUS: &str = concat!(
    "b82ae9df7c28ab6452a670e11dab142265b071f6af97814e8f7ee36b55644a44",
    "5671454b46ee3653823a863ed8b429e164ee63853ccf41f1adcb924e2a3eb138",
    "2654c300cb28bb24e14365e3efa111a163a42dfe330ea36692ff1d5572000028",
    "d13ae3bc7d8bb979a52ad8a534684f0581061e0716cb1b6a40f54268c8f5432d",
);
const EXPONENT: &str = concat!(
    "3aba9c9802fce922f5e453ccc5ec3f6074b31eb47eec3e74f1f791c83193e8c7",
    "0015e0f60f69797389ece5d076c4853276403b064b0d00c774179dd1455176ab",
    "992e449aceb80d85c2bf304c8ec6334b5b2bb2c02cf5d7576461fc886f140eb2",
    "b20b4e24e56e1b247104200279930158aea399031bef21ba813ce85d7d05af01",
);

/// The modulus, big-endian. The public exponent is 65537.
pub(super) fn modulus() -> Vec<u8> {
    hex::decode(MODULUS).unwrap()
}

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.1 and 9.2).
pub(super) fn sign_rs256(message: &[u8]) -> Vec<u8> {
    const PREFIX: &str = "3031300d060960864801650304020105000420";
    let digest_info =
        [hex::decode(PREFIX).unwrap(), digest::digest(&digest::SHA256, message).as_ref().to_vec()]
            .concat();
    let mut padded = vec![0, 1];
    padded.resize(8 * LIMBS - digest_info.len() - 1, 0xff);
    padded.push(0);
    padded.extend(digest_info);
    let signature =
        power(&number(&padded), &number(&hex::decode(EXPONENT).unwrap()), &number(&modulus()));
    signature.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}

/// Little-endian limbs of a big-endian number.
fn number(bytes: &[u8]) -> Number {
    let mut out = [0; LIMBS];
    for (limb, chunk) in out.iter_mut().zip(bytes.rchunks(8)) {
        *limb = chunk.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    }
    out
}

fn bits(n: &Number) -> impl Iterator<Item = bool> {
    n.iter().rev().flat_map(|limb| (0..64).rev().map(move |bit| limb >> bit & 1 == 1))
}

fn power(base: &Number, exponent: &Number, modulus: &Number) -> Number {
    let mut result = number(&[1]);
    for bit in bits(exponent) {
        result = multiply(&result, &result, modulus);
        if bit {
            result = multiply(&result, base, modulus);
        }
    }
    result
}

fn multiply(a: &Number, b: &Number, modulus: &Number) -> Number {
    let mut result = [0; LIMBS];
    for bit in bits(b) {
        result = add(&result, &result, modulus);
        if bit {
            result = add(&result, a, modulus);
        }
    }
    result
}

/// The sum of two numbers below the modulus, reduced.
fn add(a: &Number, b: &Number, modulus: &Number) -> Number {
    let mut sum = [0; LIMBS];
    let mut carry = false;
    for at in 0..LIMBS {
        let (first, one) = a[at].overflowing_add(b[at]);
        let (second, two) = first.overflowing_add(u64::from(carry));
        (sum[at], carry) = (second, one | two);
    }
    if carry || sum.iter().rev().ge(modulus.iter().rev()) {
        let mut borrow = false;
        for at in 0..LIMBS {
            let (first, one) = sum[at].overflowing_sub(modulus[at]);
            let (second, two) = first.overflowing_sub(u64::from(borrow));
            (sum[at], borrow) = (second, one | two);
        }
    }
    sum
}
