#include "jsep/negotiation.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"

namespace specter::jsep {
namespace {

LocalParameters with_ids(LocalParameters local, Random& random) {
  // 63 random bits: RFC 9429 §5.2.1.
  local.session_id = std::to_string(random.u64() >> 1);
  // RFC 8842 §4: 20 to 255 characters, 120 random bits at least.
  const std::uint64_t first = random.u64();
  local.tls_id = fmt::format("{:016x}{:016x}", first, random.u64());
  // RFC 7022 §4.2: 96 random bits.
  if (!local.media.codecs.empty()) {
    std::array<std::uint8_t, 12> drawn{};
    random.fill(drawn);
    local.cname = to_base64(drawn);
  }
  return local;
}

}  // namespace

Negotiation::Negotiation(LocalParameters local, Random& random)
    : local_(with_ids(std::move(local), random)), random_(random) {
  session_.now.credentials = local_.credentials;
}

SessionDescription Negotiation::keep(SdpType type, Draft draft) {
  SessionDescription created{type, draft.sdp};
  jsep::keep(session_, type, std::move(draft));
  return created;
}

Change Negotiation::take(Outcome outcome) {
  session_ = std::move(outcome.session);
  return std::move(outcome.change);
}

Result<SessionDescription> Negotiation::create_offer(const OfferOptions& options) {
  auto draft = write_offer(local_, session_, options, random_);
  if (!draft) return fail(std::move(draft).error());
  return keep(SdpType::Offer, std::move(*draft));
}

Result<SessionDescription> Negotiation::create_answer() {
  auto draft = write_answer(local_, session_, random_);
  if (!draft) return fail(std::move(draft).error());
  return keep(SdpType::Answer, std::move(*draft));
}

Result<> Negotiation::create_where_missing(const SessionDescription& description) {
  if (!description.sdp.empty() || description.type == SdpType::Rollback) return {};
  if (auto fits = next_state(session_, Side::Local, description); !fits) return fail(fits.error());
  if (is_last_draft_good(local_, session_, description.type)) return {};
  const auto created = description.type == SdpType::Offer ? create_offer({}) : create_answer();
  if (!created) return fail(created.error());
  return {};
}

Result<Change> Negotiation::set_local(const SessionDescription& description) {
  if (auto created = create_where_missing(description); !created) return fail(created.error());
  auto outcome = jsep::set_local(local_, session_, description);
  if (!outcome) return fail(std::move(outcome).error());
  return take(std::move(*outcome));
}

Result<Change> Negotiation::set_local() {
  const bool answers =
      state() == SignalingState::HaveRemoteOffer || state() == SignalingState::HaveLocalPrAnswer;
  return set_local({answers ? SdpType::Answer : SdpType::Offer, ""});
}

Result<Change> Negotiation::set_remote(const SessionDescription& description) {
  auto outcome = jsep::set_remote(local_, session_, description, random_);
  if (!outcome) return fail(std::move(outcome).error());
  return take(std::move(*outcome));
}

const RemoteTransport* Negotiation::remote_transport() const {
  const Negotiated& now = session_.now;
  if (now.offered) return &*now.offered;
  return now.transport ? &*now.transport : nullptr;
}

std::optional<SessionDescription> Negotiation::shown_current_remote() const {
  if (!current_remote()) return std::nullopt;
  const Negotiated& owner = pending_remote() ? *session_.stable : session_.now;
  return owner.told.shown_in(*current_remote());
}

std::optional<SessionDescription> Negotiation::shown_pending_remote() const {
  if (!pending_remote()) return std::nullopt;
  return session_.now.told.shown_in(*pending_remote());
}

}  // namespace specter::jsep
