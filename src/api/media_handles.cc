#include "api/media_handles.h"

#include <algorithm>
#include <utility>

#include "api/connection.h"
#include "api/handles.h"

namespace specter::api {

namespace {

// RFC 8830 §2 takes RFC 4566's token: no space, no control character, and none of "(),/:;<=>?@[\]
bool is_token_char(char c) {
  return c > ' ' && c < 0x7F && std::string_view("\"(),/:;<=>?@[\\]").find(c) == std::string::npos;
}

constexpr std::size_t kMaxMsidBytes = 64;

}  // namespace

Result<> check_msid(std::string_view id) {
  if (id.empty() || id.size() > kMaxMsidBytes || !std::ranges::all_of(id, is_token_char)) {
    return fail(ErrorCode::InvalidArgument,
                "the id of a track or stream has 1 to 64 characters, and no space, control "
                "character or separator among them");
  }
  return {};
}

std::uint64_t next_transceiver_number() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

Result<> TransceiverHandle::call(Operation operation, Change change) {
  return connection->call(
      [self = shared_from_this(), operation, change = std::move(change)](Connection* c) mutable {
        c->media().change(operation, *self, change);
      });
}

void TransceiverHandle::ask_for_key_frame() {
  if (kind != MediaKind::Video || is_key_frame_asked_.exchange(true)) return;
  std::unique_lock lock(connection->mutex);
  if (connection->refuses_calls()) return;
  connection->push(Action([self = shared_from_this()](Connection* c) {
                     self->is_key_frame_asked_ = false;
                     c->media().request_key_frame(*self);
                   }),
                   std::move(lock));
}

std::shared_ptr<TransceiverHandle> TransceiverHandle::target() {
  const std::scoped_lock lock(mutex_);
  return known_as_ ? known_as_ : shared_from_this();
}

TransceiverHandle::Snapshot TransceiverHandle::snapshot() const {
  const std::scoped_lock lock(mutex_);
  return snapshot_;
}

void TransceiverHandle::set_snapshot(Snapshot&& snapshot) {
  const std::scoped_lock lock(mutex_);
  std::swap(snapshot_, snapshot);
}

void TransceiverHandle::set_stopped() {
  const std::scoped_lock lock(mutex_);
  snapshot_.transceiver.direction = RtpTransceiverDirection::Stopped;
  snapshot_.transceiver.current_direction = RtpTransceiverDirection::Stopped;
  snapshot_.transceiver.mid.reset();
}

void TransceiverHandle::send(const std::shared_ptr<LocalTrackState>& track) {
  if (sending == track) return;
  if (sending) sending->unbind(*this);
  sending = track;
  if (sending) sending->bind(shared_from_this());
}

void TransceiverHandle::become(const std::shared_ptr<TransceiverHandle>& other) {
  number = other->number.load();
  const std::scoped_lock lock(mutex_);
  known_as_ = other;
}

void LocalTrackState::set_header_extensions(
    std::vector<RtpHeaderExtensionParameters> header_extensions) {
  const auto shared = std::make_shared<const std::vector<RtpHeaderExtensionParameters>>(
      std::move(header_extensions));
  const std::scoped_lock lock(mutex_);
  header_extensions_ = shared;
}

void LocalTrackState::write(Written written) {
  std::shared_ptr<const Senders> senders;
  {
    const std::scoped_lock lock(mutex_);
    senders = senders_;
    if (written.is_packet) written.header_extensions = header_extensions_;
  }
  std::shared_ptr<const Buffer> copy;
  for (const auto& weak : *senders) {
    const auto sender = weak.lock();
    if (!sender) continue;
    ConnectionHandle& connection = *sender->connection;
    if (Connection* const here = connection.loop_side();
        here && here->media().try_write(*sender, *this, written))
      continue;
    if (!copy)
      copy =
          std::make_shared<const Buffer>(written.sample.bytes.begin(), written.sample.bytes.end());
    MediaSample rest = written.sample;
    rest.bytes = {};
    rest.rid = {};
    const bool was_empty =
        connection.media_posts.post({.transceiver = sender,
                                     .track = shared_from_this(),
                                     .bytes = copy,
                                     .rid = std::string(written.sample.rid),
                                     .sample = rest,
                                     .is_packet = written.is_packet,
                                     .header_extensions = written.header_extensions});
    if (was_empty) connection.wake_for_media();
  }
}

void LocalTrackState::bind(const std::shared_ptr<TransceiverHandle>& sender) {
  const std::scoped_lock lock(mutex_);
  Senders senders = *senders_;
  std::erase_if(senders, [](const auto& weak) { return weak.expired(); });
  senders.push_back(sender);
  senders_ = std::make_shared<const Senders>(std::move(senders));
}

void LocalTrackState::unbind(const TransceiverHandle& sender) {
  const std::scoped_lock lock(mutex_);
  Senders senders = *senders_;
  std::erase_if(senders, [&](const auto& weak) {
    const auto one = weak.lock();
    return !one || one.get() == &sender;
  });
  senders_ = std::make_shared<const Senders>(std::move(senders));
}

std::size_t LocalTrackState::senders() const {
  const std::scoped_lock lock(mutex_);
  return senders_->size();
}

}  // namespace specter::api
