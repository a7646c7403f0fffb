// What a driver does when the core asks it to gather candidates: sockets and servers.
#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "io/alarm.h"
#include "io/driver.h"
#include "io/interfaces.h"
#include "io/loop_impl.h"
#include "io/network.h"
#include "io/relays.h"
#include "io/resolver.h"
#include "io/tls_trust.h"

namespace specter::io {

namespace {

// STUN over TLS is taken in a configuration, but no candidate comes of it.
// Nor of TURN over DTLS.
bool is_used(const IceUrl& url) {
  if (url.scheme == IceScheme::Turns) return url.transport == IceTransport::Tcp;
  return url.scheme != IceScheme::Stuns;
}
bool is_turn(const IceUrl& url) {
  return url.scheme == IceScheme::Turn || url.scheme == IceScheme::Turns;
}
bool uses_relays_alone(const IceOptions& ice) {
  return ice.transport_policy == IceTransportPolicy::Relay;
}

}  // namespace

struct Driver::Resolved {
  std::vector<IpAddress> addresses;
  // Whose certificates its server has to have, where it is a turns: one.
  std::expected<std::shared_ptr<TlsTrust>, std::string> trust{};
};

void Driver::gather() {
  ++gathering_;
  awaits_relays_ = false;
  if (!relays_ && std::ranges::any_of(options_.servers, is_turn)) {
    relays_ = std::make_unique<Relays>(loop_, weak_from_this(), ice_, [this] { schedule_turn(); });
  }
  unresolved_.clear();
  if (relays_) relays_->keep_servers(now_, options_.servers, *core_);
  if (const std::string trouble = open_sockets(); !trouble.empty()) {
    end_gathering();
    core_->handle_network_failure(now_, trouble);
    return;
  }
  resolve_servers();
  if (unresolved_.empty()) return end_of_servers();
  if (!resolve_cap_) {
    resolve_cap_ = std::make_unique<Alarm>(loop_, weak_from_this(),
                                           [this] { take_turn([this] { end_of_servers(); }); });
  }
  // Names that take longer are left out of the gathering.
  const Duration most = ice_.gathering_timeout;
  resolve_cap_->set(now_ + std::max(most / 2, most - kTimeForServers));
}

void Driver::set_servers(std::vector<IceUrl> servers) { options_.servers = std::move(servers); }

// Answers why there is no socket at all, when the system refuses them; empty otherwise, also on a
// machine that has no address.
std::string Driver::open_sockets() {
  const Addresses visible = options_.log_addresses ? Addresses::Show : Addresses::Hide;
  std::size_t opened = 0;
  std::string trouble;
  try {
    const std::vector<InterfaceAddress>& all = loop_.impl().interfaces.at(now_);
    drop_sockets_without_an_address(all);
    for (const InterfaceAddress& usable : usable_addresses(all, ice_.loopback)) {
      const auto local = network_->open(usable.address, usable.zone);
      if (!local) {
        trouble = fmt::format("no socket can be opened: {}", local.error().message());
        log().warn("no socket on {}: {}", shown(usable.address, visible), local.error().message());
        continue;
      }
      ++opened;
      log().debug("a socket on {}", shown(*local, visible));
      if (relays_) relays_->add_base(now_, *local, usable.zone);
      if (!uses_relays_alone(ice_)) core_->add_local_endpoint(now_, *local, usable.mtu);
    }
  } catch (const std::system_error& e) {
    trouble = fmt::format("the system does not tell its addresses: {}", e.code().message());
  }
  if (opened > 0 || network_->size() > 0) return {};
  if (trouble.empty()) log().warn("no local address to gather candidates from");
  return trouble;
}

// An ICE restart gathers again, mostly because the machine is in another network by now.
void Driver::drop_sockets_without_an_address(const std::vector<InterfaceAddress>& all) {
  const auto gone = network_->close_unless([&](const IpAddress& address, std::uint32_t zone) {
    return std::ranges::any_of(all, [&](const InterfaceAddress& known) {
      return known.address == address && known.zone == zone;
    });
  });
  for (const Endpoint& local : gone) {
    if (relays_) relays_->remove_base(now_, local);
    core_->remove_local_endpoint(now_, local);
  }
}

// Of one that the poller does not watch any more.
void Driver::handle_lost_socket(const Endpoint& local, const std::string& why) {
  log().warn("a socket is given up: {}", why);
  if (relays_) relays_->remove_base(now_, local);
  core_->remove_local_endpoint(now_, local);
  if (network_->size() == 0)
    core_->handle_network_failure(now_, fmt::format("the last socket is lost: {}", why));
}

void Driver::fail_server(const IceUrl& url, std::string_view why) {
  core_->handle_server_failure(now_, {.url = url.text, .text = why});
}

void Driver::resolve_servers() {
  bool ignored = false;
  for (const IceUrl& url : options_.servers) {
    core_->note_server(now_, {url.text, is_turn(url), protocol_of(url)});
    if (!is_used(url)) {
      ignored = true;
      fail_server(url, "The server's kind is not supported: stuns:, and turns: over UDP.");
      continue;
    }
    const bool needs_trust = url.scheme == IceScheme::Turns;
    if (const auto address = IpAddress::parse(url.host); address && !needs_trust) {
      add_servers(url, {{*address}});
      continue;
    }
    unresolved_.push_back(url.text);
    options_.resolver->resolve(
        url.host, [loop = loop_.weak_from_this(), self = weak_from_this(), gathering = gathering_,
                   url, trusts = needs_trust ? options_.trusts : nullptr,
                   file = ice_.authorities_file](const std::vector<IpAddress>& addresses) {
          Resolved resolved{addresses};
          // Here, for it blocks.
          if (trusts) resolved.trust = trusts->get(file);
          const auto there = loop.lock();
          if (!there) return;
          there->post([self, gathering, url, resolved = std::move(resolved)] {
            const auto driver = self.lock();
            if (!driver) return;
            driver->take_turn([&] { driver->handle_resolved(gathering, url, resolved); });
          });
        });
  }
  static std::atomic<bool> said = false;
  if (ignored && !said.exchange(true))
    log().warn("stuns: servers, and turns: servers over UDP, are not used");
}

void Driver::handle_resolved(std::uint64_t gathering, const IceUrl& url, const Resolved& resolved) {
  const auto waiting = std::ranges::find(unresolved_, url.text);
  if (gathering != gathering_ || waiting == unresolved_.end()) return;
  unresolved_.erase(waiting);
  if (resolved.addresses.empty()) {
    fail_server(url, "The server's name has no address.");
    log().info("the ICE server {} has no address",
               shown(url.host, options_.log_addresses ? Addresses::Show : Addresses::Hide));
  }
  add_servers(url, resolved);
  if (unresolved_.empty()) end_of_servers();
}

// One address of each family: more would ask the same server twice.
void Driver::add_servers(const IceUrl& url, const Resolved& resolved) {
  std::vector<Endpoint> endpoints;
  for (const bool v6 : {false, true}) {
    const auto found = std::ranges::find(resolved.addresses, v6, &IpAddress::is_v6);
    if (found != resolved.addresses.end()) endpoints.push_back({*found, url.port});
  }
  if (is_turn(url)) {
    if (!relays_ || endpoints.empty()) return;
    if (url.scheme == IceScheme::Turns) {
      if (!options_.trusts) return;
      const auto& trust = resolved.trust;
      if (!trust) {
        fail_server(url, "No certificate authorities can be read to verify the server by.");
        return log(LogModule::Turn).warn("turns: servers are not used: {}", trust.error());
      }
      relays_->set_trust(*trust);
    }
    // RFC 8656 §3: it tells us our addresses, too.
    if (url.transport == IceTransport::Udp && !uses_relays_alone(ice_))
      for (const Endpoint& endpoint : endpoints) core_->add_stun_server(now_, endpoint, url.text);
    relays_->add_server(now_, url, std::move(endpoints));
  } else if (!uses_relays_alone(ice_)) {
    for (const Endpoint& endpoint : endpoints) core_->add_stun_server(now_, endpoint, url.text);
  }
}

// Relays have times of their own, and end in any case.
void Driver::end_of_servers() {
  for (const std::string& url : std::exchange(unresolved_, {}))
    core_->handle_server_failure(
        now_, {.url = url, .text = "The server's name took too long to look up."});
  if (!relays_) return end_gathering();
  if (resolve_cap_) resolve_cap_->set(std::nullopt);
  awaits_relays_ = true;
  turn_relays();
}

// All that will be told is told; also when the resolver took too long.
void Driver::end_gathering() {
  unresolved_.clear();
  awaits_relays_ = false;
  if (resolve_cap_) resolve_cap_->set(std::nullopt);
  core_->end_of_local_endpoints(now_);
}

}  // namespace specter::io
