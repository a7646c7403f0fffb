// A session description: what parses is written, and what was written parses to the same value;
// what does not names its line. Every attribute that WebRTC needs is read, well formed or not.
#include <algorithm>
#include <optional>
#include <utility>

#include "sdp/attributes.h"
#include "sdp/session.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::sdp;

// What stands there; nothing when nothing does, or what can't be.
template <class T>
std::optional<T> check_read(Result<std::optional<T>> read) {
  if (read) return std::move(*read);
  SPECTER_CHECK(!read.error().message.empty());
  return std::nullopt;
}

void read_media(const Session& session, const Media& media) {
  check_read(setup(session, media));
  if (const auto credentials = check_read(ice_credentials(session, media))) {
    // RFC 8839 §5.4
    SPECTER_CHECK(credentials->ufrag.size() >= 4 && credentials->ufrag.size() <= 256);
    SPECTER_CHECK(credentials->pwd.size() >= 22 && credentials->pwd.size() <= 256);
  }
  SPECTER_CHECK(ice_options(session, media).size() <= kMaxIceOptions);
  SPECTER_CHECK(candidates(media).size() <= media.attributes.lines.size());
  SPECTER_CHECK(fingerprints(session, media).size() <=
                media.attributes.lines.size() + session.attributes.lines.size());
  has_sped(session, media);
  end_of_candidates(session, media);
  tls_id(session, media);
  mid(media);
  bundle_only(media);
  check_read(sctp_port(media));
  check_read(max_message_size(media));
  if (const auto init = check_read(sctp_init(media)))
    SPECTER_CHECK(!init->empty() && init->size() <= kMaxSctpInitBytes);
  SPECTER_CHECK(!to_string(direction(session, media)).empty());
  for (const Attribute& attribute : media.attributes.lines) mux_category(attribute.name);
}

}  // namespace

void run(Bytes input) {
  const std::string_view text = as_text(input);
  const auto session = parse(text);
  if (!session) {
    SPECTER_CHECK(session.error().code == ErrorCode::SyntaxError);
    SPECTER_CHECK(session.error().sdp_line.has_value());
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    SPECTER_CHECK(*session.error().sdp_line >= 1 && *session.error().sdp_line <= lines + 1);
    return;
  }
  SPECTER_CHECK(session->media.size() <= kMaxMedia);
  ice_lite(*session);
  for (const auto& group : bundle_groups(*session))
    for (const std::string& name : group) SPECTER_CHECK(!name.empty());
  for (const Media& media : session->media) read_media(*session, media);

  const std::string written = write(*session);
  if (written.size() > kMaxBytes) return;  // it has CR before each LF
  const auto again = parse(written);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(*again == *session);
  SPECTER_CHECK(write(*again) == written);
}

}  // namespace specter::fuzz
