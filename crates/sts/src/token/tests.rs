use proptest::prelude::*;

use super::*;
use crate::session::tests::ordinary;
use crate::session::{
    Claim, ClaimValue, Origin, Session, SessionPolicies, Tag, UserSession, WebIdentitySubject,
};
use crate::testing::ring;

fn id(text: &str) -> AccessKeyId {
    AccessKeyId::parse(text).unwrap()
}

const ID: &str = "ASIAAAAAAAAAAAAAAAAA";

fn of_role(session: &Session) -> AnySession {
    AnySession::Role(Box::new(session.clone()))
}

fn seal(session: &Session) -> Sealed {
    ring().seal(&of_role(session), &id(ID), [7; 32], 0).unwrap()
}

fn subject_of(session: &mut Session) -> &mut WebIdentitySubject {
    match &mut session.origin {
        Origin::WebIdentity(subject) => subject,
        Origin::User(_) => panic!("no web identity"),
    }
}

#[test]
fn what_was_sealed_is_opened() {
    let session = ordinary();
    let sealed = seal(&session);
    let (opened, secret) = ring().open(sealed.token.as_str(), &id(ID)).unwrap();
    assert_eq!(opened, of_role(&session));
    assert_eq!(secret.expose(), sealed.secret.expose());
    assert_eq!(secret.expose().len(), 40);
}

#[test]
fn an_ordinary_user_stays_below_a_kilobyte() {
    let sealed = seal(&ordinary());
    assert!(sealed.token.as_str().len() < 1024, "{}", sealed.token.as_str().len());
    assert!(utilization(&sealed.token) < 25);
}

/// The format, to the byte, as an independent implementation makes it from the module's comment.
#[test]
fn the_format_stays() {
    const TOKEN: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../vectors/sts/session-token-v1.txt"
    ));
    let mut lines = TOKEN.lines();
    let (token, secret) = (lines.next().unwrap(), lines.next().unwrap());
    let sealed = seal(&ordinary());
    assert_eq!(sealed.token.as_str(), token);
    assert_eq!(sealed.secret.expose(), secret);
}

#[test]
fn a01_the_secret_is_not_a_function_of_what_a_client_sees() {
    let session = ordinary();
    let first = seal(&session);
    // Another ring, everything else equal.
    let other = KeyRing::init("2026-01", [[1; 16], [2; 16]].concat().try_into().unwrap()).unwrap();
    let elsewhere = other.seal(&of_role(&session), &id(ID), [7; 32], 0).unwrap();
    assert_ne!(first.secret.expose(), elsewhere.secret.expose());
    // The same access key id, another salt.
    let again = ring().seal(&of_role(&session), &id(ID), [8; 32], 0).unwrap();
    assert_ne!(first.secret.expose(), again.secret.expose());
    // Another access key id, the same salt.
    let neighbour =
        ring().seal(&of_role(&session), &id("ASIAAAAAAAAAAAAAAAAB"), [7; 32], 0).unwrap();
    assert_ne!(first.secret.expose(), neighbour.secret.expose());
    // Nor is it in the token, sealed or not.
    let token = URL_SAFE_NO_PAD.decode(first.token.as_str()).unwrap();
    let secret = STANDARD.decode(first.secret.expose()).unwrap();
    assert!(!token.windows(secret.len()).any(|window| window == secret));
}

#[test]
fn a02_the_token_of_another_access_key_id() {
    let sealed = seal(&ordinary());
    let error = ring().open(sealed.token.as_str(), &id("ASIAAAAAAAAAAAAAAAAB")).unwrap_err();
    assert_eq!(error, OpenError::Forged);
}

#[test]
fn a02_every_changed_bit_is_refused() {
    let sealed = seal(&ordinary());
    let bytes = URL_SAFE_NO_PAD.decode(sealed.token.as_str()).unwrap();
    for index in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[index] ^= 1 << bit;
            assert!(ring().open(&URL_SAFE_NO_PAD.encode(changed), &id(ID)).is_err(), "{index}");
        }
    }
    for length in 0..bytes.len() {
        assert!(ring().open(&URL_SAFE_NO_PAD.encode(&bytes[..length]), &id(ID)).is_err());
    }
    assert!(ring().open(&URL_SAFE_NO_PAD.encode([&bytes[..], &[0]].concat()), &id(ID)).is_err());
}

