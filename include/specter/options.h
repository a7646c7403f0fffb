// Options that users give: of a connection, nested by layer, and of a data channel.
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
#include "specter/result.h"
#include "specter/time.h"

namespace specter {

namespace crypto {
class Certificate;
}
// A certificate with its key; opaque. RTCCertificate, W3C §4.9. generate_certificate() makes one.
using Certificate = crypto::Certificate;

// RTCIceServer, W3C §4.2.2. stun: servers are asked for candidates; turn: (which needs username and
// credential) and stuns: are checked and not used yet.
struct IceServer {
  std::vector<std::string>
      urls;                // "stun:host[:port]", "turn:host[:port][?transport=udp]"; RFC 7064, 7065
  std::string username{};  // turn: only
  std::string credential{};  // turn: only

  bool operator==(const IceServer&) const = default;
};

// A list of servers: a vector that can also be written as URLs. All of these are lists of one
// server:
// {"stun:a.example"}, {{.urls = {"stun:a.example"}}}, {server}, and a std::vector<IceServer>.
class IceServers : public std::vector<IceServer> {
 public:
  // A server, or the URL of one that needs no credential. For braced lists. Templates, here and
  // below, so that an inner pair of braces is never anything but a server.
  class Item {
   public:
    template <std::convertible_to<std::string_view> Url>
    Item(const Url& url) : server_{.urls = {std::string(std::string_view(url))}} {}
    template <std::same_as<IceServer> Server>
    Item(Server server) : server_(std::move(server)) {}

    const IceServer& server() const { return server_; }

   private:
    IceServer server_;
  };

  IceServers() = default;
  IceServers(std::initializer_list<IceServer> servers) : vector(servers) {}
  IceServers(std::initializer_list<Item> items) {
    reserve(items.size());
    for (const Item& item : items) push_back(item.server());
  }
  template <std::same_as<std::vector<IceServer>> Servers>
  IceServers(Servers servers) : vector(std::move(servers)) {}
};

// RTCPriorityType, W3C WebRTC Priority Control §3. While several channels of a connection have
// something to send, each gets a share of what goes out in proportion to its priority's number,
// which are those of RFC 8831 §6.4: a High one four times what a Low one gets. No channel starves.
enum class Priority : std::uint16_t { VeryLow = 128, Low = 256, Medium = 512, High = 1024 };

// RTCDataChannelInit, W3C §6.1.1.
struct DataChannelOptions {
  bool ordered = true;
  // At most one of the next two: what the channel does instead of delivering everything.
  std::optional<std::chrono::milliseconds>
      max_packet_life_time{};                      // 0 to 65,535 ms from send(), then given up
  std::optional<std::uint16_t> max_retransmits{};  // sent again so many times, then given up
  std::string protocol{};                          // the application's own; at most 65,535 bytes
  bool negotiated = false;  // true: both sides create it with the same id, nothing is announced
  std::optional<std::uint16_t> id{};  // 0 to 65,534; needed when negotiated, else chosen for you
  // Of what each side sends on it: the peer is told ours, and takes it for its own. Of a channel
  // that the peer opened, the nearest one that is not below the number it gave.
  Priority priority = Priority::Low;

