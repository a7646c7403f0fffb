// RFC 8866 §5: from Session to text.
#include <fmt/format.h>

#include "sdp/session.h"

namespace specter::sdp {
namespace {

void line(std::string& out, std::string_view text) {
  out += text;
  out += "\r\n";
}

void attributes(std::string& out, const Attributes& all) {
  for (const Attribute& attribute : all.lines) {
    out += "a=";
    out += attribute.name;
    if (attribute.value) {
      out += ':';
      out += *attribute.value;
    }
    out += "\r\n";
  }
}

bool belongs_to_times(std::string_view text) {
  return text.starts_with("r=") || text.starts_with("z=") || text.starts_with("k=");
}

}  // namespace

std::string write(const Session& session) {
  std::string out;
  out.reserve(2048);
  line(out, "v=0");
  const Origin& o = session.origin;
  line(out, fmt::format("o={} {} {} {} {} {}", o.username, o.session_id, o.session_version,
                        o.network_type, o.address_type, o.address));
  line(out, "s=" + session.name);
  for (const std::string& other : session.other_lines) {
    if (!belongs_to_times(other)) line(out, other);
  }
  for (const std::string& time : session.times) line(out, "t=" + time);
  for (const std::string& other : session.other_lines) {
    if (belongs_to_times(other)) line(out, other);
  }
  attributes(out, session.attributes);

  for (const Media& media : session.media) {
    out += fmt::format("m={} {}", media.kind, media.port);
    if (media.port_count) out += fmt::format("/{}", *media.port_count);
    out += ' ';
    out += media.protocol;
    for (const std::string& format : media.formats) {
      out += ' ';
      out += format;
    }
    out += "\r\n";
    for (const std::string& other : media.other_lines) line(out, other);
    attributes(out, media.attributes);
  }
  out.shrink_to_fit();  // it is kept as long as the connection
  return out;
}

}  // namespace specter::sdp
