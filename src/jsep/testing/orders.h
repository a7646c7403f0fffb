// For orders_test.cc: what two sides may do, and how they stand.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jsep/session.h"
#include "simulation/random.h"

namespace specter::jsep::orders {

enum class Step {
  WantData,
  WantRestart,
  Offer,
  OfferRestart,
  TakeOffer,
  TakeOfferWithoutData,  // on the way its data sections lose their port
  Answer,
  AnswerProvisionally,
  TakeAnswer,
  RollBack,
  AddTrack,
  RemoveTrack,
  TurnAround,
  Stop,
};
inline constexpr std::array kNames = {"wants data",       "wants a restart",
                                      "offers",           "offers a restart",
                                      "takes the offer",  "takes the offer without data",
                                      "answers",          "answers provisionally",
                                      "takes the answer", "rolls back",
                                      "adds a track",     "removes a track",
                                      "turns around",     "stops"};

using Alphabet = std::vector<Step>;
inline const Alphabet kData = {Step::WantData,   Step::WantRestart,
                               Step::Offer,      Step::OfferRestart,
                               Step::TakeOffer,  Step::TakeOfferWithoutData,
                               Step::Answer,     Step::AnswerProvisionally,
                               Step::TakeAnswer, Step::RollBack};
inline const Alphabet kTracks = {Step::AddTrack, Step::RemoveTrack, Step::TurnAround,
                                 Step::Stop,     Step::Offer,       Step::TakeOffer,
                                 Step::Answer,   Step::TakeAnswer,  Step::RollBack};
inline const Alphabet kAll = [] {
  Alphabet all = kData;
  all.insert(all.end(), kTracks.begin(), kTracks.begin() + 4);
  return all;
}();
inline constexpr std::size_t kMostTransceivers = 3;  // of a side that adds another

inline std::string without_data(std::string sdp) {
  for (std::size_t at; (at = sdp.find("m=application 9")) != std::string::npos;)
    sdp.replace(at, 15, "m=application 0");
  return sdp;
}

struct End {
  Session session;
  Negotiated left;                               // as it was when it left the stable state
  std::string taken;                             // the other's pending offer as that one has it
  std::optional<SessionDescription> answer_due;  // on its way to this side
  ice::Credentials below;  // what the layers below have been told of our generation
  std::map<TransceiverId, std::vector<std::string>> tracks;  // what was told of the peer's
  int tracks_made = 0;

  SignalingState state() const { return session.now.state; }
  bool is_stable() const { return state() == SignalingState::Stable; }
};

struct World {
  std::array<End, 2> ends;
  simulation::SeededRandom random{71};
};

}  // namespace specter::jsep::orders
