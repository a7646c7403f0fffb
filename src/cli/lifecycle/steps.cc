#include "cli/lifecycle/steps.h"

#include <cmath>
#include <system_error>

#include <fmt/format.h>

namespace specter::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kReportIt =
    "this should not happen on a sound machine; please report it with the output of --json";
constexpr std::string_view kLookAtTheNetwork =
    "see that a local firewall lets UDP pass between this machine's own addresses, or try "
    "--loopback only; a slow machine may need a longer --timeout";

constexpr std::size_t kLargestMessageBytes = 256 * 1024;  // what our side announces and takes

// Sizes spread evenly over the orders of magnitude, the largest last.
std::size_t message_size(int number, int of) {
  const double share = of > 1 ? static_cast<double>(number - 1) / (of - 1) : 1;
  return static_cast<std::size_t>(
      std::lround(std::pow(static_cast<double>(kLargestMessageBytes), share)));
}

Buffer message_of(MessageKind kind, int number, std::size_t size) {
  Buffer data(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto value = static_cast<std::size_t>(number) * 31 + i * 7 + i / 251;
    data[i] = static_cast<std::uint8_t>(kind == MessageKind::Text ? ' ' + value % 95 : value % 256);
  }
  return data;
}

std::string candidates_text(std::string_view from, int count) {
  return fmt::format("{} from {}", count, from);
}

}  // namespace

bool Lifecycle::run() {
  const auto begun = Clock::now();
  report_.begin();
  summary_.ok = initialise() && create_connection(pc_1_) && create_data_channel() && offer() &&
                create_connection(pc_2_) && answer() && connect() && open_channel() &&
                exchange_messages() && measure() && close(pc_1_) && close(pc_2_);
  summary_.total = Clock::now() - begun;
  report_.end(summary_);
  return summary_.ok;
}

bool Lifecycle::step(std::string_view name, std::string_view connection,
                     const std::function<Outcome()>& body, std::string_view advice) {
  const auto begun = Clock::now();
  Step step{.number = ++summary_.steps,
            .name = name,
            .connection = connection,
            .took = {},
            .outcome = body(),
            .advice = advice};
  step.took = Clock::now() - begun;
  report_.step(step);
  return step.outcome.has_value();
}

bool Lifecycle::initialise() {
  return step(
      "init", "",
      [&]() -> Outcome {
        try {
          specter_.emplace(options_.configuration);
        } catch (const std::system_error& error) {
          return fail(ErrorCode::Internal, error.what());
        }
        return fmt::format("{} event loop, {} ICE servers", options_.configuration.loops,
                           options_.configuration.defaults.ice_servers.size());
      },
      "see that this process may start a thread and open files: ulimit -a");
}

bool Lifecycle::create_connection(Side& side) {
  std::optional<MediaEngine> engine;
  std::optional<Registry> registry;
  std::optional<Api> api;
  return step(
             "new_media_engine", side.name,
             [&]() -> Outcome {
               engine = MediaEngine::with_default_codecs();
               return fmt::format("{} codecs", engine->codecs().size());
             },
             kReportIt) &&
         step(
             "new_registry", side.name,
             [&]() -> Outcome {
               registry = Registry::with_default_interceptors(*engine);
               return fmt::format("{} header extensions", engine->header_extensions().size());
             },
             kReportIt) &&
         step(
             "new_api", side.name,
             [&]() -> Outcome {
               api = specter_->new_api(std::move(*engine), std::move(*registry));
               return "consumes both";
             },
             kReportIt) &&
         step(
             "new_peer_connection", side.name,
             [&]() -> Outcome {
               side.connection = api->new_peer_connection(inbox_);
               const auto ready = inbox_.receive<event::Ready>(side.connection, options_.timeout);
               if (!ready) return fail(ready.error());
               return "ready";
             },
             "see that each --ice-server is a URL such as stun:stun.example.org:3478, and that "
             "turn: "
             "servers have --ice-username and --ice-credential");
}

bool Lifecycle::create_data_channel() {
  return step(
      "create_data_channel", pc_1_.name,
      [&]() -> Outcome {
        auto channel = pc_1_.connection.create_data_channel("data", {.ordered = true});
        if (!channel) return fail(channel.error());
        pc_1_.channel = *channel;
        const auto created =
            inbox_.receive<event::DataChannelCreated>(pc_1_.connection, options_.timeout);
        if (!created) return fail(created.error());
        return fmt::format("\"{}\"", created->channel.label());
      },
      kReportIt);
}

