// What becomes of the peer's tracks: they are counted and, where asked for, written to a file,
// forwarded, sent back.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/media/recording.h"
#include "cli/peer/answers.h"
#include "cli/peer/transceivers.h"
#include "io/udp_socket.h"

#include "specter/endpoint.h"
#include "specter/event.h"
#include "specter/track.h"

namespace specter::cli {

class Receiving {
 public:
  explicit Receiving(Answers& answers) : answers_(answers) {}
  Receiving(const Receiving&) = delete;

  // Frames go to a file, packets to an address or back to the peer: a track is delivered as one of
  // both. Error: InvalidState where it is the other, NotFound for a file that can't be written.
  Result<> record(TransceiverNumber number, const Transceiver& transceiver, const std::string& file,
                  const std::string& rid);
  // What became of it. Error: NotFound.
  Result<Json> stop_recording(TransceiverNumber number, const std::string& rid);
  Result<> forward(TransceiverNumber number, const Transceiver& transceiver,
                   const std::optional<Endpoint>& to);
  // `codec`: to begin with; another one that comes takes its place.
  Result<> echo(TransceiverNumber number, const Transceiver& transceiver, const RtpCodec& codec);

  void handle(TransceiverNumber number, const event::Frame& event);
  void handle(TransceiverNumber number, const event::RtpPackets& event);
  // The peer wants a key frame of what it gets back: so do we.
  void handle_key_frame_wanted(TransceiverNumber number, const Transceiver& transceiver);

  void finish();
  Json counts() const;

 private:
  struct Encoding {
    std::string codec;
    std::uint64_t frames = 0, key_frames = 0,
                  after_loss = 0;  // after_loss: some were missing before it
    std::uint64_t packets = 0, bytes = 0, dropped = 0;
    std::optional<std::uint16_t> width{}, height{};
    std::optional<transfer::Recording> recording{};
  };
  struct Forward {
    Endpoint to;
    io::UdpSocket socket;
    std::uint64_t packets = 0;
  };
  struct Echo {
    TrackLocalStaticRtp track;
    std::optional<std::string> rid{};            // of simulcast the first that came
    std::optional<std::uint8_t> payload_type{};  // whose codec the track has
    std::uint64_t packets = 0;
  };
  struct Incoming {
    std::map<std::string, Encoding, std::less<>>
        encodings;  // by rid; the negotiated ones alone come
    std::optional<Forward> forward{};
    std::optional<Echo> echo{};

    bool is_recorded() const;
  };

  void end_recording(TransceiverNumber number, const std::string& rid, Encoding& encoding);
  void send_back(const Transceiver& transceiver, Echo& echo, const event::RtpPackets& event);
  bool take_codec_of(const Transceiver& transceiver, Echo& echo, std::uint8_t payload_type);

  Answers& answers_;
  std::map<TransceiverNumber, Incoming> all_;
};

}  // namespace specter::cli
