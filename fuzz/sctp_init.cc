// The value of a=sctp-init (SNAP): an INIT chunk in base64, which is all of a handshake. What is
// taken establishes an association within what it says; what is not leaves it as it was.
//
// The input is the chunk; it is put into base64 here, and taken as that text itself besides.
#include "base/base64.h"
#include "codec.h"
#include "sctp/association.h"
#include "sctp/packet/data_chunk.h"
#include "sctp/packet/init_chunk.h"
#include "sdp/attributes.h"
#include "simulation/random.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::sctp;
using namespace std::chrono_literals;

constexpr Timestamp kNow{1s};
constexpr Ppid kPpid{53};

Result<std::optional<Buffer>> said(std::string value) {
  sdp::Media media;
  media.attributes.add("sctp-init", std::move(value));
  return sdp::sctp_init(media);
}

Association::Config config() {
  Association::Config config;
  config.initial_tsn = 1000;
  return config;
}

// Sends what it may at once, and no more than the INIT allows.
void check_established(Association& association, const InitChunk& init) {
  SPECTER_CHECK(association.is_established() && association.used_snap());
  SPECTER_CHECK(association.outgoing_streams() == init.inbound_streams);
  const Buffer message(100'000, 0x61);
  SPECTER_CHECK(association.send(kNow, StreamId{0}, kPpid, message).has_value());
  SPECTER_CHECK(association
                    .send(kNow, StreamId{static_cast<std::uint16_t>(init.inbound_streams - 1)},
                          kPpid, message)
                    .has_value());
  SPECTER_CHECK(init.inbound_streams == 65'535 ||
                !association.send(kNow, StreamId{init.inbound_streams}, kPpid, message));

  while (association.poll_event()) {
  }
  std::size_t sent = 0;
  while (const auto packet = association.poll_transmit(kNow)) {
    SPECTER_CHECK(packet->size() <= config().max_packet_bytes);
    const auto view = PacketView::parse(*packet, ZeroChecksum::Accepted);
    SPECTER_CHECK(view.has_value());
    SPECTER_CHECK(view->header.verification_tag == init.initiate_tag);
    // RFC 9653 §5.2: a checksum is left out for those alone who said that they can do without.
    SPECTER_CHECK(init.zero_checksum || PacketView::parse(*packet).has_value());
    ChunkReader chunks(view->chunks);
    while (const auto chunk = chunks.next()) {
      SPECTER_CHECK(chunk->type != ChunkType::Init);
      if (const auto data = DataChunk::parse(*chunk)) sent += data->payload.size();
    }
  }
  SPECTER_CHECK(sent <= init.window_bytes);
  const Deadline next = association.next_timeout();
  SPECTER_CHECK(next && *next > kNow);  // something is outstanding
}

void check_chunk(Bytes bytes) {
  simulation::SeededRandom random(7);
  Association association(config(), random);
  const Buffer ours = association.local_init();
  SPECTER_CHECK(Association::validate_init(ours).has_value());

  const auto valid = Association::validate_init(bytes);
  const auto connected = association.connect_with(kNow, bytes);
  SPECTER_CHECK(valid.has_value() == connected.has_value());
  SPECTER_CHECK(association.local_init() == ours);
  if (!valid) {
    SPECTER_CHECK(valid.error() == connected.error());
    SPECTER_CHECK(valid.error().code == ErrorCode::InvalidArgument);
    SPECTER_CHECK(!association.is_established() && !association.poll_transmit(kNow));
    return;
  }
  const auto init = InitChunk::parse(*ChunkReader(bytes).next());
  SPECTER_CHECK(init.has_value());
  check_established(association, *init);
}

}  // namespace

void run(Bytes input) {
  const auto bytes = said(to_base64(input));
  const bool fits = !input.empty() && input.size() <= sdp::kMaxSctpInitBytes;
  SPECTER_CHECK(bytes.has_value() == fits);
  if (fits) SPECTER_CHECK(**bytes == to_buffer(input));
  if (const auto as_given = said(std::string(as_text(input))))
    SPECTER_CHECK(to_base64(**as_given) == as_text(input));
  check_chunk(input);
}

}  // namespace specter::fuzz