bool Lifecycle::offer() {
  offered_ = Clock::now();
  return step(
             "create_offer", pc_1_.name,
             [&]() -> Outcome {
               if (auto asked = pc_1_.connection.create_offer(); !asked) return fail(asked.error());
               auto made = inbox_.receive<event::Offer>(pc_1_.connection, options_.timeout);
               if (!made) return fail(made.error());
               offer_ = std::move(made->description);
               return fmt::format("{} bytes of SDP", offer_.sdp.size());
             },
             kReportIt) &&
         set_description(pc_1_, "set_local_description", offer_);
}

bool Lifecycle::answer() {
  return set_description(pc_2_, "set_remote_description", offer_) &&
         step(
             "create_answer", pc_2_.name,
             [&]() -> Outcome {
               if (auto asked = pc_2_.connection.create_answer(); !asked)
                 return fail(asked.error());
               auto made = inbox_.receive<event::Answer>(pc_2_.connection, options_.timeout);
               if (!made) return fail(made.error());
               answer_ = std::move(made->description);
               return fmt::format("{} bytes of SDP", answer_.sdp.size());
             },
             kReportIt) &&
         set_description(pc_2_, "set_local_description", answer_) &&
         set_description(pc_1_, "set_remote_description", answer_);
}

bool Lifecycle::set_description(Side& side, std::string_view which,
                                const SessionDescription& description) {
  return step(
      which, side.name,
      [&]() -> Outcome {
        const bool local = which == "set_local_description";
        const auto asked = local ? side.connection.set_local_description(description)
                                 : side.connection.set_remote_description(description);
        if (!asked) return fail(asked.error());
        Result<> set;
        if (local) {
          const auto done =
              inbox_.receive<event::LocalDescriptionSet>(side.connection, options_.timeout);
          if (!done) set = fail(done.error());
        } else {
          const auto done =
              inbox_.receive<event::RemoteDescriptionSet>(side.connection, options_.timeout);
          if (!done) set = fail(done.error());
        }
        if (!set) return fail(set.error());
        return fmt::format("the {}; {}", to_string(description.type),
                           to_string(side.connection.signaling_state()));
      },
      kReportIt);
}

bool Lifecycle::connect() {
  return step(
             "add_ice_candidate", "both",
             [&]() -> Outcome {
               const auto carried = carry_candidates_until([&] {
                 return pc_1_.candidates > 0 && pc_2_.candidates > 0 &&
                        candidates_added_ >= pc_1_.candidates + pc_2_.candidates;
               });
               if (!carried) return fail(carried.error());
               return candidates_text(pc_1_.name, pc_1_.candidates) + ", " +
                      candidates_text(pc_2_.name, pc_2_.candidates);
             },
             "see that the machine has a network address, or try --loopback include") &&
         step(
             "connected", "both",
             [&]() -> Outcome {
               const auto carried =
                   carry_candidates_until([&] { return pc_1_.connected && pc_2_.connected; });
               if (!carried) return fail(carried.error());
               return "ICE, then DTLS";
             },
             kLookAtTheNetwork);
}

Result<> Lifecycle::carry_candidates_until(const std::function<bool()>& done) {
  const auto concerns_us = [](const Event& event) {
    return std::holds_alternative<event::LocalCandidate>(event) ||
           std::holds_alternative<event::IceCandidateAdded>(event) ||
           std::holds_alternative<event::ConnectionStateChange>(event) ||
           std::holds_alternative<event::OperationFailed>(event);
  };
  const auto end = Clock::now() + options_.timeout;
  while (!done()) {
    const auto event =
        inbox_.next_if(concerns_us, std::max(Duration{}, Duration(end - Clock::now())));
    if (!event) return fail(event.error());
    if (auto handled = handle(*event); !handled) return handled;
  }
  return {};
}