#[test]
fn a02_foreign_forms() {
    let token = seal(&ordinary()).token.as_str().to_owned();
    for (text, expected) in [
        (String::new(), OpenError::Malformed),
        ("AQ".to_owned(), OpenError::Malformed),
        (format!("{token}="), OpenError::Malformed),
        (format!(" {token}"), OpenError::Malformed),
        (token.replace(['-', '_'], "+"), OpenError::Malformed),
        ("A".repeat(MAX_TOKEN_CHARS + 4), OpenError::Malformed),
        ("AAAA".to_owned(), OpenError::Version(0)),
        ("AwAA".to_owned(), OpenError::Version(3)),
        ("eyJhbGciOiJSUzI1NiJ9".to_owned(), OpenError::Version(b'{')),
    ] {
        assert_eq!(ring().open(&text, &id(ID)).unwrap_err(), expected, "{text}");
    }
    let mut other = ring();
    other.add("2026-02", [[1; 16], [2; 16]].concat().try_into().unwrap()).unwrap();
    other.activate("2026-02").unwrap();
    other.remove("2026-01").unwrap();
    assert_eq!(
        other.open(&token, &id(ID)).unwrap_err(),
        OpenError::UnknownKey("`2026-01`".to_owned())
    );
}

/// No trial decryption: the right key under another name does not open it, nor does a wrong key
/// under the right one.
#[test]
fn a_token_opens_only_with_the_key_it_names() {
    let secret: [u8; 32] = std::array::from_fn(|index| index as u8);
    let other: [u8; 32] = std::array::from_fn(|index| 255 - index as u8);
    let token = seal(&ordinary()).token.as_str().to_owned();
    let mut renamed = KeyRing::init("2026-02", secret).unwrap();
    assert!(matches!(renamed.open(&token, &id(ID)), Err(OpenError::UnknownKey(_))));
    renamed.add("2026-01", other).unwrap();
    assert_eq!(renamed.open(&token, &id(ID)).unwrap_err(), OpenError::Forged);
}

#[test]
fn tokens_outlive_a_rotation_until_their_key_is_removed() {
    let mut ring = ring();
    let before = ring.seal(&of_role(&ordinary()), &id(ID), [7; 32], 0).unwrap();
    ring.add("2026-02", [[1; 16], [2; 16]].concat().try_into().unwrap()).unwrap();
    ring.activate("2026-02").unwrap();
    let after = ring.seal(&of_role(&ordinary()), &id(ID), [7; 32], 0).unwrap();
    assert!(ring.open(before.token.as_str(), &id(ID)).is_ok());
    assert!(ring.open(after.token.as_str(), &id(ID)).is_ok());
    ring.remove("2026-01").unwrap();
    assert!(ring.open(before.token.as_str(), &id(ID)).is_err());
    assert!(ring.open(after.token.as_str(), &id(ID)).is_ok());
}

#[test]
fn too_large_names_the_largest_part() {
    let mut session = ordinary();
    subject_of(&mut session).claims.push(Claim {
        key: "roles".into(),
        value: ClaimValue::Many((0..200).map(|n| format!("role-of-the-person-{n}")).collect()),
    });
    let error = ring().seal(&of_role(&session), &id(ID), [7; 32], 0).unwrap_err();
    let SealError::TooLarge { characters, largest } = error else { panic!("{error}") };
    assert!(characters > MAX_TOKEN_CHARS);
    assert!(largest.starts_with("the claim `roles` with"), "{largest}");
    let mut session = ordinary();
    session.tags = (0..50)
        .map(|n| Tag { key: format!("{n}{}", "k".repeat(100)), value: "v".repeat(200) })
        .collect();
    let error = ring().seal(&of_role(&session), &id(ID), [7; 32], 0).unwrap_err();
    assert!(error.to_string().contains("the session tags"), "{error}");
}

