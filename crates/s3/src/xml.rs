//! The XML of S3, read and written strictly.
//!
//! [`Cursor`] is a pull reader over one document that is whole in memory. It knows no DTD, no
//! entities beyond the five predefined ones and character references, and no processing
//! instructions: each of them is an error, so that there is nothing to expand (A15). Names are
//! compared without namespace prefix. Attributes are ignored where they declare namespaces or
//! belong to `xsi:`, and an error elsewhere. Nothing recurses.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Not well-formed, not UTF-8, or with a character that XML does not have.
    #[error("not well-formed XML")]
    Malformed,
    /// A document type, an entity that is not predefined, or a processing instruction.
    #[error("a DTD, an entity or a processing instruction")]
    Forbidden,
    /// Another root element than the one that is asked for.
    #[error("the root element is not `{0}`")]
    Root(&'static str),
    /// An element that does not belong here, or stands here twice.
    #[error("the element `{0}` is not expected here")]
    Unexpected(String),
    /// An element that must be there and is not.
    #[error("the element `{0}` is missing")]
    Missing(&'static str),
    /// Text that the element cannot hold.
    #[error("the element `{0}` holds something that is not valid")]
    Value(&'static str),
    /// More elements of a kind than are allowed, or longer text.
    #[error("too much of `{0}`")]
    TooMany(&'static str),
}

/// How forgiving a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A client's request: attributes must be declarations of namespaces.
    Strict,
    /// A store's answer: attributes are passed over.
    Lenient,
}

/// A part of a document whose elements nobody knows here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The begin of an element, with its `xsi:type`.
    Open(String, Option<String>),
    /// The text of an element that has nothing else.
    Text(String),
    /// The end of the element that was opened last.
    Close,
}

/// A position in a document: inside one element, before its next child.
pub(crate) struct Cursor<'a> {
    reader: Reader<&'a [u8]>,
    reading: Reading,
    /// For [`Cursor::piece`]: whether an element was just opened, and so may hold text; and what
    /// ended its text.
    leaf: bool,
    pending: Option<Piece>,
}

impl<'a> Cursor<'a> {
    /// Enters the root element and tells its name.
    pub(crate) fn open(document: &'a [u8], reading: Reading) -> Result<(Self, String), XmlError> {
        let document = document.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(document);
        let document = std::str::from_utf8(document).map_err(|_| XmlError::Malformed)?;
        // Stores send white space while they work, and the declaration after it.
        let mut reader = Reader::from_str(document.trim_ascii_start());
        reader.config_mut().expand_empty_elements = true;
        let mut cursor = Self { reader, reading, leaf: true, pending: None };
        let mut first = true;
        loop {
            match cursor.event()? {
                Event::Decl(declaration) if first => match declaration.encoding() {
                    None => {}
                    Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => {}
                    Some(_) => return Err(XmlError::Malformed),
                },
                Event::Start(start) => return Ok((cursor, start_name(&start))),
                Event::Comment(_) => {}
                Event::Text(text) if is_blank(&text) => {}
                other => return Err(misplaced(&other)),
            }
            first = false;
        }
    }

    /// Enters the root element, which must be the one named.
    pub(crate) fn root(
        document: &'a [u8],
        reading: Reading,
        name: &'static str,
    ) -> Result<Self, XmlError> {
        let (cursor, found) = Self::open(document, reading)?;
        if found == name { Ok(cursor) } else { Err(XmlError::Root(name)) }
    }

    /// Enters the next child and tells its name. `None`: the element had no more, and is left.
    pub(crate) fn next(&mut self) -> Result<Option<String>, XmlError> {
        loop {
            match self.event()? {
                Event::Start(start) => {
                    self.leaf = true;
                    return Ok(Some(start_name(&start)));
                }
                Event::End(_) => return Ok(None),
                Event::Comment(_) => {}
                Event::Text(text) if is_blank(&text) => {}
                other => return Err(misplaced(&other)),
            }
        }
    }

    /// Reads the element that was entered last as text, and leaves it.
    pub(crate) fn text(&mut self, name: &'static str, most: usize) -> Result<String, XmlError> {
        let mut text = String::new();
        loop {
            match self.event()? {
                Event::End(_) => break,
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => push_reference(&mut text, &reference)?,
                Event::Comment(_) => {}
                other => return Err(misplaced(&other)),
            }
            if text.len() > most {
                return Err(XmlError::TooMany(name));
            }
        }
        if text.chars().all(is_xml_char) { Ok(text) } else { Err(XmlError::Malformed) }
    }

