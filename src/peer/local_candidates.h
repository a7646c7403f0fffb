// Our candidates as the application sees them: told one by one, with the gathering state, and shown
// in our descriptions. W3C §4.4.1, §4.8.2; RFC 8838.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ice/agent.h"
#include "peer/events.h"

#include "specter/description.h"
#include "specter/states.h"
#include "specter/time.h"

namespace specter::peer {

// Where they belong: the tagged section of the group, RFC 9429 §4.1.1.
struct CandidateSection {
  std::string_view mid;
  std::uint16_t index;
};

class LocalCandidates {
 public:
  // `ice` outlives it.
  explicit LocalCandidates(ice::Agent& ice) : ice_(ice) {}

  // A description of ours has a section for them: the driver is asked to gather. Once it was, what
  // was found is told anew when it was dropped, for the peer may have dropped it too (W3C §4.4.2,
  // addIceCandidate without a description). They are the same ones, of the same user fragment; only
  // the section may be another.
  void gather(Timestamp now, const CandidateSection& section, Events& events);
  // The same for another generation of ICE (RFC 8445 §9): all of it is found and told again.
  void gather_anew(Events& events);
  // No description of ours has them any more. W3C §4.4.1.5: the transport that the offer made is
  // gone, and with it what was gathered for it.
  void drop(Events& events);
  // The agent has found something, or that there is no more.
  void tell(const CandidateSection& section, Events& events);

  IceGatheringState gathering_state() const;
  // W3C §4.4.1: the description in force, with the candidates that were found since.
  std::optional<SessionDescription> shown_in(const std::optional<SessionDescription>& description,
                                             std::size_t section) const;
  // Another number, of 32 bits, when shown_in() has more to show. They become fewer with a
  // description only.
  std::uint32_t revision() const;

 private:
  static constexpr std::size_t kUsualBytes = 128;  // of a line

  void tell_one(std::string candidate, const CandidateSection& section, Events& events) const;
  void enter(IceGatheringState state, Events& events);
  std::string lines() const;

  ice::Agent& ice_;
  std::vector<std::size_t> told_;  // hashes of their texts
  IceGatheringState told_state_ = IceGatheringState::New;
  bool has_gathered_ = false;  // the driver was asked to
  bool is_told_ = false;       // a description of ours has them
};

}  // namespace specter::peer
