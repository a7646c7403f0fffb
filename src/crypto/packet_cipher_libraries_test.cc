// OpenSSL is the oracle: whatever the other library seals has its bytes, and whatever that opens,
// or doesn't, has its verdict. Packets stand at the end of a page behind which nothing may be read.
#include <algorithm>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/packet_cipher.h"
#include "crypto/testing/packet_keys.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;
using testing::filled;
using testing::packet_nonce;
using enum PacketAlgorithm;

constexpr PacketAlgorithm kAlgorithms[] = {Aes128Gcm, Aes256Gcm, ChaCha20Poly1305, Aes128CmSha1_80,
                                           Aes128CmSha1_32};

// Bytes of which the last is the last of a page, with a page behind that nobody may touch.
class Fenced {
 public:
  explicit Fenced(std::size_t room) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    size_ = (room + page - 1) / page * page + page;
    void* const memory =
        mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SPECTER_CHECK(memory != MAP_FAILED);
    start_ = static_cast<std::uint8_t*>(memory);
    end_ = start_ + size_ - page;
    SPECTER_CHECK(mprotect(end_, page, PROT_NONE) == 0);
  }
  ~Fenced() { munmap(start_, size_); }
  Fenced(const Fenced&) = delete;

  MutableBytes last(std::size_t size) { return {end_ - size, size}; }

 private:
  std::uint8_t* start_;
  std::uint8_t* end_;
  std::size_t size_;
};

// The same packets by each library. Without the second, both are OpenSSL, and the tests say
// nothing: `specter --version` tells.
struct Both {
  PacketCipher oracle{PacketCipher::all(CipherLibrary::OpenSsl)};
  PacketCipher tried{PacketCipher::all(CipherLibrary::MultiBuffer)};
};

struct Keys {
  Keys(PacketCipher& cipher, PacketAlgorithm algorithm, Bytes secret)
      : seal(cipher.make_key(algorithm, Direction::Seal, secret)),
        open(cipher.make_key(algorithm, Direction::Open, secret)) {}
  std::unique_ptr<PacketKey> seal, open;
};

// What a packet is made of, and what the oracle made of it.
struct Packet {
  PacketAlgorithm algorithm{};
  PacketNonce nonce{};
  Buffer additional, text, suffix;
  Buffer sealed;  // with its tag
  std::size_t key = 0;
  bool is_forged = false;
};

void seal_by_oracle(Both& both, PacketKey& key, Packet& packet) {
  packet.sealed.assign(packet.text.begin(), packet.text.end());
  packet.sealed.resize(packet.text.size() + tag_size(packet.algorithm));
  const MutableBytes all(packet.sealed);
  SealJob job{&key,
              packet.nonce,
              packet.additional,
              packet.text,
              all.first(packet.text.size()),
              all.subspan(packet.text.size()),
              packet.suffix};
  both.oracle.seal(std::span(&job, 1));
}

Packet random_packet(SeededRandom& random, PacketAlgorithm algorithm, std::size_t size,
                     std::size_t additional) {
  Packet packet;
  packet.algorithm = algorithm;
  packet.nonce = packet_nonce(random, algorithm);
  packet.additional = filled(random, additional);
  packet.text = filled(random, size);
  if (!is_aead(algorithm)) packet.suffix = filled(random, 4);
  return packet;
}

