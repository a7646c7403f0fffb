// Codecs, transceivers and their parameters as terms.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <erl_nif.h>

#include "terms.h"

#include "specter/rtp.h"

namespace specter::nif {

// ---- out. The library's types have no encode of their own here, so each has a name.

template <class T, class Value>
std::vector<T> terms_of(const std::vector<Value>& values) {
  std::vector<T> terms;
  terms.reserve(values.size());
  for (const Value& value : values) terms.push_back({value});
  return terms;
}

Atom name_of(MediaKind kind);
Atom name_of(RtpTransceiverDirection direction);

// %Specter.RtpCodecParameters{}.
struct CodecTerm {
  RtpCodec of;
};
Term encode(ErlNifEnv* env, const CodecTerm& codec);

struct HeaderExtensionTerm {
  RtpHeaderExtension of;
};
Term encode(ErlNifEnv* env, const HeaderExtensionTerm& extension);

struct SendParametersTerm {
  RtpSendParameters of;
};
Term encode(ErlNifEnv* env, const SendParametersTerm& parameters);

struct ReceiveParametersTerm {
  RtpReceiveParameters of;
};
Term encode(ErlNifEnv* env, const ReceiveParametersTerm& parameters);

// ---- in

template <>
struct Decoder<MediaKind> {
  static MediaKind decode(ErlNifEnv* env, Term term);
};

template <>
struct Decoder<MediaDelivery> {
  static MediaDelivery decode(ErlNifEnv* env, Term term);
};

// All but Stopped, which is no wish.
template <>
struct Decoder<RtpTransceiverDirection> {
  static RtpTransceiverDirection decode(ErlNifEnv* env, Term term);
};

// %Specter.RtpCodecParameters{} or %Specter.RtpCodecCapability{}. The kind is what the MIME type
// says, and audio where it says neither.
template <>
struct Decoder<RtpCodec> {
  static RtpCodec decode(ErlNifEnv* env, Term term);
};

template <>
struct Decoder<RtpEncodingParameters> {
  static RtpEncodingParameters decode(ErlNifEnv* env, Term term);
};

// What encode() made, changed perhaps.
template <>
struct Decoder<RtpHeaderExtensionParameters> {
  static RtpHeaderExtensionParameters decode(ErlNifEnv* env, Term term);
};
template <>
struct Decoder<RtpSendParameters> {
  static RtpSendParameters decode(ErlNifEnv* env, Term term);
};

// %{direction: …, streams: […], send_encodings: […]}.
template <>
struct Decoder<RtpTransceiverInit> {
  static RtpTransceiverInit decode(ErlNifEnv* env, Term term);
};

// :audio, :video, or the id of a track.
using KindOrTrack = std::variant<MediaKind, std::string_view>;
template <>
struct Decoder<KindOrTrack> {
  static KindOrTrack decode(ErlNifEnv* env, Term term);
};

}  // namespace specter::nif
