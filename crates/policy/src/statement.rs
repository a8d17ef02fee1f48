//! A compiled statement.

use std::sync::Arc;

use crate::Principal;
use crate::action::ActionPattern;
use crate::arn::ArnPattern;
use crate::condition::{Key, Test, Verdict};
use crate::context::Lookup;
use crate::decision::Failed;
use crate::matched::Match;
use crate::principal::{PrincipalPattern, Reach};
use crate::variable::Text;

/// One statement, its Effect aside.
#[derive(Debug)]
pub(crate) struct Statement {
    /// Its place in the document.
    pub(crate) index: usize,
    pub(crate) sid: Option<Arc<str>>,
    /// None in policies that are attached to their principal.
    pub(crate) principal: Option<Listed<PrincipalPattern>>,
    pub(crate) actions: Listed<Vec<ActionPattern>>,
    /// None in trust policies, which are about their role.
    pub(crate) resources: Option<Listed<Vec<ArnPattern>>>,
    pub(crate) tests: Vec<Test>,
}

/// An element or its `Not...`.
#[derive(Debug)]
pub(crate) enum Listed<T> {
    /// These.
    In(T),
    /// All but these.
    Not(T),
}

impl<T> Listed<T> {
    pub(crate) fn inner(&self) -> &T {
        match self {
            Self::In(inner) | Self::Not(inner) => inner,
        }
    }
}

/// A request, prepared once for all statements.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Lower case.
    pub(crate) action: &'a str,
    /// An ARN or `*`.
    pub(crate) resource: &'a str,
    pub(crate) principal: &'a Principal,
    pub(crate) lookup: Lookup<'a>,
    /// Whether the resource stands for everything that begins with it.
    pub(crate) below: bool,
}

/// What keeps a statement from matching.
#[derive(Clone, Copy)]
pub(crate) enum Obstacle<'a> {
    Principal,
    Action,
    /// With the key of a variable in it that has not one value, if there is one.
    Resource(Option<&'a Key>),
    Test(&'a Test),
    Nothing,
}

impl Obstacle<'_> {
    pub(crate) fn describe(self, asked: &Asked<'_>) -> Failed {
        match self {
            Self::Principal => Failed::Principal,
            // What is attached to a principal is nobody's who has none.
            Self::Nothing if matches!(asked.principal, Principal::Anonymous) => Failed::Principal,
            Self::Action => Failed::Action,
            Self::Resource(None) => Failed::Resource,
            Self::Resource(Some(key)) => Failed::Variable(Arc::clone(&key.written)),
            Self::Test(test) => Failed::Condition(test.miss(asked.lookup)),
            // It matched, and still it granted nothing.
            Self::Nothing => Failed::AccountOnly,
        }
    }
}

impl Statement {
    /// Whether it denies the request: what cannot be decided does.
    pub(crate) fn denies(&self, asked: &Asked<'_>) -> bool {
        self.addresses(asked.principal)
            && self.names_action(asked)
            && self.names_resource(asked) != Verdict::Fails
            && self.tests.iter().all(|test| test.verdict(asked.lookup) != Verdict::Fails)
    }

    /// How it allows the request, if it does: what cannot be decided does not.
    pub(crate) fn allows(&self, asked: &Asked<'_>) -> Option<Reach> {
        let reach = self.reach(asked)?;
        let matches = self.names_action(asked)
            && self.names_resource(asked) == Verdict::Holds
            && self.tests.iter().all(|test| test.verdict(asked.lookup) == Verdict::Holds);
        matches.then_some(reach)
    }

    /// What keeps it from allowing the request and how far it came, for comparison only.
    pub(crate) fn obstacle(&self, asked: &Asked<'_>) -> (usize, Obstacle<'_>) {
        if self.reach(asked).is_none() {
            return (0, Obstacle::Principal);
        }
        if !self.names_action(asked) {
            return (1, Obstacle::Action);
        }
        if self.names_resource(asked) != Verdict::Holds {
            return (2, Obstacle::Resource(self.key_without_value(asked)));
        }
        let mut first = None;
        let mut progress = 3;
        for test in &self.tests {
            if test.verdict(asked.lookup) == Verdict::Holds {
                progress += 1;
            } else if first.is_none() {
                first = Some(test);
            }
        }
        match first {
            Some(test) => (progress, Obstacle::Test(test)),
            None => (usize::MAX, Obstacle::Nothing),
        }
    }

