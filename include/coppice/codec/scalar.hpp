// Codecs of single values: numbers, bool, enumerations, durations and points in time, classes without content.
//
// Numbers have a fixed width and lie little-endian: a number is its bytes in memory, so that floating-point numbers
// come back bit by bit, arrays of numbers are one copy, and the size of a struct of numbers does not depend on their
// values. `long` and `unsigned long` take eight bytes everywhere; `wchar_t` and `long double`, which are of different
// content on different machines, have no codec.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "coppice/codec/kind.hpp"
#include "coppice/codec/reader.hpp"
#include "coppice/codec/writer.hpp"

namespace coppice {

namespace codec_detail {

/// The type of a number's bytes.
template <class T>
using wire_type = std::conditional_t<std::is_same_v<T, long>, std::int64_t,
                                     std::conditional_t<std::is_same_v<T, unsigned long>, std::uint64_t, T>>;

/// Values whose bytes in memory are their encoding, whatever they are.
template <class T>
[[nodiscard]] consteval bool is_its_bytes() {
  if constexpr (of_kind<T, kind::number>) {
    return sizeof(T) == sizeof(wire_type<T>);
  } else if constexpr (is_open_enum<T> && !has_range<T>) {
    return is_its_bytes<std::underlying_type_t<T>>();
  } else {
    return false;
  }
}

}  // namespace codec_detail

template <codec_detail::of_kind<codec_detail::kind::number> T>
struct codec<T> {
  using wire = codec_detail::wire_type<T>;
  static constexpr std::size_t min_bytes() noexcept { return sizeof(wire); }
  static void encode(const T& value, byte_writer auto& to) { put_fixed(static_cast<wire>(value), to); }
  [[nodiscard]] static T decode(reader& from) {
    const auto read = from.fixed<wire>();
    if constexpr (sizeof(T) < sizeof(wire)) {
      if (!std::in_range<T>(read)) from.fail("a number does not fit into the type of this machine");
    }
    return static_cast<T>(read);
  }
};

template <>
struct codec<bool> {
  static constexpr std::size_t min_bytes() noexcept { return 1; }
  static void encode(const bool& value, byte_writer auto& to) { put_fixed<std::uint8_t>(value ? 1 : 0, to); }
  [[nodiscard]] static bool decode(reader& from) {
    const std::size_t begin = from.offset();
    const auto read = from.fixed<std::uint8_t>();
    if (read > 1) from.fail_at(begin, "a boolean is neither 0 nor 1");
    return read == 1;
  }
};

template <codec_detail::of_kind<codec_detail::kind::enumeration> T>
struct codec<T> {
  static_assert(codec_detail::is_open_enum<T> || codec_detail::has_range<T>,
                "coppice::codec: an enumeration without an underlying type of its own cannot hold every number: "
                "specialise coppice::enum_range for it");
  using number = std::underlying_type_t<T>;
  static constexpr std::size_t min_bytes() noexcept { return codec<number>::min_bytes(); }
  static void encode(const T& value, byte_writer auto& to) { codec<number>::encode(static_cast<number>(value), to); }
  [[nodiscard]] static T decode(reader& from) {
    const std::size_t begin = from.offset();
    const number read = codec<number>::decode(from);
    if constexpr (codec_detail::has_range<T>) {
      if (read < static_cast<number>(enum_range<T>::first) || read > static_cast<number>(enum_range<T>::last)) {
        from.fail_at(begin, "a number is none of its enumeration");
      }
    }
    return static_cast<T>(read);
  }
};

/// The count of ticks. A duration of the program's own choice is the same on every machine; std::chrono::system_clock's
/// is not.
template <codec_detail::of_kind<codec_detail::kind::duration> T>
struct codec<T> {
  using rep = typename T::rep;
  static constexpr std::size_t min_bytes() noexcept { return codec<rep>::min_bytes(); }
  static void encode(const T& value, byte_writer auto& to) { codec<rep>::encode(value.count(), to); }
  [[nodiscard]] static T decode(reader& from) { return T(codec<rep>::decode(from)); }
};

/// The duration since the clock's epoch.
template <codec_detail::of_kind<codec_detail::kind::time_point> T>
struct codec<T> {
  using duration = typename T::duration;
  static constexpr std::size_t min_bytes() noexcept { return codec<duration>::min_bytes(); }
  static void encode(const T& value, byte_writer auto& to) { codec<duration>::encode(value.time_since_epoch(), to); }
  [[nodiscard]] static T decode(reader& from) { return T(codec<duration>::decode(from)); }
};

template <codec_detail::of_kind<codec_detail::kind::empty> T>
struct codec<T> {
  static constexpr std::size_t min_bytes() noexcept { return 0; }
  static void encode(const T&, byte_writer auto&) {}
  [[nodiscard]] static T decode(reader&) { return T(); }
};

}  // namespace coppice
