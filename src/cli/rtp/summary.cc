#include "cli/rtp/summary.h"

#include <algorithm>

#include <fmt/format.h>

namespace specter::cli::transfer {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
double milliseconds(Duration duration) { return seconds(duration) * 1e3; }

std::string count_of(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string_view encoding(Kind kind) { return traits(kind).encoding_name; }

double percent(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

void add(std::string& out, std::uint64_t count, std::string_view noun, std::string_view rest) {
  if (count > 0) out += fmt::format("{} {}\n", count_of(count, noun), rest);
}

std::string refusals_in_words(const srtp::RefusalCounts& refusals) {
  std::string out;
  for (std::size_t i = 0; i < refusals.size(); ++i) {
    if (refusals[i] == 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", refusals[i],
                       srtp::to_string(static_cast<srtp::Refusal>(i)));
  }
  return out;
}

std::string_view to_word(End end) {
  switch (end) {
    case End::Bye: return "bye";
    case End::Frames: return "frames";
    case End::Seconds: return "seconds";
    case End::Idle: return "idle";
    case End::NothingCame: return "nothing-came";
    case End::Stopped: return "stopped";
  }
  return "";
}

std::string_view to_sentence(End end) {
  switch (end) {
    case End::Bye: return "The sender said BYE.";
    case End::Frames: return "It has as many frames as were asked for.";
    case End::Seconds: return "The time that was asked for is over.";
    case End::Idle: return "Nothing came any more, and no BYE.";
    case End::NothingCame: return "Nothing came.";
    case End::Stopped: return "It was stopped.";
  }
  return "";
}

}  // namespace

std::string to_sentences(const SendSummary& s) {
  std::string out = fmt::format(
      "Sent {} of {} in {} ({:.1f} kB of payload) to {} in {:.2f} s.\n",
      count_of(s.counts.frames, "frame"), encoding(s.kind), count_of(s.counts.packets, "packet"),
      static_cast<double>(s.counts.payload_bytes) / 1e3, s.to.to_string(), seconds(s.took));
  add(out, s.counts.too_large_samples, "frame",
      "did not fit in a packet and can't be cut; a larger --mtu helps.");
  add(out, s.counts.refused_samples - s.counts.too_large_samples, "frame",
      "of the file can't be sent: malformed.");
  add(out, s.unreadable_samples, "packet", "of the file can't be sent: no Opus.");
  if (s.is_file_cut) out += fmt::format("{} ends in the middle of a frame.\n", s.file);
  add(out, s.socket.unreachable, "time",
      "the system said that nobody listens there, or that no way leads there.");
  add(out, s.socket.too_large, "datagram", "were too large for the path; a smaller --mtu helps.");
  add(out, s.socket.refused, "datagram", "were refused by this machine.");
  if (s.feedback.reports == 0) {
    out += "No receiver report came back.\n";
  } else {
    out += fmt::format(
        "{} came back. The last: {} lost in all, {:.1f} % since the one before, jitter {:.2f} ms",
        count_of(s.feedback.reports, "receiver report"), s.feedback.cumulative_lost,
        s.feedback.fraction_lost / 2.56, milliseconds(s.feedback.jitter));
    out += s.feedback.round_trip
               ? fmt::format(", round trip {:.2f} ms.\n", milliseconds(*s.feedback.round_trip))
               : std::string(".\n");
  }
  add(out, s.feedback.key_frames_asked, "time",
      "a key frame was asked for; a file has them where it has them.");
  add(out, s.counts.refused_rtcp, "report", "came back that SRTP refused: another key?");
  return out;
}

Json to_json(const SendSummary& s) {
  Json out{{"codec", traits(s.kind).name},
           {"file", s.file},
           {"to", s.to.to_string()},
           {"ssrc", s.ssrc},
           {"seconds", seconds(s.took)},
           {"frames", s.counts.frames},
           {"packets", s.counts.packets},
           {"payload_bytes", s.counts.payload_bytes},
           {"runs", s.counts.runs},
           {"refused_frames", s.counts.refused_samples + s.unreadable_samples},
           {"is_file_cut", s.is_file_cut},
           {"send_calls", s.socket.send_calls},
           {"unreachable", s.socket.unreachable},
           {"reports", s.feedback.reports},
           {"key_frames_asked", s.feedback.key_frames_asked},
           {"refused_rtcp", s.counts.refused_rtcp}};
  if (s.feedback.reports > 0) {
    out["fraction_lost"] = s.feedback.fraction_lost / 256.0;
    out["cumulative_lost"] = s.feedback.cumulative_lost;
    out["jitter_seconds"] = seconds(s.feedback.jitter);
    if (s.feedback.round_trip) out["round_trip_seconds"] = seconds(*s.feedback.round_trip);
  }
  return out;
}

std::string to_sentences(const ReceiveSummary& s) {
  std::string out;
  if (s.frames == 0)
    out += fmt::format("Nothing was written to {}: {}\n", s.file, why_nothing(s));
  else
    out += fmt::format("Wrote {} of {} to {}, out of {} in {:.2f} s. {}\n",
                       count_of(s.frames, "frame"), encoding(s.kind), s.file,
                       count_of(s.counts.packets, "packet"), seconds(s.took), to_sentence(s.end));
  if (s.counts.packets > 0)
    out += fmt::format("Lost {} of {} ({:.1f} %); jitter {:.2f} ms.\n",
                       std::max<std::int64_t>(s.arrivals.lost, 0),
                       count_of(static_cast<std::uint64_t>(s.arrivals.expected), "packet"),
                       percent(std::max<std::int64_t>(s.arrivals.lost, 0), s.arrivals.expected),
                       milliseconds(s.arrivals.jitter));
  add(out, s.depacketized.incomplete, "frame", "dropped: not complete.");
  add(out, s.depacketized.too_large, "frame", "dropped: too large.");
  add(out, s.counts.before_key_frame, "frame", "dropped: before the first key frame.");
  add(out, s.counts.unwritable, "frame", "dropped: the file's format does not take them.");
  add(out, s.depacketized.malformed + s.depacketized.unsupported, "packet",
      "with a payload that is not understood.");
  add(out, s.reordered, "packet", "out of order, put in their places.");
  add(out, s.late, "packet", "too late.");
  add(out, s.counts.foreign, "packet", "of another SSRC or payload type, not looked at.");
  add(out, s.counts.malformed, "datagram", "that are neither RTP nor RTCP.");
  add(out, s.counts.key_frames_asked, "time", "a key frame was asked for.");
  if (s.refusals && s.counts.refused > 0 && s.frames > 0)
    out += fmt::format("SRTP refused {}: {}.\n", count_of(s.counts.refused, "packet"),
                       refusals_in_words(*s.refusals));
  return out;
}

std::string why_nothing(const ReceiveSummary& s) {
  if (s.counts.datagrams == 0)
    return fmt::format("nothing came to {}; is the sender's --to that port?", s.port);
  if (s.refusals && s.counts.refused > 0 && s.counts.packets == 0)
    return fmt::format(
        "SRTP refused all {} ({}); are --srtp-key and --srtp-profile the sender's, and does it "
        "send "
        "SRTP?",
        count_of(s.counts.refused, "packet"), refusals_in_words(*s.refusals));
  if (s.counts.packets == 0)
    return fmt::format("{} came, and none was RTP of this stream; look at --ssrc, --payload-type",
                       count_of(s.counts.datagrams, "datagram"));
  if (s.counts.before_key_frame > 0)
    return fmt::format("{} came and no key frame, without which nobody can decode them",
                       count_of(s.counts.before_key_frame, "frame"));
  return fmt::format(
      "{} came and no whole frame of {}; is it the sender's codec, and is the stream enciphered?",
      count_of(s.counts.packets, "packet"), encoding(s.kind));
}

Json to_json(const ReceiveSummary& s) {
  Json out{{"codec", traits(s.kind).name},
           {"file", s.file},
           {"end", to_word(s.end)},
           {"seconds", seconds(s.took)},
           {"frames", s.frames},
           {"packets", s.counts.packets},
           {"payload_bytes", s.counts.payload_bytes},
           {"expected_packets", s.arrivals.expected},
           {"lost_packets", s.arrivals.lost},
           {"jitter_seconds", seconds(s.arrivals.jitter)},
           {"incomplete_frames", s.depacketized.incomplete},
           {"too_large_frames", s.depacketized.too_large},
           {"frames_before_key_frame", s.counts.before_key_frame},
           {"malformed_payloads", s.depacketized.malformed + s.depacketized.unsupported},
           {"reordered_packets", s.reordered},
           {"late_packets", s.late},
           {"foreign_packets", s.counts.foreign},
           {"malformed_datagrams", s.counts.malformed},
           {"refused_packets", s.counts.refused},
           {"key_frames_asked", s.counts.key_frames_asked},
           {"reports", s.counts.reports}};
  if (s.ssrc) out["ssrc"] = *s.ssrc;
  if (s.frames == 0) out["why"] = why_nothing(s);
  return out;
}

}  // namespace specter::cli::transfer
