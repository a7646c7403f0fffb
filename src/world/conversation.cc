#include "world/conversation.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "simulation/random.h"

namespace specter::world {
namespace {

std::string_view name_of(Side side) { return side == Side::A ? "a" : "b"; }

// Those that both make are far from the numbers that are chosen for others.
constexpr std::uint16_t kFirstOfBoth = 1000;

DataChannelOptions options_of(const Channel& channel, std::size_t number) {
  const Promise& promise = channel.promise;
  DataChannelOptions options;
  options.priority = channel.priority;
  options.negotiated = channel.is_of_both;
  if (channel.is_of_both) options.id = static_cast<std::uint16_t>(kFirstOfBoth + number);
  options.ordered = promise.ordered;
  options.max_retransmits = promise.max_retransmits;
  if (promise.lifetime)
    options.max_packet_life_time =
        std::chrono::duration_cast<std::chrono::milliseconds>(*promise.lifetime);
  return options;
}

}  // namespace

std::optional<ChannelId> Conversation::make(Timestamp now, Side side,
                                            core::PeerConnection& connection, std::size_t number,
                                            const Channel& channel) {
  const auto id =
      connection.create_data_channel(now, std::to_string(number), options_of(channel, number));
  if (!id) return std::nullopt;  // it is closed, or failed
  by_id_[index(side)][*id] = number;
  return *id;
}

std::optional<std::size_t> Conversation::open(Timestamp now, Side side,
                                              core::PeerConnection& connection, Promise promise,
                                              Made made) {
  const std::size_t number = channels_.size();
  Channel channel(seed_ + number * 7, side, promise, made == Made::ByBoth);
  channel.priority = priorities_[index(side)][number % 4];
  channel.id[index(side)] = make(now, side, connection, number, channel);
  if (!channel.id[index(side)]) return std::nullopt;
  channels_.push_back(std::move(channel));
  journal_.note(fmt::format("{} opens channel {}", name_of(side), number));
  return number;
}

void Conversation::join(Timestamp now, Side side, core::PeerConnection& connection,
                        std::size_t number) {
  Channel& channel = channels_[number];
  if (channel.id[index(side)]) return;  // told twice
  channel.id[index(side)] = make(now, side, connection, number, channel);
  journal_.note(fmt::format("{} makes channel {} too", name_of(side), number));
}

void Conversation::close(Timestamp now, Side side, core::PeerConnection& connection,
                         std::size_t number) {
  if (number >= channels_.size()) return;
  Channel& channel = channels_[number];
  if (!channel.id[index(side)] || channel.is_closing[index(side)]) return;
  channel.is_closing[index(side)] = channel.has_called_close[index(side)] = true;
  if (!channel.closed_by) channel.closed_by = side;
  connection.close_data_channel(now, *channel.id[index(side)]);
  journal_.note(fmt::format("{} closes channel {}", name_of(side), number));
}

void Conversation::say(Timestamp now, Side side, core::PeerConnection& connection,
                       std::size_t count, std::size_t size, std::uint64_t salt,
                       bool only_reliable) {
  simulation::SeededRandom random(seed_ ^ salt);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::size_t> usable;
    for (std::size_t number = 0; number < channels_.size(); ++number) {
      const Channel& channel = channels_[number];
      // Of a negotiated one both have to know before anything is said on it.
      const bool is_known = !channel.is_of_both || channel.id[index(other(side))];
      if (channel.is_open[index(side)] && !channel.is_closing[index(side)] && is_known &&
          (!only_reliable || channel.promise.is_reliable()))
        usable.push_back(number);
    }
    if (usable.empty()) return;
    const std::size_t channel = usable[random.below(static_cast<std::uint32_t>(usable.size()))];
    waiting_[index(side)].push_back({channel, random.below(static_cast<std::uint32_t>(size) + 1)});
  }
  go_on(now, side, connection);
}

void Conversation::go_on(Timestamp now, Side side, core::PeerConnection& connection) {
  auto& waiting = waiting_[index(side)];
  while (!waiting.empty() && send(now, side, connection, waiting.front())) waiting.pop_front();
}

