// Which encoding a type has, told by its shape: no header of the standard library is included for a type that a program
// may not use.
//
// The first that fits counts, in the order of `kind`. A type with a codec of its own is never asked.
//
// Thread safety: pure functions.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coppice {

/// The values of an enumeration from the first to the last, where decode() is to refuse all others. Derive the
/// specialisation from enum_between:
///
///     template <> struct coppice::enum_range<color> : coppice::enum_between<color::red, color::blue> {};
template <class Enum>
struct enum_range;

template <auto First, decltype(First) Last>
struct enum_between {
  static constexpr auto first = First;
  static constexpr auto last = Last;
};

namespace codec_detail {

enum class kind {
  none,
  number,  // integers and floating-point numbers of one width everywhere
  boolean,
  enumeration,
  duration,
  time_point,
  view,   // std::string_view
  array,  // std::array
  tuple,  // std::pair, std::tuple
  optional,
  variant,
  bits,         // std::vector<bool>
  sequence,     // std::vector, string, deque, list; persistent vectors
  associative,  // maps and sets with unique keys
  empty,        // std::monostate and other classes that hold nothing
};

template <class T>
concept is_number = (std::integral<T> || std::floating_point<T>) && !std::same_as<T, wchar_t> && sizeof(T) <= 8;
template <class T>
concept has_range = requires {
  enum_range<T>::first;
  enum_range<T>::last;
};
/// An enumeration of which every value of the underlying type is a value.
template <class T>
concept is_open_enum = std::is_enum_v<T> && requires { T{std::underlying_type_t<T>{}}; };

template <class T>
concept is_duration = requires(const T& value) {
  typename T::period;
  T(value.count());
};
template <class T>
concept is_time_point = requires(const T& value) {
  typename T::clock;
  T(value.time_since_epoch());
};
template <class T>
concept is_optional = requires(T& value) {
  typename T::value_type;
  value.has_value();
  value.reset();
  *value;
};
template <class T>
concept is_variant = requires(const T& value) {
  value.index();
  value.valueless_by_exception();
};
template <class T>
concept is_tuple = requires { std::tuple_size<T>::value; };

/// Collections of which a change makes another one: they are made of a range.
template <class T>
concept is_persistent = requires { typename T::transient_type; };
template <class T>
concept is_range = requires(const T& value) {
  typename T::value_type;
  value.begin();
  value.end();
  value.size();
};
template <class T>
concept is_sequence = is_range<T> && (is_persistent<T> || requires(T& to, typename T::value_type value) {
                        { to.push_back(std::move(value)) } -> std::same_as<void>;
                      });
template <class T>
concept has_keys = is_range<T> && requires { typename T::key_type; };
template <class T>
concept is_map = has_keys<T> && requires { typename T::mapped_type; };
/// emplace() that says whether the key was new: not so in multimaps.
template <class T>
concept has_unique_keys = has_keys<T> && (is_persistent<T> || requires(T& to, typename T::value_type value) {
                            { to.emplace(std::move(value)).second } -> std::convertible_to<bool>;
                          });

template <class T>
[[nodiscard]] consteval kind scalar_kind_of() {
  if (std::same_as<T, bool>) return kind::boolean;
  if (is_number<T>) return kind::number;
  if (std::is_enum_v<T>) return kind::enumeration;
  if (is_duration<T>) return kind::duration;
  if (is_time_point<T>) return kind::time_point;
  return kind::none;
}

template <class T>
[[nodiscard]] consteval kind container_kind_of() {
  if constexpr (has_unique_keys<T>) {
    return kind::associative;
  } else if constexpr (is_sequence<T> && !has_keys<T>) {
    const bool packed = std::same_as<typename T::value_type, bool> && requires { typename T::reference; };
    if constexpr (packed) return std::is_reference_v<typename T::reference> ? kind::sequence : kind::bits;
    return kind::sequence;
  } else {
    return kind::none;
  }
}

template <class T>
[[nodiscard]] consteval kind kind_of() {
  if (scalar_kind_of<T>() != kind::none) return scalar_kind_of<T>();
  if (std::same_as<T, std::string_view>) return kind::view;
  if (is_tuple<T>) return is_range<T> ? kind::array : kind::tuple;
  if (is_optional<T>) return kind::optional;
  if (is_variant<T>) return kind::variant;
  if (container_kind_of<T>() != kind::none) return container_kind_of<T>();
  if (std::is_empty_v<T> && std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>) return kind::empty;
  return kind::none;
}

template <class T, kind Kind>
concept of_kind = kind_of<T>() == Kind;

}  // namespace codec_detail
}  // namespace coppice
