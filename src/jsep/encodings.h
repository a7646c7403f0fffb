// Encodings of a sender: what an application may ask for, and what descriptions make of them.
// W3C §5.1.2, §5.2.2, §4.4.1.5; RFC 8853.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jsep/media_description.h"
#include "rtp/parameters.h"

#include "specter/result.h"
#include "specter/rtp.h"

namespace specter::jsep {

inline constexpr std::size_t kMaxEncodings = 8;  // of one sender
// RFC 8285 §4.2: what the one-byte form of a header extension holds.
inline constexpr std::size_t kMaxRidBytes = 16;

// W3C §5.1.2, addTransceiver(): the encodings as they are kept, at least one. Errors:
// InvalidArgument for rids (RFC 8852 §3) and numbers; OperationFailed for a codec that we don't
// have.
Result<std::vector<RtpEncodingParameters>> check_encodings(
    MediaKind kind, std::vector<RtpEncodingParameters> encodings, std::span<const RtpCodec> ours);

// W3C §5.2.2, setParameters(): the encodings as they are kept. `last` is what was read. Errors:
// InvalidModification for what may not change, and for a codec that is not to be had;
// InvalidArgument for numbers. The transaction is the caller's to look at.
Result<std::vector<RtpEncodingParameters>> check_parameters(MediaKind kind,
                                                            const RtpSendParameters& last,
                                                            const RtpSendParameters& set,
                                                            std::span<const RtpCodec> ours);

// W3C §5.4.2, setCodecPreferences(): the list without doubles. Error: InvalidModification.
Result<std::vector<RtpCodec>> check_codec_preferences(MediaKind kind,
                                                      const std::vector<RtpCodec>& preferences,
                                                      std::span<const RtpCodec> ours);

// The rids that the peer is ready to receive: the first of each alternative, each once, paused ones
// too.
std::vector<std::string> received_rids(const MediaDescription& remote);

// W3C §4.4.1.5, a remote offer: a sender with one encoding that has no rid gets those that the peer
// wants to receive. New ones have no SSRC: the caller draws them. Else they are narrowed.
std::vector<rtp::SendEncoding> encodings_of_offer(MediaKind kind,
                                                  std::vector<rtp::SendEncoding> encodings,
                                                  const MediaDescription& offer);
// A remote answer, or a later offer: those that the peer does not receive go; the first stays
// where it receives none of them.
std::vector<rtp::SendEncoding> narrowed(std::vector<rtp::SendEncoding> encodings,
                                        const MediaDescription& remote);
// An answer of ours, to this remote section: those that it doesn't send go.
std::vector<rtp::SendEncoding> narrowed_by_answer(std::vector<rtp::SendEncoding> encodings,
                                                  const MediaDescription& answer,
                                                  const MediaDescription& remote);
// W3C §4.4.1.5: a codec that is no longer negotiated is unset.
void drop_lost_codecs(std::vector<rtp::SendEncoding>& encodings,
                      std::span<const rtp::NegotiatedCodec> negotiated);

}  // namespace specter::jsep
