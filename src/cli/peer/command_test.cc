#include "cli/peer/command.h"

#include <gtest/gtest.h>

namespace specter::cli {
namespace {

ReadCommand read(std::string text) {
  auto command = read_command({.number = 7, .text = std::move(text)});
  if (!command) throw std::runtime_error("a blank line");
  return std::move(*command);
}

ErrorCode code_of(std::string text) { return read(std::move(text)).action.error().code; }

TEST(Command, IsReadWithAllThatItsAnswerNeeds) {
  const auto read_one =
      read(R"({"op":"create_data_channel","ref":"a","label":"chat","ordered":false,"id":3})");
  EXPECT_EQ(read_one.command.op, "create_data_channel");
  EXPECT_EQ(read_one.command.ref, Json("a"));
  EXPECT_EQ(read_one.command.line, 7u);
  const auto& create = std::get<command::CreateDataChannel>(read_one.action.value());
  EXPECT_EQ(create.label, "chat");
  EXPECT_EQ(create.options, (DataChannelOptions{.ordered = false, .id = 3}));
}

TEST(Command, ARefusedOneIsStillKnownByItsRef) {
  const auto refused = read(R"({"op":"send","ref":5,"channel":-1,"text":"x"})");
  EXPECT_EQ(refused.action.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(refused.command.op, "send");
  EXPECT_EQ(refused.command.ref, Json(5));
}

TEST(Command, IsRefusedByWhatIsWrongWithIt) {
  EXPECT_EQ(code_of("derp"), ErrorCode::InvalidJson);
  EXPECT_EQ(code_of("[]"), ErrorCode::InvalidJson);
  EXPECT_EQ(code_of(R"({"op":"fly"})"), ErrorCode::NotFound);
  EXPECT_EQ(code_of(R"({"op":"state","ref":[]})"), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(R"({"op":"state","channel":1})"), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(R"({"op":"set_local_description","type":"no"})"), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(R"({"op":"send","channel":1,"text":"x","base64":"eA=="})"),
            ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(R"({"op":"send","channel":1,"base64":"eA"})"), ErrorCode::InvalidArgument);
}

TEST(Command, WithoutADescriptionTheSignalingStateDecidesWhichIsSet) {
  const auto none = read(R"({"op":"set_local_description"})");
  EXPECT_FALSE(std::get<command::SetLocalDescription>(none.action.value()).description);
  EXPECT_EQ(code_of(R"({"op":"set_local_description","sdp":"v=0"})"), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(R"({"op":"set_remote_description"})"), ErrorCode::InvalidArgument);
}

TEST(Command, OfALineThatWasTooLongOnlyItsNumberIsKnown) {
  const auto refused = read_command({.number = 2, .text = "", .too_long = true});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->command.line, 2u);
  EXPECT_EQ(refused->action.error().code, ErrorCode::InvalidJson);
}

TEST(Command, ABlankLineIsNone) {
  EXPECT_FALSE(read_command({.number = 1, .text = ""}));
  EXPECT_FALSE(read_command({.number = 1, .text = " \t\r"}));
}

}  // namespace
}  // namespace specter::cli
