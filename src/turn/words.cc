#include "turn/words.h"

namespace specter::turn {

namespace {

// RFC 8489 §14.8, RFC 8656 §19.
std::string_view sentence_of(std::uint16_t code) {
  switch (code) {
    case 300: return "The server names another server.";
    case 400: return "The server did not understand the request.";
    case 401: return "The server does not take these credentials.";
    case 403: return "The server forbids it.";
    case 420: return "The server does not know an attribute that the request needs.";
    case 437: return "The server has another allocation, or none, for this local port.";
    case 438: return "The server calls each nonce stale.";
    case 440: return "The server has no relayed addresses of this family.";
    case 441: return "The allocation belongs to other credentials.";
    case 442: return "The server does not relay UDP.";
    case 443: return "The peer's address is of another family than the relayed one.";
    case 446: return "The server has a connection to this peer already.";
    case 447: return "The server could not connect to the peer.";
    case 486: return "The quota of allocations for this user is used up.";
    case 500: return "The server has an error of its own.";
    case 508: return "The server has no room for another allocation.";
    default: return "The server refused the request.";
  }
}

}  // namespace

std::string_view Fault::sentence() const {
  switch (reason) {
    case Reason::Refused: return sentence_of(code);
    case Reason::Silent: return "The server did not answer.";
    case Reason::Forged: return "The server's answers were not signed with the password.";
    case Reason::BidDown: return "Somebody weakened the server's challenge.";
    case Reason::Malformed: return "The server's answer lacks what it must have.";
    case Reason::BadAddress: return "The server named an address that can not be used.";
    case Reason::TooManyHops: return "The servers send from one to the other.";
    case Reason::Expired: return "The allocation could not be refreshed in time.";
    case Reason::Disconnected: return "The connection to the server ended.";
  }
  return "";
}

Cure Fault::cure() const {
  if (reason == Reason::Silent || reason == Reason::Expired || reason == Reason::Disconnected)
    return Cure::Again;
  if (reason != Reason::Refused) return Cure::None;
  if (code == 437) return Cure::NewPort;
  if (code == 486 || code == 508) return Cure::Later;
  return code >= 500 ? Cure::Again : Cure::None;
}

}  // namespace specter::turn
