//! The protocol of ../../README.md for stacks in Rust: each connection is a task of tokio, which
//! takes `Input`s and tells its `Link` what becomes of it.

mod content;
mod link;
mod program;

pub use content::Content;
pub use link::{Link, Sending};
pub use program::run;

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc::UnboundedReceiver, oneshot};

pub enum Input {
    /// Make the channel "bench", reliable and ordered, and the offer.
    StartOffer,
    Description {
        kind: String,
        sdp: String,
    },
    Candidate {
        candidate: String,
        mid: String,
    },
    /// Keep the channel's buffer filled, as `Sending` says.
    Fill(Sending),
    /// Sending ends; told once it has.
    Stop(oneshot::Sender<()>),
    Send(Vec<u8>),
    Close,
}

pub trait Stack: Send + Sync + 'static {
    /// "stack", "version", "settings" (what differs from the defaults), "max_message".
    fn about(&self) -> Value;
    /// Starts the task of a connection. It ends with Input::Close, or when nobody can send any.
    fn create(&self, link: Arc<Link>, inputs: UnboundedReceiver<Input>);
}

/// The address that this machine is reached by, for stacks that are told their sockets' addresses.
pub fn own_address() -> std::net::IpAddr {
    // Nothing is sent: the kernel only chooses the address it would send from.
    let chosen = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    match chosen {
        Ok(address) => address.ip(),
        Err(_) => std::net::Ipv4Addr::LOCALHOST.into(),
    }
}

/// What of a package Cargo.lock has.
pub fn locked_version(lock: &str, package: &str) -> String {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
    let version = lines.nth(1).and_then(|line| line.split('"').nth(1));
    version.unwrap_or("unknown").to_string()
}
