// The data channels of a connection, on its loop: opens and closes them, passes their messages to
// the core, and delivers their events.
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
  // Sends directly into the core, for a call made within a turn. Empty: earlier calls are queued,
  // so this one must be queued too.
  std::optional<Result<>> try_send(ChannelHandle& channel, MessageKind kind, Payload message,
                                   MessagePart part);
  // Retries messages that the core had no room for. Returns whether it took any.
  bool retry_delayed();
  // Call it after packets were sent: delivers BufferedAmountLow. Returns whether it delivered any.
  bool settle();

  // ---- events, in data_events.cc
  void handle(core::IncomingDataChannel&& event);
  void handle(core::DataChannelOpen&& event);
  void handle(core::Message&& event);
  void handle(core::DataChannelClosing&& event);
  void handle(core::DataChannelError&& event);
  void handle(core::DataChannelClosed&& event);
  // Updates the streams of the channels, which a description may have decided.
  void refresh_streams();
  // The connection has ended: closes all channels.
  void end();

 private:
  using Delayed = std::variant<SendCall, std::shared_ptr<ChannelHandle>>;  // a message, or a close

  bool send_posted(SendCall& call);
  std::shared_ptr<ChannelHandle> find(ChannelId id) const;

  Connection& connection_;
  std::unordered_map<ChannelId, std::shared_ptr<ChannelHandle>> channels_{};
  // Messages that the ledger had room for and the core had not, and closes after them, in order.
  // Their bytes count as posted, so the ledger limits them.
  Queue<Delayed> delayed_{};
};

}  // namespace specter::api
