#include "cli/media/kind.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace specter::cli::transfer {
namespace {

constexpr std::array kTraits = {
    KindTraits{"h264", "H264", "Annex B", 90'000},
    KindTraits{"vp8", "VP8", "IVF", 90'000},
    KindTraits{"opus", "opus", "Ogg/Opus", 48'000},
};

bool are_alike(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool ends_with(std::string_view name, std::string_view ending) {
  return name.size() >= ending.size() &&
         are_alike(name.substr(name.size() - ending.size()), ending);
}

}  // namespace

const KindTraits& traits(Kind kind) { return kTraits[static_cast<std::size_t>(kind)]; }

std::optional<Kind> kind_of(std::string_view name) {
  for (std::size_t i = 0; i < kTraits.size(); ++i)
    if (are_alike(name, kTraits[i].name)) return static_cast<Kind>(i);
  return std::nullopt;
}

std::optional<Kind> kind_of_file(Bytes beginning, std::string_view name) {
  const std::string_view text = as_text(beginning);
  if (text.starts_with("OggS")) return Kind::Opus;
  if (text.starts_with("DKIF"))
    return text.substr(0, 12).ends_with("VP80") ? std::optional(Kind::Vp8) : std::nullopt;
  if (text.starts_with(std::string_view("\0\0\1", 3)) ||
      text.starts_with(std::string_view("\0\0\0\1", 4)))
    return Kind::H264;
  if (ends_with(name, ".h264") || ends_with(name, ".264")) return Kind::H264;
  if (ends_with(name, ".ivf")) return Kind::Vp8;
  if (ends_with(name, ".ogg") || ends_with(name, ".opus")) return Kind::Opus;
  return std::nullopt;
}

}  // namespace specter::cli::transfer
