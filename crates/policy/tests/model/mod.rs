//! The reference: reads the documents themselves, tries every way, knows nothing of compiling.

use serde_json::Value as Json;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Session,
    User,
    Stranger,
    Federated,
    Anonymous,
}

#[derive(Clone, Debug)]
pub(crate) enum Seen {
    One(String),
    Many(Vec<String>),
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) caller: Caller,
    pub(crate) action: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) context: Vec<(&'static str, Seen)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Documents {
    pub(crate) identity: Vec<Json>,
    pub(crate) boundary: Option<Json>,
    pub(crate) session: Option<Vec<Json>>,
    pub(crate) bucket: Option<Json>,
}

impl Documents {
    fn all(&self) -> impl Iterator<Item = &Json> {
        self.identity
            .iter()
            .chain(&self.boundary)
            .chain(self.session.iter().flatten())
            .chain(&self.bucket)
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Json> {
        self.identity
            .iter_mut()
            .chain(&mut self.boundary)
            .chain(self.session.iter_mut().flatten())
            .chain(&mut self.bucket)
    }
}

/// How a matching statement reaches the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Account,
    Role,
    Direct,
}

/// `Some(true)`, `Some(false)`, or `None` for what cannot be said.
type Answer = Option<bool>;

/// Whether a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// A variable in it has no value.
    Nothing,
    /// It would with some value of a variable that has not one.
    Unclear,
}

impl From<bool> for Fit {
    fn from(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

pub(crate) fn decide(documents: &Documents, asked: &Asked) -> &'static str {
    if documents.all().any(|document| denies(document, asked)) {
        return "explicitDeny";
    }
    let limited = limits(documents, asked);
    let by_bucket = documents.bucket.as_ref().and_then(|bucket| allows(bucket, asked));
    let allowed = own(documents, asked)
        || by_bucket == Some(Reach::Direct)
        || (by_bucket == Some(Reach::Role) && limited);
    if allowed { "allow" } else { "implicitDeny" }
}

pub(crate) fn decide_trust(trust: &Json, documents: &Documents, asked: &Asked) -> &'static str {
    if denies(trust, asked) || documents.all().any(|document| denies(document, asked)) {
        return "explicitDeny";
    }
    let own_account =
        if asked.caller == Caller::Stranger { "444455556666" } else { "111122223333" };
    let same_account = asked.resource.split(':').nth(4) == Some(own_account);
    let allowed = match (allows(trust, asked), asked.caller) {
        (None, _) | (_, Caller::Anonymous) => false,
        (_, Caller::Federated) => true,
        (Some(Reach::Direct), _) if same_account => true,
        (Some(Reach::Role), _) if same_account => limits(documents, asked),
        _ => own(documents, asked),
    };
    if allowed { "allow" } else { "implicitDeny" }
}

fn own(documents: &Documents, asked: &Asked) -> bool {
    asked.caller != Caller::Anonymous
        && documents.identity.iter().any(|document| allows(document, asked).is_some())
        && limits(documents, asked)
}

fn limits(documents: &Documents, asked: &Asked) -> bool {
    let one = |document: &Json| allows(document, asked).is_some();
    documents.boundary.iter().all(one)
        && documents.session.iter().all(|session| session.iter().any(one))
}

fn statements(document: &Json) -> &Vec<Json> {
    document["Statement"].as_array().unwrap()
}

fn denies(document: &Json, asked: &Asked) -> bool {
    statements(document).iter().any(|statement| {
        statement["Effect"] == "Deny" && matches(document, statement, asked).is_some()
    })
}

fn allows(document: &Json, asked: &Asked) -> Option<Reach> {
    statements(document)
        .iter()
        .filter(|statement| statement["Effect"] == "Allow")
        .filter_map(|statement| matches(document, statement, asked))
        .max()
}

