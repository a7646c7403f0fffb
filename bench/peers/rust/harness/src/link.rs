//! One connection: its place in the signalling, and its share of the work.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use crate::{Content, Input};

pub type Times = (Duration, Duration);

pub struct Link {
    index: usize,
    pub offers: bool,
    signalling: Arc<Mutex<UnixStream>>,
    inputs: UnboundedSender<Input>,
    begun: Instant,
    connecting: Mutex<Connecting>,
    work: Mutex<Work>,
    sent: AtomicU64,
}

#[derive(Default)]
struct Connecting {
    is_created: bool,
    is_peer_created: bool,
    own_open: bool,
    peer_open: bool,
    has_description: bool,
    early: Vec<Input>,
    both_created: Option<Instant>,
    done: Option<oneshot::Sender<Result<Times, String>>>,
}

enum Work {
    Nothing,
    Receive { content: Content, received: u64, bad: u64, first_bad: u64 },
    Echo,
    Ping(Ping),
}

struct Ping {
    content: Content,
    times: Vec<f64>,
    wanted: usize,
    bad: u64,
    sent: Instant,
    end: Instant,
    done: Option<oneshot::Sender<Value>>,
}

/// How a channel is to be kept filled; the connection's task has it.
pub struct Sending {
    link: Arc<Link>,
    content: Content,
    buffer: usize,
    pub low: usize,
    sent: u64,
}

impl Sending {
    /// The next message, if it may be sent with so much waiting.
    pub fn next(&mut self, buffered: usize) -> Option<&[u8]> {
        if buffered + self.content.size() > self.buffer {
            return None;
        }
        Some(self.content.message(self.sent))
    }

    pub fn sent(&mut self) {
        self.sent += 1;
        self.link.sent.store(self.sent, Ordering::Relaxed);
    }
}

impl Link {
    pub(crate) fn new(
        index: usize,
        offers: bool,
        signalling: Arc<Mutex<UnixStream>>,
        inputs: UnboundedSender<Input>,
        done: oneshot::Sender<Result<Times, String>>,
    ) -> Arc<Self> {
        let connecting = Connecting { done: Some(done), ..Default::default() };
        Arc::new(Self {
            index,
            offers,
            signalling,
            inputs,
            begun: Instant::now(),
            connecting: Mutex::new(connecting),
            work: Mutex::new(Work::Nothing),
            sent: AtomicU64::new(0),
        })
    }

    /// Once it can be found: the other side may answer at once.
    pub(crate) fn announce(&self) {
        if self.offers {
            self.tell(json!({"create": true}));
        }
    }

    fn tell(&self, mut line: Value) {
        line["c"] = json!(self.index);
        let text = format!("{line}\n");
        let _ = self.signalling.lock().unwrap().write_all(text.as_bytes());
    }

    fn input(&self, input: Input) {
        let _ = self.inputs.send(input);
    }

    // ---- what the stack tells

    pub fn created(&self) {
        if !self.offers {
            return self.tell(json!({"created": true}));
        }
        let mut connecting = self.connecting.lock().unwrap();
        connecting.is_created = true;
        self.offer_once_both_are_there(&mut connecting);
    }

    pub fn describe(&self, kind: &str, sdp: &str) {
        self.tell(json!({"description": {"type": kind, "sdp": sdp}}));
    }

    pub fn candidate(&self, candidate: &str, mid: &str) {
        let told = json!({"candidate": candidate, "sdpMid": mid, "sdpMLineIndex": 0});
        self.tell(json!({ "candidate": told }));
    }

    pub fn opened(&self) {
        let mut connecting = self.connecting.lock().unwrap();
        if connecting.own_open {
            return;
        }
        connecting.own_open = true;
        if !self.offers {
            self.tell(json!({"open": true}));
        }
        self.look_whether_open(&mut connecting);
    }

    pub fn failed(&self, why: impl ToString) {
        if let Some(done) = self.connecting.lock().unwrap().done.take() {
            let _ = done.send(Err(why.to_string()));
        }
    }

    /// A message came; what to send back, if anything.
    pub fn message(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut work = self.work.lock().unwrap();
        match &mut *work {
            Work::Nothing => None,
            Work::Echo => Some(message.to_vec()),
            Work::Receive { content, received, bad, first_bad } => {
                if !content.is_message(message, *received) {
                    if *bad == 0 {
                        *first_bad = *received;
                    }
                    *bad += 1;
                }
                *received += 1;
                None
            }
            Work::Ping(ping) => {
                let next = ping.take_pong(message);
                if next.is_none() {
                    *work = Work::Nothing;
                }
                next
            }
        }
    }