// Each length at the end of a page, in place and out of it.
TEST(PacketCipherLibraries, AgreeAboutEveryLength) {
  Both both;
  Fenced from(17'000), to(17'000), additional_place(64), tag_place(64), suffix_place(64);
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(static_cast<std::uint64_t>(algorithm) + 100);
    const Buffer secret = filled(random, key_size(algorithm));
    Keys oracle(both.oracle, algorithm, secret), tried(both.tried, algorithm, secret);
    std::vector<std::size_t> sizes(1501);
    for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = i;
    for (const std::size_t more : {4096, 16'383, 16'384, 16'385}) sizes.push_back(more);
    for (const std::size_t size : sizes) {
      SCOPED_TRACE(::testing::Message() << to_string(algorithm) << " " << size);
      Packet packet = random_packet(random, algorithm, size, size % 38);
      seal_by_oracle(both, *oracle.seal, packet);
      const Bytes ciphertext = Bytes(packet.sealed).first(size);
      const Bytes tag = Bytes(packet.sealed).subspan(size);
      const MutableBytes additional = additional_place.last(packet.additional.size());
      const MutableBytes suffix = suffix_place.last(packet.suffix.size());
      const MutableBytes tag_out = tag_place.last(tag.size());
      const MutableBytes source = from.last(size), elsewhere = to.last(size);
      std::ranges::copy(packet.additional, additional.begin());
      std::ranges::copy(packet.suffix, suffix.begin());

      for (const bool in_place : {false, true}) {
        std::ranges::copy(packet.text, source.begin());
        const MutableBytes out = in_place ? source : elsewhere;
        SealJob seal{tried.seal.get(), packet.nonce, additional, source, out, tag_out, suffix};
        if (in_place) seal.key = (tried = Keys(both.tried, algorithm, secret)).seal.get();
        both.tried.seal(std::span(&seal, 1));
        ASSERT_TRUE(std::ranges::equal(out, ciphertext)) << in_place;
        ASSERT_TRUE(std::ranges::equal(tag_out, tag)) << in_place;

        std::ranges::copy(ciphertext, source.begin());
        OpenJob open{tried.open.get(), packet.nonce, additional, source, out, tag_out, suffix};
        ASSERT_EQ(both.tried.open(std::span(&open, 1)), 1u) << in_place;
        ASSERT_TRUE(std::ranges::equal(out, packet.text)) << in_place;

        std::ranges::copy(ciphertext, source.begin());
        tag_out[size % tag_out.size()] ^= static_cast<std::uint8_t>(1 << size % 8);
        open.ok = true;
        ASSERT_EQ(both.tried.open(std::span(&open, 1)), 0u) << in_place;
        ASSERT_FALSE(open.ok);
        ASSERT_TRUE(std::ranges::all_of(out, [](std::uint8_t byte) { return byte == 0; }));
      }
    }
  }
}

TEST(PacketCipherLibraries, AgreeWhereverThePacketStands) {
  Both both;
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(static_cast<std::uint64_t>(algorithm) + 200);
    const Buffer secret = filled(random, key_size(algorithm));
    Keys oracle(both.oracle, algorithm, secret), tried(both.tried, algorithm, secret);
    for (const std::size_t size : {1, 16, 63, 64, 255, 1187}) {
      for (std::size_t offset = 0; offset < 64; ++offset) {
        Packet packet = random_packet(random, algorithm, size, 13);
        seal_by_oracle(both, *oracle.seal, packet);
        alignas(64) std::uint8_t from[2048], to[2048];
        const MutableBytes source(from + offset, size), out(to + (offset * 7) % 64, size);
        std::ranges::copy(packet.text, source.begin());
        Buffer tag(tag_size(algorithm));
        SealJob job{tried.seal.get(), packet.nonce, packet.additional, source, out, tag,
                    packet.suffix};
        both.tried.seal(std::span(&job, 1));
        ASSERT_TRUE(std::ranges::equal(out, Bytes(packet.sealed).first(size))) << offset;
        ASSERT_TRUE(std::ranges::equal(tag, Bytes(packet.sealed).subspan(size))) << offset;
      }
    }
  }
}