Result<> Lifecycle::handle(const Event& event) {
  Side& side = side_of(connection_of(event));
  if (const auto* found = std::get_if<event::LocalCandidate>(&event)) {
    if (!found->candidate.candidate.empty()) ++side.candidates;
    return other(side).connection.add_ice_candidate(found->candidate);
  }
  if (std::holds_alternative<event::IceCandidateAdded>(event)) ++candidates_added_;
  if (const auto* change = std::get_if<event::ConnectionStateChange>(&event)) {
    side.connected = change->state == ConnectionState::Connected;
    // The other of the two closed: that is the lifecycle's last step.
    if (change->state == ConnectionState::Failed && change->code != ErrorCode::ClosedByPeer) {
      return fail(ErrorCode::Network, fmt::format("{} failed: {}", side.name, change->reason));
    }
  }
  if (const auto* failed = std::get_if<event::OperationFailed>(&event)) {
    return fail(failed->error);
  }
  return {};
}

bool Lifecycle::open_channel() {
  const bool opened = step(
      "data_channel_open", "both",
      [&]() -> Outcome {
        const auto ours =
            inbox_.receive<event::DataChannelOpen>(pc_1_.connection, options_.timeout);
        if (!ours) return fail(ours.error());
        const auto announced =
            inbox_.receive<event::IncomingDataChannel>(pc_2_.connection, options_.timeout);
        if (!announced) return fail(announced.error());
        pc_2_.channel = announced->channel;
        const auto theirs =
            inbox_.receive<event::DataChannelOpen>(pc_2_.connection, options_.timeout);
        if (!theirs) return fail(theirs.error());
        const auto stream = pc_1_.channel.id();
        return fmt::format("\"{}\" on stream {}", pc_2_.channel.label(), stream.value_or(0));
      },
      kLookAtTheNetwork);
  if (opened) summary_.to_open = Clock::now() - offered_;
  return opened;
}

bool Lifecycle::exchange_messages() {
  if (options_.messages == 0) return true;
  // The messages are told one by one, and then the step that they were.
  const auto all = [&]() -> Outcome {
    for (int number = 1; number <= options_.messages; ++number) {
      if (auto exchanged = exchange(number); !exchanged) return exchanged;
    }
    return fmt::format("{} messages both ways, each as it was sent", summary_.messages);
  };
  return step("send", "both", all,
              "see `specter lifecycle --json` for the last message that came; please report it");
}

Lifecycle::Outcome Lifecycle::exchange(int number) {
  Side& from = number % 2 == 1 ? pc_1_ : pc_2_;
  Side& to = other(from);
  const auto kind = (number - 1) / 2 % 2 == 0 ? MessageKind::Text : MessageKind::Binary;
  Buffer data = message_of(kind, number, message_size(number, options_.messages));
  if (number <= 2 && number < options_.messages) {
    const std::string hello = fmt::format("Hello, {}! — {}", to.name, from.name);
    data.assign(hello.begin(), hello.end());
  }

  const auto begun = Clock::now();
  const auto sent =
      kind == MessageKind::Text ? from.channel.send(as_text(data)) : from.channel.send(Bytes(data));
  if (!sent) return fail(sent.error());
  const auto received = inbox_.receive<event::Message>(to.connection, options_.timeout);
  const RealTime took = Clock::now() - begun;
  if (!received) return fail(received.error());
  if (received->channel != to.channel || received->kind != kind || received->data != data) {
    return fail(ErrorCode::Internal,
                fmt::format("message {} of {} bytes came as another one of {} bytes", number,
                            data.size(), received->data.size()));
  }
  ++summary_.messages;
  summary_.bytes += data.size();
  report_.exchange({.number = number,
                    .from = from.name,
                    .to = to.name,
                    .kind = kind,
                    .data = data,
                    .took = took});
  return std::string();
}

bool Lifecycle::measure() {
  return step(
      "get_stats", pc_1_.name,
      [&]() -> Outcome {
        if (auto asked = pc_1_.connection.get_stats(); !asked) return fail(asked.error());
        auto told = inbox_.receive<event::Stats>(pc_1_.connection, options_.timeout);
        if (!told) return fail(told.error());
        summary_.stats = std::move(told->stats);
        return fmt::format("{} candidate pairs, {} datagrams sent",
                           summary_.stats->candidate_pairs.size(),
                           summary_.stats->transport.packets_sent);
      },
      kReportIt);
}

bool Lifecycle::close(Side& side) {
  return step(
      "close_peer_connection", side.name,
      [&]() -> Outcome {
        side.connection.close();
        const auto closed = inbox_.receive<event::Closed>(side.connection, options_.timeout);
        if (!closed) return fail(closed.error());
        return "closed";
      },
      kReportIt);
}

}  // namespace specter::cli
