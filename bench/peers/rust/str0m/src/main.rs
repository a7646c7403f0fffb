//! str0m: sans-IO, so the loop around it is ours: a task and a socket of tokio for each connection,
//! one datagram a call, as its examples have it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::{Input as Command, Link, Sending, Stack};
use serde_json::{json, Value};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::UnboundedReceiver;

const DATAGRAM_BYTES: usize = 2048;
const RECEIVES_IN_A_ROW: usize = 64;
const FAST_BUFFER_BYTES: usize = 8 << 20;

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Str0m {
    fast: bool,
}

impl Stack for Str0m {
    fn about(&self) -> Value {
        let version = harness::locked_version(include_str!("../../Cargo.lock"), "str0m");
        let settings = "set_sctp_max_buffered_amount(8 MiB), set_snap_enabled";
        json!({"stack": "str0m", "version": version, "max_message": 65536,
               "settings": if self.fast { settings } else { "" }})
    }

    fn create(&self, link: Arc<Link>, inputs: UnboundedReceiver<Command>) {
        let fast = self.fast;
        tokio::spawn(async move {
            if let Err(failure) = Peer::run(link.clone(), inputs, fast).await {
                link.failed(failure);
            }
        });
    }
}

struct Peer {
    link: Arc<Link>,
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    pending: Option<SdpPendingOffer>,
    channel: Option<ChannelId>,
    sending: Option<Sending>,
    replies: Vec<Vec<u8>>,
}

impl Peer {
    async fn run(
        link: Arc<Link>,
        mut commands: UnboundedReceiver<Command>,
        fast: bool,
    ) -> Result<(), Failure> {
        let socket = UdpSocket::bind((harness::own_address(), 0)).await?;
        let address = socket.local_addr()?;
        let mut config = RtcConfig::new();
        if fast {
            config = config.set_sctp_max_buffered_amount(FAST_BUFFER_BYTES).set_snap_enabled(true);
        }
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        let (pending, channel, sending) = (None, None, None);
        let replies = Vec::new();
        let mut peer = Peer { link, rtc, socket, address, pending, channel, sending, replies };
        peer.link.created();
        let mut datagram = vec![0; DATAGRAM_BYTES];
        loop {
            peer.drain().await?;
            peer.fill().await?;
            let until = peer.drain().await?;
            let wait = until.saturating_duration_since(Instant::now());
            tokio::select! {
                command = commands.recv() => match command {
                    None | Some(Command::Close) => return Ok(()),
                    Some(command) => peer.take(command).await?,
                },
                ready = peer.socket.readable() => {
                    ready?;
                    peer.receive(&mut datagram).await?;
                }
                _ = tokio::time::sleep(wait.min(Duration::from_secs(1))) => {
                    peer.rtc.handle_input(Input::Timeout(Instant::now()))?;
                }
            }
        }
    }

    /// Every change is followed by this: what is to be sent is sent, what has happened is told.
    async fn drain(&mut self) -> Result<Instant, Failure> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(until) => {
                    // One change at a time.
                    let Some(reply) = self.replies.pop() else { return Ok(until) };
                    self.send(&reply)?;
                }
                Output::Transmit(transmit) => {
                    match self.socket.try_send_to(&transmit.contents, transmit.destination) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {
                            self.socket.send_to(&transmit.contents, transmit.destination).await?;
                        }
                        _ => {} // what the network does not take is lost, as ever
                    }
                }
                Output::Event(event) => self.handle(event),
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::ChannelOpen(id, _) => {
                self.channel = Some(id);
                self.link.opened();
            }
            Event::ChannelData(data) => self.replies.extend(self.link.message(&data.data)),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                self.link.failed("ICE is disconnected");
            }
            _ => {}
        }
    }

    async fn receive(&mut self, datagram: &mut [u8]) -> Result<(), Failure> {
        for _ in 0..RECEIVES_IN_A_ROW {
            let (size, source) = match self.socket.try_recv_from(datagram) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let bytes = &datagram[..size];
            let Ok(receive) = Receive::new(Protocol::Udp, source, self.address, bytes) else {
                continue;
            };
            self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
            self.drain().await?;
        }
        Ok(())
    }

    async fn take(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::StartOffer => {
                let mut change = self.rtc.sdp_api();
                change.add_channel("bench".to_string());
                let (offer, pending) = change.apply().ok_or("there is nothing to offer")?;
                self.pending = Some(pending);
                self.link.describe("offer", &offer.to_sdp_string());
            }
            Command::Description { kind, sdp } if kind == "offer" => {
                let answer = self.rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(&sdp)?)?;
                self.link.describe("answer", &answer.to_sdp_string());
            }
            Command::Description { sdp, .. } => {
                let pending = self.pending.take().ok_or("an answer without an offer")?;
                self.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&sdp)?)?;
            }
            Command::Candidate { candidate, .. } => {
                self.rtc.add_remote_candidate(Candidate::from_sdp_string(&candidate)?);
            }
            Command::Fill(sending) => self.sending = Some(sending),
            Command::Stop(told) => {
                self.sending = None;
                let _ = told.send(());
            }
            Command::Send(message) => self.send(&message)?,
            Command::Close => {}
        }
        Ok(())
    }

    fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        let id = self.channel.ok_or("there is no channel")?;
        let mut channel = self.rtc.channel(id).ok_or("the channel is gone")?;
        if !channel.write(true, message)? {
            return Err("a message was not taken".into());
        }
        Ok(())
    }

    /// After whatever came in there may be room again; it tells by `write`.
    async fn fill(&mut self) -> Result<(), Failure> {
        let Some(id) = self.channel else { return Ok(()) };
        loop {
            let (Some(sending), Some(mut channel)) = (&mut self.sending, self.rtc.channel(id))
            else {
                return Ok(());
            };
            let Some(message) = sending.next(channel.buffered_amount()) else { return Ok(()) };
            if !channel.write(true, message)? {
                return Ok(());
            }
            sending.sent();
            self.drain().await?;
        }
    }
}

fn main() {
    harness::run(|fast| Str0m { fast });
}
