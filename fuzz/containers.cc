// Bytes of files in chunks of any size: the same samples and the same error however they are cut;
// what was read is written and read to the same.
#include <algorithm>
#include <functional>

#include "container/annex_b.h"
#include "container/ivf.h"
#include "container/ogg_opus.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::container;

// All that a reader told of a file.
struct Told {
  std::vector<Buffer> samples;
  std::optional<ParseError> error;
  bool operator==(const Told&) const = default;
};

// `poll` gives the next sample; `more` is told chunks of sizes from 1 to `most`.
template <class Reader, class Describe>
Told read(Reader& reader, Bytes file, std::size_t most, Describe describe) {
  Told told;
  std::size_t step = 0;
  bool is_finished = false;
  while (true) {
    const auto sample = reader.poll();
    if (!sample) {
      told.error = sample.error();
      SPECTER_CHECK(reader.poll() == std::unexpected(*told.error));
      return told;
    }
    if (*sample) {
      told.samples.push_back(describe(**sample));
    } else if (!file.empty()) {
      const Bytes chunk = file.first(std::min(1 + step++ % most, file.size()));
      reader.append(chunk);
      file = file.subspan(chunk.size());
    } else if (!is_finished) {
      is_finished = true;
      if constexpr (requires { reader.finish(); }) reader.finish();
    } else {
      return told;
    }
  }
}

template <class Reader, class Describe>
Told check_chunks(Bytes file, Describe describe) {
  Reader whole;
  whole.append(file);
  const Told told = read(whole, {}, 1, describe);
  for (const std::size_t most : {1, 3, 40, 5000}) {
    Reader reader;
    SPECTER_CHECK(read(reader, file, most, describe) == told);
  }
  return told;
}

void check_annex_b(Bytes file) {
  const Told nals = check_chunks<NalReader>(file, to_buffer);
  Buffer written;
  for (const Buffer& nal : nals.samples) {
    SPECTER_CHECK(!nal.empty() && nal.back() != 0);
    write_nal(written, nal);
  }
  SPECTER_CHECK(check_chunks<NalReader>(written, to_buffer).samples == nals.samples);

  const Told units = check_chunks<AccessUnitReader>(file, [](const AccessUnit& unit) {
    SPECTER_CHECK(!unit.nals.empty());
    Buffer bytes;
    for (const Bytes nal : unit.nals) write_nal(bytes, nal);
    return bytes;
  });
  Buffer all;
  for (const Buffer& unit : units.samples) all.insert(all.end(), unit.begin(), unit.end());
  if (!units.error) SPECTER_CHECK(all == written);
}

void check_ivf(Bytes file) {
  const auto describe = [](const IvfFrame& frame) {
    Buffer bytes;
    write_ivf_frame(bytes, frame);
    return bytes;
  };
  const Told told = check_chunks<IvfReader>(file, describe);
  IvfReader reader;
  reader.append(file);
  read(reader, {}, 1, describe);
  if (!reader.header()) return;
  Buffer written;
  reader.header()->write(written);
  for (const Buffer& frame : told.samples)
    written.insert(written.end(), frame.begin(), frame.end());
  const Told again = check_chunks<IvfReader>(written, describe);
  SPECTER_CHECK(again.samples == told.samples && !again.error);
}

// RFC 3533 §6: generator polynomial 0x04c11db7, over the page with a checksum of zero.
std::uint32_t page_checksum(Bytes page) {
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : page) {
    crc ^= std::uint32_t{byte} << 24;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 0x80000000) != 0 ? crc << 1 ^ 0x04c11db7 : crc << 1;
  }
  return crc;
}

// With right checksums, or a fuzzer would not get past them.
Buffer repaired(Bytes input) {
  constexpr std::size_t kHead = 27;
  constexpr std::size_t kChecksum = 22;
  Buffer file = to_buffer(input);
  for (std::size_t at = 0; at + kHead <= file.size(); ++at) {
    if (as_text(Bytes(file).subspan(at, 4)) != "OggS") continue;
    const std::size_t segments = file[at + kHead - 1];
    if (at + kHead + segments > file.size()) continue;
    std::size_t size = kHead + segments;
    for (std::size_t i = 0; i < segments; ++i) size += file[at + kHead + i];
    if (at + size > file.size()) continue;
    std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(at + kChecksum), 4, 0);
    const std::uint32_t crc = page_checksum(Bytes(file).subspan(at, size));
    for (std::size_t i = 0; i < 4; ++i)
      file[at + kChecksum + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    at += size - 1;
  }
  return file;
}

void check_ogg(Bytes input) {
  const Buffer file = repaired(input);
  const auto describe = [](const OggPacket& packet) {
    SPECTER_CHECK(packet.bytes.size() <= OggOpusReader::kMaxPacketBytes);
    return to_buffer(packet.bytes);
  };
  const Told told = check_chunks<OggOpusReader>(file, describe);
  OggOpusReader reader;
  reader.append(file);
  read(reader, {}, 1, describe);
  if (!reader.head() || !reader.tags()) return;
  Buffer written;
  OggOpusWriter writer(1, *reader.head(), *reader.tags(), written);
  std::vector<Buffer> sent;
  for (const Buffer& packet : told.samples)
    if (writer.write(packet, 960, written)) sent.push_back(packet);
  writer.finish(0, written);
  OggOpusReader again;
  again.append(written);
  const Told back = read(again, {}, 1, describe);
  SPECTER_CHECK(!back.error && back.samples == sent);
  SPECTER_CHECK(again.head() == reader.head() && again.tags() == reader.tags());
}

}  // namespace

// The first byte says what the rest is.
void run(Bytes input) {
  if (input.empty()) return;
  const Bytes file = input.subspan(1);
  switch (input[0] % 3) {
    case 0: return check_annex_b(file);
    case 1: return check_ivf(file);
    default: return check_ogg(file);
  }
}

}  // namespace specter::fuzz
