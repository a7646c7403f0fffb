// Ids, and what they name.
#pragma once

#include <algorithm>
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
  const T* find(std::string_view id) const {
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
    return take_if([](const T&) { return true; });
  }
  template <class Predicate>
  std::vector<T> take_if(Predicate predicate) {
    std::vector<T> taken;
    for (auto at = things_.begin(); at != things_.end();) {
      const auto here = at++;
      if (!predicate(std::as_const(here->second))) continue;
      taken.push_back(std::move(here->second));
      things_.erase(here);
    }
    return taken;
  }
  template <class Predicate>
  bool any(Predicate predicate) const {
    return std::ranges::any_of(things_, [&](const auto& each) { return predicate(each.second); });
  }
  bool empty() const { return things_.empty(); }

 private:
  std::map<std::string, T, std::less<>> things_;
};

}  // namespace specter::nif
