// SNAP, draft-hancke-tsvwg-snap: the descriptions carry each side's SCTP INIT as a=sctp-init, and
// where both have one, SCTP begins with them. Nothing happens here but to decide that.
#include <algorithm>

#include <fmt/format.h>

#include "jsep/negotiation.h"
#include "sctp/association.h"

namespace specter::jsep {

Result<> Negotiation::read_sctp_init(const sdp::Media& data, RemoteTransport& transport) const {
  if (local_.sctp_init.empty()) return {};
  auto init = sdp::sctp_init(data);
  if (!init) return fail(std::move(init).error());
  if (!*init) return {};

  const auto refuse = [&](std::string_view why) {
    Error error{ErrorCode::InvalidAccess, fmt::format("a=sctp-init: {}", why), std::nullopt};
    const auto at = std::ranges::find(data.attributes.lines, "sctp-init", &sdp::Attribute::name);
    if (at != data.attributes.lines.end() && at->line != 0) error.sdp_line = at->line;
    return fail(std::move(error));
  };
  if (const auto good = sctp::Association::validate_init(**init); !good) {
    return refuse(good.error().message);
  }
  if (snap_ == Snap::Used && **init != remote_sctp_init_) {
    return refuse("it has changed, but the association that began with it goes on: repeat it");
  }
  // Some peers send back what they don't understand (libdatachannel does): our own INIT out of
  // their mouth says nothing of theirs.
  if (**init != local_.sctp_init) transport.sctp_init = std::move(*init);
  return {};
}

// In every offer, unless the association began without; in an answer when the offer has one.
bool Negotiation::says_sctp_init(bool is_answer) const {
  if (local_.sctp_init.empty() || snap_ == Snap::Unused) return false;
  return !is_answer ||
         (remote_offer_ && remote_offer_->transport && remote_offer_->transport->sctp_init);
}

// The first transport in force decides. Later descriptions may leave the attribute out, which then
// means nothing.
void Negotiation::decide_snap(RemoteTransport& transport, bool said) {
  if (snap_ == Snap::Undecided) {
    snap_ = said && transport.sctp_init ? Snap::Used : Snap::Unused;
    if (snap_ == Snap::Used) remote_sctp_init_ = *transport.sctp_init;
  }
  if (snap_ == Snap::Used)
    transport.sctp_init = remote_sctp_init_;
  else
    transport.sctp_init.reset();
}

}  // namespace specter::jsep
