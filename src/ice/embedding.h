// Which datagrams of the DTLS handshake ride in Binding messages, and which have arrived.
// draft-hancke-webrtc-sped ("SPED"), with the states that libwebrtc has. It knows no time and sends
// nothing: the agent asks it while it writes a message (embedded_checks.cc).
//
//                     a message with either attribute
//        Tentative ------------------------------------> Confirmed
//         |     |                                            |
//         |     | the handshake is done                      | the handshake is done
//         |     v                                            v
//         |  Pending <---------------------------------------+
//         |     |
//         |     | a message with neither attribute; or the peer
//         |     | acknowledges without data, and we have none either
//         |     v
//         |  Complete
//         |
//         +------> Off: not configured; the peer's description says no; a message with neither came
//
// Messages carry the attributes in Tentative (once the peer's description has said that it knows
// them), Confirmed and Pending. Which datagram is where:
//
//   L1  of our current flight, not yet acknowledged; each message with room carries the next one
//   L2  the checksums of what came, the latest four; each message carries them all
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "specter/bytes.h"

namespace specter::ice {

enum class EmbeddingState { Off, Tentative, Confirmed, Pending, Complete };

class Embedding {
 public:
  // Of one flight, held until they are acknowledged; what does not fit is not embedded, and goes
  // its own way when there is a path.
  static constexpr std::size_t kMaxDatagrams = 16;
  static constexpr std::size_t kMaxBytes = 16 * 1024;
  static constexpr std::size_t kMaxAcks = 4;  // draft-hancke-webrtc-sped §3.3.2.2

  enum class Wanted : bool { No, Yes };

  explicit Embedding(Wanted wanted)
      : state_(wanted == Wanted::Yes ? EmbeddingState::Tentative : EmbeddingState::Off) {}

  // What the peer's description says of it. A peer that has shown the attributes before is
  // believed.
  void set_remote(bool knows_it);
  // The flight to bring over. True when it took the place of another one: the generation in force
  // changes nothing, so that it may be told again at any time.
  bool set_flight(std::uint32_t generation, std::span<const Buffer> datagrams);
  // The last flight is kept until it is acknowledged by the side that sent it; no other is needed
  // any more. It may still be told afterwards.
  void handshake_done(bool we_sent_the_last_flight);

  // A datagram of the peer's handshake came, embedded or directly: it will be acknowledged.
  void received(Bytes datagram);
  // The attributes of an authenticated Binding request or success response; empty: absent. What it
  // returns is for DTLS, and a view into `data`.
  std::optional<Bytes> handle_message(std::optional<Bytes> data,
                                      std::optional<std::span<const std::uint32_t>> acks);

  // ---- what a Binding message carries
  bool is_active() const;  // the ACK at least, be it empty
  std::span<const std::uint32_t> acks() const { return acks_; }
  // Round robin, the next datagram of at most `room` bytes.
  std::optional<Bytes> next(std::size_t room);

  EmbeddingState state() const { return state_; }
  std::size_t unacknowledged() const { return flight_.size(); }
  bool has_waiting(std::size_t room) const;  // one of at most so many bytes

 private:
  struct Outgoing {
    std::uint32_t checksum;
    Buffer datagram;
  };

  bool keeps_flights() const;
  void end(EmbeddingState state);

  EmbeddingState state_;
  bool remote_knows_it_ = false;
  bool keeps_last_flight_ = false;  // Pending
  std::optional<std::uint32_t> generation_;
  std::vector<Outgoing> flight_;     // L1
  std::size_t turn_ = 0;             // into it
  std::vector<std::uint32_t> acks_;  // L2
};

// Whether these bytes can be DTLS: RFC 9443 §3. What can't is neither embedded nor handed on.
bool may_be_dtls(Bytes datagram);

}  // namespace specter::ice
