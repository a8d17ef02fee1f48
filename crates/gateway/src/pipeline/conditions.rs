//! Conditions on an object by its ETag and the time of its last change (RFC 9110, section 13), where the store does
//! not hold to them.

use s3::Operation;
use sigv4::Timestamp;

/// The headers that hold them.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) is: &'static str,
    pub(super) is_not: &'static str,
    pub(super) modified_since: &'static str,
    pub(super) unmodified_since: &'static str,
}

/// On the source of a copy (API reference of CopyObject).
pub(super) const OF_SOURCE: Names = Names {
    is: "x-amz-copy-source-if-match",
    is_not: "x-amz-copy-source-if-none-match",
    modified_since: "x-amz-copy-source-if-modified-since",
    unmodified_since: "x-amz-copy-source-if-unmodified-since",
};

/// On what is read (API reference of GetObject).
pub(super) const OF_READ: Names = Names {
    is: "if-match",
    is_not: "if-none-match",
    modified_since: "if-modified-since",
    unmodified_since: "if-unmodified-since",
};

impl Names {
    /// All of them.
    pub(super) fn all(&self) -> [&'static str; 4] {
        [self.is, self.is_not, self.modified_since, self.unmodified_since]
    }
}

/// What a request wants of an object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions<'r> {
    is: Option<&'r str>,
    is_not: Option<&'r str>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

/// A condition that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// The object is another one (`is`), or has changed since: 412.
    Precondition(&'static str),
    /// The object is the one that the client has: 304, where something was read.
    NotModified(&'static str),
}

impl Failed {
    /// The header.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Precondition(name) | Self::NotModified(name) => name,
        }
    }
}

impl<'r> Conditions<'r> {
    /// Reads them.
    ///
    /// # Errors
    /// The name of a header that cannot be read.
    pub(super) fn of(operation: &'r Operation, names: &Names) -> Result<Self, &'static str> {
        Ok(Self {
            is: text(operation, names.is)?,
            is_not: text(operation, names.is_not)?,
            modified_since: time(operation, names.modified_since)?,
            unmodified_since: time(operation, names.unmodified_since)?,
        })
    }

    /// The same, without what cannot be read: such a condition is none (RFC 9110, 13.1.3).
    pub(super) fn readable(operation: &'r Operation, names: &Names) -> Self {
        Self {
            is: text(operation, names.is).unwrap_or_default(),
            is_not: text(operation, names.is_not).unwrap_or_default(),
            modified_since: time(operation, names.modified_since).unwrap_or_default(),
            unmodified_since: time(operation, names.unmodified_since).unwrap_or_default(),
        }
    }

    /// The first condition that does not hold for an object with this ETag that was last modified then; what is not
    /// known of it fails none. Of a condition on the ETag and one on the time of the same sense, the one on the ETag
    /// counts (API references of GetObject and CopyObject; RFC 9110, 13.2.2).
    pub(super) fn failed(
        &self,
        etag: Option<&str>,
        modified: Option<Timestamp>,
        names: &Names,
    ) -> Option<Failed> {
        let later = |since: Timestamp| modified.map(|modified| modified.unix() > since.unix());
        if let Some(is) = self.is {
            if etag.is_some_and(|etag| !lists(is, etag)) {
                return Some(Failed::Precondition(names.is));
            }
        } else if self.unmodified_since.and_then(later) == Some(true) {
            return Some(Failed::Precondition(names.unmodified_since));
        }
        if let Some(is_not) = self.is_not {
            let same = etag.is_some_and(|etag| lists(is_not, etag));
            same.then_some(Failed::NotModified(names.is_not))
        } else {
            let old = self.modified_since.and_then(later) == Some(false);
            old.then_some(Failed::NotModified(names.modified_since))
        }
    }
}

fn text<'r>(operation: &'r Operation, name: &'static str) -> Result<Option<&'r str>, &'static str> {
    operation.header(name).map(|value| value.to_str().map_err(|_| name)).transpose()
}

fn time(operation: &Operation, name: &'static str) -> Result<Option<Timestamp>, &'static str> {
    let parse = |text| Timestamp::parse_date_header(text).map_err(|_| name);
    text(operation, name)?.map(parse).transpose()
}

/// Whether a list of ETags, with or without quotes, has this one.
fn lists(list: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    list.trim() == "*" || list.split(',').any(|tag| bare(tag) == bare(etag))
}

#[cfg(test)]
mod tests {
    use super::Failed::{NotModified, Precondition};
    use super::*;

    fn failed(conditions: &Conditions<'_>) -> Option<Failed> {
        conditions.failed(Some("\"e\""), Some(Timestamp::from_unix(100)), &OF_READ)
    }

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_unix(seconds))
    }

    #[test]
    fn etags() {
        for (list, has) in [
            ("\"e\"", true),
            ("e", true),
            ("*", true),
            ("\"a\", \"e\"", true),
            ("\"E\"", false),
            ("", false),
        ] {
            let is = Conditions { is: Some(list), ..Conditions::default() };
            assert_eq!(failed(&is), (!has).then_some(Precondition(OF_READ.is)), "{list}");
            let is_not = Conditions { is_not: Some(list), ..Conditions::default() };
            assert_eq!(failed(&is_not), has.then_some(NotModified(OF_READ.is_not)), "{list}");
        }
    }

    #[test]
    fn times() {
        for (since, later) in [(99, true), (100, false), (101, false)] {
            let unmodified = Conditions { unmodified_since: at(since), ..Conditions::default() };
            let expected = later.then_some(Precondition(OF_READ.unmodified_since));
            assert_eq!(failed(&unmodified), expected, "{since}");
            let modified = Conditions { modified_since: at(since), ..Conditions::default() };
            let expected = (!later).then_some(NotModified(OF_READ.modified_since));
            assert_eq!(failed(&modified), expected, "{since}");
        }
    }

    /// "If both ... the If-Match evaluates to true and the If-Unmodified-Since to false, 200."
    #[test]
    fn the_etag_counts_more_than_the_time() {
        let both = Conditions { is: Some("e"), unmodified_since: at(1), ..Conditions::default() };
        assert_eq!(failed(&both), None);
        let both = Conditions { is_not: Some("e"), modified_since: at(1), ..Conditions::default() };
        assert_eq!(failed(&both), Some(NotModified(OF_READ.is_not)));
        let both =
            Conditions { is_not: Some("a"), modified_since: at(999), ..Conditions::default() };
        assert_eq!(failed(&both), None);
        let both = Conditions { is: Some("e"), is_not: Some("*"), ..Conditions::default() };
        assert_eq!(failed(&both), Some(NotModified(OF_READ.is_not)));
    }

    #[test]
    fn what_is_not_known_fails_nothing() {
        let all = Conditions {
            is: Some("a"),
            is_not: Some("e"),
            modified_since: at(1000),
            unmodified_since: at(1),
        };
        assert_eq!(all.failed(None, None, &OF_READ), None);
        let times = Conditions { is: None, is_not: None, ..all };
        assert_eq!(times.failed(Some("e"), None, &OF_READ), None);
    }
}
