#include "io/host_name.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace specter::io {
namespace {

constexpr std::size_t kMaxHost = 253;  // RFC 1035 §2.3.4, as text
constexpr std::size_t kMaxLabel = 63;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A % that nothing follows stays, and is refused later.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The standard's "forbidden domain code point".
bool is_forbidden(char c) {
  constexpr std::string_view kForbidden = " #/:<>?@[\\]^|%";
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x1f || byte == 0x7f || kForbidden.find(c) != kForbidden.npos;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// UTF-8, RFC 3629.
std::optional<std::vector<std::uint32_t>> code_points(std::string_view text) {
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t size = first < 0x80             ? 1
                             : (first & 0xe0) == 0xc0 ? 2
                             : (first & 0xf0) == 0xe0 ? 3
                             : (first & 0xf8) == 0xf0 ? 4
                                                      : 0;
    if (size == 0 || i + size > text.size()) return std::nullopt;
    constexpr std::uint32_t kBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    std::uint32_t point = first & kBits[size];
    for (std::size_t k = 1; k < size; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return std::nullopt;
      point = point << 6 | (next & 0x3f);
    }
    const bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < kLeast[size] || point > 0x10ffff || is_surrogate) return std::nullopt;
    out.push_back(point);
    i += size;
  }
  return out;
}

// RFC 3492 §5, the parameters of Punycode.
constexpr std::uint32_t kBase = 36, kTMin = 1, kTMax = 26, kSkew = 38, kDamp = 700;
constexpr std::uint32_t kInitialBias = 72, kInitialN = 128;

char digit(std::uint32_t value) {
  return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26));
}

// RFC 3492 §6.1.
std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool is_first) {
  delta /= is_first ? kDamp : 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > (kBase - kTMin) * kTMax / 2; k += kBase) delta /= kBase - kTMin;
  return k + (kBase - kTMin + 1) * delta / (delta + kSkew);
}

// One generalized variable-length integer: RFC 3492 §3.3.
void append_integer(std::string& out, std::uint32_t value, std::uint32_t bias) {
  for (std::uint32_t k = kBase;; k += kBase) {
    const std::uint32_t t = k <= bias ? kTMin : std::min(k - bias, kTMax);
    if (value < t) break;
    out += digit(t + (value - t) % (kBase - t));
    value = (value - t) / (kBase - t);
  }
  out += digit(value);
}

std::vector<std::string_view> labels_of(std::string_view host) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= host.size();) {
    const std::size_t end = std::min(host.find('.', at), host.size());
    out.push_back(host.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// "10", "010" and "0xa": the standard's IPv4 number parser. Nothing when it is no number.
std::optional<std::uint64_t> ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint32_t base = 10;
  if (text.size() >= 2 && text[0] == '0') {
    const bool is_hex = text[1] == 'x' || text[1] == 'X';
    base = is_hex ? 16 : 8;
    text.remove_prefix(is_hex ? 2 : 1);
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    const int d = hex_digit(c);
    if (d < 0 || static_cast<std::uint32_t>(d) >= base) return std::nullopt;
    value = std::min<std::uint64_t>(value * base + static_cast<std::uint32_t>(d),
                                    std::numeric_limits<std::uint32_t>::max() + std::uint64_t{1});
  }
  return value;
}

bool ends_in_a_number(const std::vector<std::string_view>& labels) {
  const std::string_view last = labels.back();
  const bool is_digits =
      !last.empty() && std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
  return is_digits || ipv4_number(last).has_value();
}

std::optional<std::string> ipv4_host(const std::vector<std::string_view>& labels) {
  if (labels.size() > 4) return std::nullopt;
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto number = ipv4_number(labels[i]);
    if (!number) return std::nullopt;
    const bool is_last = i + 1 == labels.size();
    // The last one fills what the others leave.
    const std::uint64_t end = is_last ? std::uint64_t{1} << 8 * (4 - i) : 256;
    if (*number >= end) return std::nullopt;
    address |= is_last ? *number : *number << 8 * (3 - i);
  }
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += std::to_string(address >> shift & 0xff);
    if (shift > 0) out += '.';
  }
  return out;
}

}  // namespace

std::optional<std::string> to_ascii_label(std::string_view label) {
  if (is_ascii(label)) return std::string(label);
  const auto points = code_points(label);
  if (!points || points->size() > kMaxLabel) return std::nullopt;

  std::string out = "xn--";
  for (const std::uint32_t point : *points) {
    if (point < 0x80) out += static_cast<char>(point);
  }
  const auto basic = static_cast<std::uint32_t>(out.size() - 4);
  if (basic > 0) out += '-';
  // RFC 3492 §6.3. With 63 points of at most 0x10ffff no sum overflows 32 bits.
  std::uint32_t n = kInitialN, delta = 0, bias = kInitialBias, done = basic;
  while (done < points->size()) {
    std::uint32_t next = 0x10ffff;
    for (const std::uint32_t point : *points) {
      if (point >= n) next = std::min(next, point);
    }
    delta += (next - n) * (done + 1);
    n = next;
    for (const std::uint32_t point : *points) {
      if (point < n) ++delta;
      if (point != n) continue;
      append_integer(out, delta, bias);
      bias = adapt(delta, done + 1, done == basic);
      delta = 0;
      ++done;
    }
    ++delta;
    ++n;
  }
  if (out.size() > kMaxLabel) return std::nullopt;
  return out;
}

std::optional<std::string> host_from_url(std::string_view text) {
  std::string decoded = percent_decoded(text);
  if (decoded.empty() || decoded.size() > 4 * kMaxHost) return std::nullopt;
  for (char& c : decoded) {
    if (is_forbidden(c)) return std::nullopt;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::vector<std::string_view> labels = labels_of(decoded);
  const bool ends_with_dot = labels.size() > 1 && labels.back().empty();
  if (ends_with_dot) labels.pop_back();
  if (ends_in_a_number(labels)) return ipv4_host(labels);

  std::string out;
  for (const std::string_view label : labels) {
    // DNS has no empty label but the root's.
    if (label.empty() || (is_ascii(label) && label.size() > kMaxLabel)) return std::nullopt;
    const auto ascii = to_ascii_label(label);
    if (!ascii) return std::nullopt;
    if (!out.empty()) out += '.';
    out += *ascii;
  }
  if (out.size() > kMaxHost) return std::nullopt;
  if (ends_with_dot) out += '.';
  return out;
}

}  // namespace specter::io
