// For tests: a TURN server in virtual time that does what RFC 8656 asks and, on request, what
// servers on the Internet do: other answers, other errors, silence, forgetting, lies.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "stun/integrity.h"
#include "stun/turn_attributes.h"
#include "turn/framing.h"

#include "specter/time.h"

namespace specter::turn {

using namespace std::chrono_literals;

inline Endpoint at(std::string_view text) { return *Endpoint::parse(text); }

class TestServer {
 public:
  enum class Algorithms { None, Md5, Sha256 };
  struct Options {
    std::string username = "user", password = "secret", realm = "example.org";
    Algorithms algorithms = Algorithms::None;
    bool hides_usernames = false;
    bool asks_nobody = false;  // takes what comes and signs nothing
    // Nonces that were given out before this long ago are stale. Zero: each is good for ever.
    Duration nonce_life{};
    bool stale_each_time = false;  // each nonce is good for one request
    std::uint32_t lifetime = 600;
    Endpoint relayed = at("198.51.100.7:49152");
    std::optional<Endpoint> relayed_v6{};  // for who asks for IPv6
    bool knows_families = false;           // without one: 440, not an IPv4 one all the same
    Endpoint mapped = at("203.0.113.5:40000");
    bool silent_without_allocation = false;  // where others say 437
    Protocol protocol = Protocol::Udp;
  };
  // What a request of that method is answered with, before anything else is looked at.
  struct Trick {
    std::uint16_t code = 0;
    bool is_signed = true;
    int times = 1;                                // 0: for ever
    std::optional<Endpoint> alternate;            // 300
    std::optional<std::set<IpAddress>> only_for;  // CreatePermission that names one of them
  };
  struct Channel {
    Endpoint peer;
    Timestamp until;
  };

  explicit TestServer(Options how) : options(std::move(how)) {}

  // Everything that has been forgotten: allocation, permissions, channels, nonces.
  void restart() {
    allocation_until.reset();
    permissions.clear();
    channels.clear();
    forget_nonces();
  }
  // Each that was given out is stale.
  void forget_nonces() { nonces_.clear(); }

  void handle(Timestamp now, MutableBytes bytes) {
    expire(now);
    if (wire_kind(bytes) == WireKind::ChannelData) return handle_channel_data(bytes);
    const auto message = stun::Message::parse(bytes);
    if (!message) return void(++nonsense);
    if (message->cls == stun::Class::Indication) return handle_indication(*message);
    if (message->cls != stun::Class::Request) return void(++nonsense);
    ++requests[message->method];
    request_bytes[message->method] = to_buffer(bytes);
    if (is_deaf) return;
    if (const auto again = answered_.find(message->id); again != answered_.end()) {
      out.push_back(again->second);
      return;
    }
    handle_request(now, *message, bytes);
  }

  // What a peer sends to the relayed address.
  bool relay(Timestamp now, const Endpoint& peer, Bytes data) {
    expire(now);
    if (!allocation_until || !permissions.contains(peer.address)) return false;
    for (const auto& [number, channel] : channels) {
      if (channel.peer == peer) {
        out.push_back(channel_data(number, data));
        return true;
      }
    }
    out.push_back(data_indication(peer, data));
    return true;
  }

  Buffer channel_data(std::uint16_t number, Bytes data) const {
    Buffer message(kChannelHeaderSize);
    write_channel_header(message, number, data.size());
    message.insert(message.end(), data.begin(), data.end());
    // Padding that is not zero, as some servers have it.
    if (options.protocol == Protocol::Tcp)
      message.resize(message.size() + padding_of(data.size()), 0x5a);
    return message;
  }
  static Buffer data_indication(const Endpoint& peer, Bytes data) {
    return stun::MessageWriter(stun::Class::Indication, stun::Method::Data, {})
        .add(stun::XorPeerAddress{peer})
        .add(stun::DataAttribute{to_buffer(data)})
        .add(stun::Software{"a test"})
        .fingerprint()
        .finish();
  }