// False: later.
bool Conversation::send(Timestamp now, Side side, core::PeerConnection& connection,
                        const Waiting& message) {
  Channel& channel = channels_[message.channel];
  if (!channel.is_open[index(side)] || channel.is_closing[index(side)] ||
      channel.is_closed[index(side)])
    return true;
  const ChannelId id = *channel.id[index(side)];
  Ledger& ledger = channel.to(other(side));
  const Buffer bytes = ledger.next(message.size);
  const std::size_t before = connection.buffered_amount(id);
  const auto sent = connection.send(now, id, MessageKind::Binary, Bytes(bytes));
  if (!sent) {
    if (sent.error().code == ErrorCode::WouldBlock) return false;
    // Of a channel that its opener closed the news may still be on its way to this owner.
    if (bytes.size() <= connection.max_message_size() && !channel.closed_by &&
        !is_closed_[index(other(side))] &&
        connection.connection_state() == ConnectionState::Connected)
      journal_.fail(Verdict::States,
                    fmt::format("{} could not send on open channel {}: {}", name_of(side),
                                message.channel, sent.error().message));
    return true;
  }
  ledger.sent(now, bytes.size());
  const std::size_t after = connection.buffered_amount(id);
  if (after != before + bytes.size())
    journal_.fail(Verdict::Amounts, fmt::format("{} had {} bytes buffered, sent {}, and has {}",
                                                name_of(side), before, bytes.size(), after));
  return true;
}

Channel* Conversation::find(Side side, ChannelId id) {
  const auto at = by_id_[index(side)].find(id);
  return at == by_id_[index(side)].end() ? nullptr : &channels_[at->second];
}

void Conversation::handle(Timestamp now, Side side, core::PeerConnection& connection,
                          const core::Event& event) {
  if (const auto* const message = std::get_if<core::Message>(&event)) {
    receive(now, side, *message);
    hang_up(now, side, connection, message->channel, HangsUp::WhenSomethingComes);
  } else if (const auto* const news = std::get_if<core::IncomingDataChannel>(&event)) {
    incoming(side, *news);
    hang_up(now, side, connection, news->channel, HangsUp::WhenTold);
  } else if (const auto* const opened = std::get_if<core::DataChannelOpen>(&event)) {
    if (Channel* const channel = find(side, opened->channel)) {
      if (channel->is_open[index(side)])
        journal_.fail(Verdict::States, fmt::format("{}'s channel opened twice", name_of(side)));
      // W3C §6.2: nor after close().
      if (channel->has_called_close[index(side)])
        journal_.fail(Verdict::States,
                      fmt::format("{}'s channel opened after it was closed", name_of(side)));
      channel->is_open[index(side)] = true;
    }
    hang_up(now, side, connection, opened->channel, HangsUp::WhenOpen);
  } else if (const auto* const closing = std::get_if<core::DataChannelClosing>(&event)) {
    if (Channel* const channel = find(side, closing->channel)) {
      channel->is_closing[index(side)] = true;
      if (!channel->closed_by)
        journal_.fail(Verdict::States,
                      fmt::format("{}'s channel closes, and nobody closed it", name_of(side)));
      go_on(now, side, connection);  // without the messages that waited for it
    }
  } else if (const auto* const end = std::get_if<core::DataChannelClosed>(&event)) {
    closed(side, connection, end->channel);
  } else if (const auto* const failed = std::get_if<core::DataChannelError>(&event)) {
    Channel* const channel = find(side, failed->channel);
    // A peer that closes says so twice: first as SCTP, then as DTLS. One that closes a channel
    // before it has confirmed it refuses it: RFC 8832 §6.
    if (channel && !channel->closed_by && !is_closed_[index(other(side))] &&
        connection.connection_state() == ConnectionState::Connected)
      journal_.fail(Verdict::States, fmt::format("{}'s channel failed on its own: {}",
                                                 name_of(side), failed->error.message));
  } else if (const auto* const refused = std::get_if<core::DataChannelRefused>(&event)) {
    journal_.fail(Verdict::States, fmt::format("{} refused a channel of its peer's: {}",
                                               name_of(side), refused->error.message));
  } else if (const auto* const low = std::get_if<core::BufferedAmountLow>(&event)) {
    if (find(side, low->channel)) go_on(now, side, connection);
  }
}

void Conversation::hang_up(Timestamp now, Side side, core::PeerConnection& connection, ChannelId id,
                           HangsUp when) {
  if (hangs_up_[index(side)] != when) return;
  const auto at = by_id_[index(side)].find(id);
  // The first stays: on it life is asked for.
  if (at != by_id_[index(side)].end() && at->second > 0 && channels_[at->second].opener != side)
    close(now, side, connection, at->second);
}