    /// The first variable of a resource that keeps it from standing for anything.
    fn key_without_value(&self, asked: &Asked<'_>) -> Option<&Key> {
        let hangs = |pattern: &&ArnPattern| {
            matches!(compare(pattern, asked), Match::WithoutValue | Match::Unclear)
        };
        self.resources
            .as_ref()?
            .inner()
            .iter()
            .find(hangs)?
            .texts()
            .find_map(|text| text.without_value(asked.lookup))
    }

    /// Whether principal, action and resource could match, whatever the context turns out to be.
    pub(crate) fn may_concern(&self, asked: &Asked<'_>) -> bool {
        // A resource may hang on a variable that is not known yet: such a statement concerns.
        let resource = match &self.resources {
            None => true,
            Some(Listed::In(patterns)) => patterns
                .iter()
                .any(|pattern| pattern.has_variables() || compare(pattern, asked) != Match::No),
            Some(Listed::Not(patterns)) => !patterns
                .iter()
                .any(|pattern| !pattern.has_variables() && compare(pattern, asked) == Match::Yes),
        };
        self.addresses(asked.principal) && self.names_action(asked) && resource
    }

    /// All keys that it needs to know.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        let in_resources = self
            .resources
            .iter()
            .flat_map(Listed::inner)
            .flat_map(ArnPattern::texts)
            .flat_map(Text::keys);
        let in_tests =
            self.tests.iter().flat_map(|test| std::iter::once(&test.key).chain(test.variables()));
        in_resources.chain(in_tests)
    }

    /// Whether it could be about an action of one of these services.
    pub(crate) fn may_be_of(&self, services: &[&str]) -> bool {
        match &self.actions {
            Listed::In(patterns) => patterns.iter().any(|pattern| pattern.may_be_of(services)),
            Listed::Not(_) => true,
        }
    }

    /// Whether a Deny is about the caller.
    fn addresses(&self, caller: &Principal) -> bool {
        match &self.principal {
            None => true,
            Some(Listed::In(principals)) => principals.denies(caller),
            Some(Listed::Not(principals)) => !principals.spares(caller),
        }
    }

    pub(crate) fn reach(&self, asked: &Asked<'_>) -> Option<Reach> {
        match &self.principal {
            None => Some(Reach::Direct),
            Some(Listed::In(principals)) => principals.allows(asked.principal),
            // Loading refuses it with Allow.
            Some(Listed::Not(_)) => None,
        }
    }

    pub(crate) fn names_action(&self, asked: &Asked<'_>) -> bool {
        match &self.actions {
            Listed::In(patterns) => patterns.iter().any(|pattern| pattern.matches(asked.action)),
            Listed::Not(patterns) => !patterns.iter().any(|pattern| pattern.matches(asked.action)),
        }
    }

    /// Whether it names the resource, or everything that begins with it: an Allow has to name all of it,
    /// and a Deny denies if it names any.
    pub(crate) fn names_resource(&self, asked: &Asked<'_>) -> Verdict {
        let one = |pattern| compare(pattern, asked);
        match &self.resources {
            None => Verdict::Holds,
            Some(Listed::In(patterns)) => Match::any(patterns.iter().map(one)),
            Some(Listed::Not(patterns)) => Match::none(patterns.iter().map(one)),
        }
    }
}

/// `*` as a resource is what actions without one are asked for: only the pattern `*` names it.
fn compare(pattern: &ArnPattern, asked: &Asked<'_>) -> Match {
    match pattern {
        ArnPattern::Any => Match::Yes,
        _ if asked.below => pattern.below(asked.resource, asked.lookup),
        _ => pattern.matches(asked.resource, asked.lookup),
    }
}
