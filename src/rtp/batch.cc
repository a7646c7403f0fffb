#include "rtp/batch.h"

#include <algorithm>

#include "base/check.h"

namespace specter::rtp {

Bytes Batch::operator[](std::size_t index) const {
  SPECTER_CHECK(index < size_);
  return {bytes_ + slots_[index].at, slots_[index].size};
}

void Hold::release() {
  Batch* const batch = std::exchange(batch_, nullptr);
  if (!batch || --batch->holders_ > 0) return;
  if (batch->pool_)
    batch->pool_->recycle(batch);
  else
    delete batch;
}

BatchPool::BatchPool(Limits limits) : limits_(limits) { free_.reserve(limits_.free_batches); }

BatchPool::~BatchPool() {
  filling_ = {};
  for (Batch* const batch : live_) {
    batch->pool_ = nullptr;
    if (batch->holders_ == 0) delete batch;
  }
}

Batch* BatchPool::make() {
  if (!free_.empty()) {
    Batch* const batch = free_.back();
    free_.pop_back();
    return batch;
  }
  if (bytes() + limits_.batch_bytes > limits_.all_bytes) return nullptr;
  live_.reserve(live_.size() + 1);
  std::unique_ptr<Batch> batch(new Batch);
  batch->own_bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(limits_.batch_bytes);
  batch->own_slots_ = std::make_unique_for_overwrite<Batch::Slot[]>(limits_.batch_packets);
  batch->bytes_ = batch->own_bytes_.get();
  batch->slots_ = batch->own_slots_.get();
  batch->pool_ = this;
  live_.push_back(batch.get());
  ++batches_;
  return batch.release();
}

// From a destructor: it allocates nothing. free_, free_borrowed_ and returned_ have the room.
void BatchPool::recycle(Batch* batch) {
  if (batch->lent_by_) {
    returned_.push_back({batch->lent_by_, batch->lending_pool_, batch->size_});
    free_borrowed_.push_back(batch);
    return;
  }
  batch->size_ = batch->places_ = batch->reserved_ = 0;
  if (free_.size() < limits_.free_batches) return free_.push_back(batch);
  std::erase(live_, batch);
  --batches_;
  delete batch;
}

std::optional<Place> BatchPool::reserve(std::size_t size) {
  const auto has_room = [&] {
    return filling_ && filling_.batch_->reserved_ + size <= limits_.batch_bytes &&
           filling_.batch_->places_ < limits_.batch_packets;
  };
  if (!has_room() && size <= limits_.batch_bytes) {
    filling_ = {};
    filling_ = Hold(make());
  }
  if (!has_room()) {
    ++refused_;
    return std::nullopt;
  }
  Batch& batch = *filling_.batch_;
  std::uint8_t* const at = batch.own_bytes_.get() + batch.reserved_;
  batch.reserved_ += static_cast<std::uint32_t>(size);
  ++batch.places_;
  return Place{filling_, {at, size}};
}

HeldPacket BatchPool::commit(Place place, std::size_t size) {
  SPECTER_CHECK(place.batch && size <= place.bytes.size());
  Batch& batch = *place.batch.batch_;
  SPECTER_CHECK(batch.size_ < batch.places_);
  const auto at = static_cast<std::uint32_t>(place.bytes.data() - batch.bytes_);
  if (at + place.bytes.size() == batch.reserved_)
    batch.reserved_ = at + static_cast<std::uint32_t>(size);
  batch.own_slots_[batch.size_] = {at, static_cast<std::uint32_t>(size)};
  return {std::move(place.batch), batch.size_++};
}

void BatchPool::discard(Place place) {
  SPECTER_CHECK(place.batch);
  Batch& batch = *place.batch.batch_;
  std::ranges::fill(place.bytes, std::uint8_t{0});
  const auto at = static_cast<std::uint32_t>(place.bytes.data() - batch.bytes_);
  if (at + place.bytes.size() == batch.reserved_) batch.reserved_ = at;
  --batch.places_;
}

Loan BatchPool::lend(const Hold& hold) {
  SPECTER_CHECK(hold && hold.batch_->pool_ == this && !hold.batch_->lent_by_);
  ++hold.batch_->holders_;
  return {hold.batch_, this, hold.batch_->size_};
}

void BatchPool::take_back(const Loan& loan) {
  SPECTER_CHECK(loan.pool == this);
  Hold hold(loan.batch);
  --loan.batch->holders_;  // the one that lend() counted
}

Hold BatchPool::borrow(const Loan& loan) {
  // Only what never changes may be read of the other pool's batch: its loop may be writing to it.
  if (free_borrowed_.empty()) {
    live_.reserve(live_.size() + 1);
    free_borrowed_.reserve(live_.size() + 1);
    free_borrowed_.push_back(new Batch);
    live_.push_back(free_borrowed_.back());
  }
  returned_.reserve(returned_.size() + live_.size());
  Batch* const batch = free_borrowed_.back();
  free_borrowed_.pop_back();
  batch->bytes_ = loan.batch->bytes_;
  batch->slots_ = loan.batch->slots_;
  batch->size_ = loan.packets;
  batch->pool_ = this;
  batch->lent_by_ = loan.batch;
  batch->lending_pool_ = loan.pool;
  return Hold(batch);
}

std::optional<Loan> BatchPool::poll_returned() {
  if (returned_.empty()) return std::nullopt;
  const Loan loan = returned_.back();
  returned_.pop_back();
  return loan;
}

}  // namespace specter::rtp
