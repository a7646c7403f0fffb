#include "outbox.h"

namespace specter::nif {

bool Outbox::send_kept(ErlNifEnv* caller, Kept& kept) {
  if (next_) {
    kept_.push_back(std::move(kept));
    return true;
  }
  return enif_send(caller, &owner_, kept.env.get(), kept.term) != 0;
}

void Outbox::tell_passive(ErlNifEnv* caller) {
  send(caller, [&](ErlNifEnv* env) { return tuple(env, Atom("data_channel_passive"), id_); });
}

void Outbox::note_message(ErlNifEnv* caller) {
  if (active_.note_message() == Active::Result::Passive) tell_passive(caller);
}

void Outbox::drop_messages() {
  const std::lock_guard lock(mutex_);
  for (Kept& kept : waiting_) {
    if (!kept.is_message) send_kept(nullptr, kept);
  }
  waiting_.clear();
}

Active::Result Outbox::set_active(ErlNifEnv* caller, ActiveChange change,
                                  const PeerConnection& connection) {
  const std::lock_guard lock(mutex_);
  const auto result = active_.apply(change);
  if (result == Active::Result::TooMany) return result;
  if (result == Active::Result::Passive) tell_passive(caller);
  while (!waiting_.empty() && (active_.wants() || !waiting_.front().is_message)) {
    Kept kept = std::move(waiting_.front());
    waiting_.pop_front();
    send_kept(caller, kept);
    if (kept.is_message) note_message(caller);
  }
  connection.set_receiving(active_.wants());
  return Active::Result::Ok;
}

Outbox::Giving Outbox::give(ErlNifEnv* caller, const ErlNifPid& to, Watch watch, bool is_proxy) {
  ErlNifPid self;
  if (enif_self(caller, &self) == nullptr) throw BadArgument();
  const std::lock_guard lock(mutex_);
  if (next_) return Giving::Busy;
  const bool is_owner = enif_compare_pids(&self, &owner_) == 0;
  Next next{to, std::move(watch), is_proxy};
  if (is_owner && enif_compare_pids(&to, &owner_) != 0) {
    next_.emplace(std::move(next));
    return Giving::Forward;
  }
  change_owner(caller, std::move(next));
  return Giving::Done;
}

void Outbox::hand_over(ErlNifEnv* caller) {
  const std::lock_guard lock(mutex_);
  if (!next_) return;
  change_owner(caller, *std::exchange(next_, std::nullopt));
  for (Kept& kept : kept_) send_kept(caller, kept);
  kept_.clear();
}

void Outbox::change_owner(ErlNifEnv* caller, Next&& next) {
  // A proxy has forwarded all that came before this, and goes.
  if (is_proxy_) {
    send_now(caller, owner_,
             [&](ErlNifEnv* env) { return tuple(env, Atom("specter_given_away"), id_); });
  }
  owner_ = next.owner;
  watch_ = std::move(next.watch);
  is_proxy_ = next.is_proxy;
}

bool Outbox::is_given() const {
  const std::lock_guard lock(mutex_);
  return static_cast<bool>(watch_);
}

}  // namespace specter::nif
