use serde_json::json;

use super::Condition;
use crate::{Context, Seen, Value};

fn load(block: &serde_json::Value) -> Condition {
    Condition::load("when", block).unwrap_or_else(|errors| panic!("{errors}"))
}

fn holds(operator: &str, values: serde_json::Value, seen: Option<Value>) -> bool {
    let condition = load(&json!({ operator: { "aws:key": values } }));
    let context: Context = seen.into_iter().map(|value| ("AWS:Key", value)).collect();
    condition.matches(&[&context])
}

fn many(values: &[&str]) -> Option<Value> {
    Some(Value::Many(values.iter().map(ToString::to_string).collect()))
}

#[test]
fn absent_keys() {
    for (operator, value, plain, if_exists, any, all) in [
        ("StringEquals", "x", false, true, false, true),
        ("StringNotEquals", "x", true, true, false, true),
        ("StringEqualsIgnoreCase", "x", false, true, false, true),
        ("StringNotEqualsIgnoreCase", "x", true, true, false, true),
        ("StringLike", "x", false, true, false, true),
        ("StringNotLike", "x", true, true, false, true),
        ("NumericEquals", "1", false, true, false, true),
        ("NumericNotEquals", "1", true, true, false, true),
        ("NumericLessThan", "1", false, true, false, true),
        ("DateEquals", "1", false, true, false, true),
        ("DateNotEquals", "1", true, true, false, true),
        ("DateGreaterThan", "1", false, true, false, true),
        ("Bool", "true", false, true, false, true),
        ("BinaryEquals", "AAEC", false, true, false, true),
        ("IpAddress", "10.0.0.1", false, true, false, true),
        ("NotIpAddress", "10.0.0.1", true, true, false, true),
        ("ArnLike", "*", false, true, false, true),
        ("ArnNotLike", "*", true, true, false, true),
    ] {
        for absent in [None, many(&[])] {
            let check = |operator: &str| holds(operator, json!(value), absent.clone());
            assert_eq!(check(operator), plain, "{operator}");
            assert_eq!(check(&format!("{operator}IfExists")), if_exists, "{operator}");
            assert_eq!(check(&format!("ForAnyValue:{operator}")), any, "{operator}");
            assert_eq!(check(&format!("ForAllValues:{operator}")), all, "{operator}");
            // AWS does not say: it must not help anybody.
            assert!(!check(&format!("ForAnyValue:{operator}IfExists")), "{operator}");
        }
    }
    assert!(holds("Null", json!("true"), None) && holds("Null", json!(true), many(&[])));
    assert!(!holds("Null", json!("true"), Some("".into())));
    assert!(holds("Null", json!(false), Some("".into())) && !holds("Null", json!(false), None));
    assert!(holds("Null", json!([true, false]), None));
}

#[test]
fn several_values() {
    let seen = || many(&["a", "c"]);
    assert!(!holds("ForAllValues:StringEquals", json!(["a", "b"]), seen()));
    assert!(holds("ForAllValues:StringEquals", json!(["a", "b", "c"]), seen()));
    assert!(holds("ForAnyValue:StringEquals", json!(["a", "b"]), seen()));
    assert!(!holds("ForAllValues:StringNotEquals", json!(["a"]), seen()));
    assert!(holds("ForAnyValue:StringNotEquals", json!(["a"]), seen()));
    assert!(!holds("ForAnyValue:StringNotEquals", json!(["a", "c"]), seen()));
    assert!(holds("ForAllValues:StringNotLike", json!(["b*"]), seen()));
    assert!(holds("ForAnyValue:StringEquals", json!("a"), Some("a".into())));
    for operator in ["StringEquals", "StringNotEquals", "StringNotLikeIfExists"] {
        assert!(!holds(operator, json!("a"), many(&["a"])), "{operator}");
        assert!(!holds(operator, json!("b"), many(&["a"])), "{operator}");
    }
}

#[test]
fn unknown_values_hold_nowhere() {
    for operator in [
        "StringEquals",
        "StringNotEquals",
        "StringLikeIfExists",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringNotEquals",
    ] {
        assert!(!holds(operator, json!("x"), Some(Value::Unknown)), "{operator}");
    }
    assert!(!holds("Null", json!("true"), Some(Value::Unknown)));
    assert!(!holds("Null", json!("false"), Some(Value::Unknown)));
}

#[test]
fn operators_and_keys_are_all_needed_and_values_are_not() {
    let condition = load(&json!({
        "StringEquals": {"aws:a": ["1", "2"], "aws:b": "3"},
        "StringLike": {"aws:a": "?"},
    }));
    let matches = |a: &str, b: &str| {
        let context = Context::from_iter([("aws:a".to_owned(), a), ("aws:b".to_owned(), b)]);
        condition.matches(&[&context])
    };
    assert!(matches("1", "3") && matches("2", "3"));
    assert!(!matches("1", "4") && !matches("3", "3"));
    assert_eq!(condition.keys().collect::<Vec<_>>(), ["aws:a", "aws:b", "aws:a"]);
    let miss = condition.first_miss(&[&Context::from_iter([("aws:a", "1")])]).unwrap();
    assert_eq!((&*miss.key, miss.seen), ("aws:b", Seen::Absent));
    assert!(load(&json!({})).matches(&[]));
}

#[test]
fn variables_stand_in_values() {
    let condition = load(&json!({"StringLike": {"aws:userid": "*:${claims:sub}"}}));
    let context = |sub: &str| {
        Context::from_iter([("aws:userid".to_owned(), "AROA:al*"), ("claims:sub".to_owned(), sub)])
    };
    assert!(condition.matches(&[&context("al*")]) && !condition.matches(&[&context("a*")]));
    let not = load(&json!({"StringNotLike": {"aws:userid": ["x", "*${claims:none}"]}}));
    assert!(not.matches(&[&context("y")]), "a value without its variable matches nothing");
    let not = load(&json!({"StringNotLike": {"aws:userid": ["AROA:*", "*${claims:none}"]}}));
    assert!(!not.matches(&[&context("y")]));
}

#[test]
fn mistakes_have_their_paths() {
    let errors =
        Condition::load("when", &json!({"StringSame": {"aws:x": "1"}, "Bool": {"plain": "x"}}))
            .unwrap_err();
    let mut lines: Vec<String> = errors.errors().iter().map(ToString::to_string).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "Bool.plain: `plain` is no condition key",
            "Bool.plain: `x` is neither `true` nor `false`",
            "StringSame: unknown condition operator `StringSame`",
        ]
    );
}

#[test]
fn what_is_kept_for_the_log_is_bounded() {
    let condition = load(&json!({"ForAnyValue:StringEquals": {"aws:x": "1"}}));
    let values = Value::Many(vec!["é".repeat(100); 10]);
    let miss = condition.first_miss(&[&Context::from_iter([("aws:x", values)])]).unwrap();
    let Seen::Value(seen) = miss.seen else { panic!() };
    assert_eq!(seen.chars().count(), 256);
    assert!(seen.starts_with(&format!("{}, é", "é".repeat(100))));
}
