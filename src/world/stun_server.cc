#include "world/stun_server.h"

#include "stun/attributes.h"
#include "stun/message.h"

namespace specter::world {
namespace {

enum Way : std::int64_t { kSilent, kSlow, kRefusing, kLying };

}  // namespace

void StunServer::handle(Timestamp now, const simulation::Arrival& arrival) {
  const auto request = stun::Message::parse(arrival.bytes);
  if (!request || request->cls != stun::Class::Request) return;
  if (step_ && step_->a == kSilent) return;
  const bool refuses = step_ && step_->a == kRefusing;
  stun::MessageWriter writer(refuses ? stun::Class::ErrorResponse : stun::Class::SuccessResponse,
                             stun::Method::Binding, request->id);
  if (refuses) {
    writer.add(stun::ErrorCode{500, "Server Error"});
  } else {
    Endpoint mapped = arrival.remote;
    if (step_ && step_->a == kLying) mapped.port = static_cast<std::uint16_t>(mapped.port ^ 0x5555);
    writer.add(stun::XorMappedAddress{mapped});
  }
  writer.fingerprint();
  const Duration later =
      step_ && step_->a == kSlow ? std::chrono::milliseconds(step_->b) : Duration{};
  internet_.send(now + later, host_, arrival.local, arrival.remote, writer.finish(), false);
}

}  // namespace specter::world
