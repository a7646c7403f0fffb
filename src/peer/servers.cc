#include "peer/servers.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace specter::peer {
namespace {

constexpr std::uint16_t kNotReached = 701;  // W3C §4.8.3

// "The server did not answer." -> "the server did not answer"
std::string as_clause(std::string_view sentence) {
  std::string out(sentence);
  if (out.ends_with('.')) out.pop_back();
  if (out.starts_with("The ") || out.starts_with("There ") || out.starts_with("No "))
    out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

}  // namespace

const Servers::Known* Servers::find(std::string_view url) const {
  const auto found =
      std::ranges::find_if(known_, [&](const Known& known) { return known.report.url == url; });
  return found == known_.end() ? nullptr : &*found;
}
Servers::Known* Servers::find(std::string_view url) {
  return const_cast<Known*>(std::as_const(*this).find(url));
}

void Servers::note(Timestamp now, const core::IceServerNote& server) {
  if (find(server.url) || known_.size() == kMaxServers) return;
  Known known;
  known.report.url = server.url;
  known.report.protocol = server.protocol;
  known.report.times.began = now;
  known.is_turn = server.is_turn;
  known_.push_back(std::move(known));
}

void Servers::note_answer(Timestamp now, std::string_view url) {
  Known* known = find(url);
  if (!known) return;
  known->has_lost_its_relays = false;
  if (known->report.outcome == ServerOutcome::Answered) return;
  known->report.outcome = ServerOutcome::Answered;
  known->report.times.ended = now;
}

// From one local address of several; what has answered from another one has answered.
void Servers::note_failure(std::optional<Timestamp> now, std::string_view url, std::uint16_t code,
                           std::string_view text) {
  Known* known = find(url);
  if (!known) return;
  known->report.error_code = code;
  known->report.error_text = text;
  if (known->report.outcome == ServerOutcome::Answered) return;
  known->report.outcome = ServerOutcome::Failed;
  known->report.times.ended = now;
}

void Servers::note_lost(std::string_view url) {
  if (Known* known = find(url)) known->has_lost_its_relays = true;
}

void Servers::note_peer_refused(std::string_view url, std::uint16_t code) {
  if (Known* known = find(url)) known->peer_refused = code;
}

bool Servers::is_turn(std::string_view url) const {
  const Known* known = find(url);
  return known && known->is_turn;
}

std::optional<IceServerTransportProtocol> Servers::protocol_of(std::string_view url) const {
  const Known* known = find(url);
  return known ? std::optional(known->report.protocol) : std::nullopt;
}

std::string Servers::relay_trouble(IceTransportPolicy policy) const {
  std::size_t count = 0;
  bool is_asking = false, is_lost = false;
  const Known* failed = nullptr;   // the one that says most: what was refused rather than silence
  const Known* refuses = nullptr;  // to relay to the peer
  for (const Known& known : known_) {
    if (!known.is_turn) continue;
    ++count;
    if (known.peer_refused) refuses = &known;
    const bool has_answered = known.report.outcome == ServerOutcome::Answered;
    if (has_answered && !known.peer_refused && !known.has_lost_its_relays) return {};
    is_lost |= has_answered && known.has_lost_its_relays;
    is_asking |= known.report.outcome == ServerOutcome::Asking;
    if (known.report.outcome != ServerOutcome::Failed) continue;
    if (!failed || failed->report.error_code == kNotReached) failed = &known;
  }
  if (refuses) {
    return fmt::format("the TURN server refuses to relay to some of the peer's addresses ({})",
                       refuses->peer_refused);
  }
  if (is_lost) {
    return count == 1 ? "the relay of the TURN server was lost"
                      : "the relay of a TURN server was lost";
  }
  if (failed) {
    const ServerReport& report = failed->report;
    const std::string why = fmt::format("{} ({})", as_clause(report.error_text), report.error_code);
    return count == 1 ? "no relay came of the TURN server: " + why
                      : fmt::format("no relay came of {} TURN servers; of one: {}", count, why);
  }
  if (is_asking) return "no TURN server has answered yet";
  if (policy == IceTransportPolicy::Relay)
    return "relays alone may be used, and no TURN server is configured";
  return {};
}

std::vector<std::string> Servers::unasked() const {
  std::vector<std::string> out;
  for (const Known& known : known_) {
    if (known.report.outcome == ServerOutcome::Asking) out.push_back(known.report.url);
  }
  return out;
}

std::vector<ServerReport> Servers::reports() const {
  std::vector<ServerReport> out;
  for (const Known& known : known_) out.push_back(known.report);
  return out;
}

}  // namespace specter::peer
