#include "cli/line_reader.h"

#include <gtest/gtest.h>

namespace specter::cli {
namespace {

std::vector<std::string> drain(LineReader& reader) {
  std::vector<std::string> texts;
  while (const auto line = reader.next()) texts.push_back(line->too_long ? "(long)" : line->text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(LineReader, FindsTheSameLinesHoweverTheBytesAreCut) {
  const std::string input = "one\ntwo\n\nfour\n";
  for (std::size_t piece = 1; piece <= input.size(); ++piece) {
    LineReader reader(16);
    Texts found;
    for (std::size_t at = 0; at < input.size(); at += piece) {
      reader.add(std::string_view(input).substr(at, piece));
      for (auto& text : drain(reader)) found.push_back(std::move(text));
    }
    EXPECT_EQ(found, (Texts{"one", "two", "", "four"})) << "in pieces of " << piece;
  }
}

TEST(LineReader, NumbersLinesFromOne) {
  LineReader reader(16);
  reader.add("a\nb\n");
  EXPECT_EQ(reader.next()->number, 1U);
  EXPECT_EQ(reader.next()->number, 2U);
  EXPECT_FALSE(reader.next());
}

TEST(LineReader, TakesALineOfTheLimitAndNoLonger) {
  LineReader reader(4);
  reader.add("1234\n12345\n1\n");
  EXPECT_EQ(drain(reader), (Texts{"1234", "(long)", "1"}));
}

TEST(LineReader, TellsOfALongLineOnceAndGoesOnBehindIt) {
  LineReader reader(4);
  Texts found;
  for (int i = 0; i < 100; ++i) {
    reader.add("xxx");
    for (auto& text : drain(reader)) found.push_back(std::move(text));
  }
  EXPECT_EQ(found, Texts{});
  reader.add("x\nok\n");
  EXPECT_EQ(drain(reader), (Texts{"(long)", "ok"}));
}

TEST(LineReader, TakesWhatCameAfterTheLastLineEndAsALine) {
  LineReader reader(8);
  reader.add("a\nrest");
  reader.end();
  EXPECT_EQ(drain(reader), (Texts{"a", "rest"}));
}

TEST(LineReader, EndsWithoutALineWhenTheInputEndedWithOne) {
  LineReader reader(8);
  reader.add("a\n");
  EXPECT_EQ(drain(reader), Texts{"a"});
  reader.end();
  EXPECT_EQ(drain(reader), Texts{});
}

TEST(LineReader, TellsOfALongLineThatTheInputEndsIn) {
  LineReader reader(4);
  reader.add("123456");
  EXPECT_EQ(drain(reader), Texts{});
  reader.end();
  EXPECT_EQ(drain(reader), Texts{"(long)"});
}

}  // namespace
}  // namespace specter::cli
