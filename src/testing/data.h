// Files of tests/data.
#pragma once

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace specter::testing {

inline std::string read_data(const std::string& name) {
  const std::string path = std::string(SPECTER_TEST_DATA) + "/" + name;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What browsers offered, in tests/data/sdp.
inline constexpr std::array kBrowserOffers = {
    "chromium156-audio-video-data-offer.sdp", "chromium156-data-offer.sdp",
    "chromium156-simulcast-offer.sdp",        "chromium156-warp-data-offer.sdp",
    "firefox153-audio-video-data-offer.sdp",  "firefox153-data-offer.sdp"};

inline std::string browser_sdp(const std::string& file) { return read_data("sdp/" + file); }

}  // namespace specter::testing
