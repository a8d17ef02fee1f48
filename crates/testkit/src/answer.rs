//! What a double answers, and how it misbehaves while it does.

use std::time::Duration;

use bytes::Bytes;

/// One answer of a [`Server`](crate::server::Server): built up, then handed over.
///
/// ```
/// use testkit::answer::Answer;
/// let torn = Answer::ok().header("etag", "\"1\"").body("0123456789").cut_after(4);
/// let slow = Answer::status(503).after(std::time::Duration::from_millis(50));
/// # let _ = (torn, slow);
/// ```
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
    pub(crate) framing: Framing,
    pub(crate) reading: Reading,
    pub(crate) pace: Pace,
    pub(crate) send_continue: bool,
    pub(crate) delay: Duration,
    pub(crate) drip: Option<(usize, Duration)>,
    pub(crate) cut_after: Option<u64>,
    pub(crate) ending: Ending,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Bytes(Bytes),
    Repeat(u8, u64),
}

impl Body {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Repeat(_, length) => *length,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length,
    Declared(u64),
    Chunked(Vec<(String, String)>),
    UntilClose,
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Whole,
    Only(u64),
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    pub(crate) bytes: Option<u64>,
    pub(crate) pause: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    KeepAlive,
    Close,
    Reset,
}

impl Answer {
    /// An answer with that status and an empty body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Bytes(Bytes::new()),
            framing: Framing::Length,
            reading: Reading::Whole,
            pace: Pace::default(),
            send_continue: true,
            delay: Duration::ZERO,
            drip: None,
            cut_after: None,
            ending: Ending::KeepAlive,
        }
    }

    /// `200` with an empty body.
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// Exactly these bytes, head included, and the connection ends after them.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        let answer = Self { framing: Framing::Raw, ..Self::ok() };
        answer.body(bytes).close()
    }

    /// An S3 error document with that code.
    pub fn error(status: u16, code: &str) -> Self {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>the store says \
             {code}</Message><Resource>/store/own/name</Resource><RequestId>tx-of-the-store</RequestId>\
             <HostId>host-of-the-store</HostId></Error>"
        );
        Self::status(status).header("content-type", "application/xml").body(xml)
    }

    /// A redirect to `location`.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Adds a header. `Content-Length` and `Transfer-Encoding` come from the framing.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes(body.into());
        self
    }

    /// A body of `length` times the same byte, made while it is sent.
    #[must_use]
    pub fn body_of(mut self, byte: u8, length: u64) -> Self {
        self.body = Body::Repeat(byte, length);
        self
    }

    /// Sends the body in chunks, with these trailers.
    #[must_use]
    pub fn chunked(mut self, trailers: &[(&str, &str)]) -> Self {
        let owned = trailers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.framing = Framing::Chunked(owned);
        self
    }

    /// Sends the body without any length: it ends with the connection.
    #[must_use]
    pub fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self.close()
    }

    /// Says this `Content-Length` whatever the body's length is (also for HEAD).
    #[must_use]
    pub fn declaring(mut self, length: u64) -> Self {
        self.framing = Framing::Declared(length);
        self
    }

    /// Answers as soon as the request's head is there; the body stays unread and the connection ends.
    #[must_use]
    pub fn without_reading(self) -> Self {
        self.reading_only(0).close()
    }

    /// Answers after that many bytes of the request's body and reads no more of it.
    #[must_use]
    pub fn reading_only(mut self, bytes: u64) -> Self {
        self.reading = Reading::Only(bytes);
        self
    }

    /// Reads the request's body slowly: a pause after each `bytes`.
    #[must_use]
    pub fn reading_slowly(mut self, bytes: u64, pause: Duration) -> Self {
        self.pace = Pace { bytes: Some(bytes), pause };
        self
    }

    /// Sends no `100 Continue`, though it is asked for.
    #[must_use]
    pub fn without_continue(mut self) -> Self {
        self.send_continue = false;
        self
    }

    /// Waits before the head of the answer.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends the body in pieces of that many bytes with a pause before each.
    #[must_use]
    pub fn drip(mut self, bytes: usize, pause: Duration) -> Self {
        self.drip = Some((bytes, pause));
        self
    }

    /// Dies after that many bytes of the body (an orderly end of the connection, but too early).
    #[must_use]
    pub fn cut_after(mut self, bytes: u64) -> Self {
        self.cut_after = Some(bytes);
        self.close()
    }

    /// Ends the connection after the answer, and says so.
    #[must_use]
    pub fn close(mut self) -> Self {
        if self.ending == Ending::KeepAlive {
            self.ending = Ending::Close;
        }
        self
    }

    /// Ends the connection with a reset, after the answer or where it is cut.
    #[must_use]
    pub fn reset(mut self) -> Self {
        self.ending = Ending::Reset;
        self
    }
}