  bool operator==(const DataChannelOptions&) const = default;
};

// What DTLS may be spoken. RFC 9147 and RFC 6347; nothing older (RFC 8827 §6.5).
enum class DtlsVersion : std::uint8_t { Dtls12, Dtls13 };

// The key of our certificate. RFC 8827 §6.5: every peer takes P-256; RSA-2048 is for those that
// somebody has told otherwise, and costs more in each handshake.
enum class CertificateType : std::uint8_t { EcdsaP256, Rsa2048 };

// Which library enciphers packets. Both give the same bytes; they differ in what they cost.
enum class CipherEngine : std::uint8_t {
  Fastest,  // for each algorithm the faster one of those below, on this processor
  OpenSsl,
  // Intel's libipsec-mb, where it was built in and the processor has AES instructions; elsewhere,
  // and for what it hasn't, OpenSSL.
  MultiBuffer,
};

// How an SCTP association decides how much to send and how fast. Each side chooses for what it
// sends; the peer need not know.
enum class CongestionControl : std::uint8_t {
  // RFC 9438, with HyStart++ (RFC 9406): what most of the Internet's TCP does. Fills the path's
  // queue until something is lost; random losses slow it down.
  Cubic,
  // draft-ietf-ccwg-bbr (BBRv3): sends as fast as the path was measured to deliver. Short queues,
  // and little harm from random losses of a percent or two.
  Bbr,
  // RFC 9260 §7.2: what the SCTP of browsers does.
  Reno,
};

// Which local addresses a connection gathers.
enum class LoopbackPolicy : std::uint8_t {
  Fallback,  // 127.0.0.1 and ::1 only on a machine that has no other address
  Include,   // 127.0.0.1 and ::1 too
  Only,      // nothing but 127.0.0.1 and ::1
};

// ICE, RFC 8445. The timers have the values of the RFCs or of browsers.
struct IceOptions {
  LoopbackPolicy loopback = LoopbackPolicy::Fallback;
  // Ta between ordinary checks, RFC 8445 §14.2. At first, checks leave faster: src/ice/README.md.
  Duration check_interval = std::chrono::milliseconds(50);
  // From the first local address on. What servers answer later is not used.
  Duration gathering_timeout = std::chrono::seconds(4);
  // RFC 8863 §4: checking lasts at least so long. Then, without a valid pair: Failed when the peer
  // has said that it has no more candidates, else Disconnected (more may come).
  Duration patience = std::chrono::milliseconds(39'500);
  // Without a valid pair for so long since the peer's credentials are known: Failed in any case.
  Duration limbo_timeout = std::chrono::minutes(2);
  Duration consent_interval = std::chrono::seconds(5);  // times 0.8 to 1.2, RFC 7675 §5.1
  Duration consent_timeout = std::chrono::seconds(30);  // without an answer: Failed, RFC 7675 §5.1
  // Without a sign of life from the peer: Disconnected.
  Duration disconnected_timeout = std::chrono::seconds(5);
};

// What carries data between the peers: datagrams, and DTLS in them.
struct TransportOptions {
  // Bytes of UDP payload at first: what every path carries. RFC 8831 §5: an IP packet of 1200
  // bytes, less 28 of headers. Paths that carry less are found. 548 to 65,507.
  std::size_t max_datagram_bytes = 1172;
  // RFC 8899: larger packets, up to the interface's MTU, once probes have shown that they arrive.
  bool path_mtu_discovery = true;
  // Both ends of the range: the best version that the peer has too is used. The same version for
  // both refuses a peer that can't speak it.
  DtlsVersion min_dtls_version = DtlsVersion::Dtls12;
  DtlsVersion max_dtls_version = DtlsVersion::Dtls13;
  // The DTLS handshake rides in ICE's Binding messages where the peer can do it too
  // (draft-hancke-webrtc-sped): connected one round trip earlier, and faster over a lossy path.
  bool sped = true;
};

// Data channels, and SCTP under them.
struct DataOptions {
  std::size_t send_buffer_bytes = 16 << 20;  // of all channels together; past it: WouldBlock
  // The window that the peer sees at most: an owner that stops reading lets so much pile up. No
  // memory is used before it is needed. A path of 1 Gbit/s and 100 ms holds 12.5 MB.
  std::size_t receive_buffer_bytes = 16 << 20;
  // Of one received message; announced as a=max-message-size. 0: no limit, for channels that
  // receive_in_parts(); on another channel a message that is larger than receive_buffer_bytes ends
  // the connection.
  std::size_t max_message_bytes = 256 * 1024;
  CongestionControl congestion_control = CongestionControl::Cubic;  // of what we send
  // SNAP, draft-hancke-tsvwg-snap: descriptions carry a=sctp-init, and with a peer that does so too
  // data channels open two round trips sooner; with any other nothing changes. SctpStats::snap says
  // whether it was used.
  bool snap = true;
  // RFC 8260: with a peer that can do it too, a large message on one data channel holds up those of
  // others by no more than a packet or so. With any other, channels take turns by whole messages,
  // by their priorities too. SctpStats::interleaving says whether it was agreed.
  bool interleaving = true;
};

// Of one connection. RTCConfiguration, W3C §4.2.1, and more.
struct ConnectionOptions {
  IceServers ice_servers{};
  // Without one, a connection makes its own (ECDSA P-256). core::PeerConnection must be given one.
  // Connections may share one, as with W3C §4.9's generateCertificate: each costs some 0.1 ms less
  // of CPU, and peers can tell by it that they talk to the same program.
  std::shared_ptr<const Certificate> certificate{};
  IceOptions ice{};
  TransportOptions transport{};
  DataOptions data{};
  // W3C §4.4.2: candidates that were added show in the remote descriptions. False: these come back
  // as they were given.
  bool show_remote_candidates = true;
  // Where the connection's secrets are appended, in the format that Wireshark reads
  // (SSLKEYLOGFILE's); empty: nowhere. Whoever has that file can read everything that was sent, so
  // the log warns of it. With core::PeerConnection, which opens no file: whether
  // take_key_log() has lines.
  std::string key_log_file{};
};

// Whether a connection can be made with these options. Error: InvalidArgument, with the option's
// name, its value and the values that are good. ICE servers' URLs are looked at later.
SPECTER_EXPORT Result<> check_options(const ConnectionOptions& options);

// RTCOfferOptions, W3C §4.2.3.
struct OfferOptions {
  // New credentials, and so another search for a path, while the one in use carries on. Error of
  // create_offer(): InvalidState "ICEAgent does not exist" before there was an answer.
  bool ice_restart = false;
};

// What a message of a data channel is: RFC 8831 §8.
enum class MessageKind { Text, Binary };

// How much of a message is sent at once. One may be larger than all memory: any number of parts
// with More, and a Last, which may be empty. While it is not ended nothing else can be sent on its
// channel (InvalidState), and, to a peer without RFC 8260 (browsers, as of 2026), on no other
// channel either. Its channel must have no limit on retransmissions or lifetime. Closing the
// channel cuts it off.
enum class MessagePart : std::uint8_t { Whole, More, Last };

// Names a data channel within its connection, for as long as the connection lives; not its stream
// id.
enum class ChannelId : std::uint64_t {};

}  // namespace specter
