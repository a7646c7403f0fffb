// Our own stack as one of the peers, through the public headers alone.
#include <memory>
#include <string>
#include <variant>

#include <specter/specter.h>

#include "stack.h"

namespace peers {
namespace {

namespace event = specter::event;

class SpecterConnection final : public Connection,
                                public std::enable_shared_from_this<SpecterConnection> {
 public:
  explicit SpecterConnection(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}

  void start(const specter::Api& api) {
    (void)api.new_peer_connection(
        [self = shared_from_this()](specter::Event&& event) { self->handle(event); });
  }

  void start_offer() override {
    check(connection_.create_data_channel("bench"));
    check(connection_.create_offer());
  }
  void take_description(const std::string& type, const std::string& sdp) override {
    const bool is_offer = type == "offer";
    check(connection_.set_remote_description(specter::SessionDescription{
        is_offer ? specter::SdpType::Offer : specter::SdpType::Answer, sdp}));
    if (is_offer) check(connection_.create_answer());
  }
  void take_candidate(const std::string& candidate, const std::string& mid) override {
    check(connection_.add_ice_candidate(
        specter::IceCandidate{candidate, mid, std::nullopt, std::nullopt}));
  }
  void set_low(std::size_t bytes) override { channel_.set_buffered_amount_low_threshold(bytes); }
  std::size_t buffered() override { return channel_.buffered_amount(); }
  bool send(std::span<const std::uint8_t> message) override {
    const auto done = channel_.send(specter::Bytes(message));
    if (!done && done.error().code != specter::ErrorCode::WouldBlock) check(done);
    return done.has_value();
  }
  void close() override { connection_.close(); }

 private:
  template <class T>
  void check(const specter::Result<T>& done) {
    if (!done && done.error().code != specter::ErrorCode::Closed) {
      sink_->failed(done.error().message);
    }
  }

  void handle(const specter::Event& any) {
    if (const auto* message = std::get_if<event::Message>(&any)) {
      sink_->message(message->data);
    } else if (std::holds_alternative<event::BufferedAmountLow>(any)) {
      sink_->low();
    } else if (const auto* ready = std::get_if<event::Ready>(&any)) {
      connection_ = ready->connection;
      sink_->created();
    } else if (const auto* offer = std::get_if<event::Offer>(&any)) {
      tell(offer->description);
    } else if (const auto* answer = std::get_if<event::Answer>(&any)) {
      tell(answer->description);
    } else if (const auto* found = std::get_if<event::LocalCandidate>(&any)) {
      if (found->candidate.candidate.empty()) return;
      sink_->candidate(found->candidate.candidate, found->candidate.sdp_mid.value_or("0"));
    } else if (const auto* open = std::get_if<event::DataChannelOpen>(&any)) {
      channel_ = open->channel;
      sink_->opened();
    } else if (const auto* failed = std::get_if<event::OperationFailed>(&any)) {
      sink_->failed(failed->error.message);
    } else if (const auto* change = std::get_if<event::ConnectionStateChange>(&any)) {
      // The other side may close first once all is done.
      if (change->state == specter::ConnectionState::Failed &&
          change->code != specter::ErrorCode::ClosedByPeer)
        sink_->failed(change->reason);
    }
  }

  void tell(const specter::SessionDescription& description) {
    check(connection_.set_local_description(description));
    sink_->describe(std::string(to_string(description.type)), description.sdp);
  }

  const std::shared_ptr<Sink> sink_;
  specter::PeerConnection connection_;
  specter::DataChannel channel_;
};

class SpecterStack final : public Stack {
 public:
  explicit SpecterStack(bool fast)
      : specter_(configuration(fast)), api_(make_api(specter_)), is_fast_(fast) {}

  Json about() const override {
    return {{"stack", "specter"},
            {"version", specter::version()},
            {"settings", is_fast_ ? "spin = 50 us, congestion_control = Bbr, "
                                    "max_datagram_bytes = 1452"
                                  : ""},
            {"max_message", specter_.configuration().defaults.data.max_message_bytes}};
  }
  std::shared_ptr<Connection> create(Role, std::shared_ptr<Sink> sink) override {
    auto connection = std::make_shared<SpecterConnection>(std::move(sink));
    connection->start(api_);
    return connection;
  }

 private:
  static specter::Configuration configuration(bool fast) {
    specter::Configuration configuration;
    if (fast) {
      configuration.spin = std::chrono::microseconds(50);
      configuration.defaults.data.congestion_control = specter::CongestionControl::Bbr;
      configuration.defaults.transport.max_datagram_bytes = 1452;
    }
    return configuration;
  }
  static specter::Api make_api(const specter::Specter& specter) {
    auto engine = specter::MediaEngine::with_default_codecs();
    auto registry = specter::Registry::with_default_interceptors(engine);
    return specter.new_api(std::move(engine), std::move(registry));
  }

  specter::Specter specter_;
  specter::Api api_;
  bool is_fast_;
};

}  // namespace
}  // namespace peers

int main(int argc, char** argv) {
  return peers::run(argc, argv, [](bool fast) {
    return std::unique_ptr<peers::Stack>(std::make_unique<peers::SpecterStack>(fast));
  });
}
