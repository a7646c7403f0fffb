// Ids, and what they name.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace specter::nif {

// A version 4 UUID, RFC 9562 §5.4, as text: unguessable, so that who was not given it can't name
// what it names.
std::string new_id();

// Things by their ids. Not locked: its owner is.
template <class T>
class Table {
 public:
  // The new thing's id.
  std::string add(T thing) {
    std::string id = new_id();
    things_.emplace(id, std::move(thing));
    return id;
  }
  void put(std::string id, T thing) { things_.insert_or_assign(std::move(id), std::move(thing)); }

  bool has(std::string_view id) const { return things_.find(id) != things_.end(); }
  T* find(std::string_view id) {
    const auto found = things_.find(id);
    return found == things_.end() ? nullptr : &found->second;
  }
  std::optional<T> take(std::string_view id) {
    const auto found = things_.find(id);
    if (found == things_.end()) return std::nullopt;
    std::optional<T> thing(std::move(found->second));
    things_.erase(found);
    return thing;
  }
  std::vector<T> take_all() {
    std::vector<T> all;
    all.reserve(things_.size());
    for (auto& [id, thing] : things_) all.push_back(std::move(thing));
    things_.clear();
    return all;
  }

 private:
  std::map<std::string, T, std::less<>> things_;
};

}  // namespace specter::nif
