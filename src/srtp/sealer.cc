#include "srtp/sealer.h"

#include <cstring>

#include "base/check.h"

namespace specter::srtp {
namespace {

// The parts may stand where they belong already, or overlap their place.
void put(Bytes part, std::uint8_t* at) {
  if (!part.empty() && part.data() != at) std::memmove(at, part.data(), part.size());
}

constexpr std::uint8_t kExtensionBit = 0x10;     // RFC 3550 §5.1: X
constexpr std::uint16_t kEmptyProfile = 0xC0DE;  // RFC 9335 §6.1: of an extension that is added

}  // namespace

Sealer::Sealer(const crypto::PacketCipher& cipher, Profile profile, const DirectionKeys& keys,
               SealOptions options)
    : profile_(profile),
      options_(options),
      rtp_(cipher, traits(profile).rtp, crypto::Direction::Seal, keys.rtp),
      rtcp_(cipher, traits(profile).rtcp, crypto::Direction::Seal, keys.rtcp) {}

void Sealer::skip_rtp_to(std::uint32_t ssrc, std::uint64_t index) {
  Stream* stream = streams_.find(ssrc);
  if (!stream) stream = streams_.add(ssrc);
  SPECTER_CHECK(stream);
  stream->sent.mark(index);
  rtp_sealed_ += index;
}

std::expected<Sealer::Shape, Refusal> Sealer::shape_of(Bytes header) const {
  const auto layout = rtp::HeaderLayout::parse(header);
  if (!layout) return std::unexpected(Refusal::NotRtp);
  Shape shape{layout->size, layout->csrcs_end - rtp::kFixedHeaderSize};
  if (!options_.cryptex) return shape;
  if (layout->flags.has_extension) {
    const auto profile = cryptex_profile(load16(&header[layout->csrcs_end]));
    if (!profile) return std::unexpected(Refusal::BadExtension);
    shape.cryptex_profile = *profile;
  } else if (shape.csrc_bytes > 0) {
    shape.header_size += rtp::ExtensionBlock::kHeaderSize;
    shape.cryptex_profile = kEmptyProfile;
  }
  return shape;
}

std::expected<std::uint64_t, Refusal> Sealer::take_index(std::uint32_t ssrc,
                                                         std::uint16_t sequence) {
  Stream* stream = streams_.find(ssrc);
  if (!stream && streams_.is_full()) return std::unexpected(Refusal::TooManyStreams);
  std::uint64_t index = sequence;
  if (stream) {
    // What a sender has not sent before its first packet has no index.
    const auto guess = guess_index(sequence, stream->sent.next() - 1);
    if (!guess || !stream->sent.is_new(*guess)) return std::unexpected(Refusal::Repeated);
    index = *guess;
  }
  // RFC 3711 §9.2: stop, never wrap.
  if (index >= kMaxRtpPackets || rtp_sealed_ >= kMaxRtpPackets)
    return std::unexpected(Refusal::KeyExhausted);
  if (!stream) stream = streams_.add(ssrc);
  stream->sent.mark(index);
  ++rtp_sealed_;
  return index;
}

std::expected<Sealer::Prepared, Refusal> Sealer::prepare_rtp(const OutgoingRtp& packet) {
  const auto shape = shape_of(packet.header);
  if (!shape) return std::unexpected(shape.error());
  const bool is_extended = shape->header_size != packet.header.size();
  if (is_extended && shape->header_size != packet.header.size() + rtp::ExtensionBlock::kHeaderSize)
    return std::unexpected(Refusal::NotRtp);
  const std::size_t text_end = shape->header_size + packet.prefix.size() + packet.body.size();
  const std::size_t size = text_end + rtp_.tag_size();
  SPECTER_CHECK(packet.out.size() >= size);
  const std::uint32_t ssrc = load32(&packet.header[kSsrcAt]);
  const auto index = take_index(ssrc, load16(&packet.header[kSequenceAt]));
  if (!index) return std::unexpected(index.error());

  Prepared prepared;
  prepared.size = size;
  crypto::SealJob& job = prepared.job;
  job.key = rtp_.key();
  job.nonce = rtp_.nonce(ssrc, *index);
  const MutableBytes out = packet.out;
  job.out = out.subspan(shape->header_size, text_end - shape->header_size);
  job.tag = out.subspan(text_end, rtp_.tag_size());
  job.text = job.out;
  if (packet.prefix.empty() && shape->cryptex_profile == 0) {
    job.text = packet.body;  // enciphered from where it is
  } else {
    put(packet.body, job.out.data() + packet.prefix.size());
    put(packet.prefix, job.out.data());
  }
  put(packet.header, out.data());
  if (shape->cryptex_profile != 0) {
    const std::size_t extension_at = rtp::kFixedHeaderSize + shape->csrc_bytes;
    if (is_extended) {
      out[0] |= kExtensionBit;
      store32(&out[extension_at], 0);
    }
    store16(&out[extension_at], shape->cryptex_profile);
    gather(out, shape->csrc_bytes);
    set_cryptex_additional(job, out, shape->csrc_bytes, rtp_.is_aead());
    job.text = job.out = out.subspan(kCryptexClearBytes, text_end - kCryptexClearBytes);
    prepared.gathered_csrcs = shape->csrc_bytes;
  } else {
    job.additional = out.first(shape->header_size);
  }
  if (!rtp_.is_aead()) prepared.beside.set_suffix(rollover_counter(*index));
  return prepared;
}

std::expected<Sealer::Prepared, Refusal> Sealer::prepare_rtcp(Bytes packet, MutableBytes out) {
  if (!is_rtcp(packet)) return std::unexpected(Refusal::NotRtcp);
  if (rtcp_index_ >= kMaxRtcpPackets) return std::unexpected(Refusal::KeyExhausted);
  Prepared prepared;
  prepared.size = packet.size() + kRtcpIndexBytes + rtcp_.tag_size();
  SPECTER_CHECK(out.size() >= prepared.size);
  const std::uint64_t index = rtcp_index_++;
  const std::uint32_t index_word = kEncipheredBit | static_cast<std::uint32_t>(index);
  crypto::SealJob& job = prepared.job;
  job.key = rtcp_.key();
  job.nonce = rtcp_.nonce(load32(&packet[kRtcpSsrcAt]), index);
  job.text = packet.subspan(kRtcpClearBytes);
  job.out = out.subspan(kRtcpClearBytes, job.text.size());
  put(packet.first(kRtcpClearBytes), out.data());
  if (rtcp_.is_aead()) {
    // RFC 7714 §9.2: the tag belongs to the ciphertext, the index comes last.
    job.tag = out.subspan(packet.size(), rtcp_.tag_size());
    store32(&out[packet.size() + rtcp_.tag_size()], index_word);
    prepared.beside.set_rtcp_additional(packet, index_word);
  } else {
    // RFC 3711 §3.4: the index, then the tag, which covers it.
    store32(&out[packet.size()], index_word);
    job.tag = out.subspan(packet.size() + kRtcpIndexBytes, rtcp_.tag_size());
    job.additional = out.first(kRtcpClearBytes);
    prepared.beside.set_suffix(index_word);
  }
  return prepared;
}

std::expected<std::size_t, Refusal> SealBatch::add_rtp(Sealer& sealer, const OutgoingRtp& packet) {
  return take(sealer.prepare_rtp(packet), packet.out);
}

std::expected<std::size_t, Refusal> SealBatch::add_rtp(Sealer& sealer, Bytes packet,
                                                       MutableBytes out) {
  const auto layout = rtp::HeaderLayout::parse(packet);
  if (!layout) return std::unexpected(Refusal::NotRtp);
  return add_rtp(
      sealer,
      {.header = packet.first(layout->size), .body = packet.subspan(layout->size), .out = out});
}

std::expected<std::size_t, Refusal> SealBatch::add_rtcp(Sealer& sealer, Bytes packet,
                                                        MutableBytes out) {
  return take(sealer.prepare_rtcp(packet, out), out);
}

std::expected<std::size_t, Refusal> SealBatch::take(
    const std::expected<Sealer::Prepared, Refusal>& prepared, MutableBytes out) {
  if (!prepared) return std::unexpected(prepared.error());
  jobs_.push_back(prepared->job);
  rests_.push_back({prepared->beside, prepared->gathered_csrcs, out});
  return prepared->size;
}

void SealBatch::run() {
  struct Empty {  // also when the cipher throws: no job may be done twice
    SealBatch& batch;
    ~Empty() {
      batch.jobs_.clear();
      batch.rests_.clear();
    }
  } const empty{*this};
  for (std::size_t i = 0; i < jobs_.size(); ++i) rests_[i].beside.attach(jobs_[i]);
  cipher_->seal(jobs_);
  for (const Rest& rest : rests_)
    if (rest.gathered_csrcs > 0) scatter(rest.out, rest.gathered_csrcs);
}

}  // namespace specter::srtp
