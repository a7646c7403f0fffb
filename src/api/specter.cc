#include "specter/specter.h"

#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "api/connection.h"
#include "api/runtime.h"
#include "crypto/library.h"
#include "crypto/packet_cipher.h"
#include "io/clock.h"

namespace specter {

namespace api {

std::uint64_t next_connection_id() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

}  // namespace api

namespace {

// What the options leave empty is the Api's.
void fill(MediaOptions& media, const api::ApiState& state) {
  if (media.codecs.empty()) media.codecs = state.engine.codecs();
  if (media.header_extensions.empty()) media.header_extensions = state.engine.header_extensions();
  if (media.interceptors.empty()) media.interceptors = state.registry.interceptors();
}

template <class MakeOwner>
PeerConnection start_connection(const api::ApiState& state, ConnectionOptions options,
                                const MakeOwner& make_owner) {
  const api::Runtime& runtime = *state.runtime;
  fill(options.media, state);
  const auto& loop = runtime.loops.least_loaded();
  auto handle = std::make_shared<api::ConnectionHandle>(api::next_connection_id(), loop,
                                                        options.data.send_buffer_bytes);
  auto connection = std::make_unique<api::Connection>(handle, make_owner(handle));
  // Tasks on the loop must not own the Runtime: the loop would destroy itself.
  loop->post([connection = std::move(connection), home = loop.get(), options = std::move(options),
              shared = api::Shared{runtime.resolver, runtime.trusts, runtime.key_logs,
                                   runtime.configuration.log_addresses}]() mutable {
    api::Connection::start(std::move(connection), *home, std::move(options), std::move(shared));
  });
  return PeerConnection(std::move(handle));
}

}  // namespace

std::shared_ptr<const Certificate> generate_certificate(CertificateType type) {
  core::SystemRandom random;
  return core::generate_certificate(random, io::unix_seconds(), type);
}

Specter::Specter(Configuration configuration)
    : runtime_(std::make_shared<api::Runtime>(std::move(configuration))) {}
Specter::~Specter() = default;

const Configuration& Specter::configuration() const { return runtime_->configuration; }

Api Specter::new_api(MediaEngine&& engine, Registry&& registry) const {
  return Api(std::make_shared<api::ApiState>(runtime_, std::move(engine), std::move(registry)));
}

Api::Api(std::shared_ptr<api::ApiState> state) : state_(std::move(state)) {}

PeerConnection Api::new_peer_connection(const Mailbox& owner) const {
  return new_peer_connection(owner, state_->runtime->configuration.defaults);
}

PeerConnection Api::new_peer_connection(const Mailbox& owner, ConnectionOptions options) const {
  return start_connection(*state_, std::move(options),
                          [&](const std::shared_ptr<api::ConnectionHandle>& handle) {
                            return api::mailbox_owner(handle, owner.state());
                          });
}

PeerConnection Api::new_peer_connection(std::function<void(Event&&)> owner) const {
  return new_peer_connection(std::move(owner), state_->runtime->configuration.defaults);
}

PeerConnection Api::new_peer_connection(std::function<void(Event&&)> owner,
                                        ConnectionOptions options) const {
  return start_connection(*state_, std::move(options),
                          [&](const std::shared_ptr<api::ConnectionHandle>& handle) {
                            return api::function_owner(handle, std::move(owner));
                          });
}

const std::vector<RtpCodec>& Api::codecs() const { return state_->engine.codecs(); }

const char* version() { return SPECTER_VERSION; }
std::string cipher_engines() {
  std::string out;
  if (crypto::PacketCipher::has_multi_buffer())
    out = fmt::format("multi-buffer {}\n", crypto::PacketCipher::multi_buffer_version());
  return out + std::string(crypto::openssl_version());
}

}  // namespace specter
