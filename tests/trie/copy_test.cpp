// move_bytes, copy_bytes and clear_bytes do what the standard functions do, and touch nothing else.
#include "coppice/detail/copy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace coppice::trie_test {
namespace {

constexpr std::size_t most = 200;
constexpr std::size_t margin = 256;
using page = std::array<std::byte, margin + most + margin>;

page pattern() {
  page made{};
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::byte>(i * 37 + i / 256 + 1);
  return made;
}

TEST(trie_copy, moves_any_length_over_any_overlap) {
  for (std::size_t size = 0; size <= most; ++size) {
    // Beyond `size` they do not overlap; farther than that is all the same.
    const std::size_t farthest = size + 2 < margin ? size + 2 : margin;
    for (std::size_t distance = 0; distance <= farthest; ++distance) {
      for (const bool up : {false, true}) {
        page mine = pattern(), expected = pattern();
        const std::size_t to = up ? margin + distance - distance / 2 : margin - distance / 2;
        const std::size_t from = up ? to - distance : to + distance;
        detail::move_bytes(mine.data() + to, mine.data() + from, size);
        std::memmove(expected.data() + to, expected.data() + from, size);
        ASSERT_EQ(mine, expected) << size << " bytes by " << distance << (up ? " up" : " down");
      }
    }
  }
}

TEST(trie_copy, moves_few_bytes_over_any_overlap) {
  for (std::size_t size = 0; size < 16; ++size) {
    for (std::size_t to = margin - 18; to <= margin + 18; ++to) {
      page mine = pattern(), expected = pattern();
      detail::move_few(mine.data() + to, mine.data() + margin, size);
      std::memmove(expected.data() + to, expected.data() + margin, size);
      ASSERT_EQ(mine, expected) << size << " bytes to " << to;
    }
  }
}

TEST(trie_copy, copies_any_length_between_any_alignments) {
  const page from = pattern();
  for (std::size_t size = 0; size <= most; ++size) {
    for (std::size_t shift = 0; shift < 16; ++shift) {
      page mine{}, expected{};
      detail::copy_bytes(mine.data() + margin + shift, from.data() + margin - shift, size);
      std::memcpy(expected.data() + margin + shift, from.data() + margin - shift, size);
      ASSERT_EQ(mine, expected) << size << " bytes, " << shift;
    }
  }
}

TEST(trie_copy, clears_any_length) {
  for (std::size_t size = 0; size <= most; ++size) {
    for (std::size_t shift = 0; shift < 16; ++shift) {
      page mine = pattern(), expected = pattern();
      detail::clear_bytes(mine.data() + margin + shift, size);
      std::memset(expected.data() + margin + shift, 0, size);
      ASSERT_EQ(mine, expected) << size << " bytes, " << shift;
    }
  }
}

}  // namespace
}  // namespace coppice::trie_test
