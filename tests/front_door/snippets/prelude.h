// What the fragments of the pages may use without saying so.
#pragma once

#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <specter/core.h>
#include <specter/specter.h>

using namespace std::chrono_literals;
namespace core = specter::core;
namespace event = specter::event;

// The application's own signalling.
void send_to_peer(const std::string& json);
std::string receive_from_peer();

// Of the pages on tracks, which declare them where they tell how.
extern const specter::RtpCodec vp8;
extern const specter::TrackLocalStaticSample track;
extern const specter::Transceiver transceiver;

// The arguments of a fragment's function. Tests compile fragments and run none.
#define SPECTER_FRAGMENT                                                                     \
  [[maybe_unused]] specter::Specter &specter, [[maybe_unused]] specter::Mailbox &inbox,      \
      [[maybe_unused]] specter::Api &api, [[maybe_unused]] specter::PeerConnection &pc,      \
      [[maybe_unused]] specter::DataChannel &channel, [[maybe_unused]] specter::Event &next, \
      [[maybe_unused]] specter::Buffer &data
