// How a collection hashes keys: a Hash of any kind (coppice/hash.hpp) under a seed.
//
// Thread safety: pure functions.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "coppice/detail/hash.hpp"

namespace coppice::detail {

/// One number. The high half of the product knows the high bits, the low half the low ones.
[[nodiscard]] constexpr std::uint64_t hash_number(std::uint64_t number, std::uint64_t seed) noexcept {
  return fold_multiply(number ^ seed, 0x9e3779b97f4a7c15U);
}

/// Any Hash under a seed.
template <class Hash>
struct key_hash {
  std::uint64_t seed = 0;
  [[no_unique_address]] Hash hash{};

  template <class Key>
  [[nodiscard]] std::uint64_t operator()(const Key& key) const noexcept {
    if constexpr (std::is_invocable_v<const Hash&, const Key&, std::uint64_t>) {
      return hash(key, seed);
    } else if constexpr (requires { typename Hash::is_avalanching; }) {
      return hash(key);
    } else {
      return hash_number(static_cast<std::uint64_t>(hash(key)), seed);
    }
  }
};

/// A number that nobody can guess. Where the system has no random numbers to give, an address must do.
[[nodiscard]] inline std::uint64_t random_seed() noexcept {
  static const char somewhere = 0;
  std::uint64_t random = 0;
  if (::getentropy(&random, sizeof(random)) != 0) random = reinterpret_cast<std::uintptr_t>(&somewhere);
  return random;
}

/// The seed of all collections of this process that are given no other: random, so that nobody can choose keys that
/// collide.
[[nodiscard]] inline std::uint64_t process_seed() noexcept {
  static const std::uint64_t seed = random_seed();
  return seed;
}

}  // namespace coppice::detail
