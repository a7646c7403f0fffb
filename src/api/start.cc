#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "api/connection.h"
#include "io/clock.h"
#include "io/ice_url.h"

namespace specter::api {

namespace {

Result<std::shared_ptr<io::Driver>> make_driver(io::Loop& loop, ConnectionOptions connection,
                                                Shared shared, std::uint64_t number) {
  try {
    io::Driver::Options options;
    auto servers = io::parse_ice_servers(connection.ice_servers);
    if (!servers) return fail(std::move(servers).error());
    if (!connection.certificate)
      connection.certificate = core::generate_certificate(loop.random(), io::unix_seconds());
    options.key_log = shared.key_logs->open(connection.key_log_file);
    options.connection = std::move(connection);
    options.servers = std::move(*servers);
    options.number = number;
    options.log_addresses = shared.log_addresses;
    options.resolver = std::move(shared.resolver);
    options.trusts = std::move(shared.trusts);
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
                       ConnectionOptions options, Shared shared) {
  const std::shared_ptr<ConnectionHandle> handle = connection->handle_;
  if (handle->is_aborted) {
    connection->handle_end(std::nullopt);
    return;
  }
  auto driver = make_driver(loop, std::move(options), std::move(shared), handle->id);
  if (!driver) {
    connection->handle_end(std::move(driver).error());
    return;
  }
  connection->driver_ = driver->get();
  handle->begin(*driver, *connection);
  (*driver)->start(std::move(connection));
}

}  // namespace specter::api
