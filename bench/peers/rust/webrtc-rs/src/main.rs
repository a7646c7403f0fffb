//! webrtc-rs.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use harness::{Input, Link, Sending, Stack};
use serde_json::{json, Value};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelState};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceCandidateInit, RTCPeerConnectionIceEvent, RTCPeerConnectionState, RTCSessionDescription,
    SettingEngineBuilder,
};

const FAST_WINDOW_BYTES: u32 = 8 << 20;
const SENDS_IN_A_ROW: usize = 64;
// Its event tells of what SCTP has, not of all that waits; so the buffer is looked at by time, too.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Channel = Arc<dyn DataChannel>;

struct WebRtcRs {
    fast: bool,
}

impl Stack for WebRtcRs {
    fn about(&self) -> Value {
        let version = harness::locked_version(include_str!("../../Cargo.lock"), "webrtc");
        let settings =
            "with_sctp_max_receive_buffer_size(8 MiB), with_dedicated_reactor_pool_size(1)";
        json!({"stack": "webrtc-rs", "version": version, "max_message": 65536,
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

struct Handler {
    link: Arc<Link>,
    channels: UnboundedSender<Channel>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        if let Ok(found) = event.candidate.to_json() {
            self.link.candidate(&found.candidate, found.sdp_mid.as_deref().unwrap_or("0"));
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        if state == RTCPeerConnectionState::Failed {
            self.link.failed("the connection failed");
        }
    }

    async fn on_data_channel(&self, channel: Channel) {
        let _ = self.channels.send(channel);
    }
}

async fn run(
    link: Arc<Link>,
    mut inputs: UnboundedReceiver<Input>,
    fast: bool,
) -> Result<(), Failure> {
    let (told, mut channels) = mpsc::unbounded_channel();
    let mut builder = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_handler(Arc::new(Handler { link: link.clone(), channels: told }))
        .with_udp_addrs(vec!["0.0.0.0:0".to_string()]);
    if fast {
        let settings =
            SettingEngineBuilder::new().with_sctp_max_receive_buffer_size(FAST_WINDOW_BYTES);
        builder = builder.with_setting_engine(settings.build()).with_dedicated_reactor_pool_size(1);
    }
    let connection: Arc<dyn PeerConnection> = Arc::new(builder.build().await?);
    link.created();
    let mut channel: Option<Channel> = None;
    let mut sending: Option<Sending> = None;
    let mut more = false;
    loop {
        let event = async {
            match &channel {
                Some(channel) => channel.poll().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            input = inputs.recv() => match input {
                None | Some(Input::Close) => break,
                Some(input) => take(&link, &*connection, input, &mut channel, &mut sending).await?,
            },
            Some(incoming) = channels.recv() => {
                if incoming.ready_state().await? == RTCDataChannelState::Open {
                    link.opened();
                }
                channel = Some(incoming);
            }
            event = event => match event {
                Some(DataChannelEvent::OnOpen) => link.opened(),
                Some(DataChannelEvent::OnMessage(message)) => {
                    if let (Some(reply), Some(channel)) = (link.message(&message.data), &channel) {
                        channel.send(BytesMut::from(&reply[..])).await?;
                    }
                }
                Some(_) => {}
                None => break,
            },
            _ = tokio::task::yield_now(), if more => {}
            _ = tokio::time::sleep(LOOK_AGAIN), if sending.is_some() => {}
        }
        more = false;
        let (Some(sending), Some(channel)) = (&mut sending, &channel) else { continue };
        more = true;
        for _ in 0..SENDS_IN_A_ROW {
            let Some(message) = sending.next(channel.outstanding_bytes().await?) else {
                more = false;
                break;
            };
            channel.send(BytesMut::from(message)).await?;
            sending.sent();
        }
    }
    let _ = connection.close().await;
    Ok(())
}

async fn take(
    link: &Arc<Link>,
    connection: &dyn PeerConnection,
    input: Input,
    channel: &mut Option<Channel>,
    sending: &mut Option<Sending>,
) -> Result<(), Failure> {
    match input {
        Input::StartOffer => {
            *channel = Some(connection.create_data_channel("bench", None).await?);
            let offer = connection.create_offer(None).await?;
            connection.set_local_description(offer.clone()).await?;
            link.describe("offer", &offer.sdp);
        }
        Input::Description { kind, sdp } if kind == "offer" => {
            connection.set_remote_description(RTCSessionDescription::offer(sdp)?).await?;
            let answer = connection.create_answer(None).await?;
            connection.set_local_description(answer.clone()).await?;
            link.describe("answer", &answer.sdp);
        }
        Input::Description { sdp, .. } => {
            connection.set_remote_description(RTCSessionDescription::answer(sdp)?).await?;
        }
        Input::Candidate { candidate, mid } => {
            let sdp_mid = Some(mid);
            let told = RTCIceCandidateInit {
                candidate,
                sdp_mid,
                sdp_mline_index: Some(0),
                ..Default::default()
            };
            connection.add_ice_candidate(told).await?;
        }
        Input::Fill(fill) => {
            if let Some(channel) = channel {
                channel.set_buffered_amount_low_threshold(fill.low as u32).await?;
            }
            *sending = Some(fill);
        }
        Input::Stop(told) => {
            *sending = None;
            let _ = told.send(());
        }
        Input::Send(message) => {
            let channel = channel.as_ref().ok_or("there is no channel")?;
            channel.send(BytesMut::from(&message[..])).await?;
        }
        Input::Close => {}
    }
    Ok(())
}

fn main() {
    harness::run(|fast| WebRtcRs { fast });
}
