#include "dtls/handshake/assembly.h"

#include <algorithm>
#include <iterator>

#include "base/bytes.h"

namespace specter::dtls {

Assembly::Taken Assembly::take(const HandshakeFragment& f, std::uint64_t epoch) {
  if (f.message_seq < next_) return Taken::Old;
  if (f.message_seq - next_ >= kMaxAhead || f.message_size > kMaxMessageBytes)
    return Taken::Refused;
  // An empty part of something says nothing, and has hung others (docs/failures.md row 44).
  if (f.body.empty() && f.message_size > 0) return Taken::Refused;

  auto& variants = pending_[f.message_seq];
  const auto whole = std::ranges::find(variants, std::size_t{0}, &Variant::missing);
  if (whole != variants.end()) return Taken::Old;
  auto variant = std::ranges::find_if(variants, [&](const Variant& known) {
    return known.type == HandshakeType{f.type} && known.body.size() == f.message_size &&
           known.epoch == epoch;
  });
  if (variant == variants.end()) {
    if (!make_room(f.message_seq, f.message_size)) return Taken::Refused;
    bytes_ += f.message_size;
    if (f.body.size() == f.message_size) {  // as nearly all come
      variants.push_back({HandshakeType{f.type}, epoch, to_buffer(f.body), 0, {}});
      return Taken::New;
    }
    variants.push_back({HandshakeType{f.type}, epoch, Buffer(f.message_size), f.message_size,
                        std::vector<bool>(f.message_size)});
    variant = variants.end() - 1;
  }
  bool is_new = false;
  for (std::size_t i = 0; i < f.body.size(); ++i) {
    const std::size_t at = f.offset + i;
    if (variant->received[at]) continue;
    variant->received[at] = true;
    variant->body[at] = f.body[i];
    --variant->missing;
    is_new = true;
  }
  return is_new ? Taken::New : Taken::Old;
}

// What has come may be a forger's who has gone: it makes room for what comes.
bool Assembly::make_room(std::uint16_t message_seq, std::size_t bytes) {
  const auto drop_oldest = [&](std::vector<Variant>& variants) {
    bytes_ -= variants.front().body.size();
    variants.erase(variants.begin());
  };
  std::vector<Variant>& own = pending_[message_seq];
  if (own.size() == kMaxVariants) drop_oldest(own);
  while (bytes_ + bytes > kMaxBytes) {
    const auto last = std::prev(pending_.end());
    if (last->first == message_seq) {
      if (own.empty()) pending_.erase(last);
      return false;
    }
    drop_oldest(last->second);
    if (last->second.empty()) pending_.erase(last);
  }
  return true;
}

std::optional<HandshakeMessage> Assembly::next() {
  const auto found = pending_.find(next_);
  if (found == pending_.end()) return std::nullopt;
  auto& variants = found->second;
  const auto whole = std::ranges::find(variants, std::size_t{0}, &Variant::missing);
  if (whole == variants.end()) return std::nullopt;
  HandshakeMessage out{whole->type, next_, whole->epoch, std::move(whole->body)};
  bytes_ -= out.body.size();
  variants.erase(whole);
  for (const Variant& other : variants) bytes_ -= other.body.size();
  pending_.erase(found);
  ++next_;
  return out;
}

}  // namespace specter::dtls