#[test]
fn tokens_can_be_asked_to_be_longer() {
    for minimum in [0, 1, 900, 1000, 4095, 4096, u16::MAX] {
        let sealed = ring().seal(&of_role(&ordinary()), &id(ID), [7; 32], minimum).unwrap();
        let length = sealed.token.as_str().len();
        assert!(length >= usize::from(minimum).min(4096) && length <= 4096, "{minimum}: {length}");
        assert_eq!(ring().open(sealed.token.as_str(), &id(ID)).unwrap().0, of_role(&ordinary()));
    }
    let full = ring().seal(&of_role(&ordinary()), &id(ID), [7; 32], 4096).unwrap();
    assert_eq!(utilization(&full.token), 100);
}

/// Behind the session may be padding and nothing else: an old replica must not open a session whose
/// newer part it cannot read.
#[test]
fn what_follows_a_session_is_not_skipped() {
    for session in [of_role(&ordinary()), of_role(&narrowed()), of_user()] {
        let (version, mut bytes) = payload::encode(&session).unwrap();
        assert_eq!(payload::decode(version, &bytes).as_ref(), Some(&session));
        bytes.push(0);
        assert_eq!(payload::decode(version, &bytes), Some(session));
        bytes.push(1);
        assert_eq!(payload::decode(version, &bytes), None);
        assert_eq!(payload::decode(version, &[]), None);
        assert_eq!(payload::decode(3, &bytes), None);
    }
}

