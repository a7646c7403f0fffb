// Datagrams under construction and those that wait to be polled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/queue.h"
#include "dtls/record/protection.h"

#include "specter/bytes.h"

namespace specter::dtls {

// Puts records one behind the other while they fit into a datagram of `mtu` bytes.
class Outbox {
 public:
  static constexpr std::size_t kMaxDatagrams = 1024;  // waiting; then send() says WouldBlock
  // What IPv4 carries over any path, less its headers and UDP's: 576 bytes (RFC 791 §3.1).
  static constexpr std::size_t kSmallestDatagram = 548;

  explicit Outbox(std::size_t mtu) : most_(mtu), mtu_(mtu) {}

  // What is left of the datagram that is being filled.
  std::size_t room() const { return filling_ ? mtu_ - datagrams_.back().size() : mtu_; }
  std::size_t mtu() const { return mtu_; }
  std::size_t smallest() const { return std::min(most_, kSmallestDatagram); }
  // Somebody who should know says that no larger datagram gets through.
  void limit(std::size_t bytes) {
    most_ = mtu_ = std::clamp(bytes, smallest(), most_);
    end_datagram();
  }
  // A place for a record of `size` bytes: in a new datagram, when it doesn't fit behind the last.
  // (One that is larger than the MTU has a datagram of its own; application data alone.)
  std::span<std::uint8_t> add(std::size_t size) {
    if (filling_ && size > room()) filling_ = false;
    if (!filling_) datagrams_.emplace_back().reserve(std::min(mtu_, std::max(size, mtu_ / 4)));
    filling_ = size < mtu_;
    Buffer& datagram = datagrams_.back();
    datagram.resize(datagram.size() + size);
    return std::span(datagram).last(size);
  }
  void end_datagram() { filling_ = false; }

  std::size_t size() const { return datagrams_.size(); }
  bool full() const { return datagrams_.size() >= kMaxDatagrams; }
  std::optional<Buffer> poll() {
    if (datagrams_.empty()) return std::nullopt;
    filling_ = false;
    return datagrams_.take_front();
  }

  // ---- flights: what a peer's silence brings again, kept for those who carry it in other ways too
  // (SPED). A flight is sent within one input, so that all of it is here still when it ends.
  void begin_flight(bool small = false) {
    end_datagram();
    if (small) mtu_ = smallest();
    flight_start_ = datagrams_.size();
  }
  // `twice`: each of its datagrams goes out twice in a row.
  void end_flight(bool twice) {
    end_datagram();
    mtu_ = most_;
    ++flight_generation_;
    if (keep_flights_)
      flight_.assign(datagrams_.begin() + static_cast<std::ptrdiff_t>(flight_start_),
                     datagrams_.end());
    if (twice) {
      const std::size_t end = datagrams_.size();
      for (std::size_t i = flight_start_; i < end; ++i) datagrams_.push_back(datagrams_[i]);
    }
  }
  void forget_flight() {
    if (flight_.empty()) return;
    flight_ = {};
    ++flight_generation_;
  }
  void keep_flights(bool keep) { keep_flights_ = keep; }
  std::span<const Buffer> flight() const { return flight_; }
  std::uint32_t flight_generation() const { return flight_generation_; }

  // Of records in the clear. One count for all attempts of a connection: a peer may drop what comes
  // with a number that it has seen.
  std::uint64_t next_plain_number() { return plain_number_++; }

 private:
  std::size_t most_;
  std::size_t mtu_;  // of what is being written
  RareQueue<Buffer> datagrams_;
  bool filling_ = false;
  bool keep_flights_ = false;
  std::size_t flight_start_ = 0;
  std::vector<Buffer> flight_;
  std::uint32_t flight_generation_ = 0;
  std::uint64_t plain_number_ = 0;
};

// Writes records of all epochs that one attempt has keys for.
class RecordWriter {
 public:
  explicit RecordWriter(Outbox& outbox) : outbox_(&outbox) {}

  void add(Sealer sealer) { sealers_.push_back(std::move(sealer)); }
  void drop_before(std::uint64_t epoch) {
    std::erase_if(sealers_, [&](const Sealer& sealer) { return sealer.epoch() < epoch; });
    sealers_.shrink_to_fit();  // the last one serves for long
  }
  std::size_t overhead(std::uint64_t epoch) const {
    return epoch == 0 ? PlainHeader::kSize : find(epoch).room().total();
  }
  RecordNumber write(std::uint64_t epoch, ContentType type, Bytes payload);
  // Of the highest epoch.
  Sealer& current() { return sealers_.back(); }
  const Sealer& current() const { return sealers_.back(); }
  std::uint64_t epoch() const { return sealers_.empty() ? 0 : sealers_.back().epoch(); }
  Outbox& outbox() { return *outbox_; }

 private:
  const Sealer& find(std::uint64_t epoch) const;

  Outbox* outbox_;
  std::vector<Sealer> sealers_;  // at most three, by epoch
};

}  // namespace specter::dtls
