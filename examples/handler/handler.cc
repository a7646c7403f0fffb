// Teaches handlers: a connection's events given to a function of yours, on the connection's own
// loop, one at a time and in order. No thread of yours waits for anything, and what only the
// handler touches needs no lock. A handler may make every call, close() included; it must not wait,
// for everything else on its loop would wait with it.
//
// Here one side echoes what comes; the other sends a hundred messages, counts the echoes and
// closes. main() only waits until both are closed.
#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <string>

#include <specter/specter.h>

using namespace std::chrono_literals;
namespace event = specter::event;

namespace {

constexpr int kMessages = 100;

// The signalling, which a program brings itself. Here it is a call; the events of one side become
// calls on the other. Both are set before the first call that makes a side speak of the other.
struct Signalling {
  specter::PeerConnection caller, echo;
};

// What goes wrong in a call made here would show as a connection that fails, so the handlers below
// leave such results alone.
template <class T>
void ignore(const specter::Result<T>&) {}

// Calls, counts, closes. A handler is any callable that takes an Event; std::visit picks the
// function for each, and the template takes the events that do not matter here.
class Caller {
 public:
  Caller(Signalling& signalling, std::promise<int> echoes)
      : signalling_(signalling), echoes_(std::move(echoes)) {}

  void operator()(const event::Offer& e) {
    ignore(e.connection.set_local_description(e.description));
    ignore(signalling_.echo.set_remote_description(e.description));
    ignore(signalling_.echo.create_answer());
  }
  void operator()(const event::LocalCandidate& e) {
    ignore(signalling_.echo.add_ice_candidate(e.candidate));
  }
  void operator()(const event::DataChannelOpen& e) {
    for (int i = 0; i < kMessages; ++i) ignore(e.channel.send("message " + std::to_string(i)));
  }
  void operator()(const event::Message& e) {
    if (e.text() == "message " + std::to_string(count_)) ++count_;
    if (count_ == kMessages) e.connection.close();
  }
  void operator()(const event::Closed&) { echoes_.set_value(count_); }
  void operator()(const auto&) {}

 private:
  Signalling& signalling_;
  std::promise<int> echoes_;
  int count_ = 0;  // only the loop's thread sees it
};

// Sends everything back, and goes when the other side does.
class Echo {
 public:
  Echo(Signalling& signalling, std::promise<void> closed)
      : signalling_(signalling), closed_(std::move(closed)) {}

  void operator()(const event::Answer& e) {
    ignore(e.connection.set_local_description(e.description));
    ignore(signalling_.caller.set_remote_description(e.description));
  }
  void operator()(const event::LocalCandidate& e) {
    ignore(signalling_.caller.add_ice_candidate(e.candidate));
  }
  void operator()(const event::Message& e) { ignore(e.channel.send(e.text())); }
  void operator()(const event::DataChannelClosed& e) { e.connection.close(); }
  void operator()(const event::Closed&) { closed_.set_value(); }
  void operator()(const auto&) {}

 private:
  Signalling& signalling_;
  std::promise<void> closed_;
};

specter::PeerConnection new_connection(const specter::Specter& specter,
                                       std::function<void(specter::Event&&)> handler) {
  auto engine = specter::MediaEngine::with_default_codecs();
  auto registry = specter::Registry::with_default_interceptors(engine);
  auto api = specter.new_api(std::move(engine), std::move(registry));
  return api.new_peer_connection(std::move(handler));
}

// std::function wants to copy what it holds, and a side cannot be copied: it is shared.
template <class Side>
std::function<void(specter::Event&&)> handler_of(std::shared_ptr<Side> side) {
  return [side](specter::Event&& e) { std::visit(*side, e); };
}

}  // namespace

int main() {
  Signalling signalling;
  std::promise<int> echoes;
  std::promise<void> closed;
  auto counted = echoes.get_future();
  auto echo_closed = closed.get_future();

  specter::Specter specter;
  signalling.echo =
      new_connection(specter, handler_of(std::make_shared<Echo>(signalling, std::move(closed))));
  signalling.caller =
      new_connection(specter, handler_of(std::make_shared<Caller>(signalling, std::move(echoes))));
  ignore(signalling.caller.create_data_channel("echo"));
  ignore(signalling.caller.create_offer());

  if (counted.wait_for(20s) != std::future_status::ready ||
      echo_closed.wait_for(20s) != std::future_status::ready) {
    std::cerr << "no echo in 20 seconds\n";
    std::_Exit(1);  // the handlers still refer to what main() would destroy
  }
  const int count = counted.get();
  std::cout << count << " of " << kMessages << " messages came back\n";
  return count == kMessages ? 0 : 1;
}
