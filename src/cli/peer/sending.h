// What is sent on tracks: files, and the packets that come to UDP ports of ours.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/media/live_file.h"
#include "cli/peer/answers.h"
#include "cli/peer/track_command.h"
#include "io/udp_socket.h"

#include "specter/peer_connection.h"
#include "specter/track.h"

namespace specter::cli {

// The first codec of that MIME type, of any case; nothing for an unknown one. Retransmissions are
// no codec.
std::optional<RtpCodec> find_codec(const std::vector<RtpCodec>& codecs, std::string_view mime_type);

class Sending {
 public:
  static constexpr std::size_t kMaxFiles = 64, kMaxPorts = 16;
  // A file is read no faster than this many samples a turn.
  static constexpr int kMaxSamplesATurn = 64;

  Sending(const PeerConnection& connection, std::vector<RtpCodec> codecs, Answers& answers)
      : connection_(connection), codecs_(std::move(codecs)), answers_(answers) {}
  Sending(const Sending&) = delete;

  // A track of a file, or of a codec of which packets will come. Errors: NotFound for a file that
  // can't be read or a codec that we don't have, InvalidState past kMaxFiles.
  Result<TrackLocal> make_track(const command::TrackSource& source,
                                const std::vector<std::string>& streams, const std::string& rid);
  // One more encoding of a track that has a file.
  Result<> play(const TrackLocal& track, const command::TrackSource& source,
                const std::string& rid);
  // Packets for a track that has no file come to this address. The result has the port.
  Result<Endpoint> listen(const TrackLocal& track, const Endpoint& local);
  // Nothing more is sent on it.
  void forget(const TrackLocal& track);
  // Its file does; an empty rid: each of its files.
  void jump_to_key_frame(const TrackLocal& track, std::string_view rid);

  void handle_timeout(Timestamp now);
  Deadline next_timeout() const;
  std::vector<int> descriptors() const;  // readable: handle_timeout() has something to do
  void finish();

  const std::vector<RtpCodec>& codecs() const { return codecs_; }
  Json counts() const;

 private:
  struct File {
    TrackLocalStaticSample track;
    std::string path, rid;
    transfer::LiveFile file;
    bool is_sent = false;  // the peer can get it, from then on
    bool is_over = false;
  };
  struct Port {
    TrackLocalStaticRtp track;
    io::UdpSocket socket;
    std::uint64_t packets = 0, refused = 0;
  };

  Result<> add_file(TrackLocalStaticSample track, transfer::LiveFile file, const std::string& path,
                    const std::string& rid);
  Result<transfer::LiveFile> open(const command::TrackSource& source) const;
  bool reaches_the_peer(const TrackLocal& track) const;
  void send_due(Timestamp now, File& file);
  void end(File& file, std::optional<std::string> error);

  const PeerConnection& connection_;
  const std::vector<RtpCodec> codecs_;
  Answers& answers_;
  std::list<File> files_;
  std::vector<TrackLocalStaticRtp> without_file_;  // at most kMaxFiles
  std::list<Port> ports_;
  io::ReceiveBuffers buffers_;
};

}  // namespace specter::cli