void Conversation::receive(Timestamp now, Side side, const core::Message& message) {
  Channel* const channel = find(side, message.channel);
  if (!channel) {
    journal_.fail(Verdict::States, fmt::format("{} has a message on a channel that it was not told "
                                               "of",
                                               name_of(side)));
    return;
  }
  ++received_;
  // W3C §6.2: none after close().
  if (channel->is_closed[index(side)] || channel->has_called_close[index(side)])
    journal_.fail(Verdict::States,
                  fmt::format("{} has a message on a channel that it closed", name_of(side)));
  if (const auto wrong = channel->to(side).receive(now, message.data))
    journal_.fail(Verdict::Content, fmt::format("{} got {}", name_of(side), *wrong));
}

void Conversation::incoming(Side side, const core::IncomingDataChannel& event) {
  std::size_t number = channels_.size();
  std::from_chars(event.label.data(), event.label.data() + event.label.size(), number);
  if (number >= channels_.size() || channels_[number].opener == side ||
      channels_[number].id[index(side)]) {
    journal_.fail(Verdict::Content,
                  fmt::format("{} was told of a channel '{}' that nobody opened, or twice",
                              name_of(side), event.label));
    return;
  }
  Channel& channel = channels_[number];
  if (event.options.ordered != channel.promise.ordered ||
      event.options.max_retransmits != channel.promise.max_retransmits ||
      event.options.priority != channel.priority)
    journal_.fail(Verdict::Content, fmt::format("channel {} has other options at its end", number));
  channel.id[index(side)] = event.channel;
  by_id_[index(side)][event.channel] = number;
}

void Conversation::closed(Side side, const core::PeerConnection& connection, ChannelId id) {
  Channel* const channel = find(side, id);
  if (!channel) return;
  if (channel->is_closed[index(side)])
    journal_.fail(Verdict::States, fmt::format("{}'s channel closed twice", name_of(side)));
  channel->is_closed[index(side)] = channel->is_closing[index(side)] = true;
  // What its closer had sent went out first: W3C §6.2.
  const Ledger& ledger = channel->to(side);
  if (connection.connection_state() == ConnectionState::Connected &&
      channel->closed_by == other(side) && !channel->has_called_close[index(side)] &&
      ledger.promise().is_reliable() && ledger.missing() > 0)
    journal_.fail(Verdict::Delivery, fmt::format("{}'s channel is closed, and {} messages had not "
                                                 "come",
                                                 name_of(side), ledger.missing()));
}

bool Conversation::can_ask() const {
  return std::ranges::any_of(channels_, [](const Channel& channel) {
    return channel.promise.is_reliable() && !channel.closed_by;
  });
}

std::size_t Conversation::unfinished_bytes(Side from) const {
  std::size_t bytes = 0;
  for (const Waiting& message : waiting_[index(from)]) bytes += message.size;
  for (const Channel& channel : channels_) bytes += channel.to(other(from)).missing_bytes();
  return bytes;
}

std::size_t Conversation::missing_of_limited(Side from) const {
  std::size_t missing = 0;
  for (const Channel& channel : channels_) {
    if (!channel.promise.is_reliable()) missing += channel.to(other(from)).missing();
  }
  return missing;
}

std::string Conversation::unfinished() const {
  for (const Side side : {Side::A, Side::B}) {
    if (!waiting_[index(side)].empty())
      return fmt::format("{} still has {} messages to send", name_of(side),
                         waiting_[index(side)].size());
  }
  for (std::size_t number = 0; number < channels_.size(); ++number) {
    const Channel& channel = channels_[number];
    if (channel.closed_by) {
      for (const Side side : {Side::A, Side::B}) {
        if (channel.id[index(side)] && !channel.is_closed[index(side)])
          return fmt::format("channel {} is not closed at {}", number, name_of(side));
      }
      continue;
    }
    for (const Side side : {Side::A, Side::B}) {
      if (!channel.is_open[index(side)])
        return fmt::format("channel {} is not open at {}", number, name_of(side));
      const Ledger& ledger = channel.to(side);
      if (ledger.promise().is_reliable() && ledger.missing() > 0)
        return fmt::format("{} of {} messages of channel {} have not come to {}", ledger.missing(),
                           ledger.count_sent(), number, name_of(side));
    }
  }
  return {};
}

}  // namespace specter::world
