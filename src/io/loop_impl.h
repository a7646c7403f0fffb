// What a loop is made of; for src/io alone.
#pragma once

#include <unordered_map>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "io/buffer_pool.h"
#include "io/interfaces.h"
#include "io/loop.h"
#include "io/random_pool.h"
#include "io/spin.h"
#include "io/udp_socket.h"

#include "specter/core.h"

namespace specter::io {

struct Loop::Impl {
  // Throws std::system_error when the poller can't be made, or takes no descriptor.
  explicit Impl(const LoopOptions& options);

  core::SystemRandom system_random;
  RandomPool random{system_random};  // for its connections, so it goes after them
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  // Asio makes its poller with the first timer or socket. It is to fail with the loop, which
  // somebody waits for, and not with the first connection.
  asio::steady_timer first_timer{context};
  std::unordered_map<const Member*, std::shared_ptr<Member>> members;
  ReceiveBuffers receive_buffers;  // shared by all sockets of the loop: one receives at a time
  Spin spin;
  BufferPool buffers;                            // of what its sockets send
  std::shared_ptr<crypto::PacketCipher> cipher;  // of its connections
  InterfaceAddresses interfaces;
};

}  // namespace specter::io
