// Teaches the whole life of a connection on one screen: two peer connections in one process shake
// hands over UDP, open a data channel, say hello, and close.
//
// Every call returns at once; what becomes of it arrives in the mailbox as an event. receive()
// takes the first that fits and leaves the others, and value() throws where an event failed to
// come.
#include <chrono>
#include <iostream>

#include <specter/specter.h>

using namespace std::chrono_literals;
namespace event = specter::event;

int main() try {
  specter::Specter specter;
  specter::Mailbox inbox;

  auto new_connection = [&] {
    auto engine = specter::MediaEngine::with_default_codecs();
    auto registry = specter::Registry::with_default_interceptors(engine);
    auto api = specter.new_api(std::move(engine), std::move(registry));  // consumes both
    auto connection = api.new_peer_connection(inbox);
    inbox.receive<event::Ready>(connection, 1s).value();
    return connection;
  };
  auto pc_1 = new_connection();
  auto pc_2 = new_connection();

  // Something to negotiate, then offer and answer. Between two machines the two descriptions and
  // the candidates below travel over a signalling channel of yours, as JSON: description.to_json().
  auto channel = pc_1.create_data_channel("data").value();
  pc_1.create_offer().value();
  auto offer = inbox.receive<event::Offer>(pc_1, 1s).value().description;
  pc_1.set_local_description(offer).value();
  pc_2.set_remote_description(offer).value();
  pc_2.create_answer().value();
  auto answer = inbox.receive<event::Answer>(pc_2, 1s).value().description;
  pc_2.set_local_description(answer).value();
  pc_1.set_remote_description(answer).value();

  // The addresses that each side finds, to the other side, until the channel is open.
  while (channel.state() != specter::DataChannelState::Open) {
    auto next = inbox.next(10s).value();
    if (auto* found = std::get_if<event::LocalCandidate>(&next)) {
      (found->connection == pc_1 ? pc_2 : pc_1).add_ice_candidate(found->candidate).value();
    }
  }

  channel.send("hello").value();
  std::cout << "pc_2 received: " << inbox.receive<event::Message>(pc_2, 1s).value().text() << '\n';

  for (auto& connection : {pc_1, pc_2}) {
    connection.close();
    inbox.receive<event::Closed>(connection, 1s).value();
  }
  return 0;
} catch (const specter::BadResultAccess& failure) {
  std::cerr << to_string(failure.error().code) << ": " << failure.error().message << '\n';
  return 1;
}
