//! `Condition`.

use super::{Rules, each};
use crate::condition::{
    Comparison, Key, Operator, Reading, SetOperator, Test, Values, check_key, is_multivalued,
};
use crate::document::{Mistakes, Node, Path};
use crate::error::{Problem, shown};

/// Compiles a block `{operator: {key: values}}`.
pub(super) fn block(
    node: &Node,
    path: &Path<'_>,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> Vec<Test> {
    let mut tests = Vec::new();
    let Node::Object(operators) = node else {
        mistakes.push(path, Problem::WrongType("an object"));
        return tests;
    };
    for (name, keys) in operators {
        let path = path.member(name);
        let Node::Object(keys) = keys else {
            mistakes.push(&path, Problem::WrongType("an object"));
            continue;
        };
        if keys.is_empty() {
            // It says nothing, and IAM takes it, even where there is no such operator.
            if rules.managed() {
                continue;
            }
            mistakes.push(&path, Problem::Empty);
        }
        match Operator::parse(name) {
            Ok(operator) => {
                tests.extend(keys_of(&operator, keys, &path, rules, mistakes));
            }
            Err(problem) => mistakes.push(&path, problem),
        }
    }
    tests
}

fn keys_of(
    operator: &Operator,
    keys: &[(String, Node)],
    path: &Path<'_>,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> Vec<Test> {
    let mut tests: Vec<Test> = Vec::with_capacity(keys.len());
    for (name, values) in keys {
        let path = path.member(name);
        if let Err(problem) = check_key(name, !rules.serves()) {
            mistakes.push(&path, problem);
        }
        let key = Key::new(name);
        if tests.iter().any(|test| test.key.name == key.name) {
            mistakes.push(&path, Problem::KeyTwice(shown(name)));
        }
        let one_value =
            operator.set == SetOperator::None && operator.comparison != Comparison::Null;
        if one_value && !rules.managed() && is_multivalued(&key.name) {
            mistakes.push(&path, Problem::NeedsSetOperator(shown(name)));
        }
        let values = values_of(operator.comparison, values, &path, rules, mistakes);
        tests.push(Test { operator: operator.clone(), key, values });
    }
    tests
}

fn values_of(
    comparison: Comparison,
    node: &Node,
    path: &Path<'_>,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> Values {
    let mut values = Values::empty(comparison);
    let reading = Reading { variables: rules.variables, strict_arns: rules.serves() };
    if matches!(node, Node::List(nodes) if nodes.is_empty()) && !rules.managed() {
        mistakes.push(path, Problem::Empty);
    }
    each(node, path, |node, path| {
        let pushed = match node {
            Node::Text(text) | Node::Number(text) => values.push(text, comparison, reading),
            Node::Bool(true) => values.push("true", comparison, reading),
            Node::Bool(false) => values.push("false", comparison, reading),
            Node::Null | Node::List(_) | Node::Object(_) => {
                Err(Problem::WrongType("a string, a number, a boolean or a list of these"))
            }
        };
        if let Err(problem) = pushed {
            mistakes.push(path, problem);
        }
    });
    values
}
