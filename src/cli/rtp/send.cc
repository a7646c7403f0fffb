// specter rtp send: a file, paced by its own times.
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "base/base64.h"
#include "cli/bench/progress.h"
#include "cli/commands.h"
#include "cli/media/sample_file.h"
#include "cli/rtp/options.h"
#include "cli/rtp/sender.h"
#include "cli/rtp/summary.h"
#include "cli/rtp/wire.h"
#include "cli/signals.h"
#include "io/cipher_choice.h"
#include "io/clock.h"

#include "specter/core.h"

namespace specter::cli::transfer {
namespace {

// After BYE, for the last receiver report. Who answers with a BYE ends the wait.
constexpr Duration kLastReports = std::chrono::milliseconds(500);

int fail(const std::string& sentence) {
  fmt::print(stderr, "specter rtp send: {}.\n", sentence);
  return kFailure;
}

class Sending {
 public:
  Sending(const SendOptions& options, SampleFile& file, Wire& wire, Sender& sender)
      : options_(options), file_(file), wire_(wire), sender_(sender) {}
  Sending(const Sending&) = delete;

  // Sends all of it. The error is a sentence; what was sent before it is sent.
  std::expected<void, std::string> run();
  // Says BYE and takes what comes back.
  void finish();
  Duration took() const { return io::now() - begun_; }

 private:
  std::expected<void, std::string> send_once();
  // Until it is time. False: a signal came.
  bool wait_until(Timestamp due);
  void drain();
  Timestamp time_of(std::int64_t ticks) const;

  const SendOptions& options_;
  SampleFile& file_;
  Wire& wire_;
  Sender& sender_;
  StopSignals signals_;
  bench::Progress progress_;
  const Timestamp begun_ = io::now();
  bool is_stopped_ = false;
};

Timestamp Sending::time_of(std::int64_t ticks) const {
  const std::int64_t rate = traits(file_.kind()).clock_rate;
  return begun_ + std::chrono::seconds(ticks / rate) +
         std::chrono::nanoseconds(ticks % rate * 1'000'000'000 / rate);
}

void Sending::drain() {
  while (auto transmit = sender_.poll_transmit()) wire_.send(*std::move(transmit));
  wire_.flush();
}

bool Sending::wait_until(Timestamp due) {
  while (!is_stopped_) {
    const Timestamp now = io::now();
    sender_.handle_timeout(now);
    drain();
    if (now >= due) break;
    if (progress_.is_due())
      progress_.show(fmt::format("{:.1f} s, {} frames, {} packets; {} reports back",
                                 std::chrono::duration<double>(now - begun_).count(),
                                 sender_.counts().frames, sender_.counts().packets,
                                 sender_.feedback().reports));
    is_stopped_ = wire_.wait(soonest(due, sender_.next_timeout()), signals_.descriptor());
    wire_.receive([this](std::span<const Datagram> datagrams) {
      const Timestamp came = io::now();
      for (const Datagram& datagram : datagrams) sender_.handle_datagram(came, datagram.bytes);
    });
  }
  return !is_stopped_;
}

std::expected<void, std::string> Sending::send_once() {
  while (true) {
    const auto sample = file_.next();
    if (!sample) return std::unexpected(sample.error());
    if (!*sample || !wait_until(time_of((*sample)->ticks))) return {};
    sender_.send(io::now(), **sample);
  }
}

std::expected<void, std::string> Sending::run() {
  for (std::uint64_t i = 0; (i < options_.loops || options_.loops == 0) && !is_stopped_; ++i) {
    if (i > 0 && !file_.rewind()) return std::unexpected("can't read " + options_.file + " again");
    if (auto sent = send_once(); !sent) return sent;
  }
  wait_until(time_of(file_.end_ticks()));  // as long as the last frame lasts
  return {};
}

void Sending::finish() {
  sender_.finish(io::now());
  drain();
  if (is_stopped_) return;
  const Timestamp end = io::now() + kLastReports;
  while (!sender_.feedback().said_bye && io::now() < end && !is_stopped_) {
    is_stopped_ = wire_.wait(end, signals_.descriptor());
    wire_.receive([this](std::span<const Datagram> datagrams) {
      const Timestamp came = io::now();
      for (const Datagram& datagram : datagrams) sender_.handle_datagram(came, datagram.bytes);
    });
  }
}

SenderSetup setup_of(const SendOptions& options, Kind kind, const Endpoint& to, Random& random) {
  Endpoint rtcp_to = to;
  rtcp_to.port = options.rtcp_port.value_or(to.port);
  Buffer name(12);  // RFC 7022 §4.2: 96 random bits
  random.fill(name);
  return {.kind = kind,
          .payload_type = static_cast<std::uint8_t>(options.payload_type),
          .ssrc = options.ssrc,
          .mtu = options.mtu,
          .mid = options.mid,
          .cname = to_base64(name),
          .srtp = options.srtp,
          .rtp_to = to,
          .rtcp_to = rtcp_to,
          .epoch = ntp_epoch()};
}

Endpoint any_like(const Endpoint& to, std::uint16_t port) {
  return {to.address.is_v4() ? IpAddress{} : IpAddress::v6({}), port};
}

}  // namespace

int run_send(const SendOptions& options) {
  auto file = SampleFile::open(options.file, options.kind, options.frames_per_second);
  if (!file) return fail(file.error());
  const auto to = resolve(options.to);
  if (!to) return fail(to.error());
  io::BufferPool pool;
  auto wire = Wire::open({any_like(*to, options.local_port)}, &pool);
  if (!wire) return fail(wire.error());
  core::SystemRandom random;
  const SenderSetup setup = setup_of(options, file->kind(), *to, random);
  if (Sender::payload_room(setup) == 0)
    return fail(fmt::format("--mtu {} has no room for a payload behind the headers", options.mtu));
  crypto::PacketCipher cipher(io::choose_ciphers(CipherEngine::Fastest));
  Sender sender(setup, cipher, random, &pool);
  std::expected<void, std::string> sent;
  SendSummary summary{.kind = file->kind(),
                      .file = options.file,
                      .to = *to,
                      .ssrc = sender.ssrc(),
                      .counts = {},
                      .feedback = {}};
  {
    Sending sending(options, *file, *wire, sender);
    sent = sending.run();
    summary.took = sending.took();
    sending.finish();
  }
  summary.counts = sender.counts();
  summary.feedback = sender.feedback();
  summary.unreadable_samples = file->unreadable();
  summary.is_file_cut = file->is_cut();
  summary.socket = wire->counters();
  if (!sent) fail(sent.error());
  if (sent || summary.counts.packets > 0) {
    if (options.json)
      fmt::print("{}\n", to_line(to_json(summary)));
    else
      fmt::print("{}", to_sentences(summary));
  }
  std::fflush(stdout);
  if (const int signal = StopSignals::caught(); signal != 0) StopSignals::end_by(signal);
  return sent && summary.counts.frames > 0 ? kSuccess : kFailure;
}

}  // namespace specter::cli::transfer
