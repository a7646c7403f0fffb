#include "io/stream.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/loop_impl.h"
#include "io/stream_tuning.h"
#include "io/tls_trust_impl.h"

namespace specter::io {

namespace {

constexpr std::size_t kReadBytes = 16 << 10;  // a TLS record's
constexpr std::size_t kMessagesAtOnce = 64;

asio::ip::address to_asio(const IpAddress& address, std::uint32_t zone) {
  if (address.is_v4()) {
    asio::ip::address_v4::bytes_type bytes{};
    std::ranges::copy(address.octets(), bytes.begin());
    return asio::ip::address_v4(bytes);
  }
  asio::ip::address_v6::bytes_type bytes{};
  std::ranges::copy(address.octets(), bytes.begin());
  return asio::ip::address_v6(bytes, address.is_link_local() ? zone : 0);
}

std::string sentence_of_connect(const std::error_code& error) {
  if (error == asio::error::connection_refused)
    return "The server refuses TCP connections on this port: is it the right one?";
  if (error == asio::error::network_unreachable || error == asio::error::host_unreachable)
    return "There is no route to the server.";
  if (error == asio::error::timed_out) return "The server does not answer to TCP on this port.";
  return fmt::format("No TCP connection to the server: {}.", error.message());
}

std::string sentence_of_end(const std::error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "The server closed the connection.";
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe)
    return "The server cut the connection off.";
  if (error == asio::error::timed_out) return "The connection to the server is dead.";
  return fmt::format("The connection to the server ended: {}.", error.message());
}

}  // namespace

struct Stream::Connection {
  explicit Connection(asio::io_context& context) : socket(context), timer(context) {}

  // Reads from and writes to what there is: TLS, or TCP itself.
  template <class F>
  void with(F&& f) {
    if (tls) {
      f(*tls);
    } else {
      f(socket);
    }
  }

  asio::ip::tcp::socket socket;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls;
  asio::steady_timer timer;
  std::uint64_t deadline = 0;  // counts those that were set: an earlier one has nothing to say
  std::array<std::uint8_t, kReadBytes> incoming{};
  std::array<asio::const_buffer, kMessagesAtOnce> outgoing{};
};

std::shared_ptr<Stream> Stream::open(Loop& loop, std::weak_ptr<void> owner, Target target,
                                     StreamOptions options, Handlers handlers) {
  std::shared_ptr<Stream> stream(new Stream(loop, std::move(owner), std::move(target),
                                            std::move(options), std::move(handlers)));
  stream->connect();
  return stream;
}

Stream::Stream(Loop& loop, std::weak_ptr<void> owner, Target target, StreamOptions options,
               Handlers handlers)
    : loop_(loop),
      owner_(std::move(owner)),
      target_(std::move(target)),
      options_(std::move(options)),
      handlers_(std::make_shared<const Handlers>(std::move(handlers))),
      connection_(std::make_unique<Connection>(loop.impl().context)) {}

Stream::~Stream() = default;

void Stream::connect() {
  if (target_.tls_host && !options_.trust)
    return fail_later({"TLS needs certificate authorities, and there are none.", true});
  asio::ip::tcp::socket& socket = connection_->socket;
  std::error_code error;
  socket.open(target_.remote.address.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), error);
  if (error) return fail_later({fmt::format("No socket can be opened: {}.", error.message())});
  tune_before_connect(socket.native_handle());
  if (!target_.local.is_unspecified())
    socket.bind({to_asio(target_.local, target_.zone), 0}, error);
  if (error)
    return fail_later({fmt::format("No socket on the local address: {}.", error.message())});
  set_deadline(options_.connect_timeout,
               "The server does not answer to TCP on this port in time: a firewall may be in the "
               "way.");
  socket.async_connect({to_asio(target_.remote.address, target_.zone), target_.remote.port},
                       [this, self = shared_from_this()](const std::error_code& failure) {
                         if (state_ != State::Connecting) return;
                         if (failure) return fail({sentence_of_connect(failure)});
                         tune_connected(connection_->socket.native_handle());
                         if (!target_.tls_host) return opened();
                         try {
                           shake_hands();
                         } catch (const std::system_error& e) {
                           fail({fmt::format("TLS can not begin: {}.", e.code().message())});
                         }
                       });
}

void Stream::shake_hands() {
  state_ = State::Handshaking;
  set_deadline(options_.handshake_timeout,
               "The server does not speak TLS on this port in time: is it a port for TLS?");
  auto& tls = connection_->tls.emplace(connection_->socket, options_.trust->impl().context);
  // RFC 9525 §6: the URL's host against the subject's alternative names; an address against those
  // that are addresses.
  SSL* const ssl = tls.native_handle();
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  // RFC 6066 §3: without a trailing dot, which certificates have not either. The resolver keeps it.
  std::string host = *target_.tls_host;
  if (host.ends_with('.')) host.pop_back();
  const bool is_address = IpAddress::parse(host).has_value();
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const int is_set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str())
                                : X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
  if (host.empty() || is_set != 1) return fail({"The server's host is no name for TLS.", true});
  // RFC 6066 §3: names only.
  if (!is_address) {
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
  }
  tls.async_handshake(asio::ssl::stream_base::client,
                      [this, self = shared_from_this()](const std::error_code& failure) {
                        if (state_ != State::Handshaking) return;
                        if (failure) return fail(handshake_fault(failure.message()));
                        opened();
                      });
}

