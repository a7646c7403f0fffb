// The commands of a peer program. ../README.md has the protocol.
#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <unistd.h>

#include "link.h"
#include "stack.h"

namespace peers {
namespace {

Clock::duration to_duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

class Program {
 public:
  Program(std::unique_ptr<Stack> stack, int signalling)
      : signalling_descriptor_(signalling), signalling_(signalling), stack_(std::move(stack)) {}

  int run() {
    Json ready = stack_->about();
    ready["done"] = "ready";
    replies_.write(ready);
    std::thread([this] { listen(); }).detach();
    for (std::string line; std::getline(std::cin, line);) {
      const Json command = Json::parse(line);
      const std::string op = command["op"];
      if (op == "quit") break;
      try {
        Json reply = execute(op, command);
        reply["done"] = op;
        replies_.write(reply);
      } catch (const std::exception& error) {
        replies_.write({{"error", error.what()}});
      }
    }
    std::fflush(nullptr);
    std::_Exit(0);  // whatever the stack's threads are at
  }

 private:
  Json execute(const std::string& op, const Json& command) {
    if (op == "open") return open(command);
    if (op == "close") return close_all();
    const auto link = find(command.value("c", std::size_t{0}));
    if (!link) throw std::runtime_error("there is no such connection");
    if (op == "receive") return link->expect(command["size"]), Json::object();
    if (op == "count") return link->counted();
    if (op == "send") {
      link->start_sending(command["size"], command["buffer"], command["low"]);
      return Json::object();
    }
    if (op == "stop") return {{"messages", link->stop_sending()}};
    if (op == "echo") return link->echo(), Json::object();
    if (op == "ping") return ping(*link, command);
    throw std::runtime_error("there is no command " + op);
  }

  Json open(const Json& command) {
    const std::size_t count = command["count"], at_once = command["at_once"];
    const bool close = command.value("close", false);
    const auto patience = std::chrono::milliseconds(command["timeout_ms"]);
    Json us = Json::array(), total_us = Json::array(), failures = Json::array();
    std::map<std::size_t, Clock::time_point> waiting;  // and since when
    const std::size_t first = next_;
    const auto start = Clock::now();
    const auto end = start + to_duration(command["seconds"]);
    const auto goes_on = [&] { return next_ - first < count && Clock::now() < end; };
    while (goes_on() || !waiting.empty()) {
      while (goes_on() && waiting.size() < at_once) {
        const std::size_t index = next_++;
        waiting.emplace(index, Clock::now());
        add(index)->start(*stack_, Role::Offer);
      }
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, oldest(waiting) + patience, [&] {
        return std::ranges::any_of(waiting, [&](const auto& one) {
          const auto& link = *links_.at(one.first);
          return link.is_open() || !link.failure().empty();
        });
      });
      lock.unlock();
      for (auto one = waiting.begin(); one != waiting.end();) {
        const auto [index, since] = *one;
        const auto link = find(index);
        std::string failure = link->failure();
        if (failure.empty() && Clock::now() - since >= patience) failure = "not open in time";
        if (link->is_open()) {
          const auto [from_created, from_begun] = link->times();
          us.push_back(from_created / std::chrono::microseconds(1));
          total_us.push_back(from_begun / std::chrono::microseconds(1));
        } else if (!failure.empty()) {
          failures.push_back(failure);
        } else {
          ++one;
          continue;
        }
        one = waiting.erase(one);
        if (close || !link->is_open()) {
          signalling_.write({{"c", index}, {"close", true}});
          remove(index);
        }
      }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return {{"us", us},
            {"total_us", total_us},
            {"failures", failures},
            {"seconds", seconds},
            {"first", first}};
  }

  static Clock::time_point oldest(const std::map<std::size_t, Clock::time_point>& waiting) {
    auto least = Clock::time_point::max() - std::chrono::hours(1);
    for (const auto& [index, since] : waiting) least = std::min(least, since);
    return least;
  }

  Json ping(Link& link, const Json& command) {
    const auto time = to_duration(command["seconds"]);
    link.ping(command["size"], command["count"], time);
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, time + std::chrono::seconds(10),
                           [&] { return link.has_pinged(); })) {
      throw std::runtime_error("a ping was not answered");
    }
    return link.pinged();
  }

  Json close_all() {
    std::map<std::size_t, std::shared_ptr<Link>> links;
    {
      const std::lock_guard lock(mutex_);
      links.swap(links_);
    }
    for (auto& [index, link] : links) link->close();
    return Json::object();
  }

  // The lines of the other side.
  void listen() {
    std::string text;
    char piece[65536];
    for (ssize_t size; (size = ::read(signalling_descriptor_, piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<std::size_t>(size));
      std::size_t from = 0;
      for (std::size_t end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
        const auto line = Json::parse(text.data() + from, text.data() + end);
        const std::size_t index = line["c"];
        if (line.contains("create")) {
          add(index)->start(*stack_, Role::Answer);
        } else if (line.contains("close")) {
          remove(index);
        } else if (const auto link = find(index)) {
          try {
            link->take(line);
          } catch (const std::exception& error) {
            link->failed(error.what());
          }
        }
      }
      text.erase(0, from);
    }
  }

  std::shared_ptr<Link> add(std::size_t index) {
    auto link = std::make_shared<Link>(index, signalling_, [this] {
      {
        const std::lock_guard lock(mutex_);
      }
      changed_.notify_all();
    });
    const std::lock_guard lock(mutex_);
    return links_[index] = std::move(link);
  }

  std::shared_ptr<Link> find(std::size_t index) {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(index);
    return found == links_.end() ? nullptr : found->second;
  }

  void remove(std::size_t index) {
    std::shared_ptr<Link> link;
    {
      const std::lock_guard lock(mutex_);
      const auto found = links_.find(index);
      if (found == links_.end()) return;
      link = std::move(found->second);
      links_.erase(found);
    }
    link->close();
  }

  const int signalling_descriptor_;
  LineWriter replies_{STDOUT_FILENO}, signalling_;
  std::unique_ptr<Stack> stack_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::size_t, std::shared_ptr<Link>> links_;
  std::size_t next_ = 0;
};

}  // namespace

int run(int argc, char** argv, MakeStack make) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string_view role = argc > 2 ? argv[1] : "";
  const bool fast = argc == 4 && std::string_view(argv[3]) == "--fast";
  if ((role != "offer" && role != "answer") || (argc != 3 && !fast)) {
    std::fprintf(stderr, "usage: %s offer|answer DESCRIPTOR [--fast]   (bench/peers/README.md)\n",
                 argv[0]);
    return 2;
  }
  // Left alone at the end, with all its threads: Program::run() ends the process.
  return (new Program(make(fast), std::atoi(argv[2])))->run();
}

}  // namespace peers
