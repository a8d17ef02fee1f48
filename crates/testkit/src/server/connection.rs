//! One connection of the double: read a request, write it down, answer as told.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{Arrival, Connection, Ended, KEPT, Request, Shared};
use crate::answer::{Answer, Body, Ending, Framing, Reading};
use crate::wire::{Cut, Io, Wire, parse_head, values};

pub(super) async fn accept(
    listener: &TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    shared: &Arc<Shared>,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    // Dropped with the server, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (socket, _) = accepted.unwrap();
                let id = shared.update(|seen| {
                    seen.connections.push(Connection { requests: 0, ended: None });
                    seen.connections.len() - 1
                });
                let (shared, acceptor) = (Arc::clone(shared), acceptor.clone());
                connections.spawn(async move {
                    let ended = serve(socket, acceptor, &shared, id).await;
                    shared.update(|seen| seen.connections[id].ended = Some(ended));
                });
            }
            Some(ended) = connections.join_next() => ended.unwrap(),
        }
    }
}

async fn serve(
    socket: TcpStream,
    acceptor: Option<TlsAcceptor>,
    shared: &Shared,
    id: usize,
) -> Ended {
    socket.set_nodelay(true).unwrap();
    let io = match acceptor {
        None => Io::Plain(socket),
        Some(acceptor) => match acceptor.accept(socket).await {
            Ok(tls) => Io::Server(Box::new(tls)),
            Err(_) => return Ended::NoTls,
        },
    };
    let mut wire = Wire::new(io);
    for nth in 0.. {
        let head = match wire.head().await {
            Ok(Some(head)) => head,
            Ok(None) => return Ended::Closed,
            Err(Cut::Reset) if wire.is_empty() => return Ended::Reset,
            Err(_) => return Ended::InRequest,
        };
        let (index, answer) = receive_head(shared, id, nth, head);
        if let Some(ended) = exchange(&mut wire, shared, index, answer).await {
            wire.end().await;
            return ended;
        }
    }
    Ended::ByServer
}

/// Writes the head down and finds the script for it.
fn receive_head(shared: &Shared, id: usize, nth: usize, head: Vec<u8>) -> (usize, Option<Answer>) {
    let (start, headers) = parse_head(&head);
    let mut words = start.split(' ');
    let request = Request {
        connection: id,
        nth,
        method: words.next().unwrap_or_default().to_owned(),
        target: words.next().unwrap_or_default().to_owned(),
        headers,
        head,
        wire_body: Vec::new(),
        body: Vec::new(),
        body_length: 0,
        body_sha256: String::new(),
        trailers: Vec::new(),
        arrival: Arrival::Arriving,
    };
    shared.update(|seen| {
        seen.connections[id].requests += 1;
        let scripted = seen.script.iter().position(|(matches, _)| matches(&request));
        seen.requests.push(request);
        (seen.requests.len() - 1, scripted.and_then(|at| seen.script.remove(at)).map(|(_, a)| a))
    })
}

/// The rest of a request and its answer; `Some` when the connection has ended.
async fn exchange(
    wire: &mut Wire,
    shared: &Shared,
    index: usize,
    scripted: Option<Answer>,
) -> Option<Ended> {
    let mut request = shared.seen().requests.get(index).cloned()?;
    let plan = scripted.clone().unwrap_or_else(Answer::ok);
    let asks = values(&request.headers, "expect").any(|v| v.eq_ignore_ascii_case("100-continue"));
    if asks && plan.send_continue && plan.reading != Reading::Only(0) {
        let _ = wire.io.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
    }
    receive_body(wire, &mut request, &plan).await;
    shared.update(|seen| {
        if let Some(slot) = seen.requests.get_mut(index) {
            slot.clone_from(&request);
        }
    });
    if matches!(request.arrival, Arrival::Cut | Arrival::Reset | Arrival::Nonsense) {
        return Some(Ended::InRequest);
    }
    let answer = scripted.unwrap_or_else(|| (shared.handler)(&request));
    if !patient(wire, answer.delay).await || send(wire, &request, &answer).await.is_err() {
        return Some(Ended::InAnswer);
    }
    match answer.ending {
        Ending::KeepAlive if request.arrival == Arrival::Whole => None,
        Ending::KeepAlive | Ending::Close => Some(Ended::ByServer),
        Ending::Reset => {
            wire.reset();
            Some(Ended::ByServer)
        }
    }
}

/// Waits, but not longer than the client does.
async fn patient(wire: &mut Wire, delay: Duration) -> bool {
    if delay.is_zero() {
        return true;
    }
    let pause = tokio::time::sleep(delay);
    tokio::pin!(pause);
    loop {
        tokio::select! {
            () = &mut pause => return true,
            filled = wire.fill() => if filled.is_err() { return false },
        }
    }
}

/// What was read of a body so far.
struct Sink<'r> {
    request: &'r mut Request,
    digest: digest::Context,
    limit: u64,
    pace: Option<u64>,
    pause: Duration,
    since_pause: u64,
}

