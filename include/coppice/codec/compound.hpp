// Codecs of values made of others: pairs, tuples, arrays, optionals, variants, and structs of the program.
//
// Parts follow each other without anything between them. What is there or not, or one of several, is told by a byte or
// a count before it.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/codec/kind.hpp"
#include "coppice/codec/reader.hpp"
#include "coppice/codec/scalar.hpp"
#include "coppice/codec/writer.hpp"
#include "coppice/error.hpp"

namespace coppice {

namespace codec_detail {

template <class Tuple, std::size_t I>
using part_type = std::remove_cvref_t<std::tuple_element_t<I, Tuple>>;

/// Calls `f` with the parts of a tuple, one after the other.
template <class Tuple, class F>
constexpr void each_part(Tuple& of, const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    using std::get;
    (f(get<I>(of)), ...);
  }(std::make_index_sequence<std::tuple_size_v<std::remove_cv_t<Tuple>>>{});
}

/// The sum of the fewest bytes of the parts.
template <class Tuple>
[[nodiscard]] constexpr std::size_t least_bytes_of_parts() noexcept {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (std::size_t{0} + ... + least_bytes<part_type<Tuple, I>>());
  }(std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

/// Decodes the parts, and makes a T of them.
template <class T>
[[nodiscard]] T made_of_parts(reader& from) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return T{from.value<part_type<T, I>>()...};  // braces: in this order
  }(std::make_index_sequence<std::tuple_size_v<T>>{});
}

template <class Tuple>
void encode_parts(const Tuple& of, byte_writer auto& to) {
  each_part(of, [&](const auto& part) { codec<std::remove_cvref_t<decltype(part)>>::encode(part, to); });
}

}  // namespace codec_detail

template <codec_detail::of_kind<codec_detail::kind::tuple> T>
struct codec<T> {
  static constexpr std::size_t min_bytes() noexcept { return codec_detail::least_bytes_of_parts<T>(); }
  static void encode(const T& value, byte_writer auto& to) { codec_detail::encode_parts(value, to); }
  [[nodiscard]] static T decode(reader& from) { return codec_detail::made_of_parts<T>(from); }
};

template <codec_detail::of_kind<codec_detail::kind::array> T>
struct codec<T> {
  using element = typename T::value_type;
  static constexpr std::size_t length = std::tuple_size_v<T>;
  static constexpr std::size_t min_bytes() noexcept { return length * codec_detail::least_bytes<element>(); }
  static void encode(const T& value, byte_writer auto& to) {
    if constexpr (codec_detail::is_its_bytes<element>()) {
      to.append(std::as_bytes(std::span(value)));
    } else {
      for (const element& each : value) codec<element>::encode(each, to);
    }
  }
  [[nodiscard]] static T decode(reader& from) {
    if constexpr (std::is_default_constructible_v<T> && std::is_move_assignable_v<element>) {
      T made{};
      for (element& each : made) each = from.value<element>();
      return made;
    } else {
      return codec_detail::made_of_parts<T>(from);
    }
  }
};

/// A byte, 0 or 1; after 1 the value.
template <codec_detail::of_kind<codec_detail::kind::optional> T>
struct codec<T> {
  static constexpr std::size_t min_bytes() noexcept { return 1; }
  static void encode(const T& value, byte_writer auto& to) {
    codec<bool>::encode(value.has_value(), to);
    if (value.has_value()) codec<typename T::value_type>::encode(*value, to);
  }
  [[nodiscard]] static T decode(reader& from) {
    return codec<bool>::decode(from) ? T(std::in_place, from.value<typename T::value_type>()) : T();
  }
};

/// The index of the alternative as a count, then its value.
template <template <class...> class Variant, class... Alternatives>
  requires codec_detail::of_kind<Variant<Alternatives...>, codec_detail::kind::variant>
struct codec<Variant<Alternatives...>> {
  using variant = Variant<Alternatives...>;
  using indices = std::index_sequence_for<Alternatives...>;
  static constexpr std::size_t min_bytes() noexcept { return 1; }

  /// Throws coppice::error where the variant lost its value to an exception.
  static void encode(const variant& value, byte_writer auto& to) {
    if (value.valueless_by_exception()) {
      throw error(errc::invalid_argument,
                  "coppice::encode: a variant has no value (valueless_by_exception); assign one");
    }
    put_number(value.index(), to);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (void)((value.index() == I && (codec<Alternatives>::encode(*get_if<I>(&value), to), true)) || ...);
    }(indices{});
  }

  [[nodiscard]] static variant decode(reader& from) {
    const std::size_t begin = from.offset();
    const std::uint64_t index = from.number();
    if (index >= sizeof...(Alternatives)) from.fail_at(begin, "a variant has no alternative of this index");
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      using decoder = variant (*)(reader&);
      constexpr decoder decoders[] = {&decode_alternative<I, Alternatives>...};
      return decoders[index](from);
    }(indices{});
  }

 private:
  template <std::size_t I, class Alternative>
  [[nodiscard]] static variant decode_alternative(reader& from) {
    return variant(std::in_place_index<I>, from.value<Alternative>());
  }
};

/// The codec of a struct whose fields are encoded one after the other:
///
///     template <>
///     struct coppice::codec<point> : coppice::struct_codec<point> {
///       static auto fields(auto& self) { return std::tie(self.x, self.y); }
///     };
///
/// Decoding starts from T{}. A field that is added, taken away or moved makes another encoding.
template <class T>
struct struct_codec {
  static constexpr std::size_t min_bytes() noexcept {
    return codec_detail::least_bytes_of_parts<decltype(codec<T>::fields(std::declval<T&>()))>();
  }
  static void encode(const T& value, byte_writer auto& to) { codec_detail::encode_parts(codec<T>::fields(value), to); }
  [[nodiscard]] static T decode(reader& from) {
    T made{};
    auto fields = codec<T>::fields(made);
    codec_detail::each_part(fields, [&](auto& field) { field = from.value<std::remove_cvref_t<decltype(field)>>(); });
    return made;
  }
};

}  // namespace coppice
