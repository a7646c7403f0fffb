/// @file
/// Options of connections, nested by layer, and of data channels.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "specter/bytes.h"
#include "specter/export.h"
#include "specter/interceptor.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/shared_list.h"
#include "specter/time.h"

namespace specter {

namespace crypto {
class Certificate;
}
/// A certificate and its private key. Opaque. RTCCertificate, W3C §4.9. generate_certificate()
/// makes one.
using Certificate = crypto::Certificate;

/// RTCIceServer, W3C §4.2.2. `stun:` servers find server-reflexive candidates, `turn:` and `turns:`
/// servers relayed ones; `stuns:` servers are not used. `turn:` needs a username and a credential.
struct IceServer {
  /// "stun:host[:port]", "turn:host[:port][?transport=udp]". RFC 7064, RFC 7065.
  std::vector<std::string> urls;
  /// Of `turn:` and `turns:` servers.
  std::string username{};
  /// Of `turn:` and `turns:` servers.
  std::string credential{};

  bool operator==(const IceServer&) const = default;
};

/// A list of ICE servers: a vector that can also be written as URLs.
///
/// All of these are lists of one server: {"stun:a.example"}, {{.urls = {"stun:a.example"}}},
/// {server}, and a std::vector<IceServer>.
class IceServers : public std::vector<IceServer> {
 public:
  /// A server, or the URL of one without credentials, in a braced list.
  // Templates, here and below, so that an inner pair of braces is never anything but a server.
  class Item {
   public:
    /// A server by its URL.
    template <std::convertible_to<std::string_view> Url>
    Item(const Url& url) : server_{.urls = {std::string(std::string_view(url))}} {}
    /// A server.
    template <std::same_as<IceServer> Server>
    Item(Server server) : server_(std::move(server)) {}

    /// The server.
    const IceServer& server() const { return server_; }

   private:
    IceServer server_;
  };

  /// An empty list.
  IceServers() = default;
  /// These servers.
  IceServers(std::initializer_list<IceServer> servers) : vector(servers) {}
  /// These servers and URLs.
  IceServers(std::initializer_list<Item> items) {
    reserve(items.size());
    for (const Item& item : items) push_back(item.server());
  }
  /// The servers of a vector.
  template <std::same_as<std::vector<IceServer>> Servers>
  IceServers(Servers servers) : vector(std::move(servers)) {}
  /// Replaces the servers: `= {}` leaves none.
  // Without it clang does not choose between the two lists above for `= {}`.
  IceServers& operator=(std::initializer_list<IceServer> servers) {
    assign(servers);
    return *this;
  }
};

/// RTCPriorityType, W3C WebRTC Priority Control §3. While several channels of a connection have
/// data to send, each gets bandwidth in proportion to the number of its priority (RFC 8831 §6.4): a
/// High channel gets four times as much as a Low one. No channel starves.
enum class Priority : std::uint16_t { VeryLow = 128, Low = 256, Medium = 512, High = 1024 };

/// RTCDataChannelInit, W3C §6.1.1.
struct DataChannelOptions {
  /// Whether messages are delivered in the order in which they were sent.
  bool ordered = true;
  /// A message is abandoned so long after send(): 0 to 65,535 ms. Empty: never. Set at most one of
  /// this and max_retransmits.
  std::optional<std::chrono::milliseconds> max_packet_life_time{};
  /// A message is abandoned after so many retransmissions: 0 to 65,535. Empty: never.
  std::optional<std::uint16_t> max_retransmits{};
  /// The application's subprotocol. At most 65,535 bytes of UTF-8.
  std::string protocol{};
  /// True: both sides create the channel with the same id, and nothing is announced to the peer.
  bool negotiated = false;
  /// The SCTP stream: 0 to 65,534. Required if negotiated, otherwise ignored: the library chooses.
  std::optional<std::uint16_t> id{};
  /// The priority of what both sides send: it is announced to the peer, which uses it as well. For
  /// a channel that the peer opened, its number is rounded up to one of these values.
  Priority priority = Priority::Low;