// Batches of 1 to 64 packets of all algorithms and keys, of any length, some of them forged.
TEST(PacketCipherLibraries, AgreeAboutBatchesOfEverything) {
  Both both;
  SeededRandom random(300);
  std::vector<PacketAlgorithm> algorithms;
  std::vector<Keys> oracle, tried;
  for (int i = 0; i < 15; ++i) {
    const PacketAlgorithm algorithm = kAlgorithms[i % 5];
    const Buffer secret = filled(random, key_size(algorithm));
    algorithms.push_back(algorithm);
    oracle.emplace_back(both.oracle, algorithm, secret);
    tried.emplace_back(both.tried, algorithm, secret);
  }
  for (std::size_t round = 0; round < 640; ++round) {
    const std::size_t count = round % 64 + 1;
    std::vector<Packet> packets;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t key = random.below(15);
      const std::size_t size = random.below(10) == 0 ? random.below(16'385) : random.below(1501);
      packets.push_back(random_packet(random, algorithms[key], size, random.below(40)));
      packets.back().key = key;
      seal_by_oracle(both, *oracle[key].seal, packets.back());
    }
    std::vector<Buffer> places;  // additional, text, tag: as a packet on the wire
    for (const Packet& packet : packets) {
      Buffer place = packet.additional;
      place.insert(place.end(), packet.text.begin(), packet.text.end());
      place.resize(place.size() + tag_size(packet.algorithm));
      places.push_back(std::move(place));
    }
    std::vector<SealJob> seals;
    std::vector<OpenJob> opens;
    for (std::size_t i = 0; i < count; ++i) {
      const MutableBytes all(places[i]);
      const std::size_t head = packets[i].additional.size(), size = packets[i].text.size();
      const MutableBytes text = all.subspan(head, size);
      seals.push_back({tried[packets[i].key].seal.get(), packets[i].nonce, all.first(head), text,
                       text, all.subspan(head + size), packets[i].suffix});
      opens.push_back({tried[packets[i].key].open.get(), packets[i].nonce, all.first(head), text,
                       text, all.subspan(head + size), packets[i].suffix});
    }
    both.tried.seal(seals);
    std::size_t good = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(std::ranges::equal(Bytes(places[i]).subspan(packets[i].additional.size()),
                                     packets[i].sealed))
          << round << " " << i;
      packets[i].is_forged = random.below(4) == 0;
      if (packets[i].is_forged)
        places[i][random.below(static_cast<std::uint32_t>(places[i].size()))] ^= 0x10;
      else
        ++good;
    }
    ASSERT_EQ(both.tried.open(opens), good) << round;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(opens[i].ok, !packets[i].is_forged) << round << " " << i;
      const Buffer expected = packets[i].is_forged ? Buffer(opens[i].out.size()) : packets[i].text;
      ASSERT_TRUE(std::ranges::equal(opens[i].out, expected)) << round << " " << i;
    }
  }
}

// A key of one library may be used by whoever has the other: it knows what it is.
TEST(PacketCipherLibraries, KeysOfBothMayStandInOneBatch) {
  Both both;
  SeededRandom random(400);
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    const Buffer secret = filled(random, key_size(algorithm));
    Keys oracle(both.oracle, algorithm, secret);
    Packet packet = random_packet(random, algorithm, 100, 12);
    seal_by_oracle(both, *oracle.seal, packet);
    std::vector<Buffer> outs(16, Buffer(100)), tags(16, Buffer(tag_size(algorithm)));
    std::vector<std::unique_ptr<PacketKey>> keys;  // one a packet: its nonce is good once a key
    std::vector<SealJob> jobs;
    for (std::size_t i = 0; i < 16; ++i) {
      PacketCipher& maker = i % 2 ? both.oracle : both.tried;
      keys.push_back(maker.make_key(algorithm, Direction::Seal, secret));
      jobs.push_back({keys.back().get(), packet.nonce, packet.additional, packet.text, outs[i],
                      tags[i], packet.suffix});
    }
    both.tried.seal(jobs);
    for (std::size_t i = 0; i < 16; ++i) {
      EXPECT_TRUE(std::ranges::equal(outs[i], Bytes(packet.sealed).first(100))) << i;
      EXPECT_TRUE(std::ranges::equal(tags[i], Bytes(packet.sealed).subspan(100))) << i;
    }
  }
}

// The edges that test suites for GCM and Poly1305 know: carries in the sums, blocks of ones.
TEST(PacketCipherLibraries, AgreeAboutExtremeInputs) {
  Both both;
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    for (const std::uint8_t key_byte : {0x00, 0xff, 0x80, 0x01}) {
      const Buffer secret(key_size(algorithm), key_byte);
      for (const std::uint8_t nonce_byte : {0x00, 0xff}) {
        for (const std::uint8_t text_byte : {0x00, 0xff, 0x7f}) {
          for (const std::size_t size : {0, 1, 15, 16, 17, 48, 256, 1024, 4096, 16'384}) {
            Keys oracle(both.oracle, algorithm, secret), tried(both.tried, algorithm, secret);
            Packet packet;
            packet.algorithm = algorithm;
            packet.nonce.fill(nonce_byte);
            if (!is_aead(algorithm)) packet.nonce[14] = packet.nonce[15] = 0;
            packet.additional.assign(size % 33, nonce_byte);
            packet.text.assign(size, text_byte);
            seal_by_oracle(both, *oracle.seal, packet);
            Buffer out(size), tag(tag_size(algorithm));
            SealJob job{tried.seal.get(), packet.nonce, packet.additional, packet.text, out, tag};
            both.tried.seal(std::span(&job, 1));
            ASSERT_TRUE(std::ranges::equal(out, Bytes(packet.sealed).first(size))) << size;
            ASSERT_TRUE(std::ranges::equal(tag, Bytes(packet.sealed).subspan(size))) << size;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace specter::crypto