impl Sink<'_> {
    fn left(&self) -> u64 {
        let budget = self.limit - self.request.body_length;
        self.pace.map_or(budget, |pace| budget.min(pace - self.since_pause))
    }

    async fn payload(&mut self, piece: &[u8]) {
        self.digest.update(piece);
        self.request.body_length += piece.len() as u64;
        self.framing(piece);
        let room = KEPT.saturating_sub(self.request.body.len()).min(piece.len());
        self.request.body.extend_from_slice(&piece[..room]);
        self.since_pause += piece.len() as u64;
        if self.pace.is_some_and(|pace| self.since_pause >= pace) {
            self.since_pause = 0;
            tokio::time::sleep(self.pause).await;
        }
    }

    fn framing(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.request.wire_body.len()).min(bytes.len());
        self.request.wire_body.extend_from_slice(&bytes[..room]);
    }
}

async fn receive_body(wire: &mut Wire, request: &mut Request, plan: &Answer) {
    let chunked = values(&request.headers, "transfer-encoding")
        .any(|v| v.to_ascii_lowercase().contains("chunked"));
    let declared = values(&request.headers, "content-length").next().map(|v| v.parse::<u64>());
    let limit = match plan.reading {
        Reading::Whole => u64::MAX,
        Reading::Only(bytes) => bytes,
    };
    let mut sink = Sink {
        request,
        digest: digest::Context::new(&digest::SHA256),
        limit,
        pace: plan.pace.bytes,
        pause: plan.pace.pause,
        since_pause: 0,
    };
    let read = if chunked {
        receive_chunks(wire, &mut sink).await
    } else {
        match declared {
            None => Ok(true),
            Some(Ok(length)) => receive_exactly(wire, &mut sink, length).await,
            Some(Err(_)) => Err(Cut::Nonsense),
        }
    };
    let arrival = match read {
        Ok(true) => Arrival::Whole,
        Ok(false) => Arrival::Unread,
        Err(Cut::Eof) => Arrival::Cut,
        Err(Cut::Reset) => Arrival::Reset,
        Err(Cut::Nonsense) => Arrival::Nonsense,
    };
    sink.request.body_sha256 = hex::encode(sink.digest.finish());
    sink.request.arrival = arrival;
}

/// `Ok(false)` when the plan's limit was reached first.
async fn receive_exactly(wire: &mut Wire, sink: &mut Sink<'_>, length: u64) -> Result<bool, Cut> {
    let mut left = length;
    while left > 0 {
        if sink.left() == 0 {
            return Ok(false);
        }
        let piece = wire.piece(left.min(sink.left())).await?;
        left -= piece.len() as u64;
        sink.payload(&piece).await;
    }
    Ok(true)
}

async fn receive_chunks(wire: &mut Wire, sink: &mut Sink<'_>) -> Result<bool, Cut> {
    loop {
        if sink.left() == 0 {
            return Ok(false);
        }
        let (line, size) = wire.chunk_head().await?;
        sink.framing(&line);
        if size == 0 {
            let (bytes, fields) = wire.trailers().await?;
            sink.framing(&bytes);
            sink.request.trailers = fields;
            return Ok(true);
        }
        if !receive_exactly(wire, sink, size).await? {
            return Ok(false);
        }
        let end = wire.chunk_end().await?;
        sink.framing(&end);
    }
}

async fn send(wire: &mut Wire, request: &Request, answer: &Answer) -> std::io::Result<()> {
    if answer.framing == Framing::Raw {
        return send_body(wire, answer, false).await;
    }
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let bodiless = request.method == "HEAD" || matches!(answer.status, 100..=199 | 204 | 304);
    match &answer.framing {
        Framing::Declared(length) => head.push_str(&format!("content-length: {length}\r\n")),
        Framing::Chunked(_) => head.push_str("transfer-encoding: chunked\r\n"),
        Framing::Length if !bodiless || request.method == "HEAD" => {
            head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
        }
        Framing::Length | Framing::UntilClose | Framing::Raw => {}
    }
    if answer.ending == Ending::Close && answer.cut_after.is_none() {
        head.push_str("connection: close\r\n");
    }
    head.push_str("\r\n");
    let bytes: Vec<u8> = head.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    wire.io.write_all(&bytes).await?;
    wire.io.flush().await?;
    if bodiless { Ok(()) } else { send_body(wire, answer, true).await }
}

async fn send_body(wire: &mut Wire, answer: &Answer, framed: bool) -> std::io::Result<()> {
    let (size, pause) = answer.drip.unwrap_or((64 * 1024, Duration::ZERO));
    let end = answer.cut_after.unwrap_or(u64::MAX).min(answer.body.len());
    let chunked = framed && matches!(answer.framing, Framing::Chunked(_));
    let mut at = 0;
    while at < end {
        let piece = piece_of(&answer.body, at, end.min(at + size as u64));
        at += piece.len() as u64;
        if !patient(wire, pause).await {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        if chunked {
            wire.io.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        }
        wire.io.write_all(&piece).await?;
        if chunked {
            wire.io.write_all(b"\r\n").await?;
        }
        wire.io.flush().await?;
    }
    if let Framing::Chunked(trailers) = &answer.framing
        && answer.cut_after.is_none()
    {
        let lines: String = trailers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        wire.io.write_all(format!("0\r\n{lines}\r\n").as_bytes()).await?;
    }
    wire.io.flush().await
}

fn piece_of(body: &Body, from: u64, to: u64) -> Vec<u8> {
    let length = usize::try_from(to - from).unwrap();
    match body {
        Body::Bytes(bytes) => {
            let from = usize::try_from(from).unwrap();
            bytes[from..from + length].to_vec()
        }
        Body::Repeat(byte, _) => vec![*byte; length],
    }
}
