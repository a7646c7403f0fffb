#include "base/log.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace specter {

namespace {

// A line of ASCII, whatever the peer wrote of it.
void make_printable(std::string& text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) c = '?';
  }
}

}  // namespace

void LogBuffer::set(const LogLevels& levels, LogAddresses addresses) {
  levels_ = levels;
  addresses_ = addresses;
}

LogBuffer::Contents& LogBuffer::contents() {
  if (!contents_) contents_ = std::make_unique<Contents>();
  return *contents_;
}

void LogBuffer::add(LogModule module, LogLevel level, fmt::string_view text,
                    fmt::format_args args) {
  Contents& all = contents();
  if (all.records.size() >= kMaxRecords) {
    ++all.lost;
    return;
  }
  std::string line = fmt::vformat(text, args);
  if (line.size() > kMaxTextBytes) {
    line.resize(kMaxTextBytes);
    line += " ...";
  }
  make_printable(line);
  all.records.push_back({.level = level, .module = module, .time = now_, .text = std::move(line)});
}

void LogBuffer::drop(LogModule module, std::string_view cause, const Endpoint* from) {
  auto& causes = contents().drops;
  const auto [entry, is_new] = causes.try_emplace({module, cause});
  Drops& drops = entry->second;
  if (!is_new && now_ < drops.told_at + kDropInterval) {
    if (drops.untold++ == 0) drops_due_ = std::min(drops_due_, drops.told_at + kDropInterval);
    return;
  }
  drops.told_at = now_;
  if (is_new && causes.size() > kMaxCauses) causes.erase(entry);
  if (from)
    add(module, LogLevel::Debug, "dropped: {}, from {}",
        fmt::make_format_args(cause, LogEndpoint{this, *from}));
  else
    add(module, LogLevel::Debug, "dropped: {}", fmt::make_format_args(cause));
}

// Those of causes that were told a second ago.
void LogBuffer::tell_drops() {
  drops_due_ = Timestamp::max();
  for (auto& [cause, drops] : contents().drops) {
    if (drops.untold == 0) continue;
    const Timestamp due = drops.told_at + kDropInterval;
    if (now_ < due) {
      drops_due_ = std::min(drops_due_, due);
      continue;
    }
    const auto& [module, text] = cause;
    const std::uint64_t count = std::exchange(drops.untold, 0);
    drops.told_at = now_;
    if (wants(module, LogLevel::Debug))
      add(module, LogLevel::Debug, "dropped {} more: {}", fmt::make_format_args(count, text));
  }
}

std::vector<LogRecord> LogBuffer::take() {
  if (!contents_) return {};
  auto& records = contents_->records;
  if (const std::uint64_t lost = std::exchange(contents_->lost, 0); lost > 0) {
    records.push_back(
        {.level = LogLevel::Warning,
         .module = LogModule::Peer,
         .time = now_,
         .text = fmt::format("{} log records were lost: take_log() was not called", lost)});
  }
  return std::exchange(records, {});
}

fmt::appender LogBuffer::append(fmt::appender out, const Endpoint& endpoint) {
  if (addresses_ == LogAddresses::Shown) return fmt::format_to(out, "{}", endpoint.to_string());
  auto& numbers = contents().numbers;
  const std::string_view kind = endpoint.address.is_v6() ? "ipv6" : "ipv4";
  auto known = numbers.find(endpoint);
  if (known == numbers.end() && numbers.size() < kMaxEndpoints)
    known = numbers.emplace(endpoint, numbers.size() + 1).first;
  if (known == numbers.end()) return fmt::format_to(out, "{}#?", kind);
  return fmt::format_to(out, "{}#{}", kind, known->second);
}

fmt::appender append(fmt::appender out, const LogEndpoint& shown) {
  return shown.to ? shown.to->append(out, shown.endpoint) : out;
}

fmt::appender append(fmt::appender out, const LogPath& shown) {
  const auto& [to, path] = shown;
  return fmt::format_to(out, "{} -> {}", LogEndpoint{to, path.local}, LogEndpoint{to, path.remote});
}

}  // namespace specter