/// Whether a statement matches: in an Allow all that it asks must be so, in a Deny nothing that it
/// asks may be otherwise.
pub(crate) fn matches(document: &Json, statement: &Json, asked: &Asked) -> Option<Reach> {
    let new = document["Version"] == "2012-10-17";
    let deny = statement["Effect"] == "Deny";
    let reach = reach(statement, asked, deny)?;
    let answers = [
        action(statement, asked),
        resource(statement, asked, new),
        conditions(statement, asked, new),
    ];
    let matches = if deny {
        answers.iter().all(|answer| *answer != Some(false))
    } else {
        answers.iter().all(|answer| *answer == Some(true))
    };
    matches.then_some(reach)
}

fn reach(statement: &Json, asked: &Asked, deny: bool) -> Option<Reach> {
    if let Some(names) = statement.get("NotPrincipal") {
        let all: Vec<Reach> = named(names, asked.caller);
        let spared = match asked.caller {
            Caller::Session => {
                [Reach::Account, Reach::Role, Reach::Direct].iter().all(|reach| all.contains(reach))
            }
            Caller::User | Caller::Stranger => {
                [Reach::Account, Reach::Direct].iter().all(|reach| all.contains(reach))
            }
            Caller::Federated | Caller::Anonymous => false,
        };
        return (!spared).then_some(Reach::Direct);
    }
    let Some(names) = statement.get("Principal") else { return Some(Reach::Direct) };
    let everybody = *names == "*" || names["AWS"] == "*";
    if everybody && (deny || asked.caller != Caller::Federated) {
        return Some(Reach::Direct);
    }
    named(names, asked.caller).into_iter().max()
}

fn named(names: &Json, caller: Caller) -> Vec<Reach> {
    let known: &[(&str, Reach)] = match caller {
        Caller::Session => &[
            ("arn:aws:sts::111122223333:assumed-role/reader/alice", Reach::Direct),
            ("arn:aws:iam::111122223333:role/app/reader", Reach::Role),
            ("arn:aws:iam::111122223333:root", Reach::Account),
            ("111122223333", Reach::Account),
        ],
        Caller::User => &[
            ("arn:aws:iam::111122223333:user/ci", Reach::Direct),
            ("arn:aws:iam::111122223333:root", Reach::Account),
            ("111122223333", Reach::Account),
        ],
        Caller::Stranger => &[
            ("arn:aws:iam::444455556666:user/ext", Reach::Direct),
            ("444455556666", Reach::Account),
        ],
        Caller::Federated => {
            &[("arn:aws:iam::111122223333:oidc-provider/kc.example.com/realms/main", Reach::Direct)]
        }
        Caller::Anonymous => &[],
    };
    let kind = if caller == Caller::Federated { "Federated" } else { "AWS" };
    let listed = texts(&names[kind]);
    known
        .iter()
        .filter(|(name, _)| listed.iter().any(|text| text == name))
        .map(|known| known.1)
        .collect()
}

fn action(statement: &Json, asked: &Asked) -> Answer {
    let any = |names: &Json| {
        texts(names).iter().any(|name| {
            let pattern = tokens(&name.to_lowercase(), true, false);
            glob(&pattern, &asked.action.to_lowercase().chars().collect::<Vec<char>>())
        })
    };
    Some(match statement.get("Action") {
        Some(names) => any(names),
        None => !any(&statement["NotAction"]),
    })
}

fn resource(statement: &Json, asked: &Asked, new: bool) -> Answer {
    let one = |text: &String| match text.as_str() {
        "*" => Fit::Yes,
        text => arn(text, asked.resource, asked, new),
    };
    if let Some(names) = statement.get("Resource") {
        return any(&texts(names).iter().map(one).collect::<Vec<Fit>>());
    }
    let Some(names) = statement.get("NotResource") else { return Some(true) };
    let fits: Vec<Fit> = texts(names).iter().map(one).collect();
    if fits.contains(&Fit::Yes) {
        Some(false)
    } else if fits.contains(&Fit::Nothing) || fits.contains(&Fit::Unclear) {
        None
    } else {
        Some(true)
    }
}

fn any(fits: &[Fit]) -> Answer {
    let answer = |fit: &Fit| match fit {
        Fit::Yes => Some(true),
        Fit::Unclear => None,
        Fit::No | Fit::Nothing => Some(false),
    };
    settled(fits.iter().map(answer), true)
}

