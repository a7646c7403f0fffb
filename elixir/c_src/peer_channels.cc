// What becomes of a connection's data channels.
#include <optional>
#include <utility>

#include "instance.h"
#include "peer.h"

namespace specter::nif {

namespace {

Term encode_or_nil(ErlNifEnv* env, std::optional<std::uint16_t> number) {
  return number ? enif_make_uint(env, *number) : Atom("nil").term(env);
}

Atom name_of(Priority priority) {
  switch (priority) {
    case Priority::VeryLow: return Atom("very_low");
    case Priority::Low: return Atom("low");
    case Priority::Medium: return Atom("medium");
    case Priority::High: break;
  }
  return Atom("high");
}

// The number of a stream.
struct Number {
  std::uint16_t value;
};

Term encode(ErlNifEnv* env, const Number& number) { return enif_make_uint(env, number.value); }

// What {:data_channel, pc, dc, info} says of a channel.
struct Info {
  const DataChannel& channel;
  Atom origin;  // local: made here; remote: by the peer
};

Term encode(ErlNifEnv* env, const Info& of) {
  using nif::encode;
  const DataChannel& channel = of.channel;
  Term info = enif_make_new_map(env);
  const auto put = [&](Atom key, Term value) {
    enif_make_map_put(env, info, key.term(env), value, &info);
  };
  put(Atom("label"), encode(env, channel.label()));
  put(Atom("protocol"), encode(env, channel.protocol()));
  put(Atom("ordered"), encode(env, channel.ordered()));
  put(Atom("id"), encode_or_nil(env, channel.id()));
  put(Atom("negotiated"), encode(env, channel.negotiated()));
  put(Atom("max_retransmits"), encode_or_nil(env, channel.max_retransmits()));
  std::optional<std::uint16_t> life;
  if (const auto given = channel.max_packet_life_time())
    life = static_cast<std::uint16_t>(given->count());
  put(Atom("max_packet_life_time"), encode_or_nil(env, life));
  put(Atom("priority"), encode(env, name_of(channel.priority())));
  put(Atom("origin"), encode(env, of.origin));
  return info;
}

}  // namespace

const std::string* Peer::id_of(const DataChannel& channel) const {
  const auto found = channels_.find(channel.handle().get());
  return found == channels_.end() ? nullptr : &found->second.id;
}

// Gives it an id, by which calls find it from here on.
void Peer::introduce(const DataChannel& channel, Atom origin) {
  const auto instance = instance_.lock();
  if (!instance) return;
  std::string id = instance->add_channel(channel);
  const auto& known =
      channels_.insert_or_assign(channel.handle().get(), Channel{std::move(id), channel})
          .first->second;
  const Info info{channel, origin};
  tell(Atom("data_channel"), known.id, info);
}

void Peer::handle(event::DataChannelCreated&& created) {
  tell(Atom("data_channel_created"));
  introduce(created.channel, Atom("local"));
}

void Peer::handle(event::IncomingDataChannel&& incoming) {
  introduce(incoming.channel, Atom("remote"));
}

void Peer::handle(event::DataChannelOpen&& open) {
  if (const auto* id = id_of(open.channel)) tell(Atom("data_channel_open"), *id);
}

void Peer::handle(event::Message&& message) {
  const std::string* const dc = id_of(message.channel);
  if (dc == nullptr) return;
  const bool is_text = message.kind == MessageKind::Text;
  const auto make = [&](ErlNifEnv* env) {
    // An atom is looked up by its name: not for each of a million messages.
    static const Term tag = Atom("data_channel_message").term(env);
    static const Term text = Atom("text").term(env);
    static const Term binary = Atom("binary").term(env);
    return enif_make_tuple5(env, tag, encode(env, id()), encode(env, *dc), is_text ? text : binary,
                            make_binary(env, types_, std::move(message.data)));
  };
  const bool heard = outbox_.tell_message(message.connection, message.data.size(), make);
  if (!heard) abandon();
}

void Peer::handle(event::BufferedAmountLow&& low) {
  if (const auto* id = id_of(low.channel)) tell(Atom("buffered_amount_low"), *id);
}

// The peer closes it; that it is closed follows at once.
void Peer::handle(event::DataChannelClosing&&) {}

void Peer::handle(event::DataChannelError&& error) {
  if (const auto* id = id_of(error.channel)) {
    outbox_.tell_behind_messages(Atom("data_channel_error"), *id, error.error.message);
  }
}

void Peer::handle(event::DataChannelRefused&& refused) {
  tell(Atom("data_channel_refused"), Number{refused.stream}, refused.error.message);
}

void Peer::handle(event::DataChannelClosed&& closed) {
  const auto found = channels_.find(closed.channel.handle().get());
  if (found == channels_.end()) return;
  const Channel channel = std::move(found->second);
  channels_.erase(found);
  if (const auto instance = instance_.lock()) instance->forget_channel(channel.id);
  if (!outbox_.tell_behind_messages(Atom("data_channel_closed"), channel.id)) abandon();
}

}  // namespace specter::nif