  Options options;
  std::map<stun::Method, Trick> tricks;
  bool is_deaf = false;  // hears and does nothing
  std::deque<Buffer> out;

  // What it has and has seen.
  Deadline allocation_until;
  Endpoint relayed;  // that was given
  std::map<IpAddress, Timestamp> permissions;
  std::map<std::uint16_t, Channel> channels;
  std::map<stun::Method, int> requests;
  std::map<stun::Method, Buffer> request_bytes;  // the latest
  struct Sent {
    Endpoint peer;
    Buffer data;
    bool operator==(const Sent&) const = default;
  };
  std::vector<Sent> sent;  // to peers
  int nonsense = 0, keepalives = 0, refused_data = 0, releases = 0;
  std::map<std::uint16_t, int> refusals;

 private:
  using Writer = stun::MessageWriter;

  void expire(Timestamp now) {
    if (allocation_until && now >= *allocation_until) {
      allocation_until.reset();
      permissions.clear();
      channels.clear();
    }
    std::erase_if(permissions, [&](const auto& entry) { return now >= entry.second; });
    std::erase_if(channels, [&](const auto& entry) {
      if (now >= entry.second.until)
        resting_[entry.first] = {entry.second.peer, entry.second.until + 300s};
      return now >= entry.second.until;
    });
    std::erase_if(resting_, [&](const auto& entry) { return now >= entry.second.until; });
  }

  Buffer key() const {
    const auto& o = options;
    if (o.algorithms == Algorithms::Sha256) {
      const auto key = stun::long_term_key_sha256(o.username, o.realm, o.password);
      return Buffer(key.begin(), key.end());
    }
    const auto key = stun::long_term_key_md5(o.username, o.realm, o.password);
    return Buffer(key.begin(), key.end());
  }
  void sign(Writer& writer) const {
    if (options.asks_nobody) return;
    if (options.algorithms == Algorithms::None) {
      writer.integrity(key());
    } else {
      writer.integrity_sha256(key());
    }
  }

  std::string fresh_nonce(Timestamp now) {
    std::string nonce;
    const bool has_algorithms = options.algorithms != Algorithms::None;
    if (has_algorithms || options.hides_usernames) {
      nonce = "obMatJos2AAA";
      nonce +=
          static_cast<char>('A' + (has_algorithms ? 1 : 0) + (options.hides_usernames ? 2 : 0));
    }
    nonce += "n" + std::to_string(++nonce_count_);
    nonces_[nonce] = now;
    return nonce;
  }

  void challenge(Timestamp now, const stun::Message& request, std::uint16_t code) {
    ++refusals[code];
    Writer writer(stun::Class::ErrorResponse, request.method, request.id);
    // The reason with its end counted, as coturn writes it.
    writer.add(stun::ErrorCode{code, std::string("no\0", 3)});
    writer.add(stun::Realm{options.realm}).add(stun::Nonce{fresh_nonce(now)});
    if (options.algorithms != Algorithms::None) {
      stun::PasswordAlgorithms list;
      list.algorithms.push_back({static_cast<stun::PasswordAlgorithmId>(77), {1}});
      if (options.algorithms == Algorithms::Sha256)
        list.algorithms.push_back({stun::PasswordAlgorithmId::Sha256, {}});
      list.algorithms.push_back({stun::PasswordAlgorithmId::Md5, {}});
      writer.add(list);
    }
    out.push_back(writer.finish());
  }

  void refuse(const stun::Message& request, std::uint16_t code, bool is_signed) {
    ++refusals[code];
    Writer writer(stun::Class::ErrorResponse, request.method, request.id);
    writer.add(stun::ErrorCode{code, "no"});
    if (is_signed) sign(writer);
    out.push_back(writer.finish());
  }

