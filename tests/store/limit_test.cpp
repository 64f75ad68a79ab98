// Sizes: the largest key and value, and one byte more.
#include <sys/mman.h>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

using limit_test = store_case;

/// Bytes that take addresses but no memory until they are read.
class unbacked_bytes {
 public:
  explicit unbacked_bytes(std::size_t size)
      : size_(size), base_(::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  unbacked_bytes(const unbacked_bytes&) = delete;
  unbacked_bytes& operator=(const unbacked_bytes&) = delete;
  ~unbacked_bytes() { ::munmap(base_, size_); }
  /// Reading them is a fault: who refuses them must not have looked.
  [[nodiscard]] std::span<const std::byte> view() const { return {static_cast<const std::byte*>(base_), size_}; }

 private:
  std::size_t size_;
  void* base_;
};

TEST_F(limit_test, a_key_of_64_kib_is_allowed_and_one_byte_more_is_not) {
  store tested = store::open("keys");
  std::string key(limits::max_key_bytes, 'k');
  tested.set(key, "longest");
  EXPECT_EQ(tested.get(key)->view().as_string(), "longest");
  key.push_back('k');
  const outcome refused = outcome_of([&] { tested.set(key, "too long"); });
  EXPECT_EQ(refused.code, errc::key_too_long);
  EXPECT_NE(refused.message.find("'keys'"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("65537"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("65536"), std::string::npos) << refused.message;
  EXPECT_FALSE(tested.get(key));
  EXPECT_FALSE(tested.erase(key));
  EXPECT_EQ(tested.size(), 1U);
  key.pop_back();
  EXPECT_TRUE(tested.erase(key));
  EXPECT_TRUE(tested.check().ok());
}

TEST_F(limit_test, a_value_beyond_1_gib_is_refused_without_being_read) {
  store tested = store::open("values");
  const unbacked_bytes huge(limits::max_value_bytes + 1);
  const outcome refused = outcome_of([&] { tested.set("k", huge.view()); });
  EXPECT_EQ(refused.code, errc::value_too_large);
  EXPECT_NE(refused.message.find("'values'"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("1073741825"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("1073741824"), std::string::npos) << refused.message;
  EXPECT_EQ(tested.size(), 0U);
}

TEST_F(limit_test, a_value_of_100_mib_works_and_its_memory_comes_back) {
  store tested = store::open("large");
  std::string large(std::size_t{100} << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<char>(i / 4096);
  tested.set("k", bytes_of(large));
  tested.visit("k", [&](const value_view& found) {
    EXPECT_EQ(found.raw().size(), large.size());
    EXPECT_EQ(std::memcmp(found.raw().data(), large.data(), large.size()), 0);
  });
  EXPECT_TRUE(tested.check().ok());
  EXPECT_GT(tested.stats().committed_bytes, large.size());
  tested.set("k", "small now");
  tested.collect();
  EXPECT_LT(tested.stats().committed_bytes, std::uint64_t{16} << 20);
  EXPECT_TRUE(tested.check().ok());
}

TEST_F(limit_test, values_around_the_sizes_of_lines_and_blocks_come_back_whole) {
  store tested = store::open("edges");
  std::vector<std::size_t> sizes;
  for (const std::size_t edge : {std::size_t{128}, std::size_t{256}, std::size_t{512}, std::size_t{4096},
                                 std::size_t{32768}, std::size_t{65536}, std::size_t{131072}, std::size_t{4} << 20}) {
    for (std::size_t size = edge - 34; size <= edge + 2; size += 3) sizes.push_back(size);
  }
  const auto content = [](std::size_t size) { return std::string(size, static_cast<char>('a' + size % 26)); };
  for (const std::size_t size : sizes) tested.set(size, content(size));
  for (const std::size_t size : sizes) {
    ASSERT_EQ(tested.get(size)->view().as_string(), content(size)) << size;
  }
  EXPECT_TRUE(tested.check().ok()) << tested.check().broken;
  for (const std::size_t size : sizes) tested.erase(size);
  tested.collect();
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_EQ(report.live_bytes, 0U);
}

}  // namespace
}  // namespace store_test
