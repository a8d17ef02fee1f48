//! Mistakes and warnings, each with its place and what to do about it.

use std::fmt;

/// Where a value came from, so that the reader of a message knows which file or variable to edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The configuration file, at this line (from 1).
    Line(u64),
    /// An environment variable of this name.
    Variable(String),
    /// Written nowhere: the key is missing, or its default applies.
    Absent,
}

/// A key path (`stores[0].endpoint`) or a document's place (`roles/a.json: Statement[1]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of the key, empty for the whole file.
    pub path: String,
    /// Which file line or variable said it.
    pub origin: Origin,
}

impl Place {
    /// The place of a key that nobody has written.
    pub fn absent(path: impl Into<String>) -> Self {
        Self { path: path.into(), origin: Origin::Absent }
    }

    /// The place of the key `name` below this one.
    pub fn key(&self, name: &str) -> Self {
        let path =
            if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, origin: self.origin.clone() }
    }

    /// The place of the list element `index` (from 0) below this one.
    pub fn index(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), origin: self.origin.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the configuration" } else { &self.path };
        match &self.origin {
            Origin::Line(line) => write!(f, "{path} (line {line})"),
            Origin::Variable(name) => write!(f, "{path} (from {name})"),
            Origin::Absent => f.write_str(path),
        }
    }
}

/// One thing to tell the operator: where, what is wrong and what to do. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The key or document it is about.
    pub place: Place,
    /// What is wrong and what to write instead: lower case, no full stop.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Two lists: what keeps the gateway from starting, and what the operator should know.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    mistakes: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Findings {
    /// Something that has to be put right first.
    pub fn mistake(&mut self, place: &Place, message: impl Into<String>) {
        self.mistakes.push(Finding { place: place.clone(), message: message.into() });
    }

    /// Something allowed that should be seen.
    pub fn warn(&mut self, place: &Place, message: impl Into<String>) {
        self.warnings.push(Finding { place: place.clone(), message: message.into() });
    }

    /// Whether nothing keeps the gateway from starting.
    pub fn is_fine(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// What keeps the gateway from starting, in the order of the file.
    pub fn mistakes(&self) -> &[Finding] {
        &self.mistakes
    }

    /// What is allowed and should be seen.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// Ends the collecting: the warnings, or everything if there was a mistake. Both are in the
    /// order of the file then, followed by what stands elsewhere or nowhere.
    ///
    /// # Errors
    /// If there was a mistake.
    pub fn finish(mut self) -> Result<Vec<Finding>, ConfigErrors> {
        let line = |finding: &Finding| match finding.place.origin {
            Origin::Line(line) => (0, line),
            Origin::Variable(_) => (1, 0),
            Origin::Absent => (2, 0),
        };
        self.mistakes.sort_by_key(line);
        self.warnings.sort_by_key(line);
        if self.is_fine() { Ok(self.warnings) } else { Err(ConfigErrors(self)) }
    }
}

/// Everything that is wrong with a configuration, all at once.
#[derive(Clone, Debug)]
pub struct ConfigErrors(Findings);

impl ConfigErrors {
    /// The mistakes, at least one.
    pub fn mistakes(&self) -> &[Finding] {
        self.0.mistakes()
    }

    /// The warnings that were found beside them.
    pub fn warnings(&self) -> &[Finding] {
        self.0.warnings()
    }
}

impl From<Findings> for ConfigErrors {
    fn from(findings: Findings) -> Self {
        Self(findings)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes().iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
