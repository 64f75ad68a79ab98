// What can lie in an arena as it is, and a number that tells such types apart.
//
// Thread safety: pure functions.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/codec/kind.hpp"
#include "coppice/detail/heap/typed_leaf.hpp"
#include "coppice/detail/node.hpp"

namespace coppice {

namespace detail {

template <class T>
concept fixed_tuple = requires { std::tuple_size<T>::value; };
/// Something that lies elsewhere.
template <class T>
concept view_like = !fixed_tuple<T> && requires(const T& value) {
  value.data();
  value.size();
};

template <class T>
struct is_reference_wrapper : std::false_type {};
template <class T>
struct is_reference_wrapper<std::reference_wrapper<T>> : std::true_type {};

template <class T>
[[nodiscard]] consteval bool shareable();
template <class T, std::size_t... I>
[[nodiscard]] consteval bool parts_shareable(std::index_sequence<I...>) {
  return (shareable<std::tuple_element_t<I, T>>() && ...);
}

/// std::array, which may have more parts than compilers fold.
template <class T>
concept fixed_array = fixed_tuple<T> && requires(const T& value) {
  typename T::value_type;
  value.data();
};

}  // namespace detail

/// Whether elements of a type lie in an arena as they are, read by pointer; others are encoded by their codec. They
/// must be copied as bytes and mean the same in every process: a struct with a pointer inside does not, which nobody
/// but its author can tell: specialise this to false for it.
template <class T>
inline constexpr bool shares_as_bytes = detail::shareable<T>();

/// A name for a struct of one's own in arenas: two programs whose struct of that place has another name do not read
/// each other's. Without one only its size counts.
template <class T>
inline constexpr std::string_view stored_name = {};

namespace detail {

template <class T>
[[nodiscard]] consteval bool shareable() {
  constexpr bool points = std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T> ||
                          is_reference_wrapper<T>::value || view_like<T>;
  if constexpr (points || !copies_as_bytes<T> || alignof(T) > granule_bytes) {
    return false;
  } else if constexpr (fixed_array<T>) {
    return shareable<typename T::value_type>();
  } else if constexpr (fixed_tuple<T>) {
    return parts_shareable<T>(std::make_index_sequence<std::tuple_size_v<T>>{});
  } else {
    return true;
  }
}

/// FNV-1a over words.
class type_digest {
 public:
  constexpr void add(std::uint64_t word) noexcept {
    for (unsigned i = 0; i < sizeof(word); ++i) {
      state_ = (state_ ^ (word >> (8 * i) & 0xff)) * 0x100000001b3U;
    }
  }
  constexpr void add(std::string_view text) noexcept {
    for (const char each : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(each)));
    add(text.size());
  }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325U;
};

template <class T>
constexpr void describe_encoding(type_digest& to) noexcept;
template <class T>
constexpr void describe_type(type_digest& to) noexcept;
template <class T, std::size_t... I>
constexpr void describe_parts(type_digest& to, std::index_sequence<I...>) noexcept {
  (describe_type<std::tuple_element_t<I, T>>(to), ...);
}

/// The numbers are part of the arena's format.
template <class T>
constexpr void describe_type(type_digest& to) noexcept {
  enum : std::uint64_t { boolean = 1, signed_integer, unsigned_integer, floating, tuple, other, array };
  if constexpr (std::is_enum_v<T>) {
    describe_type<std::underlying_type_t<T>>(to);
  } else if constexpr (std::same_as<T, bool>) {
    to.add(boolean);
  } else if constexpr (std::integral<T>) {
    to.add(std::is_signed_v<T> ? signed_integer : unsigned_integer);
  } else if constexpr (std::floating_point<T>) {
    to.add(floating);
  } else if constexpr (fixed_array<T>) {
    to.add(array);
    to.add(std::tuple_size_v<T>);
    describe_type<typename T::value_type>(to);
  } else if constexpr (fixed_tuple<T>) {
    to.add(tuple);
    to.add(std::tuple_size_v<T>);
    describe_parts<T>(to, std::make_index_sequence<std::tuple_size_v<T>>{});
  } else {
    to.add(other);
    to.add(alignof(T));
    describe_encoding<T>(to);  // what an optional or a duration is of; the name of a class of one's own
  }
  to.add(sizeof(T));
}

template <class T, std::size_t... I>
constexpr void describe_encoded_parts(type_digest& to, std::index_sequence<I...>) noexcept {
  (describe_encoding<std::tuple_element_t<I, T>>(to), ...);
}
template <template <class...> class Variant, class... T>
constexpr void describe_alternatives(type_digest& to, const Variant<T...>*) noexcept {
  to.add(sizeof...(T));
  (describe_encoding<T>(to), ...);
}

/// Of a type that is encoded: the shape of its encoding, whatever its size here.
template <class T>
constexpr void describe_encoding(type_digest& to) noexcept {
  using codec_detail::kind;
  constexpr kind form = codec_detail::kind_of<T>();
  enum : std::uint64_t { encoded = 16, sequence, associative, duration, time_point, optional, variant, own, array };
  to.add(encoded);
  if constexpr (form == kind::number || form == kind::boolean || form == kind::enumeration) {
    describe_type<T>(to);
  } else if constexpr (form == kind::duration) {
    to.add(duration);
    to.add(static_cast<std::uint64_t>(T::period::num));
    to.add(static_cast<std::uint64_t>(T::period::den));
    describe_encoding<typename T::rep>(to);
  } else if constexpr (form == kind::time_point) {
    to.add(time_point);
    describe_encoding<typename T::duration>(to);
  } else if constexpr (form == kind::array) {
    to.add(array);
    to.add(std::tuple_size_v<T>);
    describe_encoding<typename T::value_type>(to);
  } else if constexpr (form == kind::tuple) {
    to.add(std::tuple_size_v<T>);
    describe_encoded_parts<T>(to, std::make_index_sequence<std::tuple_size_v<T>>{});
  } else if constexpr (form == kind::optional) {
    to.add(optional);
    describe_encoding<typename T::value_type>(to);
  } else if constexpr (form == kind::variant) {
    to.add(variant);
    describe_alternatives(to, static_cast<const T*>(nullptr));
  } else if constexpr (form == kind::sequence || form == kind::bits || form == kind::view) {
    to.add(sequence);
    describe_encoding<typename T::value_type>(to);
  } else if constexpr (form == kind::associative) {
    to.add(associative);
    describe_encoding<typename T::key_type>(to);
    if constexpr (codec_detail::is_map<T>) describe_encoding<typename T::mapped_type>(to);
  } else {
    to.add(own);
  }
  to.add(stored_name<T>);
}

/// Of the elements of a collection in an arena.
template <class T>
constexpr void describe_element(type_digest& to) noexcept {
  if constexpr (shares_as_bytes<T>) {
    describe_type<T>(to);
  } else {
    describe_encoding<T>(to);
  }
}

}  // namespace detail
}  // namespace coppice
