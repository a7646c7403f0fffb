#include "dtls/record/outbox.h"

#include <algorithm>

#include "base/check.h"

namespace specter::dtls {

const Sealer& RecordWriter::find(std::uint64_t epoch) const {
  const auto found = std::ranges::find(sealers_, epoch, &Sealer::epoch);
  SPECTER_CHECK(found != sealers_.end());
  return *found;
}

RecordNumber RecordWriter::write(std::uint64_t epoch, ContentType type, Bytes payload) {
  if (epoch == 0) {
    const auto place = outbox_->add(PlainHeader::kSize + payload.size());
    const std::uint64_t number = outbox_->next_plain_number();
    PlainHeader{static_cast<std::uint8_t>(type), static_cast<std::uint16_t>(Version::Dtls12), 0,
                number, static_cast<std::uint16_t>(payload.size())}
        .write(place.first<PlainHeader::kSize>());
    std::ranges::copy(payload, place.begin() + PlainHeader::kSize);
    return {0, number};
  }
  const auto found = std::ranges::find(sealers_, epoch, &Sealer::epoch);
  SPECTER_CHECK(found != sealers_.end());
  const RecordRoom room = found->room();
  const auto place = outbox_->add(room.total() + payload.size());
  std::ranges::copy(payload, place.begin() + static_cast<std::ptrdiff_t>(room.before));
  return found->seal(type, place);
}

}  // namespace specter::dtls
