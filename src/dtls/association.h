// An open association: records both ways, and what of the handshake lives on. RFC 6347 §4.1,
// RFC 9147 §4, §7, §8.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "dtls/handshake/agreement.h"
#include "dtls/handshake/assembly.h"
#include "dtls/handshake/context.h"

namespace specter::dtls {

class Association {
 public:
  // How long the keys of the handshake stay, to hear the peer's last flight again when it missed
  // our answer.
  static constexpr Duration kRetention = std::chrono::seconds(60);
  // A client's last flight without an answer for so long: the server never came to be.
  static constexpr Duration kGiveUp = std::chrono::seconds(30);

  Association(Timestamp now, Context& context, Agreement agreement);

  // The payload, within `place`, when it is application data. `place` has record.fragment's size,
  // and is its place or doesn't overlap it.
  std::optional<MutableBytes> handle_record(Timestamp now, const RecordView& record,
                                            MutableBytes place);
  void handle_timeout(Timestamp now);
  void give_time(Timestamp now);
  WakeUp next_timeout() const;
  // Asked after each input: the end has come.
  std::optional<Closed> take_end() { return std::exchange(end_, std::nullopt); }

  crypto::CipherLibrary cipher_library() const { return agreed_.writer.current().library(); }
  RecordRoom record_room() const { return agreed_.writer.current().room(); }
  void seal(MutableBytes records, std::size_t record_bytes) {
    agreed_.writer.current().seal_row(ContentType::ApplicationData, records, record_bytes);
  }
  void send(Bytes data);
  // Before anything is polled: what came is acknowledged, and keys that have served are renewed.
  void prepare(Timestamp now);
  void send_alert(bool fatal, AlertDescription description);

  Buffer export_keying_material(std::string_view label, std::size_t size) const;
  bool is_handshake_confirmed() const { return agreed_.last_flight.empty(); }
  const Agreement& agreement() const { return agreed_; }

 private:
  // What only post-handshake messages need (KeyUpdate, tickets): nearly never there.
  struct PostHandshake {
    Assembly assembly;
    Flight flight;  // our KeyUpdate
    ResendTimer timer;
  };

  bool is13() const { return agreed_.suite.version == Version::Dtls13; }
  void handle_handshake(Timestamp now, const OpenedRecord& record);
  void handle_old_flight(Timestamp now, const OpenedRecord& record);
  void handle_post_handshake(Timestamp now, const OpenedRecord& record);
  bool handle_message(Timestamp now, const HandshakeMessage& message);
  void handle_alert(Bytes payload);
  void handle_ack(Timestamp now, Bytes payload);
  void on_key_update(Timestamp now, bool requested);
  void send_key_update(Timestamp now);
  void acknowledge(RecordNumber record);
  void say_acknowledgements();
  void repeat(Timestamp now);
  void forget_last_flight();
  void forget_old_keys();
  void end(CloseReason reason, std::string detail);
  void end_with_alert(AlertDescription alert, std::string detail);

  Context& context_;
  Agreement agreed_;
  std::unique_ptr<PostHandshake> post_;
  std::vector<RecordNumber> to_acknowledge_;  // those of one datagram together
  std::optional<Closed> end_;
  Deadline forget_old_keys_;
  Deadline give_up_;
  bool heard_ = false;  // a record of application keys came
  bool refused_renegotiation_ = false;
};

}  // namespace specter::dtls
