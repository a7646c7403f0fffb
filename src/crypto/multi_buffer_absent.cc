// A build without Intel's multi-buffer library.
#include "base/check.h"
#include "crypto/multi_buffer.h"

namespace specter::crypto::multi_buffer {

bool is_available() { return false; }
std::string_view version() { return {}; }

std::unique_ptr<PacketKey> make_key(PacketAlgorithm, Direction, Bytes) {
  throw Bug("the multi-buffer library is not built in");
}
std::unique_ptr<BlockKey> make_block_key(PacketAlgorithm, Bytes) { return nullptr; }

class Lanes::Impl {};
Lanes::Lanes() = default;
Lanes::~Lanes() = default;
void Lanes::seal(std::span<SealJob>) {}
void Lanes::open(std::span<OpenJob>) {}

}  // namespace specter::crypto::multi_buffer