    // ---- connecting

    fn offer_once_both_are_there(&self, connecting: &mut Connecting) {
        if connecting.is_created && connecting.is_peer_created {
            connecting.both_created = Some(Instant::now());
            self.input(Input::StartOffer);
        }
    }

    fn look_whether_open(&self, connecting: &mut Connecting) {
        if !connecting.own_open || (self.offers && !connecting.peer_open) {
            return;
        }
        let end = Instant::now();
        let both_created = connecting.both_created.unwrap_or(end);
        if let Some(done) = connecting.done.take() {
            let _ = done.send(Ok((end - both_created, end - self.begun)));
        }
    }

    /// A line of the other side.
    pub(crate) fn take(&self, line: &Value) {
        let mut connecting = self.connecting.lock().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        if line.get("created").is_some() {
            connecting.is_peer_created = true;
            self.offer_once_both_are_there(&mut connecting);
        } else if let Some(told) = line.get("description") {
            self.input(Input::Description { kind: text(&told["type"]), sdp: text(&told["sdp"]) });
            connecting.has_description = true;
            for early in connecting.early.drain(..) {
                self.input(early);
            }
        } else if let Some(told) = line.get("candidate") {
            let candidate = text(&told["candidate"]);
            let input = Input::Candidate { candidate, mid: text(&told["sdpMid"]) };
            if connecting.has_description {
                self.input(input);
            } else {
                connecting.early.push(input);
            }
        } else if line.get("open").is_some() {
            connecting.peer_open = true;
            self.look_whether_open(&mut connecting);
        }
    }

    pub(crate) fn close(&self) {
        self.input(Input::Close);
    }

    // ---- the work

    pub(crate) fn expect(&self, size: usize) {
        let content = Content::new(size);
        *self.work.lock().unwrap() = Work::Receive { content, received: 0, bad: 0, first_bad: 0 };
    }

    pub(crate) fn counted(&self, since: Instant) -> Value {
        let us = since.elapsed().as_nanos() as f64 / 1000.0;
        match &*self.work.lock().unwrap() {
            Work::Receive { content, received, bad, first_bad } => json!({
                "us": us, "messages": received, "bytes": received * content.size() as u64,
                "bad": bad, "first_bad": first_bad}),
            _ => json!({"us": us, "messages": 0, "bytes": 0, "bad": 0, "first_bad": 0}),
        }
    }

    pub(crate) fn start_sending(self: &Arc<Self>, size: usize, buffer: usize, low: usize) {
        self.sent.store(0, Ordering::Relaxed);
        let content = Content::new(size);
        self.input(Input::Fill(Sending { link: self.clone(), content, buffer, low, sent: 0 }));
    }

    pub(crate) async fn stop_sending(&self) -> u64 {
        let (told, stopped) = oneshot::channel();
        self.input(Input::Stop(told));
        let _ = stopped.await;
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn echo(&self) {
        *self.work.lock().unwrap() = Work::Echo;
    }

    pub(crate) fn ping(
        &self,
        size: usize,
        wanted: usize,
        time: Duration,
    ) -> oneshot::Receiver<Value> {
        let (done, pinged) = oneshot::channel();
        let mut content = Content::new(size);
        let first = content.message(0).to_vec();
        let now = Instant::now();
        *self.work.lock().unwrap() = Work::Ping(Ping {
            content,
            times: Vec::with_capacity(wanted),
            wanted,
            bad: 0,
            sent: now,
            end: now + time,
            done: Some(done),
        });
        self.input(Input::Send(first));
        pinged
    }
}

impl Ping {
    /// The next ping, until there were enough.
    fn take_pong(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let now = Instant::now();
        if !self.content.is_message(message, self.times.len() as u64) {
            self.bad += 1;
        }
        self.times.push(((now - self.sent).as_nanos() / 100) as f64 / 10.0);
        if self.times.len() < self.wanted && now < self.end {
            self.sent = now;
            return Some(self.content.message(self.times.len() as u64).to_vec());
        }
        if let Some(done) = self.done.take() {
            let _ = done.send(json!({"us": self.times, "bad": self.bad}));
        }
        None
    }
}