/// A session with a policy of its own.
fn narrowed() -> Session {
    let policies = SessionPolicies {
        inline: Some(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#.into()),
        arns: vec!["arn:aws:iam::000000000000:policy/a".into()],
    };
    let began = ordinary().issued_at.plus_seconds(-4000);
    Session { chained: true, began, policies, ..ordinary() }
}

fn of_user() -> AnySession {
    AnySession::User(UserSession {
        user: "arn:aws:iam::000000000000:user/loader".into(),
        issued_at: ordinary().issued_at,
        expires_at: ordinary().expires_at,
    })
}

/// A token that was sealed before sessions knew where their chain began ends where that would stand.
#[test]
fn a_chain_whose_beginning_is_not_written_began_with_the_session() {
    let session = Session { began: ordinary().issued_at, ..narrowed() };
    let (version, mut bytes) = payload::encode(&of_role(&session)).unwrap();
    assert_eq!((version, bytes.pop()), (2, Some(0)));
    payload::pad(&mut bytes, 1000);
    assert_eq!(payload::decode(version, &bytes), Some(of_role(&session)));
}

/// While a deployment is rolled, old replicas open what they could have issued, and refuse the rest.
#[test]
fn what_fits_into_the_first_version_is_written_so() {
    let version = |session: &AnySession| payload::encode(session).unwrap().0;
    assert_eq!(version(&of_role(&ordinary())), 1);
    assert_eq!(version(&of_role(&narrowed())), 2);
    assert_eq!(version(&of_role(&Session { chained: true, ..ordinary() })), 2);
    let began = ordinary().issued_at.plus_seconds(-1);
    assert_eq!(version(&of_role(&Session { began, ..ordinary() })), 2);
    let user = Origin::User("arn:aws:iam::000000000000:user/loader".into());
    assert_eq!(version(&of_role(&Session { origin: user, ..ordinary() })), 2);
    assert_eq!(version(&of_user()), 2);
}

#[test]
fn a24_the_version_is_part_of_the_seal() {
    let sealed = ring().seal(&of_role(&narrowed()), &id(ID), [7; 32], 0).unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(sealed.token.as_str()).unwrap();
    assert_eq!(ring().open(sealed.token.as_str(), &id(ID)).unwrap().0, of_role(&narrowed()));
    bytes[0] = 1;
    let error = ring().open(&URL_SAFE_NO_PAD.encode(bytes), &id(ID)).unwrap_err();
    assert_eq!(error, OpenError::Forged);
}

/// The longest session policy that AWS allows fits beside the claims of an ordinary person.
#[test]
fn the_longest_session_policy_fits() {
    let policies = SessionPolicies { inline: Some("x".repeat(2048)), arns: Vec::new() };
    let sealed = seal(&Session { policies, ..ordinary() });
    assert!(utilization(&sealed.token) < 95, "{}", utilization(&sealed.token));
}

#[test]
fn a51_no_secret_in_debug() {
    let sealed = seal(&ordinary());
    let shown = format!("{sealed:?} {:?}", ring());
    for secret in [sealed.secret.expose(), sealed.token.as_str(), "AAECAwQF"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("redacted"));
}

/// A61: a login leaves nothing behind in the ring, so there is nothing to fill.
#[test]
fn a61_sealing_changes_no_state() {
    let ring = ring();
    let before = ring.render().to_string();
    for seed in 0..200 {
        ring.seal(&of_role(&ordinary()), &id(ID), [seed; 32], 0).unwrap();
    }
    assert_eq!(ring.render().as_str(), before);
}

fn any_session() -> impl Strategy<Value = Session> {
    let claim = (
        "[a-z]{1,10}",
        prop_oneof![
            "\\PC{0,40}".prop_map(ClaimValue::One),
            prop::collection::vec("\\PC{0,10}", 0..5).prop_map(ClaimValue::Many),
        ],
    );
    let claims = prop::collection::vec(claim.prop_map(|(key, value)| Claim { key, value }), 0..5);
    let tag = ("[a-z]{1,10}", "\\PC{0,20}").prop_map(|(key, value)| Tag { key, value });
    let tags = prop::collection::vec(tag, 0..4);
    ("\\PC{1,60}", claims, tags, any::<u32>(), prop::option::of("[a-z]{2,64}")).prop_map(
        |(subject, claims, tags, lifetime, source_identity)| {
            let mut session = ordinary();
            subject_of(&mut session).subject = subject;
            subject_of(&mut session).claims = claims;
            session.tags = tags;
            session.expires_at = session.issued_at.plus_seconds(i64::from(lifetime));
            session.source_identity = source_identity;
            session
        },
    )
}

proptest! {
    #[test]
    fn sealing_and_opening_is_the_identity(session in any_session(), salt in any::<[u8; 32]>()) {
        let sealed = ring().seal(&of_role(&session), &id(ID), salt, 0).unwrap();
        let (opened, secret) = ring().open(sealed.token.as_str(), &id(ID)).unwrap();
        prop_assert_eq!(opened, of_role(&session));
        prop_assert_eq!(secret.expose(), sealed.secret.expose());
    }

    #[test]
    fn any_changed_character_is_refused(at in any::<prop::sample::Index>(), new in "[A-Za-z0-9_-]") {
        let token = seal(&ordinary()).token.as_str().to_owned();
        let at = at.index(token.len());
        let changed = format!("{}{new}{}", &token[..at], &token[at + 1..]);
        prop_assume!(changed != token);
        prop_assert!(ring().open(&changed, &id(ID)).is_err());
    }

    #[test]
    fn opening_anything_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ring().open(&URL_SAFE_NO_PAD.encode(&bytes), &id(ID));
        let _ = (payload::decode(1, &bytes), payload::decode(2, &bytes));
    }

    #[test]
    fn two_rings_never_agree_on_a_secret(one in any::<[u8; 32]>(), two in any::<[u8; 32]>(), salt in any::<[u8; 32]>()) {
        prop_assume!(one != two);
        let (Ok(first), Ok(second)) = (KeyRing::init("a", one), KeyRing::init("a", two)) else { return Ok(()) };
        let first = first.seal(&of_role(&ordinary()), &id(ID), salt, 0).unwrap();
        let second_sealed = second.seal(&of_role(&ordinary()), &id(ID), salt, 0).unwrap();
        prop_assert_ne!(first.secret.expose(), second_sealed.secret.expose());
        prop_assert!(second.open(first.token.as_str(), &id(ID)).is_err());
    }
}
