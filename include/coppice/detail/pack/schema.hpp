// What the elements of a collection are, as text: docs/formats/pack.md, section 3.
//
// Thread safety: pure functions.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/codec.hpp"
#include "coppice/detail/shared/element_type.hpp"

namespace coppice::detail {

template <class T>
[[nodiscard]] std::string schema_of();

template <class... T>
[[nodiscard]] std::string schemas_of() {
  std::string all;
  ((all += (all.empty() ? "" : ",") + schema_of<T>()), ...);
  return all;
}
template <class T, std::size_t... I>
[[nodiscard]] std::string schemas_of_parts(std::index_sequence<I...>) {
  return schemas_of<std::tuple_element_t<I, T>...>();
}
template <template <class...> class Variant, class... T>
[[nodiscard]] std::string schemas_of_alternatives(const Variant<T...>*) {
  return schemas_of<T...>();
}

template <class T>
[[nodiscard]] std::string schema_of_number() {
  const std::string bits = std::to_string(8 * sizeof(codec_detail::wire_type<T>));
  if constexpr (std::same_as<T, char> || std::same_as<T, char8_t> || std::same_as<T, char16_t> ||
                std::same_as<T, char32_t>) {
    return "c" + bits;
  } else if constexpr (std::floating_point<T>) {
    return "f" + bits;
  } else {
    return (std::is_signed_v<T> ? "i" : "u") + bits;
  }
}

template <class Period, class Rep>
[[nodiscard]] std::string schema_of_ticks() {
  return std::to_string(Period::num) + "/" + std::to_string(Period::den) + "," + schema_of<Rep>();
}

template <class T>
[[nodiscard]] std::string schema_of() {
  using codec_detail::kind;
  constexpr kind form = codec_detail::kind_of<T>();
  if constexpr (form == kind::none) {
    return "own(" + std::string(stored_name<T>) + ")";
  } else if constexpr (form == kind::number) {
    return schema_of_number<T>();
  } else if constexpr (form == kind::boolean) {
    return "bool";
  } else if constexpr (form == kind::enumeration) {
    return schema_of_number<std::underlying_type_t<T>>();
  } else if constexpr (form == kind::duration) {
    return "dur(" + schema_of_ticks<typename T::period, typename T::rep>() + ")";
  } else if constexpr (form == kind::time_point) {
    return "time(" + schema_of_ticks<typename T::period, typename T::rep>() + ")";
  } else if constexpr (form == kind::array) {
    return "arr(" + std::to_string(std::tuple_size_v<T>) + "," + schema_of<typename T::value_type>() + ")";
  } else if constexpr (form == kind::tuple) {
    return "tup(" + schemas_of_parts<T>(std::make_index_sequence<std::tuple_size_v<T>>{}) + ")";
  } else if constexpr (form == kind::optional) {
    return "opt(" + schema_of<typename T::value_type>() + ")";
  } else if constexpr (form == kind::variant) {
    return "var(" + schemas_of_alternatives(static_cast<const T*>(nullptr)) + ")";
  } else if constexpr (form == kind::bits) {
    return "bits";
  } else if constexpr (form == kind::sequence || form == kind::view) {
    const std::string elements = schema_of<typename T::value_type>();
    return elements == "c8" ? "str" : "seq(" + elements + ")";
  } else if constexpr (form == kind::associative) {
    if constexpr (codec_detail::is_map<T>) {
      return "map(" + schemas_of<typename T::key_type, typename T::mapped_type>() + ")";
    } else {
      return "set(" + schema_of<typename T::key_type>() + ")";
    }
  } else {
    return "nil";
  }
}

}  // namespace coppice::detail
