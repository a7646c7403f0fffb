// A candidate as text: what is taken is written, and what was written is taken as the same.
#include "ice/candidate.h"
#include "target.h"

namespace specter::fuzz {
namespace {

// Below the limit of the parser by what the written form may have more: "candidate:" before it.
constexpr std::size_t kMaxBytes = 4000;

}  // namespace

void run(Bytes input) {
  const auto candidate = ice::Candidate::parse(as_text(input));
  if (!candidate) {
    SPECTER_CHECK(candidate.error().code == ErrorCode::SyntaxError);
    SPECTER_CHECK(!candidate.error().message.empty());
    return;
  }
  SPECTER_CHECK(candidate->component >= 1 && candidate->component <= 256);
  SPECTER_CHECK(candidate->priority >= 1 && candidate->priority <= 0x7fffffff);
  SPECTER_CHECK(!candidate->host.empty() && !candidate->foundation.empty());
  // A name has no address, and an address is the one that stands there.
  const auto address = IpAddress::parse(candidate->host);
  SPECTER_CHECK(candidate->endpoint.address == address.value_or(IpAddress{}));
  for (const auto& [name, value] : candidate->extensions) {
    SPECTER_CHECK(name.find(' ') == name.npos && value.find(' ') == value.npos);
    const auto first = candidate->extension(name);
    SPECTER_CHECK(first ? !first->empty() : value.empty());
  }

  if (input.size() > kMaxBytes) return;
  const std::string text = candidate->to_string();
  const auto again = ice::Candidate::parse(text);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(*again == *candidate);
  SPECTER_CHECK(again->to_string() == text);
  SPECTER_CHECK(ice::Candidate::parse("a=" + text) == candidate);
}

}  // namespace specter::fuzz
