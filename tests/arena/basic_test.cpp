// One process: what is published is read, garbage is collected, pinned versions stay.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "src/arena/grow.hpp"
#include "src/arena/records.hpp"
#include "tests/arena/support.hpp"

namespace arena_test {
namespace {

TEST(arena, a_new_arena_is_empty_and_sound) {
  const scratch_path path;
  handle h;
  ASSERT_TRUE(h.create(path.c_str()));
  const check_result checked = check_now(h);
  EXPECT_EQ(checked.broken, nullptr) << checked.broken;
  EXPECT_EQ(checked.nodes, 0U);
  EXPECT_EQ(checked.versions, 1U);
}

TEST(arena, many_updates_stay_readable_and_garbage_is_reused) {
  const scratch_path path;
  handle h;
  ASSERT_TRUE(h.create(path.c_str()));
  std::mt19937_64 random(7);
  std::map<std::uint32_t, std::uint64_t> model;
  for (int i = 0; i < 60'000; ++i) {
    const auto index = static_cast<std::uint32_t>(random() % cells);
    const std::uint64_t content = random() % 10 == 0 ? 0 : random();
    const auto written = write(h, index, content);
    ASSERT_TRUE(written) << written.why().reason;
    model[index] = content;
    if (i % 10'000 == 0) {
      const check_result checked = check_now(h);
      ASSERT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
    }
  }
  const ref root = h.arena.map().record(version_ref{h.arena.map().words().head.load()}.index()).root.load();
  for (const auto& [index, content] : model) {
    const ref cell = cell_at(h.arena.map(), root, index);
    ASSERT_EQ(cell == 0, content == 0);
    if (cell != 0) {
      ASSERT_TRUE(read_cell(h.arena.map(), cell, content));
    }
  }
  const check_result checked = check_now(h);
  EXPECT_EQ(checked.broken, nullptr) << checked.broken;
  EXPECT_GT(h.arena.map().words().collections.load(), 2U);
  EXPECT_LT(checked.committed_bytes, 4 * checked.live_bytes + (16U << 20));
}

TEST(arena, collection_frees_everything_that_is_not_reachable) {
  const scratch_path path;
  handle h;
  ASSERT_TRUE(h.create(path.c_str()));
  for (std::uint32_t i = 0; i < cells; ++i) ASSERT_TRUE(write(h, i, i + 1));
  for (std::uint32_t i = 0; i < cells; ++i) ASSERT_TRUE(write(h, i, 0));
  h.nodes.give_up_all();
  ASSERT_TRUE(h.gc.collect(1'000'000'000, 0));
  const check_result checked = check_now(h);
  ASSERT_EQ(checked.broken, nullptr) << checked.broken;
  // What is left is the empty tree: 273 branches, scattered, each of which may hold a block.
  EXPECT_EQ(checked.nodes, 273U);
  EXPECT_EQ(checked.live_bytes, 273U * sizeof(branch_node));
  EXPECT_LT(checked.garbage_bytes, 273U * 2 * line_bytes);
  EXPECT_EQ(checked.owned_bytes, 0U);
  EXPECT_EQ(checked.orphaned_bytes, 0U);
  EXPECT_LT(checked.committed_bytes, 8U << 20);
}

TEST(arena, a_pinned_version_survives_any_number_of_collections) {
  const scratch_path path;
  handle h;
  ASSERT_TRUE(h.create(path.c_str()));
  for (std::uint32_t i = 0; i < cells; ++i) ASSERT_TRUE(write(h, i, i + 1));
  const auto pinned = h.arena.claim_pin();
  ASSERT_TRUE(pinned);
  const version_ref old = h.arena.pin_newest(**pinned);
  const ref root = h.arena.map().record(old.index()).root.load();
  for (std::uint32_t round = 2; round < 6; ++round) {
    for (std::uint32_t i = 0; i < cells; ++i) ASSERT_TRUE(write(h, i, std::uint64_t{i} * 31 + round));
    ASSERT_TRUE(h.gc.collect(1'000'000'000, 4));
    for (std::uint32_t i = 0; i < cells; ++i) {
      ASSERT_TRUE(read_cell(h.arena.map(), cell_at(h.arena.map(), root, i), i + 1))
          << "round " << round << " cell " << i;
    }
  }
  h.arena.free_pin(**pinned);
  const check_result checked = check_now(h);
  EXPECT_EQ(checked.broken, nullptr) << checked.broken;
}

TEST(arena, opening_again_finds_the_newest_version) {
  const scratch_path path;
  {
    handle h;
    ASSERT_TRUE(h.create(path.c_str()));
    ASSERT_TRUE(write(h, 5, 55));
  }
  handle h;
  ASSERT_TRUE(h.open(path.c_str()));
  const ref root = h.arena.map().record(version_ref{h.arena.map().words().head.load()}.index()).root.load();
  EXPECT_TRUE(read_cell(h.arena.map(), cell_at(h.arena.map(), root, 5), 55));
  const check_result checked = check_now(h);
  EXPECT_EQ(checked.broken, nullptr) << checked.broken;
}

TEST(arena, a_full_arena_says_so_and_can_be_emptied_again) {
  const scratch_path path;
  handle h;
  create_options options;
  options.limit_bytes = 8U << 20;
  ASSERT_TRUE(h.create(path.c_str(), options));
  std::uint32_t filled = 0;
  for (; filled < cells; ++filled) {
    const auto written = write(h, filled, (std::uint64_t{filled} * 97 + 97) * 1);  // medium cells
    if (!written) {
      EXPECT_EQ(written.why().code, errc::out_of_space);
      break;
    }
  }
  ASSERT_LT(filled, cells);
  ASSERT_GT(filled, 100U);
  for (std::uint32_t i = 0; i < filled; ++i) {
    const auto erased = write(h, i, 0, true);
    ASSERT_TRUE(erased) << i << ": " << erased.why().reason;
  }
  for (std::uint32_t i = 0; i < filled / 2; ++i) ASSERT_TRUE(write(h, i, (std::uint64_t{i} * 97 + 97)));
  const check_result checked = check_now(h);
  EXPECT_EQ(checked.broken, nullptr) << checked.broken;
}

/// Claims blocks one by one until the segments that exist have no free block and no hole.
void claim_all_blocks(handle& h) {
  const mapping& map = h.arena.map();
  const auto is_available = [&map](std::uint32_t block) {
    const block_state state = block_word::from(map.block(block).load()).state;
    return state == block_state::free || state == block_state::hole;
  };
  for (;;) {
    std::uint32_t block = first_data_block;
    while (block < map.block_count() && !is_available(block)) ++block;
    if (block == map.block_count()) return;
    ASSERT_TRUE(claim_run(h.arena, 1));
  }
}

TEST(arena, records_and_pins_are_added_when_that_takes_a_new_segment) {
  const scratch_path path;
  handle h;
  ASSERT_TRUE(h.create(path.c_str()));
  ASSERT_NO_FATAL_FAILURE(claim_all_blocks(h));
  const std::uint32_t segments = h.arena.map().words().segment_count.load();
  for (std::uint32_t i = 0; i < records_per_chunk + 10; ++i) {
    const auto claimed = claim_record(h.arena);
    ASSERT_TRUE(claimed) << i << ": " << claimed.why().reason;
  }
  EXPECT_EQ(h.arena.map().words().record_chunks.load(), 2U);
  EXPECT_EQ(h.arena.map().words().segment_count.load(), segments + 1);
  ASSERT_NO_FATAL_FAILURE(claim_all_blocks(h));
  for (std::uint32_t i = 0; i < slot_pins + 10; ++i) ASSERT_TRUE(h.arena.claim_pin()) << i;
  EXPECT_EQ(h.arena.map().words().segment_count.load(), segments + 2);
}

TEST(arena, more_pins_than_a_slot_has_go_to_extensions) {
  const scratch_path path;
  handle h;
  ASSERT_TRUE(h.create(path.c_str()));
  std::vector<pin*> pins;
  for (int i = 0; i < 20'000; ++i) {
    const auto claimed = h.arena.claim_pin();
    ASSERT_TRUE(claimed);
    pins.push_back(*claimed);
    h.arena.pin_newest(**claimed);
    if (i % 100 == 0) {
      ASSERT_TRUE(write(h, static_cast<std::uint32_t>(i) % cells, static_cast<std::uint64_t>(i) + 1));
    }
  }
  ASSERT_TRUE(h.gc.collect(1'000'000'000, 4));
  const check_result checked = check_now(h);
  EXPECT_EQ(checked.broken, nullptr) << checked.broken << checked.where;
  EXPECT_EQ(checked.pins, 20'000U);
  for (pin* cell : pins) h.arena.free_pin(*cell);
  EXPECT_EQ(check_now(h).pins, 0U);
}

}  // namespace
}  // namespace arena_test
