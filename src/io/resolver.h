// Names to addresses, on threads of its own. A look-up may hang for as long as it likes: no loop
// waits for it, and nobody's end does.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "specter/endpoint.h"

namespace specter::io {

class Resolver {
 public:
  static constexpr std::size_t kMaxInFlight = 8;    // look-ups at the same time
  static constexpr std::size_t kMaxWaiting = 4096;  // who waits for an answer; more get none

  // Blocks until it knows. Empty: no such name, or no answer.
  using Lookup = std::function<std::vector<IpAddress>(const std::string& host)>;
  // Called once, on a thread of the resolver or, where no thread is to be had, within resolve();
  // or never, once the resolver is gone.
  using Answer = std::move_only_function<void(const std::vector<IpAddress>& addresses)>;

  explicit Resolver(Lookup lookup = &Resolver::system_lookup);
  ~Resolver();  // does not wait for look-ups under way
  Resolver(const Resolver&) = delete;

  // Questions for the same name at the same time share one look-up.
  void resolve(const std::string& host, Answer answer);

  static std::vector<IpAddress> system_lookup(
      const std::string& host);  // getaddrinfo, but for localhost

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the threads, which may outlive us
};

}  // namespace specter::io
