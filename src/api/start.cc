#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "api/connection.h"
#include "io/clock.h"
#include "io/ice_url.h"

namespace specter::api {

namespace {

Result<std::shared_ptr<io::Driver>> make_driver(io::Loop& loop, const Configuration& configuration,
                                                Shared shared) {
  try {
    auto servers = io::parse_ice_servers(configuration.ice_servers);
    if (!servers) return fail(std::move(servers).error());
    io::Driver::Options options;
    options.core = {.certificate = shared.certificate ? std::move(shared.certificate)
                                                      : core::generate_certificate(
                                                            loop.random(), io::unix_seconds()),
                    .max_datagram_bytes = configuration.max_datagram_bytes,
                    .path_mtu_discovery = configuration.path_mtu_discovery,
                    .send_buffer_bytes = configuration.send_buffer_bytes,
                    .receive_buffer_bytes = configuration.receive_buffer_bytes,
                    .congestion_control = configuration.congestion_control,
                    .max_message_bytes = configuration.max_message_bytes,
                    .snap = configuration.snap,
                    .interleaving = configuration.interleaving,
                    .sped = configuration.sped,
                    .show_remote_candidates = configuration.show_remote_candidates,
                    .min_dtls_version = configuration.min_dtls_version,
                    .max_dtls_version = configuration.max_dtls_version,
                    .log_keys = shared.key_log != nullptr};
    options.key_log = std::move(shared.key_log);
    options.servers = std::move(*servers);
    options.loopback = configuration.loopback;
    options.log_addresses = configuration.log_addresses;
    options.resolver = std::move(shared.resolver);
    return std::make_shared<io::Driver>(loop, std::move(options));
  } catch (const std::invalid_argument& e) {
    return fail(ErrorCode::InvalidArgument, e.what());
  } catch (const std::system_error& e) {
    return fail(ErrorCode::OperationFailed, fmt::format("the system refuses: {}", e.what()));
  } catch (const std::exception& e) {
    return fail(ErrorCode::Internal, e.what());
  }
}

}  // namespace

void Connection::start(std::unique_ptr<Connection> connection, io::Loop& loop,
                       const Configuration& configuration, Shared shared) {
  const std::shared_ptr<ConnectionHandle> handle = connection->handle_;
  if (handle->is_aborted) {
    connection->handle_end(std::nullopt);
    return;
  }
  auto driver = make_driver(loop, configuration, std::move(shared));
  if (!driver) {
    connection->handle_end(std::move(driver).error());
    return;
  }
  connection->driver_ = driver->get();
  handle->begin(*driver, *connection);
  (*driver)->start(std::move(connection));
}

}  // namespace specter::api
