#include "world/step.h"

#include <array>

#include <fmt/args.h>
#include <fmt/format.h>

namespace specter::world {
namespace {

std::string seconds(std::int64_t milliseconds) {
  return fmt::format("{}.{:03} s", milliseconds / 1000, milliseconds % 1000);
}

}  // namespace

// What its numbers mean, in words.
std::string to_string(const Step& step) {
  using std::string_view_literals::operator""sv;
  constexpr std::array kDepends{"nothing"sv, "the address"sv, "address and port"sv};
  constexpr std::array kControls{"CUBIC"sv, "BBR"sv, "Reno"sv};
  constexpr std::array kPriorities{"very low"sv, "low"sv, "medium"sv, "high"sv};
  constexpr std::array kCloses{"it is told of it"sv, "it is open"sv, "something comes"sv};
  constexpr std::array kNames{"from elsewhere"sv, "in the peer's name"sv,
                              "from ever other ports"sv};
  constexpr std::array kRelays{
      "a TURN server"sv, "a TURN server"sv, "a TURN server that is silent"sv,
      "a TURN server that knows it by another password"sv, "a TURN server that is full twice"sv};
  constexpr std::array kRelayFails{"forgets everything"sv, "forgets its nonces"sv,
                                   "is gone for good"sv};
  const auto word = [](const auto& words, std::int64_t at) {
    return words[static_cast<std::size_t>(at) % words.size()];
  };
  const std::array<std::string, 4> stun{"does not answer",
                                        fmt::format("takes {} ms for an answer", step.b), "refuses",
                                        "names wrong addresses"};
  const std::string limit = step.a < 2        ? ""
                            : step.a % 2 == 0 ? fmt::format(", {}-retransmission", step.c)
                                              : fmt::format(", {}-ms", step.b);
  std::string priorities;
  for (std::int64_t at = 0; at < 4; ++at)
    priorities += fmt::format("{} {}", at ? "," : "", word(kPriorities, step.a >> (2 * at)));
  const bool is_unordered = step.a == 1 || step.a >= 4;
  fmt::dynamic_format_arg_store<fmt::format_context> words;
  const auto add = [&](const char* name, auto&& value) {
    words.push_back(fmt::arg(name, std::forward<decltype(value)>(value)));
  };
  add("side", step.side == Side::A ? "a" : "b");
  add("at", seconds(step.at));
  add("until", seconds(step.until()));
  add("a", step.a);
  add("b", step.b);
  add("seconds", step.c >> 2);
  add("flags",
      std::string(step.c & 1 ? "; it hairpins" : "") + (step.c & 2 ? "; it keeps ports" : ""));
  add("dir", step.c ? "down" : "up");
  add("c", step.c);
  add("priorities", priorities);
  add("closes", word(kCloses, step.a));
  add("control", word(kControls, step.a));
  add("depends_a", word(kDepends, step.a));
  add("depends_b", word(kDepends, step.b));
  add("firewall", step.a ? " behind a firewall" : "");
  add("second_nat", step.a ? " behind a NAT" : "");
  add("before", step.b ? "" : ", before the good one if all pairs have a place");
  add("icmp", step.b ? "and says so by ICMP" : "and drops larger ones without a word");
  add("stun", word(stun, step.a));
  add("relay", word(kRelays, step.a));
  add("nonces", step.c & 1 ? ", whose nonces go stale" : "");
  add("relay_fails", word(kRelayFails, step.a));
  add("channel", fmt::format("an {}{}", is_unordered ? "unordered" : "ordered", limit));
  add("reads", step.a ? "asks for no messages" : "takes no events");
  add("name", word(kNames, step.b));
  return fmt::vformat(row(step.kind).sentence, words);
}

}  // namespace specter::world
