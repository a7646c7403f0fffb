// The data channels of a connection, on its loop: opens and closes them, takes their messages into
// the core, and tells their events.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <variant>

#include "api/handles.h"
#include "base/queue.h"
#include "io/driver.h"

#include "specter/core.h"

namespace specter::api {

class Connection;

class Data {
 public:
  explicit Data(Connection& connection) : connection_(connection) {}

  // ---- calls, in data.cc
  void create(const std::shared_ptr<ChannelHandle>& channel);
  void close(const std::shared_ptr<ChannelHandle>& channel);
  void receive_in_parts(const ChannelHandle& channel);
  void run(SendCall&& call);
  // Straight into the core, for a call from within a turn. Nothing: it must go the way of the calls
  // before it.
  std::optional<Result<>> try_send(ChannelHandle& channel, MessageKind kind, Payload message,
                                   MessagePart part);
  // What the core had no room for. True when it took something.
  bool retry_delayed();
  // Packets went out: tells who may go on. True when it told somebody.
  bool settle();

  // ---- events, in data_events.cc
  void handle(core::IncomingDataChannel&& event);
  void handle(core::DataChannelOpen&& event);
  void handle(core::Message&& event);
  void handle(core::DataChannelClosing&& event);
  void handle(core::DataChannelError&& event);
  void handle(core::DataChannelClosed&& event);
  // A description may have decided which stream each channel has.
  void refresh_streams();
  // The connection has ended: so has each channel.
  void end();

 private:
  using Delayed = std::variant<SendCall, std::shared_ptr<ChannelHandle>>;  // a message, or a close

  bool send_posted(SendCall& call);
  std::shared_ptr<ChannelHandle> find(ChannelId id) const;

  Connection& connection_;
  std::unordered_map<ChannelId, std::shared_ptr<ChannelHandle>> channels_{};
  // Messages that the core had no room for although the ledger had, and closes behind them, in
  // order. Their bytes count as posted, so the ledger bounds them.
  Queue<Delayed> delayed_{};
};

}  // namespace specter::api
