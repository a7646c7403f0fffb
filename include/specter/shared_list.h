/// @file
/// A list whose copies share their memory.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace specter {

/// A list that is read often and changed seldom: copies share the elements, until one of them is
/// changed. A thousand connections have the codecs of one MediaEngine once.
///
/// It is used as a std::vector is; elements are changed by assigning another list.
template <class T>
class SharedList {
 public:
  /// The type of the elements.
  using value_type = T;
  /// Elements can be read.
  using const_iterator = typename std::vector<T>::const_iterator;

  /// An empty list.
  SharedList() = default;
  /// These elements.
  SharedList(std::initializer_list<T> elements) : SharedList(std::vector<T>(elements)) {}
  /// The elements of a vector.
  SharedList(std::vector<T> elements)
      : elements_(elements.empty() ? nullptr
                                   : std::make_shared<const std::vector<T>>(std::move(elements))) {}

  /// The elements.
  const std::vector<T>& vector() const {
    static const std::vector<T> kNone;
    return elements_ ? *elements_ : kNone;
  }
  /// The elements.
  operator const std::vector<T>&() const { return vector(); }
  /// As a std::vector has it.
  const_iterator begin() const { return vector().begin(); }
  /// As a std::vector has it.
  const_iterator end() const { return vector().end(); }
  /// As a std::vector has it.
  const T* data() const { return vector().data(); }
  /// As a std::vector has it.
  std::size_t size() const { return elements_ ? elements_->size() : 0; }
  /// As a std::vector has it.
  bool empty() const { return size() == 0; }
  /// As a std::vector has it.
  const T& operator[](std::size_t index) const { return vector()[index]; }

  /// Adds an element. Copies of the list stay as they are.
  void push_back(T element) {
    std::vector<T> elements = vector();
    elements.push_back(std::move(element));
    elements_ = std::make_shared<const std::vector<T>>(std::move(elements));
  }

  /// Whether the elements are equal.
  friend bool operator==(const SharedList& a, const SharedList& b)
    requires requires(const T& element) { element == element; }
  {
    return a.elements_ == b.elements_ || a.vector() == b.vector();
  }

 private:
  std::shared_ptr<const std::vector<T>> elements_;
};

}  // namespace specter
