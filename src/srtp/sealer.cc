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
constexpr std::uint16_t kEmptyProfile = 0xC0DE;  // RFC 9335 §5.1: of an extension that is added

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
  if (!layout || layout->size != header.size()) return std::unexpected(Refusal::NotRtp);
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

std::expected<std::size_t, Refusal> Sealer::prepare_rtp(SealBatch& batch,
                                                        const OutgoingRtp& packet) {
  const auto shape = shape_of(packet.header);
  if (!shape) return std::unexpected(shape.error());
  const std::size_t size =
      shape->header_size + packet.prefix.size() + packet.body.size() + rtp_.tag_size();
  SPECTER_CHECK(packet.out.size() >= size);
  const std::uint32_t ssrc = load32(&packet.header[kSsrcAt]);
  const auto index = take_index(ssrc, load16(&packet.header[kSequenceAt]));
  if (!index) return std::unexpected(index.error());

  const auto [job, rest] = batch.grow();
  job.key = rtp_.key();
  rtp_.write_nonce(job.nonce, ssrc, *index);
  job.tag = packet.out.subspan(size - rtp_.tag_size(), rtp_.tag_size());
  describe_rtp(job, packet, *shape);
  if (!rtp_.is_aead()) rest.beside.set_suffix(rollover_counter(*index));
  if (shape->cryptex_profile != 0) rest.gathered_csrcs = shape->csrc_bytes;
  rest.out = packet.out;
  return size;
}

// Puts the parts where they belong, but for a body that is enciphered from where it is.
void Sealer::describe_rtp(crypto::SealJob& job, const OutgoingRtp& packet,
                          const Shape& shape) const {
  const MutableBytes out = packet.out;
  const std::size_t payload_size = packet.prefix.size() + packet.body.size();
  job.text = job.out = out.subspan(shape.header_size, payload_size);
  if (packet.prefix.empty() && shape.cryptex_profile == 0) {
    job.text = packet.body;
  } else {
    put(packet.body, job.out.data() + packet.prefix.size());
    put(packet.prefix, job.out.data());
  }
  put(packet.header, out.data());
  if (shape.cryptex_profile == 0) {
    job.additional = packet.header;
    return;
  }
  const std::size_t extension_at = rtp::kFixedHeaderSize + shape.csrc_bytes;
  if (shape.header_size != packet.header.size()) {  // RFC 9335 §5.1: an empty extension
    out[0] |= kExtensionBit;
    store32(&out[extension_at], 0);
  }
  store16(&out[extension_at], shape.cryptex_profile);
  gather(out, shape.csrc_bytes);
  set_cryptex_additional(job, out, shape.csrc_bytes, rtp_.is_aead());
  job.text = job.out =
      out.subspan(kCryptexClearBytes, shape.header_size - kCryptexClearBytes + payload_size);
}

std::expected<std::size_t, Refusal> Sealer::prepare_rtcp(SealBatch& batch, Bytes packet,
                                                         MutableBytes out) {
  if (!is_rtcp(packet)) return std::unexpected(Refusal::NotRtcp);
  if (rtcp_index_ >= kMaxRtcpPackets) return std::unexpected(Refusal::KeyExhausted);
  const std::size_t size = packet.size() + kRtcpIndexBytes + rtcp_.tag_size();
  SPECTER_CHECK(out.size() >= size);
  const std::uint64_t index = rtcp_index_++;
  const std::uint32_t index_word = kEncipheredBit | static_cast<std::uint32_t>(index);

  const auto [job, rest] = batch.grow();
  job.key = rtcp_.key();
  rtcp_.write_nonce(job.nonce, load32(&packet[kRtcpSsrcAt]), index);
  job.text = packet.subspan(kRtcpClearBytes);
  job.out = out.subspan(kRtcpClearBytes, job.text.size());
  put(packet.first(kRtcpClearBytes), out.data());
  if (rtcp_.is_aead()) {
    // RFC 7714 §9.2: the tag belongs to the ciphertext, the index comes last.
    job.tag = out.subspan(packet.size(), rtcp_.tag_size());
    store32(&out[packet.size() + rtcp_.tag_size()], index_word);
    rest.beside.set_rtcp_additional(packet, index_word);
  } else {
    // RFC 3711 §3.4: the index, then the tag, which covers it.
    store32(&out[packet.size()], index_word);
    job.tag = out.subspan(packet.size() + kRtcpIndexBytes, rtcp_.tag_size());
    job.additional = out.first(kRtcpClearBytes);
    rest.beside.set_suffix(index_word);
  }
  return size;
}

std::expected<std::size_t, Refusal> SealBatch::add_rtp(Sealer& sealer, const OutgoingRtp& packet) {
  return sealer.prepare_rtp(*this, packet);
}

std::expected<std::size_t, Refusal> SealBatch::add_rtp(Sealer& sealer, Bytes packet,
                                                       MutableBytes out) {
  const auto layout = rtp::HeaderLayout::parse(packet);
  if (!layout) return std::unexpected(Refusal::NotRtp);
  return sealer.prepare_rtp(
      *this,
      {.header = packet.first(layout->size), .body = packet.subspan(layout->size), .out = out});
}

std::expected<std::size_t, Refusal> SealBatch::add_rtcp(Sealer& sealer, Bytes packet,
                                                        MutableBytes out) {
  return sealer.prepare_rtcp(*this, packet, out);
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
