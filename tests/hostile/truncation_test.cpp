// A file that was cut off: at every page, and under a header that hides it.
#include "tests/hostile/images.hpp"

namespace hostile_test {
namespace {

class truncation_test : public testing::Test {
 protected:
  scratch_directory directory_;
  std::string path_ = directory_ / "store";
  contents contents_ = known_contents();
  image valid_ = valid_image(path_);
  case_runner runner_;
};

constexpr std::size_t page = 4096;

TEST_F(truncation_test, is_refused_at_every_page) {
  const auto count = static_cast<std::uint32_t>(valid_.size() / page);
  runner_.run(
      count,
      [&](std::uint32_t i) {
        write_image(path_, valid_.data(), i * page);
        return judge(path_, contents_);
      },
      [](std::uint32_t i) { return "cut off after " + std::to_string(i) + " pages"; });
  EXPECT_EQ(runner_.count(verdict::refused), count);
}

TEST_F(truncation_test, is_refused_within_a_page) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{127},
                                 std::size_t{128}, std::size_t{4095}, valid_.size() - 1}) {
    write_image(path_, valid_.data(), size);
    EXPECT_EQ(judge(path_, contents_), verdict::refused) << size;
  }
}

TEST_F(truncation_test, that_the_header_hides_is_found) {
  const auto first = static_cast<std::uint32_t>(arena::initial_blocks * arena::block_bytes / page);
  const auto count = static_cast<std::uint32_t>(valid_.size() / page) - first;
  runner_.run(
      count,
      [&](std::uint32_t i) {
        const std::uint64_t size = (first + i) * page;
        image lying = valid_;
        std::memcpy(&lying[sizeof(arena::identity) + offsetof(arena::control_words, file_end)], &size, sizeof(size));
        write_image(path_, lying.data(), size);
        return judge(path_, contents_);
      },
      [](std::uint32_t i) { return "case " + std::to_string(i); });
  EXPECT_EQ(runner_.count(verdict::right), 0U);
  EXPECT_EQ(runner_.count(verdict::busy), 0U);
}

TEST_F(truncation_test, bytes_after_the_end_do_not_matter) {
  image longer = valid_;
  longer.resize(longer.size() + 3 * arena::block_bytes, 0xa5);
  write_image(path_, longer.data(), longer.size());
  EXPECT_EQ(judge(path_, contents_), verdict::right);
}

TEST_F(truncation_test, a_hole_in_place_of_memory_is_found) {
  write_image(path_, valid_.data(), valid_.size());
  const int file = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, arena::first_data_block * arena::block_bytes,
                        4 * arena::block_bytes),
            0);
  ::close(file);
  EXPECT_EQ(judge(path_, contents_), verdict::broken);
}

}  // namespace
}  // namespace hostile_test
