#include "dtls/handshake/answered_extensions.h"

#include <string>

#include <gtest/gtest.h>

namespace specter::dtls {
namespace {

using enum ExtensionType;

const Answer kAnswers[] = {Answer::ServerHello12, Answer::ServerHello13, Answer::RetryRequest,
                           Answer::EncryptedExtensions, Answer::Certificate13};

ExtensionSet all_known() {
  ExtensionSet set;
  for (const ExtensionType type : kKnownExtensions) set.add(type);
  return set;
}

// A column a message, as in the README: + is taken, ! refused though it was offered.
struct Row {
  ExtensionType type;
  std::string_view
      taken;  // ServerHello 1.2, 1.3, HelloRetryRequest, EncryptedExtensions, Certificate
};
const Row kRows[] = {
    {SupportedGroups, "+!!+!"},
    {EcPointFormats, "+!!!!"},
    {SignatureAlgorithms, "+!!!!"},
    {UseSrtp, "+!!+!"},
    {ExtendedMasterSecret, "+!!!!"},
    {SupportedVersions, "!++!!"},
    {Cookie, "!!+!!"},
    {KeyShare, "!++!!"},
    {RenegotiationInfo, "+!!!!"},
};

TEST(AnsweredExtensions, WhatWasOfferedIsTakenWhereItHasAPlace) {
  ASSERT_EQ(std::size(kRows), kKnownExtensions.size());
  for (const Row& row : kRows) {
    for (std::size_t i = 0; i < std::size(kAnswers); ++i) {
      SCOPED_TRACE(std::to_string(static_cast<int>(row.type)) + " in " + std::to_string(i));
      const auto fault = fault_of(kAnswers[i], all_known(), {row.type});
      if (row.taken[i] == '+') {
        EXPECT_EQ(fault, std::nullopt);
      } else {
        // RFC 8446 §4.2: recognized, and not specified for the message.
        EXPECT_EQ(fault, AlertDescription::IllegalParameter);
      }
    }
  }
}

// RFC 5246 §7.4.1.4, RFC 8446 §4.2. The cookie of a HelloRetryRequest needs no asking (§4.2.2).
TEST(AnsweredExtensions, WhatWasNotOfferedIsRefusedEverywhere) {
  for (const Row& row : kRows) {
    ExtensionSet offered;
    for (const ExtensionType type : kKnownExtensions) offered.add_if(type != row.type, type);
    for (const Answer answer : kAnswers) {
      SCOPED_TRACE(std::to_string(static_cast<int>(row.type)));
      const bool begins = row.type == Cookie && answer == Answer::RetryRequest;
      EXPECT_EQ(fault_of(answer, offered, {row.type}),
                begins ? std::nullopt : std::optional(AlertDescription::UnsupportedExtension));
    }
  }
}

TEST(AnsweredExtensions, UnknownOnesAreRefusedEverywhere) {
  ExtensionSet unknown;
  unknown.add_unknown();
  for (const Answer answer : kAnswers) {
    EXPECT_EQ(fault_of(answer, all_known(), unknown), AlertDescription::UnsupportedExtension);
    EXPECT_EQ(fault_of(answer, all_known(), {}), std::nullopt);
  }
}

// As they came from real servers, or as their sources have it.
TEST(AnsweredExtensions, RealServersOf12AreTaken) {
  const ExtensionSet offered{
      SupportedVersions, SupportedGroups,      EcPointFormats, SignatureAlgorithms,
      UseSrtp,           ExtendedMasterSecret, KeyShare,       RenegotiationInfo};
  const ExtensionSet servers[] = {
      {RenegotiationInfo, EcPointFormats, ExtendedMasterSecret,
       UseSrtp},                                                         // OpenSSL, BoringSSL, NSS
      {RenegotiationInfo, ExtendedMasterSecret, EcPointFormats},         // mbedTLS
      {ExtendedMasterSecret, UseSrtp, SupportedGroups, EcPointFormats},  // pion to 2.0.9, webrtc-rs
      {RenegotiationInfo, ExtendedMasterSecret, UseSrtp, EcPointFormats},  // pion, werift
      {ExtendedMasterSecret},
  };
  for (const ExtensionSet& server : servers)
    EXPECT_EQ(fault_of(Answer::ServerHello12, offered, server), std::nullopt);
}

}  // namespace
}  // namespace specter::dtls
