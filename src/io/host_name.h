// Host names and IPv4 addresses as the web writes them: the host parser of
// https://url.spec.whatwg.org, which the W3C has the URLs of ICE servers go through.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace specter::io {

// "ex%61mple.net", "faß.example", "1.2.3.4.", "256" to what a resolver takes: "example.net",
// "xn--fa-hia.example", "1.2.3.4", "0.0.1.0". Nothing when it is no host. No IPv6 address.
//
// Left out: the mappings of UTS #46 beyond the case of ASCII letters. Names are to be given in
// lower case and normal form (NFC), as their owners write them.
std::optional<std::string> host_from_url(std::string_view text);

// RFC 3492: a label of Unicode to "xn--…". Nothing when it is no UTF-8 or too long.
std::optional<std::string> to_ascii_label(std::string_view label);

}  // namespace specter::io
