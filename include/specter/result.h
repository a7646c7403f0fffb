// What a call that can fail returns: a value, or why there is none. The same type in C++20 and in
// C++23, where it converts to std::expected.
//
//     Result<DataChannel> channel = connection.create_data_channel("chat");
//     if (!channel) return log(channel.error().message);
//     log(channel->label());  // to be sent on when event::DataChannelOpen has come
//
//     connection.create_data_channel("chat").value();   // or an exception with the same sentence
#pragma once

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>
#include <variant>
#include <version>
#ifdef __cpp_lib_expected
#include <expected>
#endif

#include "specter/error.h"

namespace specter {

// What a function with a Result returns when it fails. See fail().
struct Failure {
  Error error;
};

inline Failure fail(Error error) { return Failure{std::move(error)}; }
inline Failure fail(ErrorCode code, std::string message) {
  return Failure{Error{code, std::move(message), std::nullopt}};
}

// Thrown by Result::value() where there is none. what() is the error's sentence.
class SPECTER_EXPORT BadResultAccess : public std::exception {
 public:
  explicit BadResultAccess(Error error) : error_(std::move(error)) {}

  const Error& error() const noexcept { return error_; }
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

template <class T = void>
class Result;

namespace detail {
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;

// What both kinds of Result have: the error, or something else.
template <class Value>
class ResultState {
 public:
  using error_type = Error;

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // Undefined where there is a value, as it is for std::expected.
  const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
  Error& error() & noexcept { return *std::get_if<1>(&state_); }
  Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

 protected:
  template <std::size_t I, class... Args>
  explicit ResultState(std::in_place_index_t<I> which, Args&&... args)
      : state_(which, std::forward<Args>(args)...) {}

  void check() const {
    if (!has_value()) throw BadResultAccess(error());
  }

  std::variant<Value, Error> state_;
};
}  // namespace detail

// A T, or an Error. Not thread-safe, as any value.
template <class T>
class [[nodiscard]] Result : public detail::ResultState<T> {
  static_assert(std::is_object_v<T> && !std::is_array_v<T>);
  using Base = detail::ResultState<T>;
  using Base::state_;

 public:
  using value_type = T;

  Result()
    requires std::default_initializable<T>
      : Base(std::in_place_index<0>) {}
  template <class U = T>
    requires(!detail::is_result<std::remove_cvref_t<U>> &&
             !std::same_as<std::remove_cvref_t<U>, Failure> && std::constructible_from<T, U>)
  explicit(!std::convertible_to<U, T>) Result(U&& value)
      : Base(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Failure failure) : Base(std::in_place_index<1>, std::move(failure.error)) {}

  // Undefined where there is an error, as it is for std::expected.
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }

  // Throws BadResultAccess, with the error's sentence, where there is an error.
  const T& value() const& { return this->check(), **this; }
  T& value() & { return this->check(), **this; }
  T&& value() && { return this->check(), *std::move(*this); }

  template <class U>
  T value_or(U&& other) const& {
    return this->has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  T value_or(U&& other) && {
    return this->has_value() ? *std::move(*this) : static_cast<T>(std::forward<U>(other));
  }

  // `next(value)` returns a Result; an error passes it by.
  template <class F>
  auto and_then(F&& next) && -> std::invoke_result_t<F, T> {
    if (!this->has_value()) return Failure{std::move(*this).error()};
    return std::forward<F>(next)(*std::move(*this));
  }
  template <class F>
  auto and_then(F&& next) const& -> std::invoke_result_t<F, const T&> {
    if (!this->has_value()) return Failure{this->error()};
    return std::forward<F>(next)(**this);
  }

#ifdef __cpp_lib_expected
  operator std::expected<T, Error>() const& {
    if (!this->has_value()) return std::unexpected(this->error());
    return **this;
  }
  operator std::expected<T, Error>() && {
    if (!this->has_value()) return std::unexpected(std::move(*this).error());
    return *std::move(*this);
  }
#endif

  friend bool operator==(const Result& a, const Result& b)
    requires std::equality_comparable<T>
  {
    return a.state_ == b.state_;
  }
  template <class U>
    requires(!detail::is_result<U> &&
             requires(const T& a, const U& b) {
               { a == b } -> std::convertible_to<bool>;
             })
  friend bool operator==(const Result& a, const U& b) {
    return a.has_value() && *a == b;
  }
};

// Done, or an Error.
template <>
class [[nodiscard]] Result<void> : public detail::ResultState<std::monostate> {
  using Base = detail::ResultState<std::monostate>;

 public:
  using value_type = void;

  Result() : Base(std::in_place_index<0>) {}
  Result(Failure failure) : Base(std::in_place_index<1>, std::move(failure.error)) {}

  void operator*() const noexcept {}
  // Throws BadResultAccess, with the error's sentence, where there is an error.
  void value() const { check(); }

  // `next()` returns a Result; an error passes it by.
  template <class F>
  auto and_then(F&& next) && -> std::invoke_result_t<F> {
    if (!has_value()) return Failure{std::move(*this).error()};
    return std::forward<F>(next)();
  }
  template <class F>
  auto and_then(F&& next) const& -> std::invoke_result_t<F> {
    if (!has_value()) return Failure{error()};
    return std::forward<F>(next)();
  }

#ifdef __cpp_lib_expected
  operator std::expected<void, Error>() const {
    if (!has_value()) return std::unexpected(error());
    return {};
  }
#endif

  friend bool operator==(const Result& a, const Result& b) { return a.state_ == b.state_; }
};

}  // namespace specter
