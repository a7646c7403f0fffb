// What the harness asks of a peer stack in C++, and what the stack tells it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

namespace peers {

using Json = nlohmann::json;

enum class Role { Offer, Answer };

// What becomes of a connection. Called on any thread of the stack, for one connection one at a
// time.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void created() = 0;  // the connection can be used
  virtual void describe(const std::string& type, const std::string& sdp) = 0;  // tell the peer
  virtual void candidate(const std::string& candidate, const std::string& mid) = 0;
  virtual void opened() = 0;  // its data channel
  virtual void message(std::span<const std::uint8_t> message) = 0;
  virtual void low() = 0;  // buffered() fell to what set_low() said
  virtual void failed(const std::string& why) = 0;
};

// A connection with one reliable, ordered data channel, "bench".
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void start_offer() = 0;  // makes the channel and the offer
  virtual void take_description(const std::string& type, const std::string& sdp) = 0;
  virtual void take_candidate(const std::string& candidate, const std::string& mid) = 0;
  virtual void set_low(std::size_t bytes) = 0;
  virtual std::size_t buffered() = 0;
  virtual bool send(std::span<const std::uint8_t> message) = 0;  // false: low() comes first
  virtual void close() = 0;  // afterwards the sink may still be told something, and does not care
};

class Stack {
 public:
  virtual ~Stack() = default;
  // "stack", "version", "settings" (what differs from the defaults), "max_message" (bytes).
  virtual Json about() const = 0;
  virtual std::shared_ptr<Connection> create(Role role, std::shared_ptr<Sink> sink) = 0;
};

// With the defaults, or with what its own documentation has to make it faster.
using MakeStack = std::unique_ptr<Stack> (*)(bool fast);

// main() of a peer program: speaks ../README.md's protocol.
int run(int argc, char** argv, MakeStack make);

}  // namespace peers
