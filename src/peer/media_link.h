// Tracks on a Transport: keys for SRTP from DTLS, packets that are opened and sealed many a call.
// The rules of streams are in media/, those of SRTP in srtp/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/log.h"
#include "crypto/packet_cipher.h"
#include "media/packet_room.h"
#include "media/session.h"
#include "peer/batch.h"
#include "rtp/parameters.h"
#include "srtp/opener.h"
#include "srtp/sealer.h"

#include "specter/endpoint.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter::ice {
class Agent;
}

namespace specter::peer {

class Transport;

// What negotiation says of one transceiver's section; nothing of a side that has not been
// negotiated.
struct MediaParameters {
  std::optional<rtp::SendParameters> sending{};
  std::optional<rtp::ReceiveParameters> receiving{};
};

class MediaLink {
 public:
  using Event = media::Session::Event;

  // All four outlive it. `transport` carries it from here on.
  MediaLink(const ConnectionOptions& options, Transport& transport, crypto::PacketCipher& cipher,
            Random& random, Log log = {});
  MediaLink(const MediaLink&) = delete;
  ~MediaLink();

  // A transceiver's section, after each negotiation and each call that changes what is sent.
  void set(Timestamp now, TransceiverId transceiver, const MediaParameters& parameters);
  // It is no more.
  void remove(Timestamp now, TransceiverId transceiver);
  // Another peer comes, with other keys.
  void leave_peer(Timestamp now);
  // RTCP's goodbye for what is sent, which the transport's close(), to follow, still sends.
  void shut_down(Timestamp now);

  // What there is once a track is negotiated, or a call needs it: a connection for data has none.
  media::Session& make_session();

  // After the transport's.
  void handle_timeout(Timestamp now);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;
  void add_stats(Stats& stats) const;

  // ---- a rider's part, for the transport

  void handle_connected(Timestamp now);  // DTLS is
  void handle_closed(Timestamp now);
  void handle_path_change(Timestamp now);  // the selected path is another
  void handle_ice_state(Timestamp now, IceConnectionState state);
  // RTP or RTCP that came over a validated path. It is looked at by open(); the bytes stay until
  // then. False: there are no keys for it.
  bool take(const Datagram& datagram);
  // Opens what was taken. Only the peer can have sealed it, so `ice` hears that it is alive.
  void open(Timestamp now, ice::Agent& ice);
  // Writes the next packet into the batch, as one that seal() has yet to seal; false: there is
  // none.
  bool append(Timestamp now, Batch& batch);
  // Seals what was appended, before the batch's memory moves or leaves.
  void seal();
  // No larger datagram gets through, as somebody on the path says.
  void limit_datagrams(std::size_t bytes);
  // Whether there is or was a track.
  bool is_active() const { return active_ != nullptr; }
  // What limit_datagrams() says, as the other rider has found for now; nothing: no less than nearly
  // all paths carry.
  void follow_datagrams(std::optional<std::size_t> bytes);

 private:
  struct Taken {
    Path path;
    bool is_rtcp = false;
  };
  // A packet to be kept as soon as it is sealed.
  struct Kept {
    media::Keepsake about;
    Timestamp sent_at;
    Bytes sealed;
  };
  // One peer's.
  struct Keys {
    struct Cryptex {
      bool is_accepted, is_sent;
    };
    Keys(const crypto::PacketCipher& cipher, srtp::Profile profile, const srtp::MasterKey& ours,
         const srtp::MasterKey& theirs, Cryptex cryptex);

    srtp::Opener opener;
    srtp::Sealer sealer;
  };

  struct Active {
    Active(const MediaOptions& options, crypto::PacketCipher& cipher, Random& random);

    media::Session session;
    std::unique_ptr<Keys> keys;
    // RFC 9335 §4: those that send with it. All of a bundle or none; it counts from the keys on.
    std::vector<TransceiverId> cryptex;
    // Of the current receive, and of the current batch.
    std::vector<Taken> taken;
    srtp::OpenBatch opening;
    srtp::SealBatch sealing;
    std::vector<Kept> kept;
  };

  // An IP packet of 1500 bytes less IPv6's and UDP's headers.
  static constexpr std::size_t kUsualGivenBytes = 1452;

  Active& activate();
  void make_keys(Timestamp now);
  std::size_t usual_datagram_bytes() const;
  void size_packets();
  void make_room(Batch& batch, std::size_t size);
  bool append_rtcp(Timestamp now, Batch& batch);
  bool append_rtp(Timestamp now, Batch& batch);
  bool append_packet(Timestamp now, Batch& batch, const media::Departure& packet);

  const ConnectionOptions& options_;
  Transport& transport_;
  const Log log_;
  crypto::PacketCipher& cipher_;
  Random& random_;
  std::unique_ptr<Active> active_;  // null: there never was a track
  bool is_shut_down_ = false;
  std::size_t most_datagram_bytes_;                  // of what is made here
  std::optional<std::size_t> found_datagram_bytes_;  // the same, by the other rider
  std::size_t most_given_bytes_;                     // of packets that the application gives
};

}  // namespace specter::peer
