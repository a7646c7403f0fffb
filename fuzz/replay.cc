// A fuzz target as an ordinary test, with any compiler: each file of its corpus, then mutations of
// them that a seed decides.
//
//   replay_dtls_record CORPUS [MUTATIONS]
//
// An input that fails is left in the current folder as crash-… and belongs into the corpus.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "simulation/random.h"
#include "target.h"

// Where a sanitizer is linked in, it has this: it calls back before it ends the program.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace specter::fuzz {
namespace {

using simulation::SeededRandom;

constexpr std::uint64_t kMutations = 5000;
constexpr std::size_t kMaxBytes = 65'536;
constexpr std::uint32_t kMaxSteps = 6;

// What runs at the moment.
struct Current {
  std::string name;
  Buffer input;
} current;

void keep_current() {
  const std::string path = "crash-" + current.name;
  std::ofstream out(path, std::ios::binary);
  out << as_text(current.input);
  std::fprintf(stderr, "%s fails: its input is in %s\n", current.name.c_str(), path.c_str());
}

void run_as(std::string name, Buffer input) {
  current = {std::move(name), std::move(input)};
  run(current.input);
}

struct CorpusFile {
  std::string name;
  Buffer bytes;
};

std::vector<CorpusFile> read_corpus(const std::filesystem::path& folder) {
  std::vector<CorpusFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    files.push_back({entry.path().filename().string(),
                     Buffer(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>())});
  }
  std::ranges::sort(files, {}, &CorpusFile::name);  // a folder has no order
  return files;
}

// ---- one step of a mutation, at a place that there is

using Step = void (*)(Buffer& bytes, SeededRandom& random, const Buffer& other);

std::size_t place(const Buffer& bytes, SeededRandom& random) {
  return random.below(static_cast<std::uint32_t>(bytes.size()));
}

std::size_t length_from(std::size_t at, const Buffer& bytes, SeededRandom& random) {
  const std::size_t most = std::min<std::size_t>(bytes.size() - at, 32);
  return 1 + random.below(static_cast<std::uint32_t>(most));
}

void flip_bit(Buffer& bytes, SeededRandom& random, const Buffer&) {
  bytes[place(bytes, random)] ^= static_cast<std::uint8_t>(1u << random.below(8));
}

void set_byte(Buffer& bytes, SeededRandom& random, const Buffer&) {
  constexpr std::uint8_t kEdges[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
  bytes[place(bytes, random)] = random.chance(0.5) ? kEdges[random.below(std::size(kEdges))]
                                                   : static_cast<std::uint8_t>(random.u32());
}

// A length that lies by a little.
void nudge_byte(Buffer& bytes, SeededRandom& random, const Buffer&) {
  const std::size_t at = place(bytes, random);
  bytes[at] = static_cast<std::uint8_t>(bytes[at] + (random.chance(0.5) ? 1 : 255));
}

void cut_end(Buffer& bytes, SeededRandom& random, const Buffer&) {
  bytes.resize(place(bytes, random));
}

void erase_part(Buffer& bytes, SeededRandom& random, const Buffer&) {
  const std::size_t at = place(bytes, random);
  const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  bytes.erase(from, from + static_cast<std::ptrdiff_t>(length_from(at, bytes, random)));
}

// Inserts a part of `from`, which may be what it is inserted into.
void insert_part(Buffer& bytes, SeededRandom& random, const Buffer& from) {
  if (from.empty()) return;
  const std::size_t begin = place(from, random);
  const Buffer part = to_buffer(Bytes(from).subspan(begin, length_from(begin, from, random)));
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(place(bytes, random));
  bytes.insert(at, part.begin(), part.end());
}

void repeat_part(Buffer& bytes, SeededRandom& random, const Buffer&) {
  insert_part(bytes, random, bytes);
}

void append_other(Buffer& bytes, SeededRandom&, const Buffer& other) {
  bytes.insert(bytes.end(), other.begin(), other.end());
}

constexpr Step kSteps[] = {flip_bit,   set_byte,    nudge_byte,  cut_end,
                           erase_part, insert_part, repeat_part, append_other};

Buffer mutation(const std::vector<CorpusFile>& files, std::uint64_t seed) {
  SeededRandom random(seed);
  const auto any = [&]() -> const Buffer& {
    return files[random.below(static_cast<std::uint32_t>(files.size()))].bytes;
  };
  Buffer bytes = any();
  for (std::uint32_t steps = 1 + random.below(kMaxSteps); steps > 0; --steps) {
    if (bytes.empty()) bytes.push_back(0);
    kSteps[random.below(std::size(kSteps))](bytes, random, any());
  }
  if (bytes.size() > kMaxBytes) bytes.resize(kMaxBytes);
  return bytes;
}

void replay(const std::filesystem::path& corpus, std::uint64_t mutations) {
  const std::vector<CorpusFile> files = read_corpus(corpus);
  if (files.empty()) throw std::runtime_error(corpus.string() + " has no files");
  run_as("nothing", {});
  for (const CorpusFile& file : files) run_as(file.name, file.bytes);
  for (std::uint64_t seed = 0; seed < mutations; ++seed)
    run_as("mutation-" + std::to_string(seed), mutation(files, seed));
  std::printf("%zu files, %ju mutations of them\n", files.size(),
              static_cast<std::uintmax_t>(mutations));
}

}  // namespace
}  // namespace specter::fuzz

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS [MUTATIONS]\n", argv[0]);
    return 2;
  }
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(specter::fuzz::keep_current);
  try {
    specter::fuzz::replay(
        argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : specter::fuzz::kMutations);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    if (!specter::fuzz::current.name.empty()) specter::fuzz::keep_current();
    return 1;
  }
  return 0;
}
