#include "srtp/opener.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace specter::srtp {

Opener::Opener(const crypto::PacketCipher& cipher, Profile profile, const DirectionKeys& keys,
               OpenOptions options)
    : profile_(profile),
      options_(options),
      rtp_(cipher, traits(profile).rtp, crypto::Direction::Open, keys.rtp),
      rtcp_(cipher, traits(profile).rtcp, crypto::Direction::Open, keys.rtcp) {}

void Opener::skip_rtp_to(std::uint32_t ssrc, std::uint64_t index) {
  RtpStream* stream = rtp_streams_.find(ssrc);
  if (!stream) stream = rtp_streams_.add(ssrc);
  SPECTER_CHECK(stream);
  stream->received.mark(index);
  stream->opened = kYoungPackets;
}

Refusal Opener::count(Refusal refusal) {
  ++refusals_.at(static_cast<std::size_t>(refusal));
  return refusal;
}

// ---- a packet's first look: nothing changes

std::optional<Refusal> Opener::look_at_rtp(Attempt& attempt, Bytes packet, MutableBytes out) {
  if (packet.size() < rtp::kFixedHeaderSize + rtp_.tag_size()) return Refusal::TooShort;
  const std::size_t size = packet.size() - rtp_.tag_size();
  const auto layout = rtp::HeaderLayout::parse(packet.first(size));
  if (!layout) return Refusal::NotRtp;
  if (out.size() < size || size > crypto::kMaxPacketBytes) return Refusal::TooLong;

  attempt.opener = this;
  attempt.sealed = packet;
  attempt.out = out.first(size);
  attempt.ssrc = load32(&packet[kSsrcAt]);
  attempt.sequence = load16(&packet[kSequenceAt]);
  attempt.header_size = layout->size;
  if (const auto refusal = look_at_cryptex(attempt, *layout)) return refusal;
  const RtpStream* const stream = rtp_streams_.find(attempt.ssrc);
  if (!stream && rtp_streams_.is_full()) return Refusal::TooManyStreams;
  const auto index = first_index(attempt.sequence, stream);
  if (!index) return index.error();
  attempt.tried = {{*index}, 1};
  attempt.may_retry = !stream || stream->opened < kYoungPackets;
  return std::nullopt;
}

std::optional<Refusal> Opener::look_at_cryptex(Attempt& attempt,
                                               const rtp::HeaderLayout& layout) const {
  if (layout.flags.has_extension) {
    const auto plain = plain_profile(load16(&attempt.sealed[layout.csrcs_end]));
    if (plain && options_.cryptex == CryptexPolicy::Refuse) return Refusal::CryptexRefused;
    attempt.plain_profile = plain.value_or(0);
  }
  attempt.csrc_bytes = layout.csrcs_end - rtp::kFixedHeaderSize;
  const bool tells = layout.flags.has_extension || attempt.csrc_bytes > 0;
  if (options_.cryptex == CryptexPolicy::Require && tells && attempt.plain_profile == 0)
    return Refusal::CryptexMissing;
  return std::nullopt;
}

std::expected<std::uint64_t, Refusal> Opener::first_index(std::uint16_t sequence,
                                                          const RtpStream* stream) const {
  if (!stream) return sequence;
  // A packet of before the first one, which its sender may have numbered without going back: see
  // next_index().
  const auto guess = guess_index(sequence, stream->received.next() - 1);
  const std::uint64_t index = guess.value_or(sequence);
  if (!guess && stream->opened >= kYoungPackets) return std::unexpected(Refusal::Replayed);
  if (!stream->received.is_new(index)) return std::unexpected(Refusal::Replayed);
  if (index >= kMaxRtpPackets) return std::unexpected(Refusal::KeyExhausted);
  return index;
}

std::optional<Refusal> Opener::look_at_rtcp(Attempt& attempt, Bytes packet, MutableBytes out) {
  if (packet.size() < kRtcpClearBytes + kRtcpIndexBytes + rtcp_.tag_size())
    return Refusal::TooShort;
  if (!srtp::is_rtcp(packet)) return Refusal::NotRtcp;
  const std::size_t size = packet.size() - kRtcpIndexBytes - rtcp_.tag_size();
  if (out.size() < size || size > crypto::kMaxPacketBytes) return Refusal::TooLong;
  const std::uint32_t word =
      load32(&packet[rtcp_.is_aead() ? packet.size() - kRtcpIndexBytes : size]);
  // What is only authenticated nobody agreed to. RFC 3711 §3.4, RFC 7714 §9.3.
  if ((word & kEncipheredBit) == 0) return Refusal::NotEnciphered;

  attempt.opener = this;
  attempt.sealed = packet;
  attempt.out = out.first(size);
  attempt.is_rtcp = true;
  attempt.ssrc = load32(&packet[kRtcpSsrcAt]);
  attempt.header_size = kRtcpClearBytes;
  attempt.tried = {{word & ~kEncipheredBit}, 1};
  const RtcpStream* const stream = rtcp_streams_.find(attempt.ssrc);
  if (!stream && rtcp_streams_.is_full()) return Refusal::TooManyStreams;
  if (stream && !stream->received.is_new(attempt.tried.last())) return Refusal::Replayed;
  return std::nullopt;
}

