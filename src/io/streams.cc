#include "io/streams.h"

#include <utility>

namespace specter::io {

namespace {

void add(StreamCounters& sum, const StreamCounters& more) {
  sum.messages_sent += more.messages_sent;
  sum.bytes_sent += more.bytes_sent;
  sum.bytes_received += more.bytes_received;
  sum.messages_dropped += more.messages_dropped;
  sum.bytes_dropped += more.bytes_dropped;
}

}  // namespace

Streams::Streams(Loop& loop, std::weak_ptr<void> owner, StreamOptions options, Handlers handlers)
    : loop_(loop),
      owner_(std::move(owner)),
      options_(std::move(options)),
      handlers_(std::make_shared<const Handlers>(std::move(handlers))) {}

Streams::~Streams() { close(); }

void Streams::open(Id id, Stream::Target target) {
  if (streams_.size() == kMaxStreams) {
    loop_.post([owner = owner_, handlers = handlers_, id] {
      const auto alive = owner.lock();
      if (alive) handlers->closed(id, {"There are too many connections to servers."});
    });
    return;
  }
  const auto closed = [this, handlers = handlers_, id](const StreamFault& fault) {
    if (const auto found = streams_.find(id); found != streams_.end()) forget(found);
    handlers->closed(id, fault);
  };
  streams_[id] = Stream::open(
      loop_, owner_, std::move(target), options_,
      {[handlers = handlers_, id] { handlers->opened(id); },
       [handlers = handlers_, id](Bytes bytes) { handlers->received(id, bytes); }, closed});
}

void Streams::send(Id id, Buffer&& messages, Stream::Weight weight) {
  if (const auto found = streams_.find(id); found != streams_.end())
    found->second->send(std::move(messages), weight);
}

void Streams::close(Id id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  found->second->close();
  forget(found);
}

void Streams::close() {
  while (!streams_.empty()) close(streams_.begin()->first);
}

StreamCounters Streams::counters() const {
  StreamCounters sum = counters_;
  for (const auto& [id, stream] : streams_) add(sum, stream->counters());
  return sum;
}

void Streams::forget(std::unordered_map<Id, std::shared_ptr<Stream>>::iterator which) {
  add(counters_, which->second->counters());
  streams_.erase(which);
}

}  // namespace specter::io
