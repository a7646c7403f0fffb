#include "world/ledger.h"

#include <algorithm>

#include <fmt/format.h>

namespace specter::world {

Promise promise_of(const Step& step) {
  Promise promise{.ordered = step.a != 1 && step.a < 4, .max_retransmits = {}, .lifetime = {}};
  if (step.a == 2 || step.a == 4) promise.max_retransmits = static_cast<std::uint16_t>(step.c);
  if (step.a == 3 || step.a == 5) promise.lifetime = std::chrono::milliseconds(step.b);
  return promise;
}

Buffer Ledger::next(std::size_t size) const {
  Buffer message(tells_numbers() ? std::max(size, kNumberBytes) : size);
  fill(static_cast<std::uint32_t>(sent_.size()), message);
  return message;
}

void Ledger::sent(Timestamp now, std::size_t size) {
  sent_.push_back({now, static_cast<std::uint32_t>(size)});
  bytes_sent_ += size;
}

// The number in front, as far as there is room, and bytes that it decides.
void Ledger::fill(std::uint32_t number, MutableBytes out) const {
  std::uint64_t state = (seed_ ^ number) * 0x9e3779b97f4a7c15;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i < kNumberBytes) {
      out[i] = static_cast<std::uint8_t>(number >> (8 * i));
      continue;
    }
    if (i % 8 == 0) state = (state ^ (state >> 29)) * 0xbf58476d1ce4e5b9;
    out[i] = static_cast<std::uint8_t>(state >> (8 * (i % 8)));
  }
}

std::optional<std::uint32_t> Ledger::number_in(Bytes message) {
  if (message.size() < kNumberBytes) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < kNumberBytes; ++i) number |= std::uint32_t{message[i]} << (8 * i);
  return number;
}

std::optional<std::string> Ledger::receive(Timestamp now, Bytes message) {
  std::uint32_t number = next_expected_;
  if (tells_numbers()) {
    const auto told = number_in(message);
    if (!told) return fmt::format("{} bytes, which nobody sent", message.size());
    number = *told;
  }
  if (number >= sent_.size()) return fmt::format("message {}, which nobody has sent", number);
  Sent& sent = sent_[number];
  if (message.size() != sent.size)
    return fmt::format("message {} with {} bytes instead of {}", number, message.size(), sent.size);
  Buffer expected(sent.size);
  fill(number, expected);
  if (!std::ranges::equal(expected, message)) return fmt::format("message {} damaged", number);
  if (sent.has_come) return fmt::format("message {} twice", number);
  if (promise_.ordered && number < next_expected_)
    return fmt::format("message {} behind message {}", number, next_expected_ - 1);
  sent.has_come = true;
  ++count_received_;
  bytes_received_ += message.size();
  next_expected_ = number + 1;
  if (promise_.lifetime)
    largest_delay_past_lifetime_ =
        std::max(largest_delay_past_lifetime_, now - sent.at - *promise_.lifetime);
  return std::nullopt;
}

}  // namespace specter::world
