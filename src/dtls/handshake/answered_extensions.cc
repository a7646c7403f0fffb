#include "dtls/handshake/answered_extensions.h"

#include <array>
#include <utility>

namespace specter::dtls {
namespace {

struct Row {
  ExtensionType type;
  std::array<bool, 5> taken;  // by Answer
};

// RFC 8446 §4.2's table, and for 1.2 what each RFC says of its extension; but in a ServerHello of
// 1.2 two more are taken, though RFC 8422 §5.2 and RFC 5246 §7.4.1.4.1 have a server send neither:
// webrtc-rs, pion up to 2.0.9 and F5's load balancers echo the groups, and neither says anything.
// RFC 8446 §4.2.1: a server that chooses 1.2 sends no supported_versions, and with a share or a
// cookie it would say that it chose both versions.
constexpr std::array kRows = std::to_array<Row>({
    // 1.2, 1.3: ServerHello, HelloRetryRequest, EncryptedExtensions, Certificate
    {ExtensionType::SupportedGroups, {true, false, false, true, false}},
    {ExtensionType::EcPointFormats, {true, false, false, false, false}},
    {ExtensionType::SignatureAlgorithms, {true, false, false, false, false}},
    {ExtensionType::UseSrtp, {true, false, false, true, false}},
    {ExtensionType::ExtendedMasterSecret, {true, false, false, false, false}},
    {ExtensionType::SupportedVersions, {false, true, true, false, false}},
    {ExtensionType::Cookie, {false, false, true, false, false}},
    {ExtensionType::KeyShare, {false, true, true, false, false}},
    {ExtensionType::RenegotiationInfo, {true, false, false, false, false}},
});
static_assert(kRows.size() == kKnownExtensions.size());

}  // namespace

std::optional<AlertDescription> fault_of(Answer message, const ExtensionSet& offered,
                                         const ExtensionSet& answered) {
  if (answered.has_unknown()) return AlertDescription::UnsupportedExtension;
  std::optional<AlertDescription> fault;
  for (const Row& row : kRows) {
    if (!answered.has(row.type)) continue;
    const bool has_place = row.taken[static_cast<std::size_t>(std::to_underlying(message))];
    // RFC 8446 §4.2.2: the only one that a server may begin with.
    const bool is_asked_for = offered.has(row.type) || (row.type == ExtensionType::Cookie &&
                                                        message == Answer::RetryRequest);
    if (!is_asked_for) return AlertDescription::UnsupportedExtension;
    if (!has_place) fault = AlertDescription::IllegalParameter;
  }
  return fault;
}

std::string extension_fault(AlertDescription fault) {
  return fault == AlertDescription::UnsupportedExtension
             ? "the peer sent an extension that was not offered"
             : "the peer sent an extension that is not allowed in its message";
}

}  // namespace specter::dtls
