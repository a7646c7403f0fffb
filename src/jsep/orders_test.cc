// Every order of what two sides may do with descriptions, to a depth that takes about a second:
// offers, answers, provisional answers and rollbacks of either, offers that meet, and in between
// data that are wanted, refused and wanted again, ICE restarts, and tracks that come, go, turn and
// stop. What must hold is looked at after each step.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "jsep/session.h"
#include "jsep/testing/foreign_sdp.h"
#include "jsep/testing/two_sides.h"
#include "sctp/association.h"
#include "simulation/random.h"

namespace specter::jsep {
namespace {

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
constexpr std::array kNames = {"wants data",       "wants a restart",
                               "offers",           "offers a restart",
                               "takes the offer",  "takes the offer without data",
                               "answers",          "answers provisionally",
                               "takes the answer", "rolls back",
                               "adds a track",     "removes a track",
                               "turns around",     "stops"};

using Alphabet = std::vector<Step>;
const Alphabet kData = {Step::WantData,     Step::WantRestart,         Step::Offer,
                        Step::OfferRestart, Step::TakeOffer,           Step::TakeOfferWithoutData,
                        Step::Answer,       Step::AnswerProvisionally, Step::TakeAnswer,
                        Step::RollBack};
const Alphabet kTracks = {Step::AddTrack, Step::RemoveTrack, Step::TurnAround,
                          Step::Stop,     Step::Offer,       Step::TakeOffer,
                          Step::Answer,   Step::TakeAnswer,  Step::RollBack};
const Alphabet kAll = [] {
  Alphabet all = kData;
  all.insert(all.end(), kTracks.begin(), kTracks.begin() + 4);
  return all;
}();
constexpr std::size_t kMostTransceivers = 3;  // of a side that adds another

std::string without_data(std::string sdp) {
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

class Walk {
 public:
  explicit Walk(const Alphabet& alphabet = kData) : steps_of_(alphabet) {
    const bool has_media = std::ranges::find(alphabet, Step::AddTrack) != alphabet.end();
    simulation::SeededRandom random(72);
    for (std::size_t i = 0; i < 2; ++i) {
      local_[i] = {.credentials = {"ufrg" + std::to_string(i), "0123456789abcdef01234567"},
                   .fingerprint = kForeignFingerprint,
                   .sctp_init = sctp::Association({}, random).local_init(),
                   .session_id = std::to_string(i + 1),
                   .tls_id = std::string(20, static_cast<char>('a' + i)),
                   .media = has_media ? rows::media_options() : MediaOptions{}};
    }
  }

  struct Move {
    std::size_t side;
    Step step;
  };

  // How many steps there are behind these, which are taken first.
  std::size_t run(const std::vector<Move>& first, int depth) {
    World world = begin();
    for (const Move& move : first) {
      EXPECT_TRUE(may(world, move.side, move.step));
      go_to(world, move);
    }
    go(world, depth);
    return steps_;
  }

  // One long way, drawn from a seed.
  void wander(std::uint64_t seed, int steps) {
    World world = begin();
    simulation::SeededRandom drawn(seed);
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      std::vector<Move> moves;
      for (std::size_t side = 0; side < 2; ++side) {
        for (const Step step : steps_of_) {
          if (may(world, side, step)) moves.push_back({side, step});
        }
      }
      go_to(world, moves[drawn.u64() % moves.size()]);
    }
    if (!::testing::Test::HasFailure()) agree(world);
  }

 private:
  World begin() const {
    World world;
    for (std::size_t i = 0; i < 2; ++i) {
      world.ends[i].session.now.credentials = world.ends[i].below = local_[i].credentials;
      world.ends[i].left = world.ends[i].session.now;
    }
    return world;
  }

  // W3C §4.7.3: when each side has offered, nothing is needed any more.
  void agree(World& world) {
    for (std::size_t side = 0; side < 2; ++side) {
      End& end = world.ends[side];
      if (end.answer_due) go_to(world, {side, Step::TakeAnswer});
      if (end.state() == SignalingState::HaveRemotePrAnswer) {
        go_to(world, {1 - side, Step::Answer});
        go_to(world, {side, Step::TakeAnswer});
      }
    }
    for (std::size_t side = 0; side < 2; ++side) {
      if (!world.ends[side].is_stable()) go_to(world, {side, Step::RollBack});
    }
    for (const std::size_t side : {0u, 1u, 0u}) {
      go_to(world, {side, Step::Offer});
      go_to(world, {1 - side, Step::TakeOffer});
      go_to(world, {1 - side, Step::Answer});
      go_to(world, {side, Step::TakeAnswer});
    }
    for (const End& end : world.ends) EXPECT_FALSE(negotiation_needed(end.session)) << path_;
  }

  void go_to(World& world, const Move& move) {
    path_ += (move.side == 0 ? "a " : "b ");
    path_ += kNames[static_cast<std::size_t>(move.step)];
    path_ += "; ";
    take(world, move.side, move.step);
    ++steps_;
    check(world);
  }

  void go(const World& from, int depth) {
    if (depth == 0 || ::testing::Test::HasFailure()) return;
    for (std::size_t side = 0; side < 2; ++side) {
      for (const Step step : steps_of_) {
        if (!may(from, side, step)) continue;
        const std::size_t before = path_.size();
        World world = from;
        go_to(world, {side, step});
        go(world, depth - 1);
        path_.resize(before);
      }
    }
  }

  // What nobody would do: an answer that is on its way is taken before anything else, and an offer
  // that was taken back is not answered.
  static bool may(const World& world, std::size_t side, Step step) {
    const End& end = world.ends[side];
    const End& other = world.ends[1 - side];
    if (end.answer_due) return step == Step::TakeAnswer;
    const auto& offered = other.session.now.pending_local;
    const bool is_offer_new = other.state() == SignalingState::HaveLocalOffer &&
                              !other.answer_due && end.taken != offered->sdp;
    const bool can_answer = offered && !other.answer_due && offered->sdp == end.taken;
    const bool can_offer = end.is_stable() || end.state() == SignalingState::HaveLocalOffer;
    switch (step) {
      case Step::WantData: return !end.session.wanted.data;
      case Step::WantRestart:
        return end.session.now.transport && end.session.wanted.credentials_to_replace.empty();
      case Step::Offer: return can_offer;
      case Step::OfferRestart: return can_offer && end.session.now.transport;
      case Step::TakeOffer: return is_offer_new;
      case Step::TakeOfferWithoutData:
        return is_offer_new && without_data(offered->sdp) != offered->sdp;
      case Step::Answer:
        return can_answer && (end.state() == SignalingState::HaveRemoteOffer ||
                              end.state() == SignalingState::HaveLocalPrAnswer);
      case Step::AnswerProvisionally:
        return can_answer && end.state() == SignalingState::HaveRemoteOffer;
      case Step::TakeAnswer: return false;
      case Step::RollBack:
        return end.state() == SignalingState::HaveLocalOffer ||
               end.state() == SignalingState::HaveRemoteOffer;
      case Step::AddTrack: return end.session.wanted.transceivers.size() < kMostTransceivers;
      case Step::RemoveTrack: return find(end, [](const Transceiver& t) { return t.track; });
      case Step::TurnAround:
      case Step::Stop: return find(end, [](const Transceiver&) { return true; });
    }
    return false;
  }

  // The first transceiver that is not stopped, and is so.
  template <class Is>
  static std::optional<TransceiverId> find(const End& end, const Is& is) {
    for (const Transceiver& t : end.session.wanted.transceivers) {
      if (!t.is_stopping() && is(t)) return t.id;
    }
    return std::nullopt;
  }

  void take(World& world, std::size_t side, Step step) {
    End& end = world.ends[side];
    const auto& offered = world.ends[1 - side].session.now.pending_local;
    const auto remote = [&](SdpType type, const std::string& sdp) {
      set(end, set_remote(local_[side], end.session, {type, sdp}, world.random));
    };
    switch (step) {
      case Step::WantData: end.session.wanted.data = true; break;
      case Step::WantRestart: want_restart(end.session); break;
      case Step::Offer: offer(world, side, {}); break;
      case Step::OfferRestart: offer(world, side, {.ice_restart = true}); break;
      case Step::TakeOffer:
        end.taken = offered->sdp;
        remote(SdpType::Offer, offered->sdp);
        break;
      case Step::TakeOfferWithoutData:
        end.taken = offered->sdp;
        remote(SdpType::Offer, without_data(offered->sdp));
        break;
      case Step::Answer: answer(world, side, SdpType::Answer); break;
      case Step::AnswerProvisionally: answer(world, side, SdpType::PrAnswer); break;
      case Step::TakeAnswer: {
        const auto due = std::exchange(end.answer_due, {});
        remote(due->type, due->sdp);
        break;
      }
      case Step::RollBack: roll_back(world, side); break;
      case Step::AddTrack:
      case Step::RemoveTrack:
      case Step::TurnAround:
      case Step::Stop: take_track_step(world, side, step); break;
    }
  }

  void take_track_step(World& world, std::size_t side, Step step) {
    End& end = world.ends[side];
    Transceivers transceivers(local_[side], end.session, world.random);
    const auto any = find(end, [](const Transceiver&) { return true; });
    if (step == Step::AddTrack) {
      const MediaKind kind = end.tracks_made % 2 == 0 ? MediaKind::Audio : MediaKind::Video;
      const std::string id = "t" + std::to_string(end.tracks_made++);
      EXPECT_TRUE(transceivers.add_track(rows::track(kind, id), {"s"})) << path_;
    } else if (step == Step::RemoveTrack) {
      const auto with_track = find(end, [](const Transceiver& t) { return t.track; });
      EXPECT_TRUE(transceivers.remove_track(*with_track)) << path_;
    } else if (step == Step::TurnAround) {
      const auto direction = transceivers.find(*any)->direction;
      EXPECT_TRUE(transceivers.set_direction(*any, direction == RtpTransceiverDirection::SendRecv
                                                       ? RtpTransceiverDirection::Inactive
                                                   : direction == RtpTransceiverDirection::Inactive
                                                       ? RtpTransceiverDirection::RecvOnly
                                                       : RtpTransceiverDirection::SendRecv))
          << path_;
    } else {
      const auto ended = transceivers.stop(*any);
      EXPECT_TRUE(ended && *ended) << path_;
    }
  }

  void offer(World& world, std::size_t side, const OfferOptions& options) {
    End& end = world.ends[side];
    const auto draft = write_offer(local_[side], end.session, options, world.random);
    ASSERT_TRUE(draft) << path_;
    jsep::keep(end.session, SdpType::Offer, *draft);
    set(end, set_local(local_[side], end.session, {SdpType::Offer, draft->sdp}));
  }

  void answer(World& world, std::size_t side, SdpType type) {
    End& end = world.ends[side];
    const auto draft = write_answer(local_[side], end.session, world.random);
    ASSERT_TRUE(draft) << path_;
    jsep::keep(end.session, SdpType::Answer, *draft);
    world.ends[1 - side].answer_due = {type, draft->sdp};
    if (type == SdpType::Answer) end.taken.clear();
    set(end, set_local(local_[side], end.session, {type, draft->sdp}));
  }

  void roll_back(World& world, std::size_t side) {
    End& end = world.ends[side];
    const SessionDescription rollback{SdpType::Rollback, ""};
    Wanted wanted = end.session.wanted;
    // RFC 9429 §5.7.
    std::erase_if(wanted.transceivers,
                  [](const Transceiver& t) { return t.is_pending && !t.is_add_tracks; });
    for (Transceiver& t : wanted.transceivers) t.is_pending = false;
    if (end.state() == SignalingState::HaveLocalOffer) {
      set(end, set_local(local_[side], end.session, rollback));
    } else {
      end.taken.clear();
      set(end, set_remote(local_[side], end.session, rollback, world.random));
    }
    EXPECT_TRUE(end.session.now == end.left) << path_;
    EXPECT_TRUE(end.session.wanted == wanted) << path_;
  }

  void set(End& end, const Result<Outcome>& outcome) {
    ASSERT_TRUE(outcome) << path_ << outcome.error().message;
    if (end.is_stable()) end.left = end.session.now;
    const Session session_before = end.session;
    const Negotiated& before = session_before.now;
    end.session = outcome->session;
    const Change& change = outcome->change;
    follow_tracks(end, session_before, change);
    const Negotiated& now = end.session.now;
    // Where offers met, the stable state was left anew, as it was.
    EXPECT_EQ(change.state_changed, before.state != now.state) << path_;
    if (change.generation_dropped) end.below = end.left.credentials;
    if (change.local_credentials) end.below = *change.local_credentials;
    EXPECT_EQ(change.local_credentials.has_value(),
              now.credentials != before.credentials && end.below != end.left.credentials)
        << path_;
    if (change.transport) {
      EXPECT_TRUE(change.transport->credentials == now.transport->credentials) << path_;
    } else if (!change.data_ended) {
      EXPECT_TRUE(before.transport == now.transport) << path_;
    }
    EXPECT_EQ(change.remote_restarted,
              before.transport && before.transport->credentials != now.transport->credentials)
        << path_;
  }

  // What was told is what there is.
  void follow_tracks(End& end, const Session& before, const Change& change) {
    for (const TrackChange& track : change.tracks) {
      const bool is_known = end.tracks.contains(track.transceiver);
      switch (track.kind) {
        case TrackChangeKind::Muted:
          EXPECT_TRUE(is_known) << path_;
          end.tracks.erase(track.transceiver);
          break;
        case TrackChangeKind::StreamsLeft: EXPECT_TRUE(track.streams.empty()) << path_; break;
        case TrackChangeKind::StreamsEntered:
        case TrackChangeKind::Added:
          EXPECT_FALSE(is_known) << path_;
          end.tracks[track.transceiver] = track.streams;
          break;
        case TrackChangeKind::Ended: EXPECT_FALSE(is_known) << path_; break;
      }
    }
    EXPECT_TRUE(std::ranges::is_sorted(change.tracks, {}, &TrackChange::kind)) << path_;
    const auto has = [](const Session& session, TransceiverId id) {
      return std::ranges::find(session.wanted.transceivers, id, &Transceiver::id) !=
             session.wanted.transceivers.end();
    };
    std::set<TransceiverId> media(change.media.begin(), change.media.end());
    for (const Transceiver& t : before.wanted.transceivers) {
      const bool is_gone = std::ranges::find(change.gone, t.id) != change.gone.end();
      EXPECT_EQ(is_gone, !has(end.session, t.id)) << path_;
      EXPECT_EQ(media.contains(t.id), sending(before, t.id) != sending(end.session, t.id) ||
                                          receiving(before, t.id) != receiving(end.session, t.id))
          << path_;
    }
  }

  void check(const World& world) {
    for (const End& end : world.ends) check(end);
    const End &a = world.ends[0], &b = world.ends[1];
    if (!a.is_stable() || !b.is_stable() || a.answer_due || b.answer_due) return;
    const Negotiated &of_a = a.session.now, &of_b = b.session.now;
    ASSERT_EQ(of_a.sections.size(), of_b.sections.size()) << path_;
    for (std::size_t i = 0; i < of_a.sections.size(); ++i) {
      EXPECT_EQ(of_a.sections[i].mid, of_b.sections[i].mid) << path_;
      EXPECT_EQ(of_a.sections[i].use, of_b.sections[i].use) << path_;
      check_both(a.session, b.session, i);
      check_both(b.session, a.session, i);
    }
    ASSERT_EQ(static_cast<bool>(of_a.transport), static_cast<bool>(of_b.transport)) << path_;
    if (!of_a.transport) return;
    EXPECT_TRUE(of_a.transport->credentials == of_b.credentials) << path_;
    EXPECT_TRUE(of_b.transport->credentials == of_a.credentials) << path_;
    EXPECT_EQ(of_a.snap, of_b.snap) << path_;
    EXPECT_NE(of_a.dtls_role, of_b.dtls_role) << path_;
  }

  // Both see the same of a section that is agreed on.
  void check_both(const Session& one, const Session& other, std::size_t i) {
    const Rare<MediaSection>& ours = one.now.sections[i].media;
    const Rare<MediaSection>& theirs = other.now.sections[i].media;
    ASSERT_EQ(static_cast<bool>(ours), static_cast<bool>(theirs)) << path_;
    if (!ours) return;
    EXPECT_EQ(*ours->current, reversed(*theirs->current)) << path_;
    EXPECT_EQ(ours->sending->codecs.empty(), false) << path_;
    EXPECT_EQ(ours->sending->is_active, theirs->receiving->is_active) << path_;
    EXPECT_EQ(ours->sending->is_active, sends(*ours->current)) << path_;
    const auto by_us = sending(one, ours->transceiver);
    ASSERT_EQ(by_us->encodings.size(), 1u) << path_;
    if (by_us->is_active) {
      ASSERT_EQ(theirs->receiving->sources.size(), 1u) << path_;
      EXPECT_EQ(theirs->receiving->sources[0].ssrc, by_us->encodings[0].ssrc) << path_;
    }
  }

  void check_transceivers(const End& end) {
    const Session& session = end.session;
    std::set<TransceiverId> in_use;
    for (const Section& section : session.now.sections) {
      EXPECT_EQ(section.use == Use::Media && !section.media, false) << path_;
      if (!section.media) continue;
      EXPECT_TRUE(in_use.insert(section.media->transceiver).second) << path_;
      const auto at = std::ranges::find(session.wanted.transceivers, section.media->transceiver,
                                        &Transceiver::id);
      ASSERT_NE(at, session.wanted.transceivers.end()) << path_;
      if (end.is_stable() && section.use != Use::Media) ADD_FAILURE() << path_;
      if (at->is_stopped) continue;
      EXPECT_EQ(section.media->is_told, end.tracks.contains(at->id)) << path_;
    }
    for (const Transceiver& t : session.wanted.transceivers) {
      EXPECT_TRUE(t.is_stopping() || !t.is_stopped) << path_;
      if (end.is_stable()) EXPECT_FALSE(t.is_pending || t.stable_encodings) << path_;
    }
  }

  void check(const End& end) {
    check_transceivers(end);
    const Session& session = end.session;
    const Negotiated& now = session.now;
    EXPECT_EQ(end.is_stable(), !session.stable) << path_;
    EXPECT_EQ(end.is_stable(), !now.pending_local && !now.pending_remote) << path_;
    EXPECT_EQ(now.current_local.has_value(), now.current_remote.has_value()) << path_;
    if (end.is_stable()) {
      EXPECT_FALSE(now.offered) << path_;
      const bool has_data =
          std::ranges::find(now.sections, Use::Data, &Section::use) != now.sections.end();
      EXPECT_EQ(has_data, now.transport && now.transport->data_section) << path_;
    } else {
      EXPECT_TRUE(*session.stable == end.left) << path_;
      EXPECT_FALSE(negotiation_needed(session)) << path_;
    }
    EXPECT_TRUE(now.credentials == end.below) << path_;
    // RFC 9429 §5.2.2: a place once given stays.
    EXPECT_GE(now.sections.size(), session.last_stable().sections.size()) << path_;
    std::set<std::string> mids;
    for (const Section& section : now.sections)
      EXPECT_TRUE(mids.insert(section.mid).second) << path_;
    // What is asked for again and again is something that stands in a description.
    const auto& replaced = session.wanted.credentials_to_replace;
    if (end.is_stable() && !replaced.empty() &&
        std::ranges::any_of(now.sections, &Section::is_used)) {
      EXPECT_NE(std::ranges::find(replaced, now.credentials), replaced.end()) << path_;
    }
  }

  const Alphabet& steps_of_;
  std::array<LocalParameters, 2> local_;
  std::string path_;
  std::size_t steps_ = 0;
};

constexpr std::size_t kA = 0, kB = 1;
const std::vector<Walk::Move> kAgreed = {{kA, Step::WantData},
                                         {kA, Step::Offer},
                                         {kB, Step::TakeOffer},
                                         {kB, Step::Answer},
                                         {kA, Step::TakeAnswer}};

std::vector<Walk::Move> followed_by(std::vector<Walk::Move> first,
                                    const std::vector<Walk::Move>& then) {
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

TEST(Orders, OfTwoThatHaveNothingYet) { EXPECT_GT(Walk().run({}, 6), 1'000u); }

TEST(Orders, OfTwoThatHaveAgreedOnData) { EXPECT_GT(Walk().run(kAgreed, 5), 1'000u); }

TEST(Orders, OfTwoWhoseDataWereRejected) {
  const auto rejected = followed_by(kAgreed, {{kB, Step::Offer},
                                              {kA, Step::TakeOfferWithoutData},
                                              {kA, Step::Answer},
                                              {kB, Step::TakeAnswer}});
  EXPECT_GT(Walk().run(rejected, 5), 1'000u);
}

TEST(Orders, OfTwoOfWhomOneHasAnsweredProvisionally) {
  const auto provisional = followed_by(kAgreed, {{kA, Step::WantRestart},
                                                 {kA, Step::Offer},
                                                 {kB, Step::TakeOffer},
                                                 {kB, Step::AnswerProvisionally}});
  EXPECT_GT(Walk().run(provisional, 5), 100u);
}

const std::vector<Walk::Move> kAgreedOnATrack = {{kA, Step::AddTrack},
                                                 {kA, Step::Offer},
                                                 {kB, Step::TakeOffer},
                                                 {kB, Step::Answer},
                                                 {kA, Step::TakeAnswer}};

TEST(Orders, OfTwoThatHaveTracks) { EXPECT_GT(Walk(kTracks).run({{kA, Step::AddTrack}}, 5), 500u); }

TEST(Orders, OfTwoThatHaveAgreedOnATrack) {
  EXPECT_GT(Walk(kTracks).run(kAgreedOnATrack, 4), 500u);
}

TEST(Orders, OfTwoOfWhomOneHasStoppedATrack) {
  const auto stopped = followed_by(kAgreedOnATrack, {{kB, Step::Stop}, {kB, Step::Offer}});
  EXPECT_GT(Walk(kTracks).run(stopped, 4), 100u);
}

TEST(Orders, LongOnes) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Walk().wander(seed, 100);
    Walk(kTracks).wander(seed, 100);
    Walk(kAll).wander(seed, 100);
  }
}

}  // namespace
}  // namespace specter::jsep
