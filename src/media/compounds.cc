#include "media/compounds.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/stable_sort.h"

namespace specter::media {
namespace {

bool is_report(const rtcp::Message& message) {
  return std::holds_alternative<rtcp::SenderReport>(message) ||
         std::holds_alternative<rtcp::ReceiverReport>(message);
}

// Where a packet stands in a datagram.
int rank(const rtcp::Message& message) {
  if (std::holds_alternative<rtcp::SenderReport>(message)) return 0;
  if (std::holds_alternative<rtcp::ReceiverReport>(message)) return 1;
  if (std::holds_alternative<rtcp::SourceDescription>(message)) return 2;
  return std::holds_alternative<rtcp::Bye>(message) ? 4 : 3;
}

}  // namespace

void Compounds::add(std::vector<rtcp::Message>& due) {
  for (rtcp::Message& message : due) {
    if (waiting_.size() == kMaxWaiting) break;
    waiting_.push_back(std::move(message));
  }
  due.clear();
  stable_sort(waiting_, rank);
}

// What a datagram lacks: a report, and the name of who says it.
bool Compounds::write_head(rtcp::CompoundWriter& writer, std::uint32_t ssrc) const {
  const bool has_report = is_report(waiting_.front());
  if (may_reduce_ && !has_report) return true;
  if (!has_report && !writer.add(rtcp::ReceiverReport{.ssrc = ssrc, .blocks = {}})) return false;
  return true;
}

bool Compounds::append(Buffer& out, std::size_t most, std::uint32_t ssrc) {
  while (!waiting_.empty()) {
    const std::size_t before = out.size();
    rtcp::CompoundWriter writer(out, most);
    const bool is_full = !may_reduce_ || is_report(waiting_.front());
    // The names of those who send stand in a packet of their own behind their reports.
    const bool is_named = std::ranges::any_of(waiting_, [](const rtcp::Message& message) {
      return std::holds_alternative<rtcp::SourceDescription>(message);
    });
    bool fits = write_head(writer, ssrc);
    const rtcp::SourceDescription name{
        .chunks = {{.ssrc = ssrc, .items = {{rtcp::ItemType::Cname, cname_}}}}};
    std::size_t taken = 0;
    while (fits && taken < waiting_.size() && is_report(waiting_[taken]) &&
           writer.add(waiting_[taken])) {
      ++taken;
    }
    if (fits && is_full && !is_named) fits = writer.add(name);
    while (fits && taken < waiting_.size() && writer.add(waiting_[taken])) ++taken;
    if (taken > 0) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken));
      return true;
    }
    out.resize(before);
    waiting_.erase(waiting_.begin());  // it fits no datagram
  }
  return false;
}

}  // namespace specter::media
