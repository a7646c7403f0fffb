// RFC 8859 §5: what becomes of an attribute when its section is one of a bundle. Of its tables,
// what WebRTC uses; beside them, what the attributes' own RFCs registered later.
#include <algorithm>
#include <array>
#include <utility>

#include "sdp/attributes.h"

namespace specter::sdp {
namespace {

using Row = std::pair<std::string_view, MuxCategory>;

constexpr auto kCategories = [] {
  using enum MuxCategory;
  return std::to_array<Row>({
      {"acap", Inherit},                  // §5.32, RFC 5939
      {"bundle-only", Normal},            // RFC 9143 §6
      {"candidate", Transport},           // §5.12, RFC 8839
      {"cname", Normal},                  // §5.15, RFC 5576
      {"connection", Identical},          // RFC 4145
      {"content", Normal},                // §5.23, RFC 4796
      {"crypto", Transport},              // §5.7, RFC 4568
      {"dcmap", Special},                 // RFC 8864
      {"dcsa", Special},                  // RFC 8864
      {"end-of-candidates", Identical},   // RFC 8840 §8.2
      {"extmap", Special},                // §5.13, RFC 8285
      {"extmap-allow-mixed", Identical},  // RFC 8285 §6
      {"fingerprint", Transport},         // RFC 8122
      {"fmtp", IdenticalPerPt},           // §5.1, RFC 8866
      {"framerate", IdenticalPerPt},      // §5.1
      {"group", Normal},                  // RFC 5888
      {"ice-lite", Normal},               // §5.12
      {"ice-mismatch", Normal},           // §5.12
      {"ice-options", Normal},            // §5.12
      {"ice-pacing", Transport},          // RFC 8839 §5.7
      {"ice-pwd", Transport},             // §5.12
      {"ice-ufrag", Transport},           // §5.12
      {"ice2", Normal},                   // §5.12
      {"identity", Normal},               // RFC 8827
      {"imageattr", IdenticalPerPt},      // §5.17, RFC 6236
      {"inactive", Normal},               // §5.1
      {"label", Normal},                  // §5.5, RFC 4574
      {"lang", Normal},                   // §5.1
      {"max-message-size", Caution},      // RFC 8841 §6
      {"maxptime", IdenticalPerPt},       // §5.1
      {"mid", Normal},                    // RFC 5888
      {"msid", Normal},                   // RFC 8830
      {"previous-ssrc", Normal},          // §5.15
      {"ptime", IdenticalPerPt},          // §5.1
      {"recvonly", Normal},               // §5.1
      {"remote-candidates", Transport},   // §5.12
      {"rid", Special},                   // RFC 8851
      {"rtcp", Transport},                // §5.14, RFC 3605
      {"rtcp-fb", IdenticalPerPt},        // §5.2, RFC 4585
      {"rtcp-mux", Identical},            // §5.3, RFC 5761
      {"rtcp-mux-only", Identical},       // RFC 8858
      {"rtcp-rsize", Identical},          // §5.10, RFC 5506
      {"rtcp-xr", Normal},                // §5.31, RFC 3611
      {"rtpmap", IdenticalPerPt},         // §5.1
      {"sctp-port", Caution},             // RFC 8841 §5
      {"sdplang", Normal},                // §5.1
      {"sendonly", Normal},               // §5.1
      {"sendrecv", Normal},               // §5.1
      {"setup", Identical},               // RFC 4145, RFC 8842
      {"simulcast", Normal},              // RFC 8853
      {"ssrc", Normal},                   // §5.15
      {"ssrc-group", Normal},             // §5.15
      {"tcap", Inherit},                  // §5.32
      {"tls-id", Identical},              // RFC 8842 §4
      {"tool", Normal},                   // §5.1
  });
}();
static_assert(std::ranges::is_sorted(kCategories, {}, &Row::first));

}  // namespace

MuxCategory mux_category(std::string_view attribute_name) {
  const auto found = std::ranges::lower_bound(kCategories, attribute_name, {}, &Row::first);
  if (found == kCategories.end() || found->first != attribute_name) return MuxCategory::Tbd;
  return found->second;
}

}  // namespace specter::sdp
