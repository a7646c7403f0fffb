// What a Specter and its Apis share.
#pragma once

#include <cstdint>
#include <memory>

#include "io/loop.h"
#include "io/resolver.h"

#include "specter/media_engine.h"
#include "specter/specter.h"

namespace specter::api {

struct Runtime {
  explicit Runtime(Configuration given)
      : configuration(std::move(given)),
        resolver(std::make_shared<io::Resolver>()),
        loops(configuration.loops) {}

  const Configuration configuration;
  const std::shared_ptr<io::Resolver> resolver;
  io::LoopGroup loops;  // the last member: loops end before what they use
};

struct ApiState {
  std::shared_ptr<Runtime> runtime;
  MediaEngine engine;
  Registry registry;
};

// 1, 2, 3, … in the process.
std::uint64_t next_connection_id();

}  // namespace specter::api