    /// Reads text into a slot that must be empty: an element that may stand once.
    pub(crate) fn text_once(
        &mut self,
        slot: &mut Option<String>,
        name: &'static str,
        most: usize,
    ) -> Result<(), XmlError> {
        let text = self.text(name, most)?;
        match slot.replace(text) {
            None => Ok(()),
            Some(_) => Err(XmlError::Unexpected(name.to_owned())),
        }
    }

    /// The next part, whatever its name. An element holds either text or elements; white space
    /// between elements is none.
    pub(crate) fn piece(&mut self, most: usize) -> Result<Piece, XmlError> {
        if let Some(piece) = self.pending.take() {
            return Ok(piece);
        }
        let mut text = String::new();
        let next = loop {
            match self.event()? {
                Event::Start(start) => {
                    break Piece::Open(start_name(&start), type_attribute(&start)?);
                }
                Event::End(_) => break Piece::Close,
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => push_reference(&mut text, &reference)?,
                Event::Comment(_) => {}
                other => return Err(misplaced(&other)),
            }
            if text.len() > most {
                return Err(XmlError::TooMany("text"));
            }
        };
        if !text.chars().all(is_xml_char) {
            return Err(XmlError::Malformed);
        }
        let ends_leaf = self.leaf && next == Piece::Close;
        self.leaf = matches!(next, Piece::Open(..));
        match (text.is_empty() || (!ends_leaf && is_blank(&text)), ends_leaf) {
            (true, _) => Ok(next),
            (false, true) => {
                self.pending = Some(next);
                Ok(Piece::Text(text))
            }
            (false, false) => Err(XmlError::Malformed),
        }
    }

    /// Passes over the element that was entered last.
    pub(crate) fn skip(&mut self) -> Result<(), XmlError> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.event()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) | Event::Comment(_) => {}
                other => return Err(misplaced(&other)),
            }
        }
        Ok(())
    }

    /// After the root was left: nothing else may follow.
    pub(crate) fn finish(mut self) -> Result<(), XmlError> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Comment(_) => {}
                Event::Text(text) if is_blank(&text) => {}
                other => return Err(misplaced(&other)),
            }
        }
    }

    fn event(&mut self) -> Result<Event<'a>, XmlError> {
        let event = self.reader.read_event().map_err(|_| XmlError::Malformed)?;
        if let Event::Start(start) = &event {
            if !is_qname(start.name().into_inner()) {
                return Err(XmlError::Malformed);
            }
            if self.reading == Reading::Strict {
                check_attributes(start)?;
            }
        }
        Ok(event)
    }
}

/// `[PREFIX:]LOCAL` (Namespaces in XML 1.0, section 4). The reader takes any bytes for a name, and what is
/// behind the first colon is written anew: of `a:b:Bucket` a store would read `b:Bucket` as `Bucket`, and a
/// name such as `a'><Bucket>` would be two elements.
fn is_qname(name: &str) -> bool {
    let ncname = |name: &str| {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        // S3 has no element with other letters than ASCII's.
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(fine)
    };
    let (prefix, local) = name.split_once(':').unwrap_or(("_", name));
    ncname(prefix) && ncname(local)
}

/// The error for an element that has no place where it stands.
pub(crate) fn unexpected(name: &str) -> XmlError {
    XmlError::Unexpected(crate::resolve::shown(name))
}

fn misplaced(event: &Event<'_>) -> XmlError {
    match event {
        Event::DocType(_) | Event::PI(_) => XmlError::Forbidden,
        Event::Start(start) => unexpected(&start_name(start)),
        Event::End(_)
        | Event::Empty(_)
        | Event::Text(_)
        | Event::CData(_)
        | Event::Comment(_)
        | Event::Decl(_)
        | Event::GeneralRef(_)
        | Event::Eof => XmlError::Malformed,
    }
}

fn start_name(start: &BytesStart<'_>) -> String {
    start.local_name().into_inner().to_owned()
}

/// The most attributes of an element. The reader compares each with all before it, so that a
/// document of nothing but attributes would take minutes.
const MAX_ATTRIBUTES: usize = 16;

