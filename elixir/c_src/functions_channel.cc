// Data channels: the way that every message goes.
#include <algorithm>
#include <chrono>
#include <limits>

#include "functions.h"

namespace specter::nif {

namespace {

// A call of 1 ms costs a process its turn: so many bytes are copied in a hundredth of that.
constexpr std::size_t kBytesOfAPercent = std::size_t{32} << 10;

Priority decode_priority(ErlNifEnv* env, Term term) {
  if (enif_is_identical(term, Atom("very_low").term(env))) return Priority::VeryLow;
  if (enif_is_identical(term, Atom("low").term(env))) return Priority::Low;
  if (enif_is_identical(term, Atom("medium").term(env))) return Priority::Medium;
  if (enif_is_identical(term, Atom("high").term(env))) return Priority::High;
  throw BadArgument();
}

}  // namespace

void charge(ErlNifEnv* env, std::size_t bytes) {
  if (bytes < kBytesOfAPercent) return;
  enif_consume_timeslice(env,
                         static_cast<int>(std::min<std::size_t>(bytes / kBytesOfAPercent, 100)));
}

// A turn is of 1 ms, and told in hundredths of that.
Turn::~Turn() {
  constexpr ErlNifTime kMicrosecondsOfAPercent = 10;
  const ErlNifTime percent =
      (enif_monotonic_time(ERL_NIF_USEC) - started_) / kMicrosecondsOfAPercent;
  if (percent > 0)
    enif_consume_timeslice(env_, static_cast<int>(std::min<ErlNifTime>(percent, 100)));
}

bool Turn::is_over() const {
  constexpr ErlNifTime kMostMicroseconds = 500;
  return enif_monotonic_time(ERL_NIF_USEC) - started_ >= kMostMicroseconds;
}

DataChannelOptions Decoder<DataChannelOptions>::decode(ErlNifEnv* env, Term map) {
  const auto value = [&](Atom key) {
    Term term;
    if (!enif_get_map_value(env, map, key.term(env), &term)) throw BadArgument();
    return term;
  };
  const auto number = [&](Atom key) -> std::optional<std::uint16_t> {
    const Term term = value(key);
    if (enif_is_identical(term, Atom("nil").term(env))) return std::nullopt;
    unsigned count = 0;
    if (!enif_get_uint(env, term, &count) || count > std::numeric_limits<std::uint16_t>::max()) {
      throw BadArgument();
    }
    return static_cast<std::uint16_t>(count);
  };
  if (!enif_is_map(env, map)) throw BadArgument();
  DataChannelOptions options;
  options.ordered = Decoder<bool>::decode(env, value("ordered"));
  options.max_retransmits = number("max_retransmits");
  if (const auto milliseconds = number("max_packet_life_time")) {
    options.max_packet_life_time = std::chrono::milliseconds(*milliseconds);
  }
  options.protocol = Decoder<std::string>::decode(env, value("protocol"));
  options.negotiated = Decoder<bool>::decode(env, value("negotiated"));
  options.id = number("id");
  options.priority = decode_priority(env, value("priority"));
  return options;
}

Term send(ErlNifEnv* env, const InstanceRef& instance, std::string_view dc, MessageKind kind,
          std::string_view data) {
  const auto channel = instance->channel(dc);
  if (!channel) return not_found(env);
  const Result<> sent =
      kind == MessageKind::Text ? channel->send(data) : channel->send(as_bytes(data));
  charge(env, data.size());
  if (sent) {
    static const Term ok = Atom("ok").term(env);
    return ok;
  }
  switch (sent.error().code) {
    case ErrorCode::WouldBlock: return error(env, "would_block");
    case ErrorCode::InvalidState: return error(env, "not_open");
    case ErrorCode::InvalidArgument: return error(env, "too_large");
    default: return error(env, "closed");
  }
}

Term close_data_channel(ErlNifEnv* env, const InstanceRef& instance, std::string_view dc) {
  const auto channel = instance->channel(dc);
  if (!channel) return not_found(env);
  channel->close();
  return Atom("ok").term(env);
}

Term buffered_amount(ErlNifEnv* env, const InstanceRef& instance, std::string_view dc) {
  const auto channel = instance->channel(dc);
  if (!channel) return not_found(env);
  return tuple_of_ok(env, enif_make_uint64(env, channel->buffered_amount()));
}

Term set_buffered_amount_low_threshold(ErlNifEnv* env, const InstanceRef& instance,
                                       std::string_view dc, std::uint64_t bytes) {
  const auto channel = instance->channel(dc);
  if (!channel) return not_found(env);
  channel->set_buffered_amount_low_threshold(static_cast<std::size_t>(bytes));
  return Atom("ok").term(env);
}

}  // namespace specter::nif
