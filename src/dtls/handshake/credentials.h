// Which suite, group and signature scheme serve both sides, and what a signature covers.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/signature.h"
#include "dtls/connection.h"
#include "dtls/handshake/key_schedule.h"
#include "dtls/wire/hello.h"
#include "dtls/wire/messages.h"

namespace specter::dtls {

// What we can do with the suites that we are to use.
bool speaks(const Connection::Config& config, Version version);
// What we take of a peer, best first. RFC 8446 §4.2.3; those of PKCS #1 in DTLS 1.2 alone.
std::vector<std::uint16_t> accepted_schemes(bool with_pkcs1);
// The scheme to sign with, of those that the peer takes.
std::optional<crypto::SignatureScheme> choose_scheme(const crypto::Certificate& certificate,
                                                     std::span<const std::uint16_t> offered,
                                                     Version version);
// Our best that the peer offers, of this version and, in 1.2, for a key like ours.
std::optional<SuiteTraits> choose_suite(const Connection::Config& config,
                                        std::span<const std::uint16_t> offered, Version version);
bool contains(std::span<const std::uint16_t> numbers, std::uint16_t number);
std::vector<std::uint16_t> numbers(std::span<const crypto::Group> groups);
// Ours that the peer offers; nothing when there is none, or it didn't ask.
std::optional<SrtpProfile> choose_srtp(const Connection::Config& config,
                                       const std::optional<UseSrtp>& offered);
// Of a server's answer: one of ours. Nothing for none; false in the second for one that can't be.
struct SrtpAnswer {
  std::optional<SrtpProfile> profile;
  bool is_valid = true;
};
SrtpAnswer read_srtp(const Connection::Config& config, const std::optional<UseSrtp>& answer);
std::optional<UseSrtp> srtp_answer(std::optional<SrtpProfile> profile);

// RFC 8446 §4.4.3.
Buffer signed_content13(Role signer, Bytes transcript_hash);
// RFC 8422 §5.4.
Buffer signed_parameters12(const BothWays<HelloRandom>& randoms, const ServerKeyExchange& exchange);

// A certificate's key and its proof: verified, or what is wrong.
struct Proof {
  Bytes certificate;
  std::uint16_t scheme;
  Bytes signature;
  Bytes content;
  Version version;
};
bool is_proof(const Proof& proof);

}  // namespace specter::dtls