  // Whether the request has the credentials; if not, it has been answered.
  bool authenticate(Timestamp now, const stun::Message& request, Bytes bytes) {
    const bool has_sha256 = request.has(stun::AttributeType::MessageIntegritySha256);
    if (!has_sha256 && !request.has(stun::AttributeType::MessageIntegrity)) {
      challenge(now, request, 401);
      return false;
    }
    const auto nonce = request.get<stun::Nonce>();
    const auto realm = request.get<stun::Realm>();
    const auto username = request.get<stun::Username>();
    const auto hash = request.get<stun::Userhash>();
    const bool names_user =
        options.hides_usernames
            ? hash && hash->hash == stun::userhash(options.username, options.realm) && !username
            : username && username->text == options.username && !hash;
    const bool wants_sha256 = options.algorithms != Algorithms::None;
    const bool is_right =
        has_sha256 ? stun::has_integrity_sha256(bytes, key()) : stun::has_integrity(bytes, key());
    if (!nonce || !realm || realm->text != options.realm || !names_user ||
        has_sha256 != wants_sha256 || !is_right) {
      challenge(now, request, 401);
      return false;
    }
    const auto known = nonces_.find(nonce->text);
    const bool is_old = options.nonce_life > Duration{} && known != nonces_.end() &&
                        now - known->second > options.nonce_life;
    if (known == nonces_.end() || is_old) {
      challenge(now, request, 438);
      return false;
    }
    if (options.stale_each_time) nonces_.erase(known);
    return true;
  }

  bool play_trick(const stun::Message& request) {
    const auto found = tricks.find(request.method);
    if (found == tricks.end()) return false;
    const Trick trick = found->second;
    if (trick.only_for) {
      bool named = false;
      for (const IpAddress& peer : peers_of(request)) named |= trick.only_for->contains(peer);
      if (!named) return false;
    }
    if (trick.times > 0 && --found->second.times == 0) tricks.erase(found);
    if (trick.code == 300) {
      ++refusals[300];
      Writer writer(stun::Class::ErrorResponse, request.method, request.id);
      writer.add(stun::ErrorCode{300, "there"});
      if (trick.alternate) writer.add(stun::AlternateServer{*trick.alternate});
      out.push_back(writer.finish());
    } else {
      refuse(request, trick.code, trick.is_signed);
    }
    return true;
  }

  static std::vector<IpAddress> peers_of(const stun::Message& request) {
    std::vector<IpAddress> peers;
    for (const auto& attribute : request.attributes) {
      if (attribute.type != stun::AttributeType::XorPeerAddress) continue;
      const auto peer = stun::XorPeerAddress::parse(attribute.value, request.id);
      if (peer) peers.push_back(peer->endpoint.address);
    }
    return peers;
  }

  void handle_request(Timestamp now, const stun::Message& request, Bytes bytes) {
    // A redirection comes before any authentication, the rest behind it.
    if (const auto trick = tricks.find(request.method);
        trick != tricks.end() && trick->second.code == 300) {
      play_trick(request);
      return;
    }
    if (!options.asks_nobody && !authenticate(now, request, bytes)) return;
    if (play_trick(request)) return;
    if (request.method != stun::Method::Allocate && !allocation_until) {
      const auto lifetime = request.get<stun::Lifetime>();
      if (lifetime && lifetime->seconds == 0) ++releases;
      if (!options.silent_without_allocation) refuse(request, 437, false);
      return;
    }
    switch (request.method) {
      case stun::Method::Allocate: allocate(now, request); break;
      case stun::Method::Refresh: refresh(now, request); break;
      case stun::Method::CreatePermission: permit(now, request); break;
      case stun::Method::ChannelBind: bind(now, request); break;
      default: refuse(request, 400, true);
    }
  }

  void answer(const stun::Message& request, Writer& writer) {
    sign(writer);
    Buffer bytes = writer.finish();
    answered_[request.id] = bytes;
    out.push_back(std::move(bytes));
  }

