// Versions whose content is known from two numbers, so that others can tell whether it is intact.
#pragma once

#include "tests/worker/support.hpp"

namespace worker_test {

inline constexpr unsigned recipe_keys = 150;

/// The content of a version is known from its seed and the number of its edits.
struct recipe {
  std::uint64_t seed = 0;
  std::uint64_t edits = 0;

  /// Edit `i`: a key, and what it is set to; nothing: it is erased.
  [[nodiscard]] std::pair<text, std::optional<text>> edit(std::uint64_t i) const {
    std::uint64_t mixed = (seed * 0x9e3779b97f4a7c15U + i + 1) * 0xbf58476d1ce4e5b9U;
    mixed ^= mixed >> 31;
    const text key("key" + std::to_string(mixed % recipe_keys));
    if (mixed % 7 == 0) return {key, std::nullopt};
    const std::size_t size = mixed % 199 == 0 ? 70'000 : mixed % 41 == 0 ? 3000 : mixed / 7 % 60;
    return {key, text(std::to_string(mixed) + std::string(size, 'v'))};
  }
  [[nodiscard]] model_map content() const {
    model_map made;
    for (std::uint64_t i = 0; i < edits; ++i) {
      const auto [key, value] = edit(i);
      if (value) {
        made[key] = *value;
      } else {
        made.erase(key);
      }
    }
    return made;
  }
};

/// Does the next edits of a version.
inline void edit(worker& by, version_index index, recipe& content, std::uint64_t edits) {
  for (; edits != 0; --edits) {
    const auto [key, value] = content.edit(content.edits++);
    const trie_change change = value ? by.set(index, key, *value) : by.erase(index, key);
    ASSERT_NE(change, trie_change::out_of_space);
  }
}

}  // namespace worker_test
