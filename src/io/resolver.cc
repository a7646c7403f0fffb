#include "io/resolver.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include <netdb.h>

#include "io/sockaddr.h"
#include "io/thread.h"

namespace specter::io {
namespace {

// RFC 6761 §6.3: the names of this host are not asked for, so /etc/hosts need not know them.
bool names_this_host(const std::string& host) {
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);
  constexpr std::string_view kLocalhost = "localhost";
  if (name.size() < kLocalhost.size()) return false;
  const std::string_view last = name.substr(name.size() - kLocalhost.size());
  const bool fits = std::ranges::equal(last, kLocalhost, [](char a, char b) {
    return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b);
  });
  return fits && (last.size() == name.size() || name[name.size() - last.size() - 1] == '.');
}

}  // namespace

struct Resolver::State {
  State(Lookup look_up, Start begin) : lookup(std::move(look_up)), start(std::move(begin)) {}

  const Lookup lookup;
  const Start start;
  std::mutex mutex;
  std::map<std::string, std::vector<Answer>> waiting;  // by name, in flight or not
  std::deque<std::string> queue;                       // names that no thread looks up yet
  std::size_t waiting_count = 0;
  std::size_t threads = 0;

  std::vector<Answer> take_answers(const std::string& host) {
    const std::scoped_lock lock(mutex);
    const auto found = waiting.find(host);
    if (found == waiting.end()) return {};
    std::vector<Answer> answers = std::move(found->second);
    waiting.erase(found);
    waiting_count -= answers.size();
    return answers;
  }

  void answer(const std::string& host, const std::vector<IpAddress>& addresses) {
    for (Answer& each : take_answers(host)) {
      try {
        each(addresses);
      } catch (const std::exception&) {
        continue;  // no memory to carry it; who asked does not wait for ever
      }
    }
  }

  // A thread's life: until no name is left.
  void run() {
    for (;;) {
      std::string host;
      {
        const std::scoped_lock lock(mutex);
        if (queue.empty()) {
          --threads;
          return;
        }
        host = std::move(queue.front());
        queue.pop_front();
      }
      std::vector<IpAddress> addresses;
      try {
        addresses = lookup(host);
      } catch (const std::exception&) {
        addresses.clear();  // no answer is an answer, too
      }
      answer(host, addresses);
    }
  }
};

Resolver::Resolver(Lookup lookup, Start start)
    : state_(std::make_shared<State>(std::move(lookup), std::move(start))) {}

Resolver::~Resolver() {
  std::map<std::string, std::vector<Answer>> dropped;  // destroyed outside the lock
  const std::scoped_lock lock(state_->mutex);
  dropped.swap(state_->waiting);
  state_->queue.clear();
  state_->waiting_count = 0;
}

void Resolver::resolve(const std::string& host, Answer answer) {
  std::unique_lock lock(state_->mutex);
  if (state_->waiting_count == kMaxWaiting) {
    lock.unlock();
    answer({});
    return;
  }
  // In this order nothing of it harms when the next has no memory.
  auto& answers = state_->waiting[host];
  const bool is_first = answers.empty();
  if (is_first) state_->queue.push_back(host);
  answers.push_back(std::move(answer));
  ++state_->waiting_count;
  if (!is_first) return;
  if (state_->threads == kMaxInFlight) return;
  ++state_->threads;
  lock.unlock();
  try {
    state_->start([state = state_] { state->run(); }).detach();
  } catch (const std::exception&) {
    lock.lock();
    // Other threads, if there are any, will come to it.
    if (--state_->threads > 0) return;
    // Some hoped for the thread that did not come.
    while (state_->threads == 0 && !state_->queue.empty()) {
      const std::string name = std::move(state_->queue.front());
      state_->queue.pop_front();
      lock.unlock();
      state_->answer(name, {});
      lock.lock();
    }
  }
}

std::thread Resolver::start(std::move_only_function<void()> body) {
  return start_thread("specter-dns", std::move(body));
}

std::vector<IpAddress> Resolver::system_lookup(const std::string& host) {
  if (names_this_host(host)) {
    return {IpAddress::v4({127, 0, 0, 1}),
            IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* first = nullptr;
  std::vector<IpAddress> addresses;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &first) != 0) return addresses;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(first, &::freeaddrinfo);
  for (const addrinfo* entry = first; entry; entry = entry->ai_next) {
    SocketAddress address;
    const socklen_t length = std::min<socklen_t>(entry->ai_addrlen, sizeof address);
    std::memcpy(&address, entry->ai_addr, length);
    const auto endpoint = from_socket_address(address, length);
    if (endpoint && std::ranges::find(addresses, endpoint->address) == addresses.end())
      addresses.push_back(endpoint->address);
  }
  return addresses;
}

}  // namespace specter::io