// ---- its tag, right or wrong

void Opener::describe(crypto::OpenJob& job, Beside& beside, const Attempt& attempt) const {
  if (attempt.is_rtcp) return describe_rtcp(job, beside, attempt);
  const std::uint64_t index = attempt.tried.last();
  job.key = rtp_.key();
  rtp_.write_nonce(job.nonce, attempt.ssrc, index);
  job.tag = attempt.sealed.last(rtp_.tag_size());
  if (!rtp_.is_aead()) beside.set_suffix(rollover_counter(index));
  const Bytes packet = attempt.sealed.first(attempt.out.size());
  if (attempt.plain_profile == 0) {
    job.additional = packet.first(attempt.header_size);
    job.text = packet.subspan(attempt.header_size);
    job.out = attempt.out.subspan(attempt.header_size);
    return;
  }
  job.out = attempt.out.subspan(kCryptexClearBytes);
  if (attempt.csrc_bytes == 0) {
    job.text = packet.subspan(kCryptexClearBytes);
    set_cryptex_additional(job, packet, 0, rtp_.is_aead());
    return;
  }
  if (packet.data() != attempt.out.data())
    std::memcpy(attempt.out.data(), packet.data(), packet.size());
  gather(attempt.out, attempt.csrc_bytes);
  job.text = job.out;
  set_cryptex_additional(job, attempt.out, attempt.csrc_bytes, rtp_.is_aead());
}

void Opener::describe_rtcp(crypto::OpenJob& job, Beside& beside, const Attempt& attempt) const {
  const Bytes sealed = attempt.sealed;
  const std::size_t size = attempt.out.size();
  const auto index = static_cast<std::uint32_t>(attempt.tried.last());
  job.key = rtcp_.key();
  rtcp_.write_nonce(job.nonce, attempt.ssrc, index);
  job.text = sealed.first(size).subspan(kRtcpClearBytes);
  job.out = attempt.out.subspan(kRtcpClearBytes);
  if (rtcp_.is_aead()) {
    job.tag = sealed.subspan(size, rtcp_.tag_size());
    beside.set_rtcp_additional(sealed, kEncipheredBit | index);
  } else {
    job.additional = sealed.first(kRtcpClearBytes);
    job.tag = sealed.last(rtcp_.tag_size());
    beside.set_suffix(kEncipheredBit | index);
  }
}

// RFC 3711 §3.3.1 guesses right unless a receiver missed where a stream began: what came first may
// be of after the first rollover, and a sender who repeats a packet of before its first one may
// have taken that for a rollover. So a young stream's packet is tried again with the guess, which
// by now may be another one, and with the counter after it. The counter before it needs no try:
// that index is 2^15 or more below the highest, so the window would refuse it.
std::optional<std::uint64_t> Opener::next_index(const Attempt& attempt) {
  if (!attempt.may_retry || attempt.tried.count == attempt.tried.indices.size())
    return std::nullopt;
  const RtpStream* const stream = rtp_streams_.find(attempt.ssrc);
  std::uint64_t guess = attempt.sequence;
  if (stream) guess = guess_index(attempt.sequence, stream->received.next() - 1).value_or(guess);
  for (const std::uint64_t index : {guess, guess + kRollover}) {
    const bool is_possible = index < kMaxRtpPackets && !attempt.tried.has(index);
    if (is_possible && (!stream || stream->received.is_new(index))) return index;
  }
  return std::nullopt;
}

std::optional<Refusal> Opener::accept(const Attempt& attempt) {
  const std::uint64_t index = attempt.tried.last();
  const auto mark = [&](auto& streams) -> std::optional<Refusal> {
    auto* stream = streams.find(attempt.ssrc);
    if (!stream) stream = streams.add(attempt.ssrc);
    if (!stream) return Refusal::TooManyStreams;
    // Another packet of the same batch may have had it.
    if (!stream->received.is_new(index)) return Refusal::Replayed;
    stream->received.mark(index);
    if constexpr (requires { stream->opened; }) {
      if (stream->opened < kYoungPackets) ++stream->opened;
    }
    return std::nullopt;
  };
  const auto refusal = attempt.is_rtcp ? mark(rtcp_streams_) : mark(rtp_streams_);
  if (!refusal) ++opened_;
  return refusal;
}

}  // namespace specter::srtp