fn conditions(statement: &Json, asked: &Asked, new: bool) -> Answer {
    let mut answers = Vec::new();
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().unwrap() {
            answers.push(condition(operator, key, &texts(values), asked, new));
        }
    }
    settled(answers.into_iter(), false)
}

/// One answer that `settles` is enough, then one that cannot be said.
fn settled(answers: impl Iterator<Item = Answer>, settles: bool) -> Answer {
    let answers: Vec<Answer> = answers.collect();
    if answers.contains(&Some(settles)) {
        Some(settles)
    } else if answers.contains(&None) {
        None
    } else {
        Some(!settles)
    }
}

fn lookup<'a>(asked: &'a Asked, key: &str) -> Option<&'a Seen> {
    let seen =
        &asked.context.iter().find(|(known, _)| known.to_lowercase() == key.to_lowercase())?.1;
    match seen {
        Seen::Many(values) if values.is_empty() => None,
        _ => Some(seen),
    }
}

fn condition(operator: &str, key: &str, values: &[String], asked: &Asked, new: bool) -> Answer {
    let seen = lookup(asked, key);
    if matches!(seen, Some(Seen::Unknown)) {
        return None;
    }
    if operator == "Null" {
        return Some(values.contains(&if seen.is_none() { "true" } else { "false" }.to_owned()));
    }
    let some = operator.starts_with("ForAnyValue:");
    let all = operator.starts_with("ForAllValues:");
    let rest = operator.split(':').next_back().unwrap();
    let if_exists = rest.ends_with("IfExists");
    let base = rest.trim_end_matches("IfExists");
    let negated = base.contains("Not");
    let positive = base.replace("Not", "");
    let holds = |one: &String| {
        let fits: Vec<Fit> =
            values.iter().map(|value| compare(&positive, value, one, asked, new)).collect();
        any(&fits).map(|matches| matches != negated)
    };
    match seen {
        None if some && if_exists => None,
        None if some => Some(false),
        None => Some(all || if_exists || negated),
        Some(Seen::One(one)) => holds(one),
        Some(Seen::Many(many)) if some => settled(many.iter().map(holds), true),
        Some(Seen::Many(many)) if all => settled(many.iter().map(holds), false),
        Some(_) => None,
    }
}

fn compare(operator: &str, value: &str, seen: &str, asked: &Asked, new: bool) -> Fit {
    let text = |wildcards: bool, lower: bool| {
        let pattern = tokens(value, wildcards, new);
        let fold = |c: char| if lower { c.to_ascii_lowercase() } else { c };
        fit(&pattern, &seen.chars().map(fold).collect::<String>(), asked, fold)
    };
    let (one, two) = match operator {
        "StringEquals" => return text(false, false),
        "StringEqualsIgnoreCase" => return text(false, true),
        "StringLike" => return text(true, false),
        "ArnEquals" | "ArnLike" => {
            return match value {
                "*" => (seen.starts_with("arn:") && seen.split(':').count() >= 6).into(),
                value => arn(value, seen, asked, new),
            };
        }
        "Bool" => return (value == seen).into(),
        "BinaryEquals" => return (seen != "?" && value == seen).into(),
        "IpAddress" => return in_network(value, seen).into(),
        _ if operator.starts_with("Numeric") => (thousandths(seen), thousandths(value)),
        _ => (instant(seen), instant(value)),
    };
    let (Some(one), Some(two)) = (one, two) else { return Fit::No };
    let holds = match operator.trim_start_matches("Numeric").trim_start_matches("Date") {
        "Equals" => one == two,
        "LessThan" => one < two,
        "LessThanEquals" => one <= two,
        "GreaterThan" => one > two,
        "GreaterThanEquals" => one >= two,
        other => panic!("{other}"),
    };
    holds.into()
}

fn thousandths(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "the pool has small numbers only")]
    Some((number * 1000.0).round() as i64)
}

fn instant(text: &str) -> Option<i64> {
    match text {
        "2026-01-02T03:04:05Z" | "1767323045" => Some(1_767_323_045),
        "2026-01-02T04:04:06+01:00" | "2026-01-02T03:04:06Z" => Some(1_767_323_046),
        "2025-12-31" => Some(1_767_139_200),
        _ => None,
    }
}

