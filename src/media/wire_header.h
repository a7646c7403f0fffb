// The header of a packet as it leaves: fixed header, CSRCs, and the extensions of its section.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "media/draft.h"
#include "rtp/header_extension.h"
#include "rtp/parameters.h"

#include "specter/time.h"

namespace specter::media {

// What a header says beside what its draft has.
struct HeaderContext {
  const rtp::SendParameters& section;
  std::string_view rid{};
  Names names = Names::Absent;
  bool is_repair = false;  // RFC 8852 §3.2: the RID is the repaired one
  std::uint16_t transport_sequence = 0;
  Timestamp now{};
  Bytes elements{};  // the draft's
};

// Whether its packets have numbers of the transport's.
bool has_transport_sequence(const rtp::SendParameters& section);

class WireHeader {
 public:
  // Valid until the next call. Extensions that the negotiated form has no place for are left out.
  Bytes write(const rtp::Header& header, const HeaderContext& context, bool has_padding,
              Bytes more_extensions = {});
  // The size that it would have.
  std::size_t size(const rtp::Header& header, const HeaderContext& context,
                   Bytes more_extensions = {});

 private:
  void fill(const HeaderContext& context, Bytes more_extensions);

  rtp::Extensions extensions_;
  Buffer bytes_;
};

}  // namespace specter::media
