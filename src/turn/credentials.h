// Long-term credentials, RFC 8489 §9.2: what a server's challenge says, and how requests are signed
// under it.
#pragma once

#include <string>

#include "stun/attributes.h"
#include "stun/message.h"

#include "specter/bytes.h"

namespace specter::turn {

// What a request was signed with, and what its answer has to be signed with.
struct Key {
  // MESSAGE-INTEGRITY-SHA256 in place of MESSAGE-INTEGRITY.
  bool is_sha256 = false;
  Buffer bytes;

  // Whether the message has the integrity that this key makes.
  bool signed_message(Bytes message) const;
};

// Overwrites a password that is not needed any more. Whoever has one does it at its end: so it has
// copies and no moves, of which a short text would leave its bytes behind.
void wipe(std::string& password);

class Credentials {
 public:
  enum class Verdict {
    Taken,
    Malformed,    // without REALM or NONCE, or with one longer than 763 bytes
    BidDown,      // the server has more than this message admits: somebody changed it
    NoAlgorithm,  // none of PASSWORD-ALGORITHMS is MD5 or SHA-256
  };

  // Both are taken as they are: whoever asks people for them prepares them (RFC 8265 OpaqueString).
  Credentials(const std::string& username, const std::string& password)
      : username_(username), password_(password) {}

  ~Credentials();

  // A 401 or 438. RFC 8489 §9.2.5. What is not Taken leaves everything as it was.
  Verdict take(const stun::Message& challenge);
  // USERNAME or USERHASH, REALM, NONCE, algorithms, integrity; nothing before the first challenge.
  void sign(stun::MessageWriter& writer) const;

  // Neither name nor password: for a server that asks nobody.
  bool are_none() const { return username_.empty() && password_.empty(); }
  bool is_challenged() const { return is_challenged_; }
  const std::string& realm() const { return realm_; }
  const std::string& nonce() const { return nonce_; }
  const Key& key() const { return key_; }

 private:
  std::string username_, password_;
  std::string realm_, nonce_;
  bool is_challenged_ = false;
  bool hides_username_ = false;
  Buffer algorithms_;  // the attribute as it came; empty: the server has none
  stun::PasswordAlgorithmId chosen_ = stun::PasswordAlgorithmId::Md5;
  Key key_;
};

}  // namespace specter::turn