fn in_network(network: &str, seen: &str) -> bool {
    let Ok(seen) = seen.parse::<std::net::IpAddr>() else { return false };
    let (address, length) = match network.split_once('/') {
        Some((address, length)) => (address, length.parse::<u32>().unwrap()),
        None => (network, if network.contains(':') { 128 } else { 32 }),
    };
    let bits = |address: &std::net::IpAddr| match address {
        std::net::IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        std::net::IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let (one, width) = bits(&address.parse().unwrap());
    let (two, other) = bits(&seen);
    let shift = |bits: u128| bits.checked_shr(width - length).unwrap_or(0);
    width == other && shift(one) == shift(two)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Char(char),
    One,
    Many,
    Variable(String, Option<String>),
}

fn tokens(text: &str, wildcards: bool, variables: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if variables && rest.starts_with("${") {
            let end = rest.find('}').unwrap();
            let inside = &rest[2..end];
            tokens.push(match (inside, inside.split_once(", ")) {
                ("*" | "?" | "$", _) => Token::Char(inside.chars().next().unwrap()),
                (_, Some((key, default))) => {
                    Token::Variable(key.to_owned(), Some(default.trim_matches('\'').to_owned()))
                }
                (key, None) => Token::Variable(key.to_owned(), None),
            });
            rest = &rest[end + 1..];
            continue;
        }
        tokens.push(match c {
            '*' if wildcards => Token::Many,
            '?' if wildcards => Token::One,
            c => Token::Char(c),
        });
        rest = &rest[c.len_utf8()..];
    }
    tokens
}

/// Puts values, which are plain characters, in the place of variables, and a star where there is not one.
fn fit(pattern: &[Token], seen: &str, asked: &Asked, fold: impl Fn(char) -> char) -> Fit {
    let mut expanded = Vec::new();
    let mut clear = true;
    for token in pattern {
        match token {
            Token::Variable(key, default) => match (lookup(asked, key), default) {
                (Some(Seen::One(value)), _) | (None, Some(value)) => {
                    expanded.extend(value.chars().map(|c| Token::Char(fold(c))));
                }
                (Some(_), _) => {
                    clear = false;
                    expanded.push(Token::Many);
                }
                (None, None) => return Fit::Nothing,
            },
            Token::Char(c) => expanded.push(Token::Char(fold(*c))),
            other => expanded.push(other.clone()),
        }
    }
    match glob(&expanded, &seen.chars().collect::<Vec<char>>()) {
        true if !clear => Fit::Unclear,
        fits => fits.into(),
    }
}

/// Six parts each, and each of them has to fit.
fn arn(pattern: &str, seen: &str, asked: &Asked, new: bool) -> Fit {
    let mut parts: Vec<Vec<Token>> = Vec::from([Vec::new()]);
    for token in tokens(pattern, true, new) {
        if token == Token::Char(':') && parts.len() < 6 {
            parts.push(Vec::new());
        } else {
            parts.last_mut().unwrap().push(token);
        }
    }
    let seen: Vec<&str> = seen.splitn(6, ':').collect();
    if parts.len() != 6 || seen.len() != 6 || seen[0] != "arn" {
        return Fit::No;
    }
    let fits: Vec<Fit> =
        parts.iter().zip(seen).map(|(part, seen)| fit(part, seen, asked, |c| c)).collect();
    [Fit::No, Fit::Nothing, Fit::Unclear]
        .into_iter()
        .find(|worst| fits.contains(worst))
        .unwrap_or(Fit::Yes)
}

fn glob(pattern: &[Token], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Token::Many, rest)) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        Some((Token::One, rest)) => !text.is_empty() && glob(rest, &text[1..]),
        Some((Token::Char(c), rest)) => text.first() == Some(c) && glob(rest, &text[1..]),
        Some((Token::Variable(..), _)) => panic!("not expanded"),
    }
}

fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => Vec::from([text.clone()]),
        Json::Array(values) => values.iter().flat_map(texts).collect(),
        Json::Null => Vec::new(),
        other => Vec::from([other.to_string()]),
    }
}
