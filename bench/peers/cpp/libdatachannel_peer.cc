// libdatachannel, through its C++ API.
#include <memory>
#include <string>
#include <variant>

#include <rtc/rtc.hpp>

#include "stack.h"

namespace peers {
namespace {

class RtcConnection final : public Connection {
 public:
  RtcConnection(const rtc::Configuration& configuration, std::shared_ptr<Sink> sink)
      : sink_(std::move(sink)), connection_(configuration) {
    connection_.onLocalDescription([this](rtc::Description description) {
      sink_->describe(description.typeString(), std::string(description));
    });
    connection_.onLocalCandidate([this](rtc::Candidate candidate) {
      sink_->candidate(candidate.candidate(), candidate.mid());
    });
    connection_.onStateChange([this](rtc::PeerConnection::State state) {
      if (state == rtc::PeerConnection::State::Failed) sink_->failed("the connection failed");
    });
    connection_.onDataChannel([this](std::shared_ptr<rtc::DataChannel> channel) { take(channel); });
  }

  void start_offer() override { take(connection_.createDataChannel("bench")); }
  void take_description(const std::string& type, const std::string& sdp) override {
    connection_.setRemoteDescription(rtc::Description(sdp, type));
  }
  void take_candidate(const std::string& candidate, const std::string& mid) override {
    connection_.addRemoteCandidate(rtc::Candidate(candidate, mid));
  }
  void set_low(std::size_t bytes) override { channel_->setBufferedAmountLowThreshold(bytes); }
  std::size_t buffered() override { return channel_->bufferedAmount(); }
  // What it can't hand to SCTP at once it keeps itself: it always takes a message.
  bool send(std::span<const std::uint8_t> message) override {
    channel_->send(reinterpret_cast<const std::byte*>(message.data()), message.size());
    return true;
  }
  void close() override { connection_.close(); }

 private:
  void take(std::shared_ptr<rtc::DataChannel> channel) {
    channel_ = std::move(channel);
    channel_->onMessage(
        [this](rtc::binary message) {
          sink_->message({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
        },
        [this](rtc::string) { sink_->failed("a text message came"); });
    channel_->onBufferedAmountLow([this] { sink_->low(); });
    channel_->onOpen([this] { sink_->opened(); });
  }

  const std::shared_ptr<Sink> sink_;
  rtc::PeerConnection connection_;
  std::shared_ptr<rtc::DataChannel> channel_;
};

class RtcStack final : public Stack {
 public:
  explicit RtcStack(bool fast) : is_fast_(fast) {
    rtc::InitLogger(rtc::LogLevel::None);
    if (!is_fast_) return;
    rtc::SctpSettings settings;
    settings.recvBufferSize = settings.sendBufferSize = kFastBufferBytes;
    settings.maxChunksOnQueue = kFastChunks;
    rtc::SetSctpSettings(settings);
    configuration_.mtu = kFastMtu;
  }

  Json about() const override {
    return {{"stack", "libdatachannel"},
            {"version", RTC_VERSION},
            {"settings", is_fast_ ? "SctpSettings recvBufferSize = sendBufferSize = 8 MiB, "
                                    "maxChunksOnQueue = 16384; Configuration mtu = 1500"
                                  : ""},
            {"max_message", 262144}};
  }
  std::shared_ptr<Connection> create(Role, std::shared_ptr<Sink> sink) override {
    auto connection = std::make_shared<RtcConnection>(configuration_, sink);
    sink->created();
    return connection;
  }

 private:
  static constexpr std::size_t kFastBufferBytes = 8 << 20, kFastChunks = 16384, kFastMtu = 1500;

  rtc::Configuration configuration_;
  bool is_fast_;
};

}  // namespace
}  // namespace peers

int main(int argc, char** argv) {
  return peers::run(argc, argv, [](bool fast) {
    return std::unique_ptr<peers::Stack>(std::make_unique<peers::RtcStack>(fast));
  });
}
