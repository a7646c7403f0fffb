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
#include "io/tls_trust.h"

#include "specter/core.h"
#include "specter/media_engine.h"
#include "specter/specter.h"

namespace specter::api {

struct Runtime {
  explicit Runtime(Configuration given)
      : configuration(std::move(given)),
        resolver(std::make_shared<io::Resolver>()),
        trusts(std::make_shared<io::TlsTrusts>()),
        key_logs(std::make_shared<io::KeyLogs>()),
        loops(configuration.loops,
              {.spin = std::clamp(configuration.spin, std::chrono::microseconds{}, kLongestSpin),
               .ciphers = io::choose_ciphers(configuration.cipher)}) {}

  static constexpr std::chrono::microseconds kLongestSpin{10'000};

  const Configuration configuration;
  const std::shared_ptr<io::Resolver> resolver;
  const std::shared_ptr<io::TlsTrusts> trusts;
  const std::shared_ptr<io::KeyLogs> key_logs;
  io::LoopGroup loops;  // the last member: loops end before what they use
};

struct ApiState {
  std::shared_ptr<Runtime> runtime;
  MediaEngine engine;
  MediaOptions media;  // of the engine and the registry: connections share its lists
};

// 1, 2, 3, … in the process.
std::uint64_t next_connection_id();

}  // namespace specter::api
