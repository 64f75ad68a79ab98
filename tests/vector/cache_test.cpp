// The cache of freed nodes: used again, bounded, given back, and of no consequence.
#include <cstring>
#include <thread>
#include <vector>

#include "coppice/detail/heap/node_cache.hpp"
#include "support.hpp"

namespace coppice::vector_test {
namespace {

using detail::cached_source;
using detail::node_cache;

#if COPPICE_CACHE_NODES
TEST(node_cache, gives_the_node_that_was_freed_last) {
  std::byte* const one = cached_source::allocate(144, 16);
  std::byte* const two = cached_source::allocate(144, 16);
  cached_source::deallocate(one, 144, 16);
  cached_source::deallocate(two, 144, 16);
  EXPECT_EQ(cached_source::allocate(144, 16), two);
  EXPECT_EQ(cached_source::allocate(144, 16), one);
  cached_source::deallocate(one, 144, 16);
  cached_source::deallocate(two, 144, 16);
}
TEST(node_cache, keeps_so_many_of_a_size) {
  std::vector<std::byte*> nodes;
  for (unsigned i = 0; i < node_cache::most_kept_bytes / 496 + 10; ++i)
    nodes.push_back(cached_source::allocate(496, 16));
  for (std::byte* node : nodes) cached_source::deallocate(node, 496, 16);
  EXPECT_EQ(node_cache::here().lists[496 / 16].count, node_cache::most_kept_bytes / 496);
}
#endif
TEST(node_cache, has_nothing_of_the_large_and_the_aligned) {
  for (const std::size_t alignment : {16U, 128U}) {
    const std::size_t bytes = alignment == 16 ? node_cache::most_bytes + 16 : 256;
    std::byte* const node = cached_source::allocate(bytes, alignment);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(node) % alignment, 0U);
    std::memset(node, 1, bytes);
    cached_source::deallocate(node, bytes, alignment);
  }
}

/// Destroyed after the cache of its thread.
struct late {
  vector<std::uint64_t> content;
};
TEST(node_cache, is_left_alone_by_what_is_destroyed_after_it) {
  std::thread([] {
    static thread_local late last;  // before the first node is freed, hence destroyed later
    for (std::uint64_t i = 0; i < 3000; ++i) last.content = last.content.push_back(i).set(i / 2, 7);
  }).join();
}
TEST(node_cache, may_be_filled_by_another_thread_than_emptied_it) {
  for (unsigned round = 0; round < 20; ++round) {
    vector<std::uint64_t> all;
    for (std::uint64_t i = 0; i < 5000; ++i) all = std::move(all).push_back(i);
    std::thread([mine = std::move(all)]() mutable { mine = vector<std::uint64_t>(); }).join();
  }
}

}  // namespace
}  // namespace coppice::vector_test