fn check_attributes(start: &BytesStart<'_>) -> Result<(), XmlError> {
    for (count, attribute) in start.attributes().enumerate() {
        if count == MAX_ATTRIBUTES {
            return Err(XmlError::Malformed);
        }
        let attribute = attribute.map_err(|_| XmlError::Malformed)?;
        let name = attribute.key.into_inner();
        if name != "xmlns" && !name.starts_with("xmlns:") && !name.starts_with("xsi:") {
            return Err(unexpected(name));
        }
    }
    Ok(())
}

/// The one attribute that S3's documents have: what kind of grantee it is.
fn type_attribute(start: &BytesStart<'_>) -> Result<Option<String>, XmlError> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| XmlError::Malformed)?;
        if attribute.key.into_inner() == "xsi:type" {
            let value = attribute.value.into_owned();
            let plain = value.chars().all(|c| c.is_ascii_alphanumeric());
            return if plain { Ok(Some(value)) } else { Err(XmlError::Malformed) };
        }
    }
    Ok(None)
}

fn push_reference(text: &mut String, reference: &BytesRef<'_>) -> Result<(), XmlError> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => text.push(character),
        Ok(None) => {
            let entity = resolve_predefined_entity(reference).ok_or(XmlError::Forbidden)?;
            text.push_str(entity);
        }
        Err(_) => return Err(XmlError::Malformed),
    }
    Ok(())
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// The characters of XML 1.0.
pub(crate) fn is_xml_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The beginning of every document of ours.
pub const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The namespace of S3's documents.
pub(crate) const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The namespace of `xsi:type`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A document that is being written. Element names are ours; every text is escaped.
pub(crate) struct Writer {
    text: String,
}

impl Writer {
    /// Begins a document of S3's namespace, with its root.
    pub(crate) fn document(root: &str) -> Self {
        let mut writer = Self::without_namespace();
        writer.open_in_namespace(root);
        writer
    }

    /// A document that is one element of S3's namespace with a text.
    pub(crate) fn leaf_document(root: &str, text: &str) -> String {
        let mut writer = Self::document(root);
        text.chars().for_each(|character| writer.push_escaped(character));
        writer.close(root);
        writer.finish()
    }

    /// A document of S3's namespace with these parts, the root's among them.
    pub(crate) fn pieces(root: &str, pieces: &[Piece]) -> String {
        let mut writer = Self::document(root);
        let mut open = vec![root];
        for piece in pieces.iter().skip(1) {
            match piece {
                Piece::Open(name, None) => {
                    writer.open(name);
                    open.push(name);
                }
                Piece::Open(name, Some(kind)) => {
                    writer.open(&format!("{name} xmlns:xsi=\"{INSTANCE}\" xsi:type=\"{kind}\""));
                    open.push(name);
                }
                Piece::Text(text) => text.chars().for_each(|c| writer.push_escaped(c)),
                Piece::Close => {
                    if let Some(name) = open.pop() {
                        writer.close(name);
                    }
                }
            }
        }
        writer.finish()
    }

    fn open_in_namespace(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push_str(" xmlns=\"");
        self.text.push_str(NAMESPACE);
        self.text.push_str("\">");
    }

    /// Begins a document that has no namespace, as errors have none; the root is opened by the
    /// caller.
    pub(crate) fn without_namespace() -> Self {
        Self { text: DECLARATION.to_owned() }
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }

    pub(crate) fn leaf(&mut self, name: &str, text: &str) {
        self.open(name);
        for character in text.chars() {
            self.push_escaped(character);
        }
        self.close(name);
    }

    pub(crate) fn leaf_if(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    fn push_escaped(&mut self, character: char) {
        match character {
            '&' => self.text.push_str("&amp;"),
            '<' => self.text.push_str("&lt;"),
            '>' => self.text.push_str("&gt;"),
            '"' => self.text.push_str("&quot;"),
            '\'' => self.text.push_str("&#39;"),
            // Parsers fold literal ones.
            '\t' => self.text.push_str("&#9;"),
            '\n' => self.text.push_str("&#10;"),
            '\r' => self.text.push_str("&#13;"),
            other if is_xml_char(other) => self.text.push(other),
            _ => self.text.push('\u{fffd}'),
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests;
