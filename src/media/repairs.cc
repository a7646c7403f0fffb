#include "media/repairs.h"

#include <algorithm>

namespace specter::media {

void Repairs::handle_sent(Timestamp now, std::int64_t number, const Draft& draft, bool is_kept,
                          std::optional<Duration> round_trip) {
  sent_.add(now, draft.bytes);
  if (is_kept) history_.put(now, number, draft, PacketHistory::age_limit(round_trip));
}

void Repairs::keep(Timestamp now, std::int64_t number, const Draft& sealed,
                   std::optional<Duration> round_trip) {
  history_.put(now, number, sealed, PacketHistory::age_limit(round_trip));
}

void Repairs::expire(Timestamp now, std::optional<Duration> round_trip) {
  history_.expire(now, PacketHistory::age_limit(round_trip));
}

bool Repairs::request(Timestamp now, std::int64_t number, std::optional<Duration> round_trip) {
  const Draft* const draft = history_.find(number);
  if (!draft) return false;
  const double share = kShare * static_cast<double>(sent_.bytes(now));
  const std::uint64_t allowed = std::max(static_cast<std::uint64_t>(share), kMinBytes);
  const std::size_t bytes = draft->bytes + kOriginalNumberBytes;
  const bool is_again = history_.was_requested(number);
  const bool is_allowed = asked_.bytes(now) + bytes <= allowed &&
                          (!is_again || asked_again_.bytes(now) + bytes <= allowed / kAgainPart);
  const Duration wait = round_trip.value_or(PacketHistory::kDefaultRoundTrip);
  if (!is_allowed || !history_.request(now, number, wait)) {
    ++refused_;
    return false;
  }
  asked_.add(now, bytes);
  if (is_again) asked_again_.add(now, bytes);
  return true;
}

std::optional<Repairs::Form> Repairs::form(const Draft& original,
                                           const rtp::SendParameters& section,
                                           std::uint32_t ssrc) const {
  const auto codec = std::ranges::find(section.codecs, original.header.payload_type,
                                       [](const auto& each) { return each.codec.payload_type; });
  if (codec == section.codecs.end() || !codec->rtx_payload_type) return std::nullopt;
  Form out{.header = original.header, .prefix = {}};
  out.prefix.push_back(static_cast<std::uint8_t>(original.header.sequence >> 8));
  out.prefix.push_back(static_cast<std::uint8_t>(original.header.sequence));
  for (const std::uint8_t byte : original.prefix.view()) out.prefix.push_back(byte);
  out.header.payload_type = *codec->rtx_payload_type;
  out.header.ssrc = ssrc;
  out.header.sequence = static_cast<std::uint16_t>(next_number_);
  return out;
}

void Repairs::handle_repaired(std::size_t header_bytes, std::size_t payload_bytes) {
  ++packets_;
  header_bytes_ += header_bytes;
  payload_bytes_ += payload_bytes;
}

}  // namespace specter::media
