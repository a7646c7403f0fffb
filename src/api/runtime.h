// What a Specter and its Apis share.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>

#include "io/cipher_choice.h"
#include "io/key_log.h"
#include "io/loop.h"
#include "io/resolver.h"

#include "specter/core.h"
#include "specter/media_engine.h"
#include "specter/specter.h"

namespace specter::api {

struct Runtime {
  explicit Runtime(Configuration given)
      : configuration(std::move(given)),
        resolver(std::make_shared<io::Resolver>()),
        certificate(shared_certificate(configuration)),
        key_log(configuration.key_log_file.empty()
                    ? nullptr
                    : std::make_shared<io::KeyLog>(configuration.key_log_file)),
        loops(configuration.loops,
              {.spin = std::clamp(configuration.spin, std::chrono::microseconds{}, kLongestSpin),
               .ciphers = io::choose_ciphers(configuration.cipher)}) {}

  static constexpr std::chrono::microseconds kLongestSpin{10'000};

  // Nothing when each connection is to have its own.
  static std::shared_ptr<const core::Certificate> shared_certificate(const Configuration& given);

  const Configuration configuration;
  const std::shared_ptr<io::Resolver> resolver;
  const std::shared_ptr<const core::Certificate> certificate;
  const std::shared_ptr<io::KeyLog> key_log;  // when asked for
  io::LoopGroup loops;                        // the last member: loops end before what they use
};

struct ApiState {
  std::shared_ptr<Runtime> runtime;
  MediaEngine engine;
  Registry registry;
};

// 1, 2, 3, … in the process.
std::uint64_t next_connection_id();

}  // namespace specter::api
