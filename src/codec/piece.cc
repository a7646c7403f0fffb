#include "codec/piece.h"

namespace specter::codec {

Cut equal_cut(std::size_t size, Room room) {
  SPECTER_CHECK(room.first > 0 && room.others > 0);
  if (size <= room.first) return {size, 0};
  // As if the first packet had the room of the others, and its longer headers were payload too.
  const auto signed_size = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  const std::int64_t longer = signed_size(room.others) - signed_size(room.first);
  const std::int64_t total = signed_size(size) + longer;
  const std::int64_t count = (total + signed_size(room.others) - 1) / signed_size(room.others);
  const std::int64_t each = std::max((total + count - 1) / count, longer + 1);
  return {static_cast<std::size_t>(each - longer), static_cast<std::size_t>(each)};
}

}  // namespace specter::codec
