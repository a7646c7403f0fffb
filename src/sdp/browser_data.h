// What browsers offered: tests/data/sdp.
#pragma once

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace specter::sdp {

inline constexpr std::array kBrowserFiles = {
    "chromium156-audio-video-data-offer.sdp", "chromium156-data-offer.sdp",
    "chromium156-simulcast-offer.sdp",        "chromium156-warp-data-offer.sdp",
    "firefox153-audio-video-data-offer.sdp",  "firefox153-data-offer.sdp"};

inline std::string browser_sdp(const std::string& file) {
  std::ifstream in(std::string(SPECTER_SDP_DATA) + "/" + file, std::ios::binary);
  if (!in) throw std::runtime_error(file + " is not there");
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace specter::sdp
