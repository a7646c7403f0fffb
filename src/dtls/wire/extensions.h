// Blocks of extensions, RFC 8446 §4.2. For the parsers of this folder.
#pragma once

#include <bitset>
#include <utility>

#include "dtls/wire/extension_set.h"
#include "dtls/wire/hello.h"
#include "dtls/wire/tls_reader.h"

namespace specter::dtls {

// Reads a block with its length. Each known extension goes to `known(type, data)`, which must
// read all of `data`; each other one to `unknown()`.
template <class Known, class Unknown>
void read_extensions(TlsReader& in, const Known& known, const Unknown& unknown) {
  std::bitset<kKnownExtensions.size()> seen;
  TlsReader block = in.vector16();
  while (block.more()) {
    const auto type = static_cast<ExtensionType>(block.u16());
    TlsReader data = block.vector16();
    const auto found = std::ranges::find(kKnownExtensions, type);
    if (found == kKnownExtensions.end()) {
      unknown();
      continue;
    }
    // RFC 8446 §4.2: there is no more than one extension of a type in a block.
    const auto index = static_cast<std::size_t>(found - kKnownExtensions.begin());
    if (seen[index]) block.raise(ParseError::BadValue);
    seen.set(index);
    known(type, data);
    data.end();
  }
}

template <class Write>
void write_extension(ByteWriter& out, ExtensionType type, const Write& write) {
  out.u16(std::to_underlying(type));
  write_vector16(out, write);
}

// For tests: empty ones, which only say that they are there.
void write_empty_extensions(ByteWriter& out, const ExtensionSet& extensions);

// RFC 5764 §4.1.1, in all messages the same but for how many profiles there may be.
UseSrtp read_use_srtp_offer(TlsReader& data);                // of a client: one or more
UseSrtp read_use_srtp_choice(TlsReader& data);               // of a server: one
void write_use_srtp(ByteWriter& out, const UseSrtp& value);  // the whole extension

}  // namespace specter::dtls
