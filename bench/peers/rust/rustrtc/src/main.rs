//! rustrtc.

use std::sync::atomic::Ordering;
use std::sync::Arc;

use harness::{Input, Link, Sending, Stack};
use rustrtc::transports::datachannel::{
    DataChannel, DataChannelConfig, DataChannelEvent, DataChannelState,
};
use rustrtc::transports::ice::IceCandidate;
use rustrtc::{PeerConnection, PeerConnectionEvent, RtcConfiguration, SdpType, SessionDescription};
use serde_json::{json, Value};
use tokio::sync::mpsc::UnboundedReceiver;

const FAST_WINDOW_BYTES: usize = 8 << 20;
const SENDS_IN_A_ROW: usize = 64;

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct RustRtc {
    fast: bool,
}

impl Stack for RustRtc {
    fn about(&self) -> Value {
        let version = harness::locked_version(include_str!("../../Cargo.lock"), "rustrtc");
        let settings = "sctp_receive_window = sctp_max_buffered_amount = sctp_max_cwnd = 8 MiB";
        json!({"stack": "rustrtc", "version": version, "max_message": 65536,
               "settings": if self.fast { settings } else { "" }})
    }

    fn create(&self, link: Arc<Link>, inputs: UnboundedReceiver<Input>) {
        let fast = self.fast;
        tokio::spawn(async move {
            if let Err(failure) = run(link.clone(), inputs, fast).await {
                link.failed(failure);
            }
        });
    }
}

async fn run(
    link: Arc<Link>,
    mut inputs: UnboundedReceiver<Input>,
    fast: bool,
) -> Result<(), Failure> {
    let mut configuration = RtcConfiguration::default();
    if fast {
        configuration.sctp_receive_window = FAST_WINDOW_BYTES;
        configuration.sctp_max_buffered_amount = FAST_WINDOW_BYTES;
        configuration.sctp_max_cwnd = FAST_WINDOW_BYTES;
    }
    let connection = PeerConnection::new(configuration);
    link.created();
    let mut channel: Option<Arc<DataChannel>> = None;
    let mut sending: Option<Sending> = None;
    let mut more = false;
    loop {
        let event = async {
            match &channel {
                Some(channel) => channel.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            input = inputs.recv() => match input {
                None | Some(Input::Close) => break,
                Some(input) => take(&link, &connection, input, &mut channel, &mut sending).await?,
            },
            event = connection.recv(), if channel.is_none() => {
                if let Some(PeerConnectionEvent::DataChannel(incoming)) = event {
                    let state = DataChannelState::from(incoming.state.load(Ordering::SeqCst));
                    if state == DataChannelState::Open {
                        link.opened();
                    }
                    channel = Some(incoming);
                }
            }
            event = event => match event {
                Some(DataChannelEvent::Open) => link.opened(),
                Some(DataChannelEvent::Message(message)) => {
                    if let (Some(reply), Some(channel)) = (link.message(&message), &channel) {
                        connection.send_data(channel.id, &reply).await?;
                    }
                }
                Some(_) => {}
                None => break,
            },
            _ = tokio::task::yield_now(), if more => {}
        }
        more = false;
        let (Some(sending), Some(channel)) = (&mut sending, &channel) else { continue };
        more = true;
        for _ in 0..SENDS_IN_A_ROW {
            let Some(message) = sending.next(channel.buffered_amount()) else {
                more = false;
                break;
            };
            connection.send_data(channel.id, message).await?;
            sending.sent();
        }
    }
    connection.close();
    Ok(())
}

async fn take(
    link: &Arc<Link>,
    connection: &PeerConnection,
    input: Input,
    channel: &mut Option<Arc<DataChannel>>,
    sending: &mut Option<Sending>,
) -> Result<(), Failure> {
    match input {
        Input::StartOffer => {
            let config = DataChannelConfig { ordered: true, ..Default::default() };
            *channel = Some(connection.create_data_channel("bench", Some(config))?);
            let offer = connection.create_offer().await?;
            let offer = gathered(connection, offer).await?;
            link.describe("offer", &offer.to_sdp_string());
        }
        Input::Description { kind, sdp } => {
            let is_offer = kind == "offer";
            let kind = if is_offer { SdpType::Offer } else { SdpType::Answer };
            connection.set_remote_description(SessionDescription::parse(kind, &sdp)?).await?;
            if is_offer {
                let answer = connection.create_answer().await?;
                let answer = gathered(connection, answer).await?;
                link.describe("answer", &answer.to_sdp_string());
            }
        }
        Input::Candidate { candidate, .. } => {
            connection.add_ice_candidate(IceCandidate::from_sdp(&candidate)?)?;
        }
        Input::Fill(fill) => {
            if let Some(channel) = channel {
                channel.set_buffered_amount_low_threshold(fill.low);
            }
            *sending = Some(fill);
        }
        Input::Stop(told) => {
            *sending = None;
            let _ = told.send(());
        }
        Input::Send(message) => {
            let channel = channel.as_ref().ok_or("there is no channel")?;
            connection.send_data(channel.id, &message).await?;
        }
        Input::Close => {}
    }
    Ok(())
}

/// Its candidates are in its descriptions, as its README has it.
async fn gathered(
    connection: &PeerConnection,
    description: SessionDescription,
) -> Result<SessionDescription, Failure> {
    connection.set_local_description(description)?;
    connection.wait_for_gathering_complete().await;
    Ok(connection.local_description().ok_or("there is no local description")?)
}

fn main() {
    harness::run(|fast| RustRtc { fast });
}
