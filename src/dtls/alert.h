// Alerts by name, RFC 5246 §7.2 and the registry "TLS Alerts".
#pragma once

#include <cstdint>
#include <string>

namespace specter::dtls {

std::string alert_name(
    std::uint8_t description);  // "bad_certificate"; "alert 99" for an unknown one

}  // namespace specter::dtls
