// Counts what a program allocates: C++'s memory, and OpenSSL's, which is told so before its first.
// To be included by one file of a program: it defines operator new.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include <openssl/crypto.h>

namespace specter::testing {

inline std::atomic<std::int64_t> live_bytes = 0;   // as asked of malloc, rounded as it rounds
inline std::atomic<std::int64_t> allocations = 0;  // so far
inline std::atomic<bool (*)()> refuses = nullptr;  // whether this one fails, where a test wants it

// Stands in front of each block. malloc_usable_size() would not do: glibc gives a larger piece
// where the rest of it would be too small, so the same program would have other sums on other days.
struct alignas(16) BlockHead {
  std::size_t size;
  std::size_t before;  // bytes from what malloc gave to what the program got
};

// What glibc takes for a block of that size, less its own head.
constexpr std::int64_t rounded(std::size_t size) {
  return static_cast<std::int64_t>(size <= 24 ? 24 : ((size + 8 + 15) & ~std::size_t{15}) - 8);
}

inline BlockHead* head_of(void* block) { return static_cast<BlockHead*>(block) - 1; }

// Null where a test refuses it or there is none.
inline void* allocated(std::size_t size, std::size_t alignment = sizeof(BlockHead)) {
  bool (*const refused)() = refuses.load(std::memory_order_acquire);
  if ((refused && refused()) || size > std::size_t{1} << 48) return nullptr;
  const std::size_t before = std::max(alignment, sizeof(BlockHead));
  const std::size_t all = (before + size + before - 1) / before * before;
  void* const base =
      before == sizeof(BlockHead) ? std::malloc(all) : std::aligned_alloc(before, all);
  if (!base) return nullptr;
  void* const block = static_cast<std::byte*>(base) + before;
  *head_of(block) = {size, before};
  live_bytes += rounded(size);
  ++allocations;
  return block;
}

inline void released(void* block) {
  if (!block) return;
  const BlockHead head = *head_of(block);
  live_bytes -= rounded(head.size);
  std::free(static_cast<std::byte*>(block) - head.before);
}

inline void* allocate_for_openssl(std::size_t size, const char*, int) { return allocated(size); }
inline void* reallocate_for_openssl(void* block, std::size_t size, const char*, int) {
  void* const other = size > 0 ? allocated(size) : nullptr;
  if (other && block) std::memcpy(other, block, std::min(size, head_of(block)->size));
  if (other || size == 0) released(block);
  return other;
}
inline void free_for_openssl(void* block, const char*, int) { released(block); }

// Before main(), and before anything in it uses OpenSSL.
inline const bool openssl_counts =
    CRYPTO_set_mem_functions(allocate_for_openssl, reallocate_for_openssl, free_for_openssl) == 1;

}  // namespace specter::testing

// One file of a program includes this, as it says above.
// NOLINTBEGIN(misc-definitions-in-headers)
// Not inlined: GCC would see free() meet what it takes for memory of its own operator new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const block = specter::testing::allocated(size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { specter::testing::released(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
  specter::testing::released(block);
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return specter::testing::allocated(size);
}
[[gnu::noinline]] void operator delete(void* block, const std::nothrow_t&) noexcept {
  specter::testing::released(block);
}
// Ciphers' keys stand at multiples of 64.
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  if (void* const block = specter::testing::allocated(size, static_cast<std::size_t>(alignment)))
    return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept {
  specter::testing::released(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  specter::testing::released(block);
}
// Those of arrays too: ASan has its own, which would meet ours.
[[gnu::noinline]] void* operator new[](std::size_t size) { return operator new(size); }
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t& no) noexcept {
  return operator new(size, no);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept { operator delete(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
  operator delete(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  operator delete(memory);
}
// NOLINTEND(misc-definitions-in-headers)
