// Files of tests/data.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace specter::testing {

inline std::string read_data(const std::string& name) {
  const std::string path = std::string(SPECTER_TEST_DATA) + "/" + name;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace specter::testing
