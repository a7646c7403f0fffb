/// @file
/// The result of a call that can fail: a value or an Error. It is the same type in C++20 and C++23,
/// and converts to std::expected in C++23.
///
///     Result<DataChannel> channel = connection.create_data_channel("chat");
///     if (!channel) return log(channel.error().message);
///     log(channel->label());
///
///     connection.create_data_channel("chat").value();  // throws BadResultAccess on an error
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

/// An error that converts to any Result. fail() makes one.
struct Failure {
  /// The error.
  Error error;
};

/// Returns an error from a function with a Result: `return fail(error);`.
inline Failure fail(Error error) { return Failure{std::move(error)}; }
/// Returns an error from a function with a Result, made of a code and a message.
inline Failure fail(ErrorCode code, std::string message) {
  return Failure{Error{code, std::move(message), std::nullopt}};
}

/// Thrown by Result::value() if there is an error. what() is the message of the error.
class SPECTER_EXPORT BadResultAccess : public std::exception {
 public:
  /// Holds `error`.
  explicit BadResultAccess(Error error) : error_(std::move(error)) {}

  /// The error.
  const Error& error() const noexcept { return error_; }
  /// The message of the error.
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

template <class T = void>
class Result;

/// For the library itself.
namespace detail {
/// Whether T is a Result.
template <class T>
inline constexpr bool is_result = false;
/// Whether T is a Result.
template <class T>
inline constexpr bool is_result<Result<T>> = true;

/// The common part of Result<T> and Result<>.
template <class Value>
class ResultState {
 public:
  /// Error.
  using error_type = Error;

  /// Whether there is a value and no error.
  bool has_value() const noexcept { return state_.index() == 0; }
  /// The same: `if (result)`.
  explicit operator bool() const noexcept { return has_value(); }

  /// The error. Undefined behaviour if there is a value, as with std::expected.
  const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
  /// @overload
  Error& error() & noexcept { return *std::get_if<1>(&state_); }
  /// @overload
  Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

 protected:
  /// For Result.
  template <std::size_t I, class... Args>
  explicit ResultState(std::in_place_index_t<I> which, Args&&... args)
      : state_(which, std::forward<Args>(args)...) {}

  /// Throws BadResultAccess if there is an error.
  void check() const {
    if (!has_value()) throw BadResultAccess(error());
  }

  /// The value or the error.
  std::variant<Value, Error> state_;
};
}  // namespace detail

/// A value of type T, or an Error. Used like std::expected<T, Error>.
///
/// Thread: not thread-safe, like any value.
template <class T>
class [[nodiscard]] Result : public detail::ResultState<T> {
  static_assert(std::is_object_v<T> && !std::is_array_v<T>);
  using Base = detail::ResultState<T>;
  using Base::state_;

 public:
  /// T.
  using value_type = T;

  /// A default value.
  Result()
    requires std::default_initializable<T>
      : Base(std::in_place_index<0>) {}
  /// A value.
  template <class U = T>
    requires(!detail::is_result<std::remove_cvref_t<U>> &&
             !std::same_as<std::remove_cvref_t<U>, Failure> && std::constructible_from<T, U>)
  explicit(!std::convertible_to<U, T>) Result(U&& value)
      : Base(std::in_place_index<0>, std::forward<U>(value)) {}
  /// An error: `return fail(…);`.
  Result(Failure failure) : Base(std::in_place_index<1>, std::move(failure.error)) {}

  /// The value. Undefined behaviour if there is an error, as with std::expected.
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  /// @overload
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  /// @overload
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  /// The value's members. Undefined behaviour if there is an error.
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }
  /// @overload
  T* operator->() noexcept { return std::get_if<0>(&state_); }

  /// The value. Throws BadResultAccess, with the message of the error, if there is none.
  const T& value() const& { return this->check(), **this; }
  /// @overload
  T& value() & { return this->check(), **this; }
  /// @overload
  T&& value() && { return this->check(), *std::move(*this); }

  /// The value, or `other` if there is an error.
  template <class U>
  T value_or(U&& other) const& {
    return this->has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }
  /// @overload
  template <class U>
  T value_or(U&& other) && {
    return this->has_value() ? *std::move(*this) : static_cast<T>(std::forward<U>(other));
  }

  /// Returns `next(value)`, which must be a Result, or the error if there is one.
  template <class F>
  auto and_then(F&& next) && -> std::invoke_result_t<F, T> {
    if (!this->has_value()) return Failure{std::move(*this).error()};
    return std::forward<F>(next)(*std::move(*this));
  }
  /// @overload
  template <class F>
  auto and_then(F&& next) const& -> std::invoke_result_t<F, const T&> {
    if (!this->has_value()) return Failure{this->error()};
    return std::forward<F>(next)(**this);
  }

#ifdef __cpp_lib_expected
  /// The same as std::expected. C++23.
  operator std::expected<T, Error>() const& {
    if (!this->has_value()) return std::unexpected(this->error());
    return **this;
  }
  /// @overload
  operator std::expected<T, Error>() && {
    if (!this->has_value()) return std::unexpected(std::move(*this).error());
    return *std::move(*this);
  }
#endif

  /// Whether both have equal values or equal errors.
  friend bool operator==(const Result& a, const Result& b)
    requires std::equality_comparable<T>
  {
    return a.state_ == b.state_;
  }
  /// Whether there is a value and it equals `b`.
  template <class U>
    requires(!detail::is_result<U> &&
             requires(const T& a, const U& b) {
               { a == b } -> std::convertible_to<bool>;
             })
  friend bool operator==(const Result& a, const U& b) {
    return a.has_value() && *a == b;
  }
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> : public detail::ResultState<std::monostate> {
  using Base = detail::ResultState<std::monostate>;

 public:
  /// void.
  using value_type = void;

  /// Success.
  Result() : Base(std::in_place_index<0>) {}
  /// An error: `return fail(…);`.
  Result(Failure failure) : Base(std::in_place_index<1>, std::move(failure.error)) {}

  /// Does nothing.
  void operator*() const noexcept {}
  /// Throws BadResultAccess, with the message of the error, if there is one.
  void value() const { check(); }

  /// Returns `next()`, which must be a Result, or the error if there is one.
  template <class F>
  auto and_then(F&& next) && -> std::invoke_result_t<F> {
    if (!has_value()) return Failure{std::move(*this).error()};
    return std::forward<F>(next)();
  }
  /// @overload
  template <class F>
  auto and_then(F&& next) const& -> std::invoke_result_t<F> {
    if (!has_value()) return Failure{error()};
    return std::forward<F>(next)();
  }

#ifdef __cpp_lib_expected
  /// The same as std::expected. C++23.
  operator std::expected<void, Error>() const {
    if (!has_value()) return std::unexpected(error());
    return {};
  }
#endif

  /// Whether both are successes or have equal errors.
  friend bool operator==(const Result& a, const Result& b) { return a.state_ == b.state_; }
};

}  // namespace specter
