// What a driver does when the core asks it to gather candidates: sockets and servers.
#include <algorithm>
#include <utility>

#include "io/alarm.h"
#include "io/driver.h"
#include "io/interfaces.h"
#include "io/log.h"
#include "io/loop_impl.h"
#include "io/network.h"
#include "io/resolver.h"

namespace specter::io {

namespace {

// TURN, and STUN over TLS, are taken in a configuration, but no candidate comes of them yet.
bool is_used(const IceUrl& url) { return url.scheme == IceScheme::Stun; }

}  // namespace

void Driver::gather() {
  ++gathering_;
  unresolved_ = 0;
  open_sockets();
  resolve_servers();
  if (unresolved_ == 0)
    end_gathering();
  else
    resolve_cap_->set(now_ + options_.resolve_cap);
}

void Driver::open_sockets() {
  const Addresses visible = options_.log_addresses ? Addresses::Show : Addresses::Hide;
  std::size_t opened = 0;
  const std::vector<InterfaceAddress>& all = loop_.impl().interfaces.at(now_);
  for (const IpAddress& address : usable_addresses(all, options_.loopback)) {
    const auto local = network_->open(address);
    if (!local) {
      log().warn("no socket on {}: {}", shown(address, visible), local.error().message());
      continue;
    }
    ++opened;
    core_->add_local_endpoint(now_, *local, mtu_of(all, address));
  }
  if (opened == 0) log().warn("no local address to gather candidates from");
}

void Driver::resolve_servers() {
  bool ignored = false;
  for (const IceUrl& url : options_.servers) {
    if (!is_used(url)) {
      ignored = true;
      continue;
    }
    if (const auto address = IpAddress::parse(url.host)) {
      add_servers(url, {*address});
      continue;
    }
    ++unresolved_;
    options_.resolver->resolve(
        url.host, [loop = loop_.weak_from_this(), self = weak_from_this(), gathering = gathering_,
                   url](const std::vector<IpAddress>& addresses) {
          const auto there = loop.lock();
          if (!there) return;
          there->post([self, gathering, url, addresses] {
            const auto driver = self.lock();
            if (!driver) return;
            driver->take_turn([&] { driver->handle_resolved(gathering, url, addresses); });
          });
        });
  }
  static std::atomic<bool> said = false;
  if (ignored && !said.exchange(true))
    log().warn("turn: and stuns: servers are not used yet; candidates come from stun: alone");
}

void Driver::handle_resolved(std::uint64_t gathering, const IceUrl& url,
                             const std::vector<IpAddress>& addresses) {
  if (gathering != gathering_ || unresolved_ == 0) return;
  if (addresses.empty()) {
    log().info("the ICE server {} has no address",
               shown(url.host, options_.log_addresses ? Addresses::Show : Addresses::Hide));
  }
  add_servers(url, addresses);
  if (--unresolved_ == 0) end_gathering();
}

// One address of each family: more would ask the same server twice.
void Driver::add_servers(const IceUrl& url, const std::vector<IpAddress>& addresses) {
  for (const bool v6 : {false, true}) {
    const auto found = std::ranges::find(addresses, v6, &IpAddress::is_v6);
    if (found != addresses.end()) core_->add_stun_server(now_, {*found, url.port});
  }
}

// All that will be told is told; also when the resolver took too long.
void Driver::end_gathering() {
  unresolved_ = 0;
  resolve_cap_->set(std::nullopt);
  core_->end_of_local_endpoints(now_);
}

}  // namespace specter::io
