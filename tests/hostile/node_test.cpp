// Damaged nodes: the check may or may not see a changed byte of a value, but it never falls over, and what it calls
// sound can be walked.
#include <cstring>
#include <random>

#include "coppice/detail/branch.hpp"
#include "tests/hostile/images.hpp"

namespace hostile_test {
namespace {

/// As judge(), but contents may differ: a byte of a value is nobody's invariant. Iteration must still end.
verdict judge_nodes(const std::string& path) {
  coppice::store_options options;
  options.mode = coppice::open_mode::open_existing;
  try {
    store opened = store::open(path, options);
    if (!opened.check().ok()) return verdict::broken;
    const snapshot seen = opened.snapshot();
    std::uint64_t met = 0;
    std::uint64_t sum = 0;
    seen.for_each([&](const coppice::entry& each) {
      ++met;
      for (const std::byte b : each.value.raw()) sum += static_cast<std::uint64_t>(b);
      return true;
    });
    for (const coppice::entry& each : seen) {
      if (!seen.get(each.key)) return verdict::wrong;
    }
    if (met != seen.size() || sum == 0) return verdict::wrong;
    for (int i = 0; i < 150; ++i) opened.set("key " + std::to_string(i), i);
    opened.collect();
    return opened.check().ok() ? verdict::right : verdict::wrong;
  } catch (const coppice::error& why) {
    return why.code() == errc::corrupt || why.code() == errc::not_a_store ? verdict::refused : verdict::wrong;
  }
}

class node_test : public testing::Test {
 protected:
  node_test() {
    // Where nodes are: lines of data blocks that hold anything.
    constexpr std::size_t line = arena::line_bytes;
    for (std::size_t at = std::size_t{arena::first_data_block} * arena::block_bytes; at + line <= valid_.size();
         at += line) {
      for (std::size_t i = 0; i < line; ++i) {
        if (valid_[at + i] != 0 && valid_[at + i] != 'l' && valid_[at + i] != 'm') {
          lines_.push_back(at);
          break;
        }
      }
    }
  }

  void flip(std::uint32_t cases, std::uint64_t most_changes, bool heads_only) {
    ASSERT_GT(lines_.size(), 50U);
    runner_.run(
        cases,
        [&](std::uint32_t i) {
          std::mt19937_64 random(i);
          image damaged = valid_;
          for (std::uint64_t n = 1 + random() % most_changes; n > 0; --n) {
            const std::size_t span = heads_only ? 32 : arena::line_bytes;
            unsigned char& byte = damaged[lines_[random() % lines_.size()] + random() % span];
            switch (random() % 4) {
              case 0:
                byte = 0xff;
                break;
              case 1:
                byte = 0;
                break;
              case 2:
                byte = static_cast<unsigned char>(byte ^ (1U << random() % 8));
                break;
              default:
                byte = static_cast<unsigned char>(random());
                break;
            }
          }
          write_image(path_, damaged.data(), damaged.size());
          return judge_nodes(path_);
        },
        [](std::uint32_t i) { return "seed " + std::to_string(i); });
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "store";
  image valid_ = valid_image(path_, false);
  std::vector<std::size_t> lines_;
  case_runner runner_;
};

TEST_F(node_test, one_changed_byte) { flip(2000, 1, false); }

TEST_F(node_test, one_changed_byte_near_the_beginning_of_nodes) {
  flip(2000, 1, true);
  EXPECT_GT(runner_.count(verdict::broken), 100U);
}

TEST_F(node_test, several_changed_bytes) { flip(1500, 12, false); }

/// Scattered nodes and a root that is its own child: moving them together must end.
TEST(damaged_root, that_contains_itself_is_collected_without_end_of_the_stack) {
  const coppice::platform::test::scratch_directory directory;
  const std::string path = directory / "cyclic";
  {
    store made = store::open(path);
    made.transact([](coppice::transaction& work) {
      for (std::int64_t key = 0; key < 60'000; ++key) work.set(key, std::string(200, 'x'));
    });
    made.transact([](coppice::transaction& work) {
      for (std::int64_t key = 0; key < 60'000; ++key) {
        if (key % 8 != 0) work.erase(key);
      }
    });
  }
  {
    const auto file = coppice::platform::test::mapped_file::existing(path);
    const arena::mapping map({file.file(), file.base()});
    const arena::version_ref head{map.words().head.load()};
    std::byte* root = map.at(map.record(head.index()).root.load());
    const arena::ref itself = map.record(head.index()).root.load();
    for (const std::size_t slot : {3U, 5U, 9U}) {
      std::memcpy(root + coppice::detail::branch_refs_offset + (slot * sizeof(itself)), &itself, sizeof(itself));
    }
  }
  store opened = store::open(path);
  try {
    opened.collect();
  } catch (const coppice::error& why) {
    EXPECT_EQ(why.code(), errc::corrupt);
  }
  EXPECT_FALSE(opened.check().ok());
}

}  // namespace
}  // namespace hostile_test
