// A claim costs the decoder nothing: no input makes it allocate much more than the input's own size.
#include <cstdlib>
#include <new>

#include "support.hpp"

namespace {
std::size_t largest = 0;
}

// Not inlined: the compiler would take malloc and delete for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  largest = std::max(largest, size);
  void* const made = std::malloc(size);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace coppice::codec_test {
namespace {

/// The largest block that decoding a count and then `size` zeros asks for.
template <class T>
[[nodiscard]] std::size_t largest_for(std::uint64_t count, std::size_t size) {
  byte_buffer claim;
  put_number(count, claim);
  std::vector<std::byte> bytes = claim.bytes();
  bytes.resize(bytes.size() + size);
  largest = 0;
  const auto decoded = decode<T>(bytes);
  EXPECT_FALSE(decoded.ok());
  return largest;
}

TEST(codec_allocation, a_huge_count_allocates_nothing) {
  for (const std::uint64_t count : {std::uint64_t{1} << 20, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    EXPECT_EQ(largest_for<std::string>(count, 100), 0);
    EXPECT_EQ(largest_for<std::vector<int>>(count, 100), 0);
    EXPECT_EQ(largest_for<std::vector<std::string>>(count, 100), 0);
    EXPECT_EQ(largest_for<std::vector<bool>>(count, 100), 0);
    EXPECT_EQ((largest_for<map<int, int>>(count, 100)), 0);
    EXPECT_EQ((largest_for<std::unordered_map<int, int>>(count, 100)), 0);
  }
}

TEST(codec_allocation, a_count_of_small_encodings_of_large_objects_allocates_as_they_come) {
  // Each element takes a byte at least, so the count is possible; the first one fails.
  struct large_optional {
    static auto of() { return std::optional<std::array<std::uint64_t, 100>>(); }
  };
  using element = decltype(large_optional::of());
  std::vector<std::byte> bytes(5003, std::byte{2});
  bytes[0] = std::byte{0x88};
  bytes[1] = std::byte{0x27};  // 5,000
  largest = 0;
  EXPECT_FALSE(decode<std::vector<element>>(bytes).ok());
  EXPECT_LE(largest, bytes.size() + 2 * sizeof(element));
}

}  // namespace
}  // namespace coppice::codec_test
