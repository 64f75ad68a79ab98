// Hashes of C++ values for map and set: 64 bits, seeded.
//
// `coppice::hash<T>` is the default Hash of the collections: `operator()(const T&, std::uint64_t seed)`. Built in are
// numbers, enumerations, pointers, strings (transparent: any text of the same characters is looked up without making a
// string), durations, pairs and tuples, arrays and other ranges; everything else goes by std::hash. Bytes are hashed by
// XXH3 (xxHash), numbers of up to eight bytes by one multiplication of 64 x 64 to 128 bits, folded.
//
// A type of one's own: specialise coppice::hash, or std::hash, or give the collection another Hash:
//   - one that takes (key, seed) is used as it is;
//   - one that takes (key) is mixed with the seed, because many such hashes are weak (std::hash of an integer is that
//     integer), unless it declares `using is_avalanching = void;`, whose bits are taken as they are.
// A Hash must not throw. It is heterogeneous if it declares `is_transparent`.
//
// Under one seed these values are the same in every process; with a release they may change. In files they are in
// stores, which refuse collections of another release's hash (coppice/store_arena.hpp), and in packs, which then have
// another number for them and are read entry by entry (docs/formats/pack.md).
//
// Thread safety: pure functions.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coppice/detail/hash.hpp"
#include "coppice/detail/heap/key_hash.hpp"

namespace coppice {

template <class T>
struct hash;

namespace detail {

template <class T>
concept has_std_hash = requires(const T& value) {
  { std::hash<T>{}(value) } -> std::convertible_to<std::size_t>;
};
template <class T>
concept string_like = requires { typename T::traits_type; } &&
                      std::convertible_to<const T&, std::basic_string_view<typename T::value_type>>;
template <class T>
concept tuple_like = requires { std::tuple_size<T>::value; };
template <class T>
concept duration_like = requires(const T& value) {
  typename T::period;
  value.count();
};
/// Has elements in an order that goes with its equality (unordered containers have none), and that are of another type
/// than itself (those of a path are paths).
template <class T>
concept range_like = requires(const T& value) {
  value.end();
  requires !std::same_as<std::remove_cvref_t<decltype(*value.begin())>, T>;
} && !requires { typename T::hasher; };

/// Zeros are one number, whatever their sign; so is everything that is not a number.
template <std::floating_point T>
[[nodiscard]] inline std::uint64_t float_bits(T value) noexcept {
  if (value == T{}) return 0;
  if (!(value < T{}) && !(value > T{})) return ~std::uint64_t{0};
  if constexpr (sizeof(T) == sizeof(float)) {
    return std::bit_cast<std::uint32_t>(value);
  } else {
    return std::bit_cast<std::uint64_t>(static_cast<double>(value));
  }
}

/// Whether a Hash says that it is the same in every program.
template <class Hash>
[[nodiscard]] consteval bool portable_hash() {
  if constexpr (requires { Hash::is_portable(); }) {
    return Hash::is_portable();
  } else {
    return false;
  }
}

}  // namespace detail

/// The hash of anything but strings.
template <class T>
struct hash {
  [[nodiscard]] std::uint64_t operator()(const T& value, std::uint64_t seed) const noexcept {
    if constexpr (std::is_enum_v<T>) {
      return detail::hash_number(static_cast<std::uint64_t>(value), seed);
    } else if constexpr (std::integral<T>) {
      static_assert(sizeof(T) <= sizeof(std::uint64_t), "coppice::hash: no hash for integers of more than 64 bits");
      return detail::hash_number(static_cast<std::uint64_t>(value), seed);
    } else if constexpr (std::floating_point<T>) {
      return detail::hash_number(detail::float_bits(value), seed);
    } else if constexpr (std::is_pointer_v<T>) {
      return detail::hash_number(reinterpret_cast<std::uintptr_t>(value), seed);
    } else if constexpr (detail::duration_like<T>) {
      return hash<typename T::rep>{}(value.count(), seed);
    } else if constexpr (detail::range_like<T>) {
      return of_range(value, seed);
    } else if constexpr (detail::tuple_like<T>) {
      return of_tuple(value, seed, std::make_index_sequence<std::tuple_size_v<T>>{});
    } else {
      static_assert(detail::has_std_hash<T>,
                    "coppice::hash: no hash for this type: specialise coppice::hash or std::hash for it, or give the "
                    "collection another Hash");
      return detail::hash_number(std::hash<T>{}(value), seed);
    }
  }
  /// Whether it is the same in every program: nothing of it goes by std::hash, or by an address.
  [[nodiscard]] static consteval bool is_portable() {
    if constexpr (std::is_enum_v<T> || std::integral<T> || std::floating_point<T>) {
      return true;
    } else if constexpr (detail::duration_like<T>) {
      return hash<typename T::rep>::is_portable();
    } else if constexpr (detail::range_like<T>) {
      return detail::portable_hash<hash<std::remove_cvref_t<decltype(*std::declval<const T&>().begin())>>>();
    } else if constexpr (detail::tuple_like<T>) {
      return has_portable_parts(std::make_index_sequence<std::tuple_size_v<T>>{});
    } else {
      return false;
    }
  }

 private:
  template <std::size_t... I>
  [[nodiscard]] static consteval bool has_portable_parts(std::index_sequence<I...>) {
    return (detail::portable_hash<hash<std::tuple_element_t<I, T>>>() && ...);
  }
  // Each part is hashed under what came before it.
  [[nodiscard]] static std::uint64_t of_range(const T& range, std::uint64_t seed) noexcept {
    std::uint64_t count = 0;
    for (const auto& value : range) {
      seed = hash<std::remove_cvref_t<decltype(value)>>{}(value, seed);
      ++count;
    }
    return detail::hash_number(count, seed);
  }
  template <std::size_t... I>
  [[nodiscard]] static std::uint64_t of_tuple(const T& tuple, std::uint64_t seed, std::index_sequence<I...>) noexcept {
    using std::get;
    ((seed = hash<std::remove_cvref_t<decltype(get<I>(tuple))>>{}(get<I>(tuple), seed)), ...);
    return seed;
  }
};

/// The hash of strings and string views; transparent.
template <detail::string_like T>
struct hash<T> {
  using is_transparent = void;
  [[nodiscard]] std::uint64_t operator()(std::basic_string_view<typename T::value_type> text,
                                         std::uint64_t seed) const noexcept {
    return XXH3_64bits_withSeed(text.data(), text.size() * sizeof(typename T::value_type), seed);
  }
  [[nodiscard]] static consteval bool is_portable() { return true; }
};

}  // namespace coppice
