// Which track and encoding a packet belongs to: RFC 9143 §9.2, RFC 8852.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rtp/header.h"
#include "rtp/parameters.h"

namespace specter::media {

// What payload types mean in a section.
struct PayloadTypes {
  static constexpr std::uint8_t kNone = 255;

  PayloadTypes() { codec.fill(kNone), repairs.fill(kNone); }
  explicit PayloadTypes(const std::vector<rtp::NegotiatedCodec>& codecs);

  bool has(std::uint8_t type) const { return codec[type] != kNone || repairs[type] != kNone; }

  std::array<std::uint8_t, 128> codec;    // which codec; kNone: none
  std::array<std::uint8_t, 128> repairs;  // of RTX: which codec's packets it repairs
};

// It is told packets that were authenticated, and learns from them: a MID or RID that came once
// binds the SSRC, since senders leave them out later.
class Demux {
 public:
  // SSRCs that are bound, those of descriptions too; with one more, the one that was heard of
  // longest ago is forgotten.
  static constexpr std::size_t kMaxSources = 1024;
  static constexpr std::size_t kMaxEncodings = 64;  // of a section

  enum class Drop {
    UnknownMid,       // a MID that no section has: nothing else is tried
    UnknownRid,       // an encoding that the section does not have
    UnknownSource,    // nothing tells the section
    UnknownEncoding,  // nothing tells the section's encoding
    UnknownPayload,   // the section does not have the payload type
  };
  struct Route {
    std::size_t section = 0;   // as set() said
    std::size_t encoding = 0;  // its place in the section's rids; 0 where there are none
    bool is_rtx = false;

    bool operator==(const Route&) const = default;
  };
  // A source that was another section's until a description, a MID or SDES said whose it is.
  struct Moved {
    std::size_t from = 0;
    std::uint32_t ssrc = 0;

    bool operator==(const Moved&) const = default;
  };
  struct Refusal {
    Drop drop{};
    std::size_t section = 0;  // of UnknownEncoding

    bool operator==(const Refusal&) const = default;
  };

  // Adds a section or changes it. Its number stays the same, and is used again after remove().
  std::size_t set(TransceiverId transceiver, const rtp::ReceiveParameters& parameters);
  std::optional<std::size_t> section_of(TransceiverId transceiver) const;
  // Since the last call.
  std::vector<Moved> take_moved() { return std::exchange(moved_, {}); }
  void remove(TransceiverId transceiver);

  std::expected<Route, Refusal> route(const rtp::Packet& packet);
  // SDES in RTCP, RFC 9143 §9.2: for what is not bound.
  void bind(std::uint32_t ssrc, std::string_view mid, std::string_view rid);
  // Where an SSRC is bound; not for packets.
  std::optional<Route> find(std::uint32_t ssrc) const;

  // The id that all sections have for the extension; nothing: they differ, or none has it.
  std::optional<std::uint8_t> common_id(rtp::ExtensionKind kind) const;

  std::size_t sources() const { return sources_.size(); }

 private:
  static constexpr std::size_t kNoEncoding = SIZE_MAX;

  struct Section {
    std::optional<TransceiverId> transceiver;  // nothing: the place is free
    std::string mid;
    std::vector<std::string> rids;
    PayloadTypes types;
    rtp::ExtensionMap extensions;
    std::uint8_t mid_id = 0, rid_id = 0, repaired_rid_id = 0;  // 0: not negotiated
  };
  struct Source {
    std::size_t section = 0;
    std::size_t encoding = kNoEncoding;
    bool is_guessed = false;                    // by its payload type alone
    std::optional<std::uint16_t> mid_sequence;  // of the last packet whose MID bound it
    std::uint64_t heard = 0;
  };

  // A section's number, or nothing; the refusal ends it.
  std::expected<std::optional<std::size_t>, Refusal> by_mid(const rtp::Packet& packet,
                                                            const Source* source) const;
  std::optional<std::size_t> by_rid(const rtp::Packet& packet) const;
  std::optional<std::size_t> by_payload_type(std::uint8_t type) const;
  std::expected<std::size_t, Refusal> encoding_of(const rtp::Packet& packet, std::size_t section,
                                                  bool is_rtx, const Source* source) const;
  bool may_rebind(const Source& source, std::uint16_t sequence) const;
  Source& source(std::uint32_t ssrc);
  void set_rids(std::size_t number, std::span<const std::string> rids);
  void describe(std::size_t number, const rtp::ReceiveParameters& parameters);
  void index_mids();

  std::vector<Section> sections_;
  std::vector<std::uint8_t> mid_ids_;  // all different ones
  std::unordered_map<std::uint32_t, Source> sources_;
  std::vector<Moved> moved_;
  std::uint64_t heard_ = 0;  // packets
};

}  // namespace specter::media
