// Resolves host names on its own threads. A look-up may block for any time: no event loop and no
// destructor waits for it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "specter/endpoint.h"

namespace specter::io {

class Resolver {
 public:
  static constexpr std::size_t kMaxInFlight = 8;    // look-ups at the same time
  static constexpr std::size_t kMaxWaiting = 4096;  // callers waiting; further ones get no address

  // Blocks until the name is resolved. Empty: no such name, or no answer.
  using Lookup = std::function<std::vector<IpAddress>(const std::string& host)>;
  // Called once, on a thread of the resolver, or within resolve() if no thread can be started. Not
  // called after the resolver was destroyed.
  using Answer = std::move_only_function<void(const std::vector<IpAddress>& addresses)>;

  // Throws when no thread can be started.
  using Start = std::function<std::thread(std::move_only_function<void()> body)>;

  explicit Resolver(Lookup lookup = &Resolver::system_lookup, Start start = &Resolver::start);
  ~Resolver();  // does not wait for look-ups under way
  Resolver(const Resolver&) = delete;

  // Concurrent calls for the same name share one look-up.
  void resolve(const std::string& host, Answer answer);

  static std::vector<IpAddress> system_lookup(
      const std::string& host);  // getaddrinfo, but for localhost
  static std::thread start(std::move_only_function<void()> body);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the threads, which may outlive this object
};

}  // namespace specter::io
