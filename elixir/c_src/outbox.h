// What a connection tells its owner: who that is, and which messages it wants now.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <erl_nif.h>

#include "active.h"
#include "messages.h"
#include "resources.h"
#include "terms.h"

#include "specter/specter.h"

namespace specter::nif {

// Usable from any thread. Messages are {tag, id, elements...}, and go out in the order in which
// they are told.
class Outbox {
 public:
  Outbox(std::string id, ErlNifPid owner) : id_(std::move(id)), owner_(owner) {}

  const std::string& id() const { return id_; }

  // How many messages are wanted at first. Before anybody else knows of it.
  void begin(ActiveChange active) { active_.apply(active); }

  // ---- on the connection's loop. False: the owner is gone, and nobody hears it.
  template <class... Elements>
  bool tell(Atom tag, const Elements&... elements) {
    const std::lock_guard lock(mutex_);
    return send(nullptr, [&](ErlNifEnv* env) { return tuple(env, tag, id_, elements...); });
  }
  // A message of a channel, of so many bytes, made by make(env) when it is wanted or else kept:
  // then the connection is to hold the next ones back.
  template <class Make>
  bool tell_message(const PeerConnection& connection, std::size_t bytes, Make make) {
    const std::lock_guard lock(mutex_);
    if (!active_.wants()) {
      waiting_.emplace_back(make, true);
      connection.set_receiving(false);
      return true;
    }
    const bool heard = send(nullptr, make, bytes);
    note_message(nullptr);
    if (!active_.wants()) connection.set_receiving(false);
    return heard;
  }
  // Media, of so many bytes: told if messages are wanted, and counted as one. Otherwise nothing is
  // made.
  enum class Media { Told, NotWanted, Unheard };
  template <class Make>
  Media tell_media(const PeerConnection& connection, std::size_t bytes, Make make) {
    const std::lock_guard lock(mutex_);
    if (!active_.wants()) return Media::NotWanted;
    const bool heard = send(nullptr, make, bytes);
    note_message(nullptr);
    if (!active_.wants()) connection.set_receiving(false);
    return heard ? Media::Told : Media::Unheard;
  }
  // What must not overtake a message that is kept: the end of its channel.
  template <class... Elements>
  bool tell_behind_messages(Atom tag, const Elements&... elements) {
    const auto make = [&](ErlNifEnv* env) { return tuple(env, tag, id_, elements...); };
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return send(nullptr, make);
    waiting_.emplace_back(make, false);
    return true;
  }
  // The connection is over: messages that nobody asked for are dropped, the rest is told.
  void drop_messages();

  // ---- in a NIF, whose environment `caller` is (null: on the loop)
  Active::Result set_active(ErlNifEnv* caller, ActiveChange change,
                            const PeerConnection& connection);

  // Gives the connection to another process. Forward: the caller is the owner, and what it has in
  // its mailbox comes first; what is told from here on is kept until hand_over(), the connection's
  // end included.
  enum class Giving { Done, Forward, Busy };
  Giving give(ErlNifEnv* caller, const ErlNifPid& to, Watch watch, bool is_proxy);
  void hand_over(ErlNifEnv* caller);

  // Whether the owner is another one than that of the whole instance. Who is being given it has not
  // got it yet.
  bool is_given() const;

 private:
  struct Kept {
    template <class Make>
    Kept(Make& make, bool is_a_message) : term(make(env.get())), is_message(is_a_message) {}

    MessageEnv env;
    Term term;
    bool is_message;
  };
  struct Next {
    ErlNifPid owner;
    Watch watch;
    bool is_proxy;
  };

  // ---- mutex_ is held
  template <class Make>
  bool send(ErlNifEnv* caller, Make make, std::size_t bytes = 0) {
    if (next_) {
      kept_.emplace_back(make, false);
      return true;
    }
    return send_now(caller, owner_, make, bytes);
  }
  bool send_kept(ErlNifEnv* caller, Kept& kept);
  void note_message(ErlNifEnv* caller);
  void tell_passive(ErlNifEnv* caller);
  void change_owner(ErlNifEnv* caller, Next&& next);

  const std::string id_;

  mutable std::mutex mutex_;  // of what is below; held while sending, so that order is kept
  ErlNifPid owner_;
  Watch watch_;            // of an owner that was given it
  bool is_proxy_ = false;  // owner_ stands for a process of another node
  std::optional<Next> next_;
  std::deque<Kept> kept_;  // for the next owner
  Active active_;
  std::deque<Kept> waiting_;  // came before the connection held them back
};

}  // namespace specter::nif
