// Counts what a program allocates: C++'s memory, and OpenSSL's, which is told so before its first.
// To be included by one file of a program: it defines operator new.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <malloc.h>
#include <openssl/crypto.h>

namespace specter::testing {

inline std::atomic<std::int64_t> live_bytes = 0;   // as asked of malloc, rounded as it rounds
inline std::atomic<std::int64_t> allocations = 0;  // so far
inline std::atomic<bool (*)()> refuses = nullptr;  // whether this one fails, where a test wants it

inline void* allocated(std::size_t size) {
  bool (*const refused)() = refuses.load(std::memory_order_acquire);
  return refused && refused() ? nullptr : std::malloc(size);
}

inline void* counted(void* memory) {
  if (memory) {
    live_bytes += static_cast<std::int64_t>(malloc_usable_size(memory));
    ++allocations;
  }
  return memory;
}
inline void discounted(void* memory) {
  if (memory) live_bytes -= static_cast<std::int64_t>(malloc_usable_size(memory));
}

inline void* allocate_for_openssl(std::size_t size, const char*, int) {
  return counted(allocated(size));
}
inline void* reallocate_for_openssl(void* memory, std::size_t size, const char*, int) {
  discounted(memory);
  return counted(std::realloc(memory, size));
}
inline void free_for_openssl(void* memory, const char*, int) {
  discounted(memory);
  std::free(memory);
}

// Before main(), and before anything in it uses OpenSSL.
inline const bool openssl_counts =
    CRYPTO_set_mem_functions(allocate_for_openssl, reallocate_for_openssl, free_for_openssl) == 1;

}  // namespace specter::testing

// One file of a program includes this, as it says above.
// NOLINTBEGIN(misc-definitions-in-headers)
// Not inlined: GCC would see free() meet what it takes for memory of its own operator new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const memory = specter::testing::counted(specter::testing::allocated(size)))
    return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  specter::testing::discounted(memory);
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return specter::testing::counted(std::malloc(size));
}
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept {
  operator delete(memory);
}
// Ciphers' keys stand at multiples of 64.
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  if (void* const memory =
          specter::testing::counted(std::aligned_alloc(step, (size + step - 1) / step * step)))
    return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  operator delete(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  operator delete(memory);
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
