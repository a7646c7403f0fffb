// The fields of one command, taken out one by one with their types checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json.h"

namespace specter::cli {

// Fails once and stays failed, answering empty values from then on: read all the fields straight
// down, then ask for the error. A null is as good as a missing field where the field is optional.
class Fields {
 public:
  // `object` must be an object, and outlive this.
  explicit Fields(const Json& object) : object_(object) {}

  std::string text(std::string_view key);                // needed
  std::vector<std::string> texts(std::string_view key);  // needed: an array of strings
  std::uint64_t number(std::string_view key, std::uint64_t max);
  std::optional<std::string> optional_text(std::string_view key);
  std::optional<std::uint64_t> optional_number(std::string_view key, std::uint64_t max);
  std::optional<bool> optional_flag(std::string_view key);
  std::vector<std::string> optional_texts(std::string_view key);  // missing: none
  // Above 0, `max` at most.
  std::optional<double> optional_real(std::string_view key, double max);

  bool has(std::string_view key) { return find(key) != nullptr; }

  // A field that was not asked for is an error: a misspelt option must not pass unseen.
  void refuse_others();

  void fail(ErrorCode code, std::string message);
  const std::optional<Error>& error() const { return error_; }

 private:
  const Json* find(std::string_view key);
  void needs(std::string_view key);

  const Json& object_;
  std::vector<std::string_view> known_{"op", "ref"};
  std::optional<Error> error_;
};

}  // namespace specter::cli
