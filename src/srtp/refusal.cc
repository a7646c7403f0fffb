#include "srtp/refusal.h"

namespace specter::srtp {

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::TooShort: return "too short";
    case Refusal::TooLong: return "too long";
    case Refusal::NotRtp: return "not RTP";
    case Refusal::NotRtcp: return "not RTCP";
    case Refusal::Replayed: return "replayed";
    case Refusal::Repeated: return "repeated";
    case Refusal::BadTag: return "bad tag";
    case Refusal::TooManyStreams: return "too many streams";
    case Refusal::NotEnciphered: return "not enciphered";
    case Refusal::CryptexRefused: return "Cryptex refused";
    case Refusal::CryptexMissing: return "Cryptex missing";
    case Refusal::BadExtension: return "bad extension";
    case Refusal::KeyExhausted: return "key exhausted";
  }
  return "";
}

}  // namespace specter::srtp
