// Where received packets stay: arenas that several receives fill, counted by who holds them.
//
//          reserve, commit             last Hold goes
//   free ------------------> filling ----------------> free
//
//         lend             borrow                     last Hold goes            take_back
//   Hold ------> Loan ~~~~~~~~~~> Hold of another pool ----------------> Loan ~~~~~~~~~~> gone
//
// A Batch is bytes with a count of its holders. A packet in it never changes once it is committed,
// so any number of receivers may read it. Holders count whole batches, never packets: a batch lives
// as long as one of its packets is held. That is why limits count the arenas' bytes and not those
// of packets.
//
// The count is no atomic: a Hold stays on the loop (thread) of its pool. A batch that another loop
// is to read is lent: the pool keeps one Hold of it, and the other loop's pool counts its own
// holders of the loan. When the last of these has gone, the loan is polled there and given back
// here. So a packet that goes to N receivers of a loop costs N additions, and to another loop one
// message each way a batch; no count is shared between processors. The queue that a Loan travels by
// must order memory (any queue between threads does).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace specter::rtp {

class BatchPool;

// Packets one behind the other. Reached through a Hold only.
class Batch {
 public:
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // How many packets it has. More may come; those that are there stay as they are.
  std::size_t size() const { return size_; }
  Bytes operator[](std::size_t index) const;

 private:
  friend class BatchPool;
  friend class Hold;

  struct Slot {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };

  Batch() = default;

  // The arena, shared by a batch and those that borrow it. Both never move while it lives.
  std::unique_ptr<std::uint8_t[]> own_bytes_;
  std::unique_ptr<Slot[]> own_slots_;
  const std::uint8_t* bytes_ = nullptr;
  const Slot* slots_ = nullptr;

  std::uint32_t size_ = 0;      // committed packets
  std::uint32_t places_ = 0;    // those, and places that are open
  std::uint32_t reserved_ = 0;  // bytes given out by reserve()
  std::uint32_t holders_ = 0;
  BatchPool* pool_ = nullptr;  // null: the pool is gone, the last holder deletes
  Batch* lent_by_ = nullptr;   // of a borrowed one: the batch of the other pool
  BatchPool* lending_pool_ = nullptr;
};

// One holder of a batch. Copies count. It stays on its pool's loop.
class Hold {
 public:
  Hold() = default;
  Hold(const Hold& other) : Hold(other.batch_) {}
  Hold(Hold&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)) {}
  Hold& operator=(Hold other) noexcept {
    std::swap(batch_, other.batch_);
    return *this;
  }
  ~Hold() { release(); }

  explicit operator bool() const { return batch_ != nullptr; }
  const Batch& operator*() const { return *batch_; }
  const Batch* operator->() const { return batch_; }

  bool operator==(const Hold&) const = default;  // the same batch

 private:
  friend class BatchPool;
  explicit Hold(Batch* batch) : batch_(batch) {
    if (batch_) ++batch_->holders_;
  }
  void release();

  Batch* batch_ = nullptr;
};

// A packet that is held.
struct HeldPacket {
  Hold batch;
  std::uint32_t index = 0;

  Bytes bytes() const { return (*batch)[index]; }
};

// A place that was reserved, for one packet: until it is committed or discarded. One that is
// neither is lost for as long as its batch lives.
struct Place {
  Hold batch;
  MutableBytes bytes;  // to be written; what stands in it at first is not said
};

// A batch on its way to another loop and back. A plain value: nothing is counted when it is copied.
struct Loan {
  Batch* batch = nullptr;
  BatchPool* pool = nullptr;  // which has to get it back
  std::uint32_t packets = 0;  // those that were committed when it was lent

  bool operator==(const Loan&) const = default;
};

// Makes batches and takes them back; one a loop.
class BatchPool {
 public:
  struct Limits {
    std::size_t batch_bytes = 64 * 1024;       // an arena; no packet is longer
    std::size_t batch_packets = 256;           // an arena's
    std::size_t all_bytes = 16 * 1024 * 1024;  // of all arenas, free ones too
    std::size_t free_batches = 16;             // kept for later; more are given back to the system
  };

  explicit BatchPool(Limits limits);
  BatchPool(const BatchPool&) = delete;
  BatchPool& operator=(const BatchPool&) = delete;
  // What is still held lives on until its last holder goes. A loan must not outlive either of its
  // pools.
  ~BatchPool();

  // A place for a packet of at most `size` bytes, behind those in the batch that is being filled,
  // or in a new one. Several places may be open at once. Nothing: the limit is reached, or a packet
  // is longer than an arena; it is counted as refused.
  std::optional<Place> reserve(std::size_t size);

  // The first `size` bytes of the place are a packet from now on, the last one of its batch.
  HeldPacket commit(Place place, std::size_t size);

  // No packet came of it: its bytes are zeroed. The last one reserved is used again.
  void discard(Place place);

  // For another loop: the batch with the packets that it has now. It is held until take_back().
  Loan lend(const Hold& hold);
  void take_back(const Loan& loan);

  // A loan of another pool's, for this loop. Its bytes count for the other pool's limit, not for
  // this one's.
  Hold borrow(const Loan& loan);
  // Loans whose last holder here has gone, to be given to `Loan::pool` on its loop.
  std::optional<Loan> poll_returned();

  std::size_t bytes() const {
    return batches_ * limits_.batch_bytes;
  }  // of all arenas, free ones too
  std::uint64_t refused() const { return refused_; }

 private:
  friend class Hold;

  Batch* make();
  void recycle(Batch* batch);

  const Limits limits_;
  Hold filling_;
  std::size_t batches_ = 0;   // with an arena of this pool
  std::vector<Batch*> live_;  // all that have this pool, free ones too
  std::vector<Batch*> free_;
  std::vector<Batch*> free_borrowed_;  // without an arena
  std::vector<Loan> returned_;
  std::uint64_t refused_ = 0;
};

}  // namespace specter::rtp
