#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "io/stream_tuning.h"

namespace specter::io {

namespace {

constexpr int kUnsentBytes = 128 << 10;
constexpr int kDeadAfterMilliseconds = 10'000;
constexpr int kIdleSeconds = 30, kProbeSeconds = 5, kProbes = 3;

// A kernel that has not got one of them does without.
void set(int descriptor, int level, int name, int value) {
  (void)::setsockopt(descriptor, level, name, &value, sizeof value);
}

}  // namespace

void tune_before_connect(int descriptor) {
  set(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
}

void tune_connected(int descriptor) {
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, kDeadAfterMilliseconds);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

}  // namespace specter::io
