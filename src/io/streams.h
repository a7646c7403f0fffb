// The streams of one connection, by the numbers that the core gave them. On its loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "io/stream.h"

namespace specter::io {

class Streams {
 public:
  using Id = std::uint64_t;  // never used twice
  static constexpr std::size_t kMaxStreams = 128;

  // As Stream::Handlers. Of one stream nothing follows its `closed`.
  struct Handlers {
    std::function<void(Id)> opened;
    std::function<void(Id, Bytes)> received;
    std::function<void(Id, const StreamFault&)> closed;
  };

  Streams(Loop& loop, std::weak_ptr<void> owner, StreamOptions options, Handlers handlers);
  ~Streams();  // as close()
  Streams(const Streams&) = delete;

  void set_trust(std::shared_ptr<TlsTrust> trust) { options_.trust = std::move(trust); }
  void open(Id id, Stream::Target target);
  // A number that is not open (any more) is nobody's: dropped.
  void send(Id id, Buffer&& messages, Stream::Weight weight);
  void close(Id id);  // what waits goes out first
  void close();       // all
  std::size_t size() const { return streams_.size(); }
  StreamCounters counters() const;  // of all that there were, each until its close()

 private:
  void forget(std::unordered_map<Id, std::shared_ptr<Stream>>::iterator which);

  Loop& loop_;
  std::weak_ptr<void> owner_;
  StreamOptions options_;
  const std::shared_ptr<const Handlers> handlers_;
  std::unordered_map<Id, std::shared_ptr<Stream>> streams_;
  StreamCounters counters_;  // of those that are gone
};

}  // namespace specter::io
