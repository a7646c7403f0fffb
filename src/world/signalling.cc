#include "world/signalling.h"

#include "simulation/link.h"

namespace specter::world {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Another certificate's: one digit of the first fingerprint is another.
void forge_fingerprint(SessionDescription& description) {
  constexpr std::string_view kName = "a=fingerprint:sha-256 ";
  const std::size_t at = description.sdp.find(kName);
  if (at == std::string::npos) return;
  char& digit = description.sdp[at + kName.size()];
  digit = digit == 'A' ? 'B' : 'A';
}

// RFC 8842 §5.3: an offer may say who is to be the DTLS client.
void claim_client(SessionDescription& offer) {
  constexpr std::string_view kBoth = "a=setup:actpass", kClient = "a=setup:active";
  const std::size_t at = offer.sdp.find(kBoth);
  if (offer.type == SdpType::Offer && at != std::string::npos)
    offer.sdp.replace(at, kBoth.size(), kClient);
}

// RFC 8445 §6.1.1 has the two agents settle who is controlling when both began as offerers.
void make_answer(SessionDescription& offer, std::string_view setup) {
  constexpr std::string_view kBoth = "a=setup:actpass";
  offer.type = SdpType::Answer;
  if (const std::size_t at = offer.sdp.find(kBoth); at != std::string::npos)
    offer.sdp.replace(at, kBoth.size(), setup);
}

}  // namespace

Signalling::Signalling(const Plan& plan) : plan_(plan), random_(plan.seed ^ 0x517a11) {
  delay_ = 5ms;
  if (const Step* const slow = plan.find(Kind::SlowSignalling, Side::A))
    delay_ = milliseconds(slow->a);
  if (const Step* const slow = plan.find(Kind::SlowSignalling, Side::B))
    delay_ = milliseconds(slow->a);
}

Duration Signalling::answers_after(Side side) const {
  const Step* const slow = plan_.find(Kind::SlowAnswer, side);
  return slow ? milliseconds(slow->a) : 0ms;
}

// Each gets the other's offer as the answer to its own.
void Signalling::mediate(Timestamp now, Letter letter) {
  if (!first_offer_ || first_offer_->to == letter.to) {
    first_offer_ = std::move(letter);
    return;
  }
  has_mediated_ = true;
  std::swap(first_offer_->negotiation, letter.negotiation);
  const bool is_from_a = letter.to == Side::B;
  make_answer(std::get<SessionDescription>(letter.content),
              is_from_a ? "a=setup:active" : "a=setup:passive");
  make_answer(std::get<SessionDescription>(first_offer_->content),
              is_from_a ? "a=setup:passive" : "a=setup:active");
  send(now, *std::exchange(first_offer_, {}));
  send(now, std::move(letter));
}

void Signalling::send(Timestamp now, Letter letter) {
  const Side from = other(letter.to);
  Timestamp at = now + delay_;
  if (auto* const description = std::get_if<SessionDescription>(&letter.content)) {
    if (plan_.has(Kind::Mediator) && !has_mediated_ && description->type == SdpType::Offer)
      return mediate(now, std::move(letter));
    const Step* const lost = plan_.find(Kind::LostDescriptions, from);
    if (lost && random_.below(1000) < static_cast<std::uint32_t>(lost->a)) return;
    if (plan_.has(Kind::Impostor, from)) forge_fingerprint(*description);
    if (plan_.has(Kind::OffererIsClient) && from == Side::A) claim_client(*description);
  } else if (std::holds_alternative<IceCandidate>(letter.content)) {
    const Step* const lost = plan_.find(Kind::LostCandidates, from);
    if (lost && random_.below(1000) < static_cast<std::uint32_t>(lost->a)) return;
    if (const Step* const late = plan_.find(Kind::LateCandidates, from))
      at += milliseconds(late->a);
    if (const Step* const shuffled = plan_.find(Kind::ShuffledCandidates, from))
      at += milliseconds(random_.below(static_cast<std::uint32_t>(shuffled->a) + 1));
  }
  const Step* const repeated = plan_.find(Kind::RepeatedSignalling, from);
  if (repeated && random_.below(1000) < static_cast<std::uint32_t>(repeated->a)) {
    const Timestamp again = at + milliseconds(random_.below(300));
    letters_.emplace(std::pair{again, order_ + 1}, letter);
  }
  letters_.emplace(std::pair{at, order_}, std::move(letter));
  order_ += 2;
}

std::optional<Letter> Signalling::receive(Timestamp now) {
  if (letters_.empty() || letters_.begin()->first.first > now) return std::nullopt;
  Letter letter = std::move(letters_.begin()->second);
  letters_.erase(letters_.begin());
  return letter;
}

}  // namespace specter::world
