// From a shared secret to the keys of records. RFC 5246 §8.1 and §6.3, RFC 7627 (DTLS 1.2);
// RFC 8446 §7, RFC 9147 §5.9 (DTLS 1.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "dtls/record/protection.h"
#include "dtls/wire/hello.h"
#include "dtls/wire/numbers.h"

#include "specter/bytes.h"

namespace specter::dtls {

template <class T>
struct BothWays {
  T client, server;  // of what the client sends, of what the server sends
};

inline constexpr std::size_t kFinished12Bytes = 12;

// DTLS 1.2, always with the extended master secret.
class KeySchedule12 {
 public:
  KeySchedule12(const SuiteTraits& suite, Bytes premaster_secret, Bytes session_hash);

  BothWays<RecordKeys> record_keys(const HelloRandom& client, const HelloRandom& server) const;
  // verify_data of the client's or the server's Finished; label: "client finished", ….
  crypto::Secret finished(std::string_view label, Bytes transcript_hash) const;
  const crypto::Secret& master() const { return master_; }

 private:
  SuiteTraits suite_;
  crypto::Secret master_;
};

// DTLS 1.3, without pre-shared keys.
class KeySchedule13 {
 public:
  KeySchedule13(const SuiteTraits& suite, Bytes shared_secret);

  BothWays<crypto::Secret> handshake_traffic(Bytes transcript_hash) const;  // up to ServerHello
  void enter_master();  // afterwards only the two below
  BothWays<crypto::Secret> application_traffic(Bytes transcript_hash) const;  // to server Finished
  crypto::Secret exporter_master(Bytes transcript_hash) const;                // the same

 private:
  SuiteTraits suite_;
  crypto::Secret secret_;
};

// HKDF-Expand-Label with DTLS's prefix, RFC 9147 §5.9; `label` without it.
crypto::Secret expand_label(crypto::HashAlgorithm hash, Bytes secret, std::string_view label,
                            Bytes context, std::size_t size);
RecordKeys record_keys13(const SuiteTraits& suite, Bytes traffic_secret);
crypto::Secret finished13(crypto::HashAlgorithm hash, Bytes traffic_secret, Bytes transcript_hash);
crypto::Secret next_traffic(crypto::HashAlgorithm hash, Bytes traffic_secret);  // RFC 8446 §7.2

// RFC 5705 and RFC 8446 §7.5, without a context.
Buffer export12(crypto::HashAlgorithm hash, Bytes master, const HelloRandom& client,
                const HelloRandom& server, std::string_view label, std::size_t size);
Buffer export13(crypto::HashAlgorithm hash, Bytes exporter_master, std::string_view label,
                std::size_t size);

}  // namespace specter::dtls
