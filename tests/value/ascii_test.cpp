// Detection of ASCII: every length around the word sizes, a high byte at every place, nothing read outside the text.
#include <algorithm>
#include <memory>

#include "tests/value/support.hpp"

namespace coppice::test {
namespace {

constexpr std::size_t longest = 150;

/// A heap block of exactly that size, so that the address sanitizer sees any read outside.
std::unique_ptr<char[]> block(std::size_t size, char fill) {
  auto text = std::make_unique<char[]>(size);
  std::fill_n(text.get(), size, fill);
  return text;
}

TEST(is_ascii, holds_for_the_highest_ascii_byte_at_every_length) {
  for (std::size_t size = 0; size <= longest; ++size) {
    EXPECT_TRUE(detail::is_ascii(block(size, '\x7f').get(), size)) << size;
  }
}

TEST(is_ascii, finds_a_high_byte_at_every_place) {
  for (std::size_t size = 1; size <= longest; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (const char high : {'\x80', '\xff'}) {
        auto text = block(size, 'a');
        text[place] = high;
        ASSERT_FALSE(detail::is_ascii(text.get(), size)) << "size " << size << ", place " << place;
      }
    }
  }
}

TEST(is_ascii, does_not_look_outside_the_text) {
  for (std::size_t size = 0; size <= longest; ++size) {
    auto text = block(size + 16, '\xff');
    std::fill_n(text.get() + 8, size, 'a');
    EXPECT_TRUE(detail::is_ascii(text.get() + 8, size)) << size;
  }
}

}  // namespace
}  // namespace coppice::test