  void allocate(Timestamp now, const stun::Message& request) {
    if (allocation_until) return refuse(request, 437, false);
    const auto transport = request.get<stun::RequestedTransport>();
    if (!transport || transport->protocol != stun::RequestedTransport::kUdp)
      return refuse(request, 442, true);
    const auto family = request.get<stun::RequestedAddressFamily>();
    const bool wants_v6 = family && family->family == stun::AddressFamily::Ipv6;
    if (wants_v6 && !options.relayed_v6 && options.knows_families)
      return refuse(request, 440, true);
    relayed = wants_v6 ? options.relayed_v6.value_or(options.relayed) : options.relayed;
    allocation_until = now + std::chrono::seconds(options.lifetime);
    Writer writer(stun::Class::SuccessResponse, request.method, request.id);
    writer.add(stun::XorRelayedAddress{relayed})
        .add(stun::XorMappedAddress{options.mapped})
        .add(stun::Lifetime{options.lifetime});
    answer(request, writer);
  }

  void refresh(Timestamp now, const stun::Message& request) {
    const auto asked = request.get<stun::Lifetime>();
    std::uint32_t granted = options.lifetime;
    if (asked && asked->seconds == 0) {
      granted = 0;
      ++releases;
      allocation_until.reset();
      permissions.clear();
      channels.clear();
    } else {
      allocation_until = now + std::chrono::seconds(granted);
    }
    Writer writer(stun::Class::SuccessResponse, request.method, request.id);
    writer.add(stun::Lifetime{granted});
    answer(request, writer);
  }

  void permit(Timestamp now, const stun::Message& request) {
    for (const IpAddress& peer : peers_of(request)) {
      if (peer.is_v6() != relayed.address.is_v6()) return refuse(request, 443, true);
    }
    for (const IpAddress& peer : peers_of(request)) permissions[peer] = now + 300s;
    Writer writer(stun::Class::SuccessResponse, request.method, request.id);
    answer(request, writer);
  }

  void bind(Timestamp now, const stun::Message& request) {
    const auto number = request.get<stun::ChannelNumber>();
    const auto peer = request.get<stun::XorPeerAddress>();
    if (!number || !peer || number->number < kFirstChannel || number->number > kLastChannel)
      return refuse(request, 400, true);
    for (const auto* table : {&channels, &resting_}) {
      for (const auto& [taken, channel] : *table) {
        if ((taken == number->number) != (channel.peer == peer->endpoint))
          return refuse(request, 400, true);
      }
    }
    resting_.erase(number->number);
    channels[number->number] = {peer->endpoint, now + 600s};
    permissions[peer->endpoint.address] = now + 300s;
    Writer writer(stun::Class::SuccessResponse, request.method, request.id);
    answer(request, writer);
  }

  void handle_indication(const stun::Message& message) {
    if (message.method == stun::Method::Binding) return void(++keepalives);
    const auto peer = message.get<stun::XorPeerAddress>();
    const auto data = message.get<stun::DataAttribute>();
    if (message.method != stun::Method::Send || !peer || !data) return void(++nonsense);
    if (!allocation_until || !permissions.contains(peer->endpoint.address))
      return void(++refused_data);
    sent.push_back({peer->endpoint, data->bytes});
  }

  void handle_channel_data(MutableBytes bytes) {
    const auto message = parse_channel_data(bytes);
    if (!message) return void(++nonsense);
    const auto found = channels.find(message->number);
    if (found == channels.end() || !permissions.contains(found->second.peer.address))
      return void(++refused_data);
    sent.push_back({found->second.peer, to_buffer(message->data)});
  }

  std::map<std::string, Timestamp> nonces_;  // when each was given out
  int nonce_count_ = 0;
  std::map<stun::TransactionId, Buffer> answered_;
  std::map<std::uint16_t, Channel> resting_;
};

}  // namespace specter::turn
