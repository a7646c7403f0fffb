// specter rtp receive: a stream into a file.
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "base/base64.h"
#include "cli/bench/progress.h"
#include "cli/commands.h"
#include "cli/media/target_file.h"
#include "cli/rtp/options.h"
#include "cli/rtp/receiver.h"
#include "cli/rtp/summary.h"
#include "cli/rtp/wire.h"
#include "cli/signals.h"
#include "io/cipher_choice.h"
#include "io/clock.h"

#include "specter/core.h"

namespace specter::cli::transfer {
namespace {

int fail(const std::string& sentence) {
  fmt::print(stderr, "specter rtp receive: {}.\n", sentence);
  return kFailure;
}

Duration to_duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

class Receiving {
 public:
  Receiving(const ReceiveOptions& options, Wire& wire, Receiver& receiver)
      : options_(options), wire_(wire), receiver_(receiver), target_(options.file) {}
  Receiving(const Receiving&) = delete;

  // False: the file can't be written.
  bool run();
  End end() const { return end_; }

 private:
  std::optional<End> ending(Timestamp now) const;
  Timestamp ends_at() const;
  void drain();
  void show(Timestamp now);

  const ReceiveOptions& options_;
  Wire& wire_;
  Receiver& receiver_;
  TargetFile target_;
  StopSignals signals_;
  bench::Progress progress_;
  const Timestamp begun_ = io::now();
  bool is_stopped_ = false;
  End end_ = End::NothingCame;
};

// The soonest end that needs no further datagram.
Timestamp Receiving::ends_at() const {
  const auto last = receiver_.last_datagram();
  Timestamp at = last ? *last + to_duration(options_.idle_seconds)
                      : begun_ + to_duration(options_.wait_seconds);
  if (options_.seconds && receiver_.first_packet())
    at = std::min(at, *receiver_.first_packet() + to_duration(*options_.seconds));
  return *soonest(at, receiver_.ends_at());
}

std::optional<End> Receiving::ending(Timestamp now) const {
  if (receiver_.is_over(now))
    return receiver_.ends_at() && now >= *receiver_.ends_at() ? End::Bye : End::Frames;
  if (is_stopped_) return End::Stopped;
  if (now < ends_at()) return std::nullopt;
  if (!receiver_.last_datagram()) return End::NothingCame;
  const bool is_silent = now >= *receiver_.last_datagram() + to_duration(options_.idle_seconds);
  return is_silent ? End::Idle : End::Seconds;
}

void Receiving::drain() {
  target_.append(receiver_.file().bytes());
  while (auto transmit = receiver_.poll_transmit()) wire_.send(*std::move(transmit));
  wire_.flush();
}

void Receiving::show(Timestamp now) {
  if (!progress_.is_due()) return;
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  if (const auto first = receiver_.first_packet())
    progress_.show(fmt::format("{:.1f} s, {} frames, {} packets, {} lost", seconds(now - *first),
                               receiver_.file().frames(), receiver_.counts().packets,
                               receiver_.arrivals().lost));
  else if (receiver_.counts().refused > 0)
    progress_.show(
        fmt::format("SRTP refused {} packets: another key?", receiver_.counts().refused));
  else
    progress_.show(fmt::format("nothing yet, {:.1f} s", seconds(now - begun_)));
}

bool Receiving::run() {
  for (Timestamp now = io::now();; now = io::now()) {
    receiver_.handle_timeout(now);
    drain();
    const auto end = ending(now);
    if (end || target_.is_broken()) {
      end_ = end.value_or(End::Stopped);
      break;
    }
    show(now);
    is_stopped_ = wire_.wait(soonest(ends_at(), receiver_.next_timeout()), signals_.descriptor());
    wire_.receive([this](std::span<const Datagram> datagrams) {
      receiver_.handle_datagrams(io::now(), datagrams);
    });
  }
  receiver_.finish(io::now());
  drain();
  target_.finish(receiver_.file().final_beginning());
  return !target_.is_broken();
}

ReceiverSetup setup_of(const ReceiveOptions& options, Random& random) {
  Buffer name(12);  // RFC 7022 §4.2: 96 random bits
  random.fill(name);
  return {.kind = options.kind,
          .payload_type = options.payload_type
                              ? std::optional(static_cast<std::uint8_t>(*options.payload_type))
                              : std::nullopt,
          .ssrc = options.ssrc,
          .frames = options.frames,
          .cname = to_base64(name),
          .srtp = options.srtp,
          .has_own_rtcp_port = options.rtcp_port && *options.rtcp_port != options.port};
}

ReceiveSummary summary_of(const ReceiveOptions& options, Receiver& receiver, const Wire& wire) {
  ReceiveSummary out{.kind = options.kind,
                     .file = options.file,
                     .port = wire.local().to_string(),
                     .ssrc = receiver.ssrc(),
                     .frames = receiver.file().frames(),
                     .depacketized = receiver.frames(),
                     .counts = receiver.counts(),
                     .arrivals = receiver.arrivals(),
                     .reordered = receiver.order().reordered(),
                     .late = receiver.order().late()};
  if (receiver.refusals()) out.refusals = *receiver.refusals();
  if (receiver.first_packet()) out.took = *receiver.last_datagram() - *receiver.first_packet();
  return out;
}

}  // namespace

int run_receive(const ReceiveOptions& options) {
  const auto address = IpAddress::parse(options.address);
  if (!address) return fail(fmt::format("'{}' is no IP address", options.address));
  if (const auto why = why_not_writable(options.file)) return fail(*why);
  std::vector<Endpoint> locals{{*address, options.port}};
  if (options.rtcp_port && *options.rtcp_port != options.port)
    locals.push_back({*address, *options.rtcp_port});
  io::BufferPool pool;
  auto wire = Wire::open(locals, &pool);
  if (!wire) return fail(wire.error());
  core::SystemRandom random;
  crypto::PacketCipher cipher(io::choose_ciphers(CipherEngine::Fastest));
  Receiver receiver(setup_of(options, random), cipher, random);
  ReceiveSummary summary;
  {
    Receiving receiving(options, *wire, receiver);
    // From here on a signal is an end like others.
    if (options.port == 0 || !options.json)
      fmt::print(stderr, "Listening at {}.\n", wire->local().to_string());
    if (!receiving.run())
      return fail(fmt::format("{} can't be written any more; is the disk full?", options.file));
    summary = summary_of(options, receiver, *wire);
    summary.end = receiving.end();
  }
  if (options.json)
    fmt::print("{}\n", to_line(to_json(summary)));
  else
    fmt::print("{}", to_sentences(summary));
  std::fflush(stdout);
  if (const int signal = StopSignals::caught(); signal != 0) StopSignals::end_by(signal);
  return summary.frames > 0 ? kSuccess : kFailure;
}

}  // namespace specter::cli::transfer
