// What two `specter peer` processes can't show each other (tests/cli/peer_test.py has the rest):
// here the other side is a connection of the test's own.
#include "cli/peer/session.h"

#include <gtest/gtest.h>

#include "cli/peer/testing/running_session.h"

namespace specter::cli {
namespace {

TEST(Session, TellsTextThatIsNoUtf8InBase64) {
  RunningSession session;
  Mailbox inbox;
  const Specter specter(on_loopback());
  const auto connection = specter.new_api({}, {}).new_peer_connection(inbox);
  const auto channel = connection.create_data_channel("data").value();

  negotiate(connection, inbox, session);
  inbox.receive<event::DataChannelOpen>(connection, kPatience).value();

  const Buffer latin1{'n', 'a', 0xef, 'v', 'e'};
  channel.send(as_text(latin1)).value();
  channel.send("naïve").value();
  channel.send(Bytes(latin1)).value();

  EXPECT_EQ(session.event("message"),
            (Json{{"event", "message"}, {"channel", 1}, {"kind", "text"}, {"base64", "bmHvdmU="}}));
  EXPECT_EQ(session.event("message"),
            (Json{{"event", "message"}, {"channel", 1}, {"kind", "text"}, {"text", "naïve"}}));
  EXPECT_EQ(
      session.event("message"),
      (Json{{"event", "message"}, {"channel", 1}, {"kind", "binary"}, {"base64", "bmHvdmU="}}));
  EXPECT_TRUE(session.finish());
}

}  // namespace
}  // namespace specter::cli
