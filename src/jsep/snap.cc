// SNAP, draft-hancke-tsvwg-snap: the descriptions carry each side's SCTP INIT as a=sctp-init, and
// where both have one, SCTP begins with them. Nothing happens here but to decide that.
#include <algorithm>

#include <fmt/format.h>

#include "jsep/parts.h"
#include "sctp/association.h"

namespace specter::jsep {

Result<> read_sctp_init(const LocalParameters& local, const Negotiated& now, const sdp::Media& data,
                        RemoteTransport& transport) {
  if (local.sctp_init.empty()) return {};
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
  if (now.snap == Snap::Used && **init != now.remote_sctp_init) {
    return refuse("it has changed, but the association that began with it goes on: repeat it");
  }
  // Some peers send back what they don't understand (libdatachannel does): our own INIT out of
  // their mouth says nothing of theirs.
  if (**init != local.sctp_init) transport.sctp_init = std::move(*init);
  return {};
}

// In every offer, unless the association began without; in an answer when the offer has one.
bool says_sctp_init(const LocalParameters& local, const Negotiated& now, In description) {
  if (local.sctp_init.empty() || now.snap == Snap::Unused) return false;
  return description == In::Offer || (now.offered && now.offered->sctp_init);
}

// The first transport that is agreed on decides. Later descriptions may leave the attribute out,
// which then means nothing.
void decide_snap(Negotiated& now, RemoteTransport& transport, bool said) {
  if (now.snap == Snap::Undecided) {
    now.snap = said && transport.sctp_init ? Snap::Used : Snap::Unused;
    if (now.snap == Snap::Used) now.remote_sctp_init = *transport.sctp_init;
  }
  if (now.snap == Snap::Used)
    transport.sctp_init = now.remote_sctp_init;
  else
    transport.sctp_init.reset();
}

}  // namespace specter::jsep
