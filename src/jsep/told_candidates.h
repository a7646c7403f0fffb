// The candidates of the peer's that came by themselves, as its description shows them. W3C §4.4.2,
// addIceCandidate().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sdp/session.h"

#include "specter/description.h"

namespace specter::jsep {

class ToldCandidates {
 public:
  // More are taken, but not shown: a peer does not grow our description without end.
  static constexpr std::size_t kMaxLines = 256;

  // `candidate` as it was given, "candidate:…"; empty: no more will come. Without a section it is
  // said of all. False when nothing changed.
  bool add(std::optional<std::size_t> section, std::string_view candidate);
  // What else was told before is kept: both are of one generation of ICE.
  SessionDescription shown_in(const SessionDescription& description) const;

 private:
  struct Line {
    std::optional<std::uint16_t> section;
    std::string candidate;  // what follows a=candidate: in its section; empty: no more will come

    bool operator==(const Line&) const = default;
  };
  static const std::string& text_of(const Line& line, std::string& out);

  std::vector<Line> lines_;
};

}  // namespace specter::jsep
