// One attempt at a handshake, from the two hellos on. Until the peer is authenticated anybody may
// have written what comes in the clear, so an attempt that fails says nothing about the peer: it
// goes back to where it can begin anew when the peer sends its flight again, or is forgotten, and
// another hello begins another (client.cc, server.cc). Four kinds:
//
//     Client13, Server13: RFC 8446 §2, RFC 9147 §5        Client12, Server12: RFC 6347 §4.2.4
#pragma once

#include <algorithm>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dtls/handshake/agreement.h"
#include "dtls/handshake/assembly.h"
#include "dtls/handshake/context.h"
#include "dtls/handshake/transcript.h"
#include "dtls/wire/messages.h"

namespace specter::dtls {

// Who forges one message can't forge that it comes again and again: a peer whose message we don't
// have repeats it as long as its flight isn't answered.
class SecondSight {
 public:
  // Whether the same was here before, and not just now (what is repeated goes out twice in a row).
  bool again(Timestamp now, Bytes message) {
    if (std::ranges::equal(message, last_)) return now - first_seen_ >= ResendTimer::kMinGap;
    last_ = to_buffer(message);
    first_seen_ = now;
    return false;
  }

 private:
  Buffer last_;
  Timestamp first_seen_{};
};

class Attempt {
 public:
  // Something is wrong that a forger could have brought about.
  struct Failed {
    std::optional<AlertDescription> alert;  // what to tell the peer; nothing, if it told us
    std::string detail;                     // a sentence
    CloseReason reason = CloseReason::HandshakeFailed;
  };
  // The peer itself is at fault: it proved that it holds the keys.
  struct Fatal {
    CloseReason reason;
    AlertDescription alert;
    std::string detail;
  };
  struct Going {};
  struct Done {};
  using Step = std::variant<Going, Failed, Fatal, Done>;

  virtual ~Attempt() = default;
  Attempt(const Attempt&) = delete;

  // Whether there is a key for this record, or it needs none.
  bool can_read(const RecordView& record) const;
  Step handle_record(Timestamp now, const RecordView& record);
  // The peer sent its last flight again, so it has not seen ours.
  void repeat(Timestamp now);
  Step handle_timeout(Timestamp now);
  WakeUp next_timeout() const;
  // Whether something came that only the holder of the attempt's keys can have sent.
  bool is_proven() const { return proven_; }
  bool has_flight() const { return !flight_.empty(); }
  bool may_repeat(Timestamp now) const { return timer_.may_repeat(now); }
  const Buffer& peer_certificate() const { return peer_certificate_; }
  bool is12() const { return !is13(); }
  // What the ServerHello said, once there was one.
  const HelloRandom& server_random() const { return randoms_.server; }
  // RFC 9147 §7.1: names what has come of a flight, so that only the rest comes again. False when
  // there is nothing to name.
  bool acknowledge_part();

  // After Failed: whether it can go on from the peer's flight, sent anew.
  virtual bool rewind() { return false; }
  // Under the attempt's keys, if it has any yet.
  void send_alert(AlertDescription alert);
  // After Done.
  Agreement agreement();

 protected:
  Attempt(Context& context, Role role, const SuiteTraits& suite, std::uint16_t first_receive_seq,
          std::uint16_t first_send_seq);

  virtual bool expects(HandshakeType type, std::uint64_t epoch) const = 0;
  virtual Step handle_message(Timestamp now, const HandshakeMessage& message) = 0;
  bool is13() const { return suite_.version == Version::Dtls13; }

  void add_message(std::uint64_t epoch, HandshakeType type, Bytes body);  // transcript and flight
  void begin_flight() { flight_ = {}; }
  // Where rewind_to_checkpoint() comes back to: what is in the transcript now, and the next
  // message.
  void set_checkpoint();
  void rewind_to_checkpoint();
  void send_flight(Timestamp now);
  void record(const HandshakeMessage& message) {
    transcript_.add(message.type, message.message_seq, message.body);
  }
  crypto::Secret transcript_hash() const { return transcript_.hash(suite_.hash); }
  void install(const BothWays<RecordKeys>& keys, std::uint64_t epoch, bool send, bool receive);
  void install13(const BothWays<crypto::Secret>& secrets, std::uint64_t epoch, bool send,
                 bool receive);

  // The peer's certificate and its proof, checked when it proved that it has the key.
  Step check_identity() const;
  enum class Empty { Refused, Taken };
  // The Certificate, put down for its proof.
  Step take_certificate(const HandshakeMessage& message, Empty empty);
  // The CertificateVerify over `content`, and whether the certificate is the one promised.
  Step take_proof(const HandshakeMessage& message, Bytes content);
  void log_handshake_keys(const BothWays<crypto::Secret>& traffic) const;
  void log_application_keys(const BothWays<crypto::Secret>& traffic) const;

  Context& context_;
  const Role role_;
  const SuiteTraits suite_;
  Transcript transcript_;
  RecordWriter writer_;
  std::vector<Opener> openers_;
  Flight flight_;
  ResendTimer timer_;
  const std::uint16_t first_send_seq_;
  std::uint16_t next_send_seq_;
  Buffer peer_certificate_;
  ExtensionSet offered_;  // to the peer, in our ClientHello or CertificateRequest
  crypto::Group group_{};
  std::optional<SrtpProfile> srtp_profile_;
  BothWays<HelloRandom> randoms_{};
  crypto::Secret exporter_;
  std::optional<BothWays<crypto::Secret>> application_traffic_;
  bool proven_ = false;

