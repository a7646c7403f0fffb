#include "media/compounds.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/stable_sort.h"

namespace specter::media {
namespace {

using Chunk = rtcp::SourceDescription::Chunk;

// Where a packet stands in a datagram, behind whose reports the names are.
int rank(const rtcp::Message& message) {
  if (std::holds_alternative<rtcp::SenderReport>(message)) return 0;
  if (std::holds_alternative<rtcp::ReceiverReport>(message)) return 1;
  return std::holds_alternative<rtcp::Bye>(message) ? 3 : 2;
}

bool is_report(const rtcp::Message& message) { return rank(message) < 2; }

std::uint32_t source_of(const rtcp::Message& report) {
  if (const auto* sent = std::get_if<rtcp::SenderReport>(&report)) return sent->ssrc;
  return std::get<rtcp::ReceiverReport>(report).ssrc;
}

// RFC 3550 §6.5: the SSRC, the items, and a byte of zero at least, to whole words.
std::size_t size_of(const Chunk& chunk) {
  std::size_t items = 1;
  for (const auto& item : chunk.items) items += 2 + item.text.size();
  return 4 + (items + 3) / 4 * 4;
}

// Of a packet of them.
std::size_t size_of(const std::vector<Chunk>& chunks) {
  std::size_t out = 4;
  for (const Chunk& chunk : chunks) out += size_of(chunk);
  return out;
}

const Chunk* find(const std::vector<Chunk>& chunks, std::uint32_t ssrc) {
  const auto found = std::ranges::find(chunks, ssrc, &Chunk::ssrc);
  return found == chunks.end() ? nullptr : &*found;
}

}  // namespace

void Compounds::add(std::vector<rtcp::Message>& due) {
  for (rtcp::Message& message : due) {
    if (auto* names = std::get_if<Names>(&message)) {
      for (Chunk& chunk : names->chunks)
        if (names_.size() < kMaxWaiting) names_.push_back(std::move(chunk));
    } else if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(message));
    }
  }
  due.clear();
  stable_sort(waiting_, rank);
}

bool Compounds::append(Buffer& out, std::size_t most, std::uint32_t ssrc) {
  while (!empty()) {
    const std::size_t before = out.size();
    Taken taken;
    rtcp::CompoundWriter writer(out, most);
    if (write(writer, out, ssrc, taken)) {
      remove(taken);
      return true;
    }
    out.resize(before);
    drop_first();
  }
  return false;
}

// Whether it brings anything of what waits.
bool Compounds::write(rtcp::CompoundWriter& writer, Buffer& out, std::uint32_t ssrc,
                      Taken& taken) const {
  const bool has_reports = begins_with_report(0);
  // RFC 5506 §3.4.2: feedback may go alone.
  const bool is_full = !may_reduce_ || has_reports;
  const Chunk* const known = find(names_, ssrc);
  const Chunk own = known ? *known : Chunk{ssrc, {{rtcp::ItemType::Cname, cname_}}};
  std::vector<Chunk>& names = taken.names.chunks;
  if (has_reports) {
    take_reports(writer, out, own, taken);
    if (taken.packets == 0) return false;
  } else if (is_full && !writer.add(rtcp::ReceiverReport{.ssrc = ssrc, .blocks = {}})) {
    return false;
  }
  if (is_full && names.empty()) names.push_back(own);
  if (!begins_with_report(taken.packets)) take_names(writer.room(), names);
  if (!names.empty() && !writer.add(taken.names)) return false;
  while (taken.packets < waiting_.size() && !begins_with_report(taken.packets) &&
         writer.add(waiting_[taken.packets])) {
    ++taken.packets;
  }
  return taken.packets > 0 ||
         std::ranges::any_of(names, [&](const Chunk& each) { return find(names_, each.ssrc); });
}

bool Compounds::begins_with_report(std::size_t from) const {
  return from < waiting_.size() && is_report(waiting_[from]);
}

// As many as fit with the names of their sources: who reads one needs the other (RFC 3550 §6.1).
void Compounds::take_reports(rtcp::CompoundWriter& writer, Buffer& out, const Chunk& own,
                             Taken& taken) const {
  std::vector<Chunk>& names = taken.names.chunks;
  for (; begins_with_report(taken.packets); ++taken.packets) {
    const rtcp::Message& report = waiting_[taken.packets];
    const std::size_t before = out.size(), names_before = names.size();
    const Chunk* const name = find(names_, source_of(report));
    if (name && !find(names, name->ssrc)) names.push_back(*name);
    const std::size_t least = names.empty() ? size_of({own}) : size_of(names);
    if (names.size() <= rtcp::kMaxCount && writer.add(report) && writer.room() >= least) continue;
    out.resize(before);
    names.resize(names_before);
    return;
  }
}

// Those whose reports have gone, and of sources without any: repairs.
void Compounds::take_names(std::size_t room, std::vector<Chunk>& names) const {
  for (const Chunk& each : names_) {
    if (find(names, each.ssrc)) continue;
    if (names.size() == rtcp::kMaxCount || size_of(names) + size_of(each) > room) return;
    names.push_back(each);
  }
}

void Compounds::remove(const Taken& taken) {
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken.packets));
  std::erase_if(names_, [&](const Chunk& each) { return find(taken.names.chunks, each.ssrc); });
}

// No datagram has room for it.
void Compounds::drop_first() {
  if (!begins_with_report(0) && !names_.empty()) names_.erase(names_.begin());
  if (!waiting_.empty()) waiting_.erase(waiting_.begin());
}

}  // namespace specter::media
