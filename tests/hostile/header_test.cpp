// A header that lies: every byte of the identity, the control words, the directories, the slots, the metadata of blocks
// and the records, changed in several ways.
#include <random>

#include "tests/hostile/images.hpp"

namespace hostile_test {
namespace {

class header_test : public testing::Test {
 protected:
  /// Every byte of [begin, end) of the file in turn.
  void change_each_byte(std::size_t begin, std::size_t end) {
    static constexpr unsigned char changes[] = {0x01, 0x80, 0xff, 0x10};
    constexpr std::uint32_t ways = sizeof(changes) + 2;
    const auto count = static_cast<std::uint32_t>(end - begin) * ways;
    image damaged = valid_;
    runner_.run(
        count,
        [&](std::uint32_t i) {
          unsigned char& byte = damaged[begin + i / ways];
          const unsigned char was = byte;
          const std::uint32_t way = i % ways;
          byte = way < sizeof(changes)    ? static_cast<unsigned char>(was ^ changes[way])
                 : way == sizeof(changes) ? 0
                                          : 0xff;
          write_image(path_, damaged.data(), damaged.size());
          byte = was;
          return judge(path_, contents_);
        },
        [&](std::uint32_t i) {
          return "byte " + std::to_string(begin + i / ways) + ", way " + std::to_string(i % ways);
        });
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "store";
  contents contents_ = known_contents();
  image valid_ = valid_image(path_);
  case_runner runner_;
};

constexpr std::size_t block = arena::block_bytes;

TEST_F(header_test, the_image_itself_is_right) {
  write_image(path_, valid_.data(), valid_.size());
  EXPECT_EQ(judge(path_, contents_), verdict::right);
}

TEST_F(header_test, identity_bytes) {
  change_each_byte(0, sizeof(arena::identity));
  EXPECT_GT(runner_.count(verdict::refused), 600U);
}

TEST_F(header_test, control_words) {
  change_each_byte(offsetof(arena::header, words), sizeof(arena::identity) + sizeof(arena::control_words));
}

TEST_F(header_test, edit_tokens_that_begin_anew_are_found) {
  // A transaction would take published nodes for its own, and change them in place.
  std::uint64_t& next = *reinterpret_cast<std::uint64_t*>(
      &valid_[offsetof(arena::header, words) + offsetof(arena::control_words, edit_tokens)]);
  const std::uint64_t right = next;
  ASSERT_GT(right, 1U);
  for (next = right; next > 0; --next) {
    write_image(path_, valid_.data(), valid_.size());
    ASSERT_EQ(judge(path_, contents_), next == right ? verdict::right : verdict::broken) << next;
  }
}

TEST_F(header_test, record_directory) {
  change_each_byte(offsetof(arena::header, record_directory), offsetof(arena::header, record_directory) + 16);
}

TEST_F(header_test, segment_directory) {
  change_each_byte(arena::directory_block * block, arena::directory_block * block + 16);
}

TEST_F(header_test, process_slots) {
  const std::size_t begin = arena::first_slot_block * block;
  change_each_byte(begin, begin + 80);
  change_each_byte(begin + sizeof(arena::process_slot), begin + sizeof(arena::process_slot) + 80);
}

TEST_F(header_test, block_words) {
  const std::size_t begin = arena::first_metadata_block * block;
  change_each_byte(begin, begin + 8 * arena::segment_blocks);
}

TEST_F(header_test, line_maps) {
  const std::size_t metadata = arena::first_metadata_block * block;
  constexpr std::size_t bytes = sizeof(arena::segment_metadata{}.lines[0]);
  // Of the first block whose current map says that some of its lines are free.
  for (std::size_t i = arena::first_data_block; i < arena::segment_blocks; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, &valid_[metadata + i * sizeof(word)], sizeof(word));
    if (arena::block_word::from(word).state != arena::block_state::swept) continue;
    const std::size_t begin = metadata + offsetof(arena::segment_metadata, lines) + i * bytes;
    change_each_byte(begin, begin + bytes);
    EXPECT_GT(runner_.count(verdict::broken), 0U);
    return;
  }
  FAIL() << "no block is swept";
}

TEST_F(header_test, version_records) {
  const std::size_t begin = arena::first_record_block * block;
  // The one record in use, wherever it is, and a free one.
  for (std::size_t at = begin; at < begin + block; at += sizeof(arena::version_record)) {
    std::uint64_t version = 0;
    std::memcpy(&version, &valid_[at], sizeof(version));
    if (version != 0) change_each_byte(at, at + 2 * sizeof(arena::version_record));
  }
  EXPECT_GT(runner_.count(verdict::broken) + runner_.count(verdict::refused), 0U);
}

TEST_F(header_test, any_bytes_of_control_blocks_together) {
  constexpr std::uint32_t count = 2000;
  runner_.run(
      count,
      [&](std::uint32_t i) {
        std::mt19937_64 random(i);
        image damaged = valid_;
        for (std::uint64_t n = 1 + random() % 6; n > 0; --n) {
          static constexpr std::size_t ranges[][2] = {
              {sizeof(arena::identity), sizeof(arena::identity) + sizeof(arena::control_words)},
              {4096, 4200},
              {arena::directory_block * block, arena::directory_block * block + 64},
              {arena::first_slot_block * block, arena::first_slot_block * block + 2048},
              {arena::first_metadata_block * block, arena::first_metadata_block * block + 20'000},
              {arena::first_record_block * block, arena::first_record_block * block + 8192}};
          const auto& range = ranges[random() % std::size(ranges)];
          damaged[range[0] + random() % (range[1] - range[0])] =
              static_cast<unsigned char>(random() % 3 == 0 ? 0xff : random());
        }
        write_image(path_, damaged.data(), damaged.size());
        return judge(path_, contents_);
      },
      [](std::uint32_t i) { return "seed " + std::to_string(i); });
}

}  // namespace
}  // namespace hostile_test