 private:
  Step take_fragments(Timestamp now, std::uint64_t epoch, Bytes payload,
                      std::optional<RecordNumber> number);
  bool contradicts(Timestamp now, const HandshakeFragment& fragment);

  Assembly assembly_;
  std::optional<std::pair<Transcript, std::uint16_t>> checkpoint_;
  // What came in the clear and nothing has proven: 1.2, after the peer's signature, which doesn't
  // cover it; 1.3, a second ClientHello. By message_seq.
  std::map<std::uint16_t, HandshakeMessage> unproven_;
  SecondSight other_;                   // what came in their places
  std::vector<RecordNumber> received_;  // 1.3: records of the flight that is coming in
  Deadline ack_deadline_;               // RFC 9147 §7.1: when to say what came of it
};

// A hello that can't be answered, or an answer that doesn't fit.
using Refusal = Attempt::Failed;

inline Attempt::Failed refuse(AlertDescription alert, std::string detail) {
  return {alert, std::move(detail)};
}

// ---- the four kinds

struct SentHello {  // one of the client's ClientHellos: a HelloVerifyRequest or a
                    // HelloRetryRequest makes a second
  ClientHello hello;
  Buffer body;
  std::uint16_t message_seq = 0;
};

class Client12 final : public Attempt {
 public:
  // Refusal: the ServerHello chooses what was not offered.
  static std::expected<std::unique_ptr<Attempt>, Refusal> make(Context& context,
                                                               const SentHello& sent,
                                                               const HandshakeMessage& message,
                                                               const ServerHello& hello);

  bool rewind() override;

 private:
  using Attempt::Attempt;
  bool expects(HandshakeType type, std::uint64_t epoch) const override;
  Step handle_message(Timestamp now, const HandshakeMessage& message) override;
  Step on_server_key_exchange(const HandshakeMessage& message);
  Step on_certificate_request(const HandshakeMessage& message);
  Step on_hello_done(Timestamp now, const HandshakeMessage& message);
  Step on_finished(const HandshakeMessage& message);

  enum class Wait { Certificate, KeyExchange, RequestOrDone, Done, Finished };
  Wait wait_ = Wait::Certificate;
  std::optional<crypto::Group> server_group_;
  Buffer server_share_;
  std::optional<std::vector<std::uint16_t>> schemes_;  // of a CertificateRequest
  std::optional<KeySchedule12> schedule_;
};

class Client13 final : public Attempt {
 public:
  // `retry`: the HelloRetryRequest and the first ClientHello, when this ServerHello answers the
  // second.
  static std::expected<std::unique_ptr<Attempt>, Refusal> make(
      Context& context, const SentHello& sent, std::span<const crypto::KeyOffer> offers,
      const HandshakeMessage& message, const ServerHello& hello, const SentHello* first,
      const HandshakeMessage* retry);

 private:
  using Attempt::Attempt;
  bool expects(HandshakeType type, std::uint64_t epoch) const override;
  Step handle_message(Timestamp now, const HandshakeMessage& message) override;
  Step on_encrypted_extensions(const HandshakeMessage& message);
  Step on_finished(Timestamp now, const HandshakeMessage& message);

  enum class Wait { EncryptedExtensions, RequestOrCertificate, Certificate, Verify, Finished };
  Wait wait_ = Wait::EncryptedExtensions;
  std::optional<CertificateRequest> request_;
  std::optional<KeySchedule13> schedule_;
  BothWays<crypto::Secret> handshake_traffic_;
};

class Server12 final : public Attempt {
 public:
  static std::expected<std::unique_ptr<Attempt>, Refusal> make(Timestamp now, Context& context,
                                                               const HandshakeMessage& message,
                                                               const ClientHello& hello);

  bool rewind() override;

 private:
  using Attempt::Attempt;
  bool expects(HandshakeType type, std::uint64_t epoch) const override;
  Step handle_message(Timestamp now, const HandshakeMessage& message) override;
  Step on_client_key_exchange(const HandshakeMessage& message);
  Step on_certificate_verify(const HandshakeMessage& message);
  Step on_finished(Timestamp now, const HandshakeMessage& message);

  enum class Wait { Certificate, KeyExchange, Verify, Finished };
  Wait wait_ = Wait::Certificate;
  std::optional<crypto::KeyOffer> offer_;
  std::optional<KeySchedule12> schedule_;
};

class Server13 final : public Attempt {
 public:
  static std::expected<std::unique_ptr<Attempt>, Refusal> make(Timestamp now, Context& context,
                                                               const HandshakeMessage& message,
                                                               const ClientHello& hello);

  bool rewind() override;

 private:
  using Attempt::Attempt;
  bool expects(HandshakeType type, std::uint64_t epoch) const override;
  Step handle_message(Timestamp now, const HandshakeMessage& message) override;
  void send_retry(Timestamp now, crypto::Group group);
  Step on_second_hello(Timestamp now, const HandshakeMessage& message);
  Step answer(Timestamp now, const ClientHello& hello, const KeyShareEntry& share,
              crypto::Group group);
  Step on_finished(const HandshakeMessage& message);

  enum class Wait { SecondHello, Certificate, Verify, Finished };
  Wait wait_ = Wait::Certificate;
  bool retried_ = false;
  ClientHello first_hello_;
  std::optional<KeySchedule13> schedule_;
  BothWays<crypto::Secret> handshake_traffic_;
};

}  // namespace specter::dtls
