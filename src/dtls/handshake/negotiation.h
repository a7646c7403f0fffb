// A handshake from the first hello to an agreement, for one role. Anybody may send hellos in the
// clear, so there may be more than one attempt; the first that is authenticated counts.
//
//     Client: ClientHello sent, again and again --ServerHello--> an attempt, replaced by that of
//             another ServerHello as long as nothing has proven it
//     Server: each new ClientHello begins an attempt, three at the same time at most
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/queue.h"
#include "dtls/handshake/attempt.h"

namespace specter::dtls {

class Negotiation {
 public:
  // Records that came before there were keys for them.
  static constexpr std::size_t kMaxEarlyRecords = 64;
  static constexpr std::size_t kMaxEarlyBytes = 24 * 1024;
  // Without a sign of progress: the whole handshake is given up.
  static constexpr Duration kGiveUp = std::chrono::seconds(30);
  // Before the first sign of the peer. It may have to wait for our description, by slow signalling.
  static constexpr Duration kFirstSign = std::chrono::seconds(40);
  // After something went wrong that a forger could have brought about: that long the true peer has
  // to show itself.
  static constexpr Duration kGrace = std::chrono::seconds(5);

  virtual ~Negotiation() = default;
  Negotiation(const Negotiation&) = delete;

  virtual void start(Timestamp now) = 0;
  void handle_record(Timestamp now, const RecordView& record);
  void handle_timeout(Timestamp now);
  void give_time(Timestamp now) { begin_waiting(now); }
  WakeUp next_timeout() const;

  // The end, one way or the other; asked after each input.
  std::unique_ptr<Attempt> take_winner() { return std::move(winner_); }
  std::optional<Closed> take_failure() { return std::exchange(failure_, std::nullopt); }
  // What came early and belongs to the association now.
  Queue<Buffer> take_early() { return std::move(early_); }
  // Of the peer that is being talked to, as far as it has shown one: for reports of failures.
  Buffer peer_certificate() const {
    const bool has_one =
        !attempts_.empty() && !attempts_.front().attempt->peer_certificate().empty();
    return has_one ? attempts_.front().attempt->peer_certificate() : refused_certificate_;
  }

 protected:
  explicit Negotiation(Context& context) : context_(context) {}

  virtual void handle_hello(Timestamp now, const HandshakeFragment& fragment) = 0;
  virtual bool is_hello(const HandshakeFragment& fragment) const = 0;
  virtual bool has_spoken() const = 0;
  virtual std::string_view first_turn() const = 0;  // what the peer has to do first, for people
  virtual void handle_flight_timeout(Timestamp now) = 0;
  virtual Deadline next_flight_timeout() const = 0;

  struct Live {
    Buffer hello;  // the peer's, that began it
    std::unique_ptr<Attempt> attempt;
  };

  // Of an attempt that failed for good: the same again would do no better.
  bool is_hopeless(const Buffer& hello) const;
  void begin_waiting(Timestamp now) { give_up_ = now + patience(); }
  void conclude(Timestamp now, std::size_t index, Attempt::Step step);
  enum class Tell { Peer, Nobody };  // in the clear
  void refused(Timestamp now, const Refusal& refusal, Tell tell);
  void progressed(Timestamp now);
  void replay_early(Timestamp now);

  Context& context_;
  std::vector<Live> attempts_;

 private:
  struct Trouble {
    CloseReason reason;
    std::string detail;
    Timestamp deadline;
  };

  static constexpr std::size_t kMaxHopeless = 8;

  void dispatch(Timestamp now, const RecordView& record);
  Duration patience() const { return attempts_.empty() ? kFirstSign : kGiveUp; }
  void keep_early(const RecordView& record);
  void fail(CloseReason reason, std::string detail);
  std::string why_given_up() const;

  std::unique_ptr<Attempt> winner_;
  std::optional<Closed> failure_;
  std::optional<Trouble> trouble_;
  Deadline give_up_;
  Queue<Buffer> early_;  // records with their heads
  std::size_t early_bytes_ = 0;
  Queue<Buffer> hopeless_;
  Buffer refused_certificate_;
  int alerts_in_clear_ = 0;
  bool replaying_ = false;
};

class ClientNegotiation final : public Negotiation {
 public:
  // An attempt that got nowhere for so long gives way to another that is offered.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  explicit ClientNegotiation(Context& context) : Negotiation(context) {}

  void start(Timestamp now) override;

 private:
  void handle_hello(Timestamp now, const HandshakeFragment& fragment) override;
  bool is_hello(const HandshakeFragment& fragment) const override;
  bool has_spoken() const override { return true; }
  std::string_view first_turn() const override { return "answered our ClientHello"; }
  void handle_flight_timeout(Timestamp now) override;
  Deadline next_flight_timeout() const override;

  void say_hello(Timestamp now, ClientHello hello);
  void on_server_hello(Timestamp now, HandshakeMessage message);
  void on_retry(Timestamp now, HandshakeMessage message, const ServerHello& hello);
  void on_hello_verify(Timestamp now, const HandshakeMessage& message);
  bool may_be_asked(Timestamp now, const HandshakeMessage& message);
  void forget_second_hello();
  ClientHello first_hello();

  // One attempt at a time.
  Attempt* attempt() { return attempts_.empty() ? nullptr : attempts_.front().attempt.get(); }

  std::vector<crypto::KeyOffer> offers_;
  std::vector<SentHello> hellos_;          // one, or two after a cookie or a retry
  std::optional<HandshakeMessage> retry_;  // the HelloRetryRequest that the second answers
  Buffer asked_;   // what made us say the second: that, or a HelloVerifyRequest
  Flight flight_;  // the ClientHellos, as they are sent again
  ResendTimer timer_;
  SecondSight other_hello_;  // than that of the attempt
  Timestamp attempt_began_{};
  std::optional<Assembly> answers_[2];  // of message_seq 0 and 1
};

class ServerNegotiation final : public Negotiation {
 public:
  // When there are more, the latest makes room: the first one and the newest stay.
  static constexpr std::size_t kMaxAttempts = 3;
  // New ClientHellos looked at in a second; more are a flood.
  static constexpr int kMaxHellosASecond = 32;

  explicit ServerNegotiation(Context& context) : Negotiation(context) {}

  void start(Timestamp now) override { begin_waiting(now); }

 private:
  void handle_hello(Timestamp now, const HandshakeFragment& fragment) override;
  bool is_hello(const HandshakeFragment& fragment) const override;
  bool has_spoken() const override { return !attempts_.empty(); }
  std::string_view first_turn() const override { return "sent a ClientHello"; }
  void handle_flight_timeout(Timestamp) override {}
  Deadline next_flight_timeout() const override { return std::nullopt; }
  void on_client_hello(Timestamp now, HandshakeMessage message);

  std::optional<Assembly> hello_;
  int hellos_ = 0;  // since second_
  Timestamp second_{};
};

}  // namespace specter::dtls
