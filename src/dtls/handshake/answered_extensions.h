// Which extensions a server's messages may have in answer to a ClientHello. RFC 5246 §7.4.1.4,
// RFC 8446 §4.2.
#pragma once

#include <optional>
#include <string>

#include "dtls/wire/extension_set.h"
#include "dtls/wire/numbers.h"

namespace specter::dtls {

enum class Answer {
  ServerHello12,
  ServerHello13,
  RetryRequest,
  EncryptedExtensions,
  Certificate13
};

// The alert to refuse a message with, or nothing. What was not offered is refused by all messages;
// of what was, the table (in the .cc, and in this module's README) says what is taken where.
std::optional<AlertDescription> fault_of(Answer message, const ExtensionSet& offered,
                                         const ExtensionSet& answered);

// Such a fault as a sentence.
std::string extension_fault(AlertDescription fault);

}  // namespace specter::dtls