  bool operator==(const DataChannelOptions&) const = default;
};

/// A version of DTLS: RFC 9147 and RFC 6347. DTLS 1.0 is not supported (RFC 8827 §6.5).
enum class DtlsVersion : std::uint8_t { Dtls12, Dtls13 };

/// The key type of a certificate. Every peer accepts P-256 (RFC 8827 §6.5). RSA-2048 costs more CPU
/// in each handshake; use it only for a peer that requires it.
enum class CertificateType : std::uint8_t { EcdsaP256, Rsa2048 };

/// The library that encrypts packets. The results are the same; the CPU time differs.
enum class CipherEngine : std::uint8_t {
  /// For each algorithm, the faster one on this processor.
  Fastest,
  /// OpenSSL's libcrypto.
  OpenSsl,
  /// Intel's libipsec-mb, if it was built in and the processor has AES instructions. Otherwise, and
  /// for algorithms that it lacks, OpenSSL.
  MultiBuffer,
};

/// The congestion control of SCTP. Each side chooses for the data it sends; the peer need not
/// support the same one.
enum class CongestionControl : std::uint8_t {
  /// RFC 9438 with HyStart++ (RFC 9406): the default of most TCP stacks. It fills the queue of the
  /// bottleneck until packets are lost. Random loss slows it down.
  Cubic,
  /// BBRv3 (draft-ietf-ccwg-bbr): sends at the measured delivery rate. Queues stay short, and
  /// random
  /// loss of a percent or two does little harm.
  Bbr,
  /// RFC 9260 §7.2: what browsers use for SCTP.
  Reno,
};

/// Whether loopback addresses (127.0.0.1, ::1) are gathered as candidates.
enum class LoopbackPolicy : std::uint8_t {
  /// Only on a machine without any other address.
  Fallback,
  /// In addition to the other addresses.
  Include,
  /// No other addresses.
  Only,
};

/// Which candidates are used. RTCIceTransportPolicy, W3C §4.2.4.
enum class IceTransportPolicy : std::uint8_t {
  /// All of them.
  All,
  /// Relayed candidates only: the peer does not see addresses of this machine. A TURN server is
  /// needed.
  Relay,
};

/// Options of ICE, RFC 8445. The default timeouts are those of the RFCs or of browsers.
struct IceOptions {
  /// Whether loopback addresses are gathered.
  LoopbackPolicy loopback = LoopbackPolicy::Fallback;
  /// Which candidates are used. core::PeerConnection leaves this to its driver.
  IceTransportPolicy transport_policy = IceTransportPolicy::All;
  /// A PEM file with the certificate authorities for `turns:` servers. Empty: those of the system.
  /// core::PeerConnection leaves this to its driver.
  std::string authorities_file{};
  /// The interval between ordinary connectivity checks: Ta of RFC 8445 §14.2. 5 ms to 1 s. The
  /// first checks are sent faster: see src/ice/README.md.
  Duration check_interval = std::chrono::milliseconds(50);
  /// How long to wait for responses of STUN servers, from the first local address on. At least 1
  /// ms. Later responses are ignored.
  Duration gathering_timeout = std::chrono::seconds(4);
  /// How long connectivity checks last at least (RFC 8863 §4). Without a valid pair the connection
  /// then becomes Failed if the peer has signalled the end of its candidates, and Disconnected
  /// otherwise. At least 1 ms.
  Duration patience = std::chrono::milliseconds(39'500);
  /// The connection becomes Failed without a valid pair for so long after the remote description
  /// was set. At least 1 ms.
  Duration limbo_timeout = std::chrono::minutes(2);
  /// The interval between consent checks, randomized by a factor of 0.8 to 1.2 (RFC 7675 §5.1). At
  /// least 100 ms.
  Duration consent_interval = std::chrono::seconds(5);
  /// The connection becomes Failed without a response to consent checks for so long (RFC 7675
  /// §5.1). At least 100 ms.
  Duration consent_timeout = std::chrono::seconds(30);
  /// The connection becomes Disconnected if nothing is received from the peer for so long. At least
  /// 100 ms.
  Duration disconnected_timeout = std::chrono::seconds(5);
};

/// Options of datagrams and DTLS.
struct TransportOptions {
  /// Bytes of UDP payload before path MTU discovery: 548 to 65,507. The default is an IP packet of
  /// 1200 bytes (RFC 8831 §5) less 28 bytes of headers. Paths that carry less are detected.
  std::size_t max_datagram_bytes = 1172;
  /// Path MTU discovery (RFC 8899): larger packets, up to the interface's MTU, once probes have
  /// been acknowledged.
  bool path_mtu_discovery = true;
  /// The oldest version accepted. Set both limits to the same version to require it.
  DtlsVersion min_dtls_version = DtlsVersion::Dtls12;
  /// The newest version offered. The newest one that both peers support is used.
  DtlsVersion max_dtls_version = DtlsVersion::Dtls13;
  /// Carries the DTLS handshake in ICE's Binding messages (SPED, draft-hancke-webrtc-sped), with a
  /// peer that supports it. It saves one round trip, and more on a lossy path.
  bool sped = true;
};

/// Options of data channels and SCTP.
struct DataOptions {
  /// The send buffer of all channels of the connection together, in bytes: 4 KiB to 4 GiB. send()
  /// returns WouldBlock when it is full.
  std::size_t send_buffer_bytes = 16 << 20;
  /// The largest receive window, in bytes: 4 KiB to 4 GiB. An application that stops reading lets
  /// at most so much accumulate. Memory is allocated when needed. A path of 1 Gbit/s and 100 ms
  /// holds 12.5 MB.
  std::size_t receive_buffer_bytes = 16 << 20;
  /// The largest message accepted, in bytes, up to 1 GiB; announced as a=max-message-size. 0: no
  /// limit, for channels that use receive_in_parts(). On other channels, a message that is larger
  /// than receive_buffer_bytes ends the connection.
  std::size_t max_message_bytes = 256 * 1024;
  /// The congestion control for data that this side sends.
  CongestionControl congestion_control = CongestionControl::Cubic;
  /// Carries SCTP's INIT in the descriptions as a=sctp-init (SNAP, draft-hancke-tsvwg-snap). With a
  /// peer that supports it, data channels open two round trips sooner. With other peers nothing
  /// changes. SctpStats::snap tells whether it was used.
  bool snap = true;
  /// Message interleaving (RFC 8260), with a peer that supports it: a large message on one channel
  /// delays other channels by a packet or so. With other peers, channels alternate by whole
  /// messages. SctpStats::interleaving tells whether it was negotiated.
  bool interleaving = true;
};

/// Options of tracks. An Api fills the lists that are empty from its MediaEngine and its Registry.
struct MediaOptions {
  /// The codecs that are negotiated, in the order of preference; "video/rtx" with apt=N is the
  /// retransmission (RFC 4588) of codec N. Empty: no media is offered, and the peer's is accepted
  /// as inactive where that keeps the transport, and rejected otherwise.
  SharedList<RtpCodec> codecs{};
  /// The header extensions that are negotiated, in addition to MID (RFC 9143 §15).
  SharedList<RtpHeaderExtension> header_extensions{};
  /// Make code of the application's that sees and changes packets: one of each for this connection,
  /// in this order.
  SharedList<InterceptorFactory> interceptors{};
  /// How long a frame waits for packets that are missing, 0 to 1 s. A frame whose packets are all
  /// there does not wait.
  Duration jitter_buffer = std::chrono::milliseconds(100);
  /// Received packets and frames of one track that are incomplete or not polled yet, in bytes: 64
  /// KiB to 1 GiB. Past it the oldest are dropped, counted, and a key frame is requested.
  std::size_t frame_buffer_bytes = 8 << 20;
  /// Sent packets of one encoding that are kept for retransmission, in bytes: up to 1 GiB. 0: none.
  std::size_t retransmission_buffer_bytes = 4 << 20;
  /// Encrypts header extensions and CSRCs too (Cryptex, RFC 9335), with a peer that supports it.
  bool cryptex = true;
};

/// Options of a connection. RTCConfiguration, W3C §4.2.1, and more.
struct ConnectionOptions {
  /// STUN and TURN servers. Empty: host candidates only.
  IceServers ice_servers{};
  /// Null: the connection makes its own (ECDSA P-256). core::PeerConnection requires one.
  ///
  /// Connections may share a certificate (W3C §4.9): each then costs about 0.1 ms less CPU, and
  /// peers can tell that they talk to the same program.
  std::shared_ptr<const Certificate> certificate{};
  /// ICE.
  IceOptions ice{};
  /// Datagrams and DTLS.
  TransportOptions transport{};
  /// Data channels and SCTP.
  DataOptions data{};
  /// Tracks.
  MediaOptions media{};
  /// Whether the remote descriptions include the candidates added later (W3C §4.4.2). False: they
  /// are returned as they were set.
  bool show_remote_candidates = true;
  /// Whether event::ConnectionReport is told when connecting has ended. False: only when
  /// PeerConnection::get_report() asks for it.
  bool connection_reports = true;
  /// A file that the DTLS secrets are appended to, in the SSLKEYLOGFILE format that Wireshark
  /// reads. Empty: none. The file allows anyone to decrypt the traffic; a warning is logged.
  /// core::PeerConnection opens no file: there, any text turns on take_key_log().
  std::string key_log_file{};
};

/// Checks the options. Error: InvalidArgument, with the option's name, its value and the valid
/// values. The URLs of ICE servers are checked later, when the connection is created.
SPECTER_EXPORT Result<> check_options(const ConnectionOptions& options);

/// RTCOfferOptions, W3C §4.2.3.
struct OfferOptions {
  /// Restarts ICE: new credentials and a new search for a path, while the current path stays in
  /// use. create_offer() fails with InvalidState before there was an answer.
  bool ice_restart = false;
};

/// The kind of a message, RFC 8831 §8. In a browser: a string or an ArrayBuffer.
enum class MessageKind { Text, Binary };

/// Sends a message in several calls, for messages that are larger than memory: any number of calls
/// with More, then one with Last, which may be empty. Whole sends a message in one call.
///
/// Until you send Last, other sends on this channel fail with InvalidState. To a peer without RFC
/// 8260 (browsers, as of 2026) the same holds for all other channels. The channel must not have
/// max_retransmits or max_packet_life_time. Closing the channel abandons the message.
enum class MessagePart : std::uint8_t { Whole, More, Last };

/// Identifies a data channel within a core::PeerConnection. Never reused. It is not the SCTP
/// stream.
enum class ChannelId : std::uint64_t {};

}  // namespace specter