StreamFault Stream::handshake_fault(const std::string& reason) const {
  const long verdict = SSL_get_verify_result(connection_->tls->native_handle());
  switch (verdict) {
    case X509_V_OK: break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {"The server's certificate is not for the host in its URL.", true};
    case X509_V_ERR_CERT_HAS_EXPIRED: return {"The server's certificate has expired.", true};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"The server's certificate is not valid yet: is the clock right?", true};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return {
          "The server's certificate is of an authority that is not trusted here: name a file with "
          "its certificate if it should be.",
          true};
    default:
      return {fmt::format("The server's certificate is not valid: {}.",
                          X509_verify_cert_error_string(verdict)),
              true};
  }
  return {fmt::format("The TLS handshake failed, is this a port for TLS? {}.", reason)};
}

void Stream::opened() {
  state_ = State::Open;
  ++connection_->deadline;
  connection_->timer.cancel();
  const auto alive = owner_.lock();
  const auto handlers = handlers_;
  if (!alive || !handlers) return close();
  read();
  write();
  handlers->opened();
}

void Stream::read() {
  if (state_ != State::Open && state_ != State::Closing) return;
  const auto handler = [this, self = shared_from_this()](const std::error_code& error,
                                                         std::size_t size) {
    if (state_ == State::Closing) return error ? shut() : read();
    if (state_ != State::Open) return;
    const auto alive = owner_.lock();
    if (!alive) return close();
    if (size > 0) {
      counters_.bytes_received += size;
      const auto handlers = handlers_;
      handlers->received(Bytes(connection_->incoming).first(size));
      if (state_ == State::Closed) return;
    }
    if (error && state_ == State::Open) return fail({sentence_of_end(error)});
    if (error) return shut();
    read();
  };
  connection_->with(
      [&](auto& socket) { socket.async_read_some(asio::buffer(connection_->incoming), handler); });
}

bool Stream::send(Buffer&& messages, Weight weight) {
  if (messages.empty()) return true;
  const std::size_t most = options_.max_queued_bytes * (weight == Weight::Control ? 2 : 1);
  if (state_ == State::Closing || state_ == State::Closed ||
      queued_bytes_ + messages.size() > most) {
    ++counters_.messages_dropped;
    counters_.bytes_dropped += messages.size();
    return false;
  }
  queued_bytes_ += messages.size();
  queue_.push_back(std::move(messages));
  write();
  return true;
}

void Stream::write() {
  if (!writing_.empty() || (state_ != State::Open && state_ != State::Closing)) return;
  while (!queue_.empty() && writing_.size() < kMessagesAtOnce) {
    writing_.push_back(queue_.take_front());
    connection_->outgoing[writing_.size() - 1] = asio::buffer(writing_.back());
  }
  if (writing_.empty()) {
    if (state_ == State::Closing) say_goodbye();
    return;
  }
  const std::span<const asio::const_buffer> out(connection_->outgoing.data(), writing_.size());
  const auto handler = [this, self = shared_from_this()](const std::error_code& error,
                                                         std::size_t) {
    for (Buffer& message : writing_) {
      queued_bytes_ -= message.size();
      if (!error) {
        ++counters_.messages_sent;
        counters_.bytes_sent += message.size();
      }
      loop_.impl().buffers.give(std::move(message));
    }
    writing_.clear();
    if (error && state_ == State::Closing) return shut();
    if (error && state_ == State::Open) return fail({sentence_of_end(error)});
    write();
  };
  connection_->with([&](auto& socket) { asio::async_write(socket, out, handler); });
}

void Stream::close() {
  handlers_.reset();
  if (state_ == State::Closing || state_ == State::Closed) return;
  if (state_ != State::Open) return shut();
  state_ = State::Closing;
  set_deadline(options_.goodbye_timeout, "");
  write();
}

// The server's end comes as the end of what is read: then all has arrived. TLS's close_notify is
// not sent: TURN's messages say themselves where they end.
void Stream::say_goodbye() {
  std::error_code ignored;
  connection_->socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void Stream::set_deadline(Duration from_now, const char* sentence) {
  const std::uint64_t number = ++connection_->deadline;
  connection_->timer.expires_after(from_now);
  connection_->timer.async_wait(
      [this, self = shared_from_this(), number, sentence](const std::error_code& error) {
        if (error || state_ == State::Closed || connection_->deadline != number) return;
        if (state_ == State::Closing) return shut();
        fail({sentence});
      });
}

void Stream::fail_later(StreamFault fault) {
  asio::post(loop_.impl().context,
             [self = shared_from_this(), fault = std::move(fault)] { self->fail(fault); });
}

void Stream::fail(const StreamFault& fault) {
  if (state_ == State::Closed) return;
  const auto alive = owner_.lock();
  const auto handlers = std::exchange(handlers_, nullptr);
  shut();
  if (alive && handlers) handlers->closed(fault);
}

// What is under way ends with an error, and finds it closed.
void Stream::shut() {
  state_ = State::Closed;
  handlers_.reset();
  for (; !queue_.empty(); queue_.pop_front()) queued_bytes_ -= queue_.front().size();
  std::error_code ignored;
  connection_->socket.close(ignored);
  connection_->timer.cancel();
}

}  // namespace specter::io
