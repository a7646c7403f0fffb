// A TCP connection to a server, with TLS in it where a host's name is given. It never waits; what
// it can't send in time it drops by whole messages, as a wire would.
//
//               connect_timeout      handshake_timeout
//   open ----> connecting ----> TLS's handshake ----> opened ----> closing (flushes) ----> gone
//                   |                  |                 |
//                   +------------------+-----------------+-------> closed: a fault
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/queue.h"
#include "io/loop.h"
#include "io/tls_trust.h"

#include "specter/bytes.h"
#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::io {

struct StreamOptions {
  Duration connect_timeout = std::chrono::seconds(5);
  Duration handshake_timeout = std::chrono::seconds(5);
  Duration goodbye_timeout = std::chrono::seconds(1);  // close(): for what still waits
  // Of messages that wait; the kernel has some 128 KiB more. A relay over TCP must not become a
  // queue of seconds.
  std::size_t max_queued_bytes = 256 << 10;
  std::shared_ptr<TlsTrust> trust{};  // needed with a host's name
};

// Why a stream is no more.
struct StreamFault {
  std::string sentence;   // what is wrong, and what to do; without addresses
  bool is_final = false;  // another try would end like this: a certificate that is not the host's

  bool operator==(const StreamFault&) const = default;
};

struct StreamCounters {
  std::uint64_t messages_sent = 0, bytes_sent = 0, bytes_received = 0;
  std::uint64_t messages_dropped = 0, bytes_dropped = 0;
};

// On its loop's thread.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  // What comes of it, on the loop and never within a call of open(), send() or close(). Nothing
  // after close(), after `closed`, or without the owner.
  struct Handlers {
    std::function<void()> opened;
    std::function<void(Bytes)> received;  // some bytes; a view during the call
    std::function<void(const StreamFault&)> closed;
  };
  struct Target {
    IpAddress local;         // where from; unspecified: the system's choice
    std::uint32_t zone = 0;  // of link-local addresses
    Endpoint remote;
    std::optional<std::string> tls_host;  // a name or an address: whose certificate it must be
  };
  enum class Weight : std::uint8_t {
    Data,
    Control,  // goes where Data is dropped, up to twice the bytes
  };

  static std::shared_ptr<Stream> open(Loop& loop, std::weak_ptr<void> owner, Target target,
                                      StreamOptions options, Handlers handlers);
  ~Stream();
  Stream(const Stream&) = delete;

  // Whole messages; before it is opened, too. False: dropped.
  bool send(Buffer&& messages, Weight weight = Weight::Data);
  // What waits goes out first, as long as goodbye_timeout; it keeps itself alive for that.
  void close();

  std::size_t queued_bytes() const { return queued_bytes_; }
  const StreamCounters& counters() const { return counters_; }

 private:
  enum class State { Connecting, Handshaking, Open, Closing, Closed };
  struct Connection;

  Stream(Loop& loop, std::weak_ptr<void> owner, Target target, StreamOptions options,
         Handlers handlers);
  void connect();
  void shake_hands();
  void opened();
  void read();
  void write();
  void say_goodbye();
  void set_deadline(Duration from_now, const char* sentence);
  void fail_later(StreamFault fault);
  void fail(const StreamFault& fault);
  void shut();
  StreamFault handshake_fault(const std::string& reason) const;

  Loop& loop_;
  std::weak_ptr<void> owner_;
  const Target target_;
  const StreamOptions options_;
  std::shared_ptr<const Handlers> handlers_;  // none: nobody wants to hear
  State state_ = State::Connecting;
  std::unique_ptr<Connection> connection_;
  Queue<Buffer> queue_;
  std::vector<Buffer> writing_;
  std::size_t queued_bytes_ = 0;  // in both
  StreamCounters counters_;
};

}  // namespace specter::io
