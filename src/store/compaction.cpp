// See compaction.hpp.
#include "src/store/compaction.hpp"

#include <cstdint>
#include <cstring>
#include <span>
#include <unordered_set>

#include "src/arena/sparse.hpp"
#include "src/platform/port.hpp"

namespace coppice::store_detail {

namespace {

constexpr std::uint64_t least_gain_bytes = std::uint64_t{4} << 20;
constexpr std::uint64_t least_pause_ns = 300'000;
constexpr unsigned fan_out = detail::trie_fan_out;
constexpr unsigned most_split_levels = 2;
// Each transaction takes one child of the root, or, of a larger version, one child of a child: a few megabytes. Parts
// are few, for each waits for its turn among the writers.
constexpr std::uint64_t large_bytes = std::uint64_t{64} << 20;

/// A branch for each level, a leaf, and its blobs: what is deeper is a damaged file.
constexpr unsigned most_depth = detail::max_branch_levels + 2;

/// Of a collection: RRB trees of narrow branches are the highest.
constexpr unsigned most_nested_depth = 64;

/// Adds up the bytes of a version, at most `limit`, and excludes the blocks behind the first one of a large node, in
/// which only that node's end keeps the rest free. What is below a collection is not moved: entries, and versions that
/// are kept, may share it; it counts apart, each node once.
class surveyor {
 public:
  surveyor(const arena::mapping& map, arena::sparse_blocks& sparse, std::uint64_t limit) noexcept
      : map_(map), sparse_(sparse), limit_(limit) {}

  /// False: more than the limit, or deeper than a trie is.
  [[nodiscard]] bool visit(ref node, unsigned depth = 0) {
    if (map_.node(node).kind == detail::node_kind::collection) return visit_nested(node, 0);
    const std::uint64_t size = map_.node(node).size_bytes();
    bytes_ += size;
    if (all_bytes() > limit_ || depth == most_depth) return false;
    const std::uint64_t begin = std::uint64_t{node} * detail::granule_bytes;
    const auto last = static_cast<std::uint32_t>((begin + size - 1) / arena::block_bytes);
    if (last != arena::mapping::block_of(node)) sparse_.exclude(last);
    bool sound = true;
    detail::for_each_ref<ref>(map_.node(node), [&](ref child) {
      __builtin_prefetch(map_.at(child));
      sound = sound && visit(child, depth + 1);
    });
    return sound;
  }
  /// Without collections.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t all_bytes() const noexcept { return bytes_ + nested_bytes_; }

 private:
  [[nodiscard]] bool visit_nested(ref node, unsigned depth) {
    if (!nested_.insert(node).second) return true;
    nested_bytes_ += map_.node(node).size_bytes();
    if (all_bytes() > limit_ || depth == most_nested_depth) return false;
    bool sound = true;
    detail::for_each_ref<ref>(map_.node(node), [&](ref child) { sound = sound && visit_nested(child, depth + 1); });
    return sound;
  }

  const arena::mapping& map_;
  arena::sparse_blocks& sparse_;
  std::uint64_t limit_;
  std::uint64_t bytes_ = 0;
  std::uint64_t nested_bytes_ = 0;
  std::unordered_set<ref> nested_;
};

/// The part that a transaction takes: a slot of the root, and perhaps one of the child there.
using part = std::span<const unsigned>;

class mover {
 public:
  mover(arena::allocator& nodes, const arena::mapping& map, const arena::sparse_blocks& sparse) noexcept
      : nodes_(nodes), map_(map), sparse_(sparse) {}

  /// The node, or a copy in which what the part names lies in no sparse block; 0: no room.
  [[nodiscard]] ref move(ref from, part wanted, unsigned depth = 0) noexcept {
    if (depth == most_depth) return 0;
    const detail::node_header& header = map_.node(from);
    if (header.kind == detail::node_kind::collection) return from;
    const bool whole = wanted.empty() || header.kind != detail::node_kind::branch;
    copy_state state{from, nullptr, from};
    if (sparse_.hold(from) && !copy(state)) return 0;
    const detail::ref_places places = detail::refs_of(header);
    const std::size_t first = whole ? 0 : wanted.front();
    const std::size_t end = whole ? places.count : first + 1;
    for (std::size_t i = first; i < end;) {
      const ref child = detail::load<ref>(map_.at(from) + places.offset + (i * sizeof(ref)));
      const run same = run_of(from, places, i, child);
      if (child != 0) {
        const ref moved = move(child, whole ? part() : wanted.subspan(1), depth + 1);
        if (moved == 0 || (moved != child && state.bytes == nullptr && !copy(state))) return 0;
        for (std::size_t k = same.first; moved != child && k < same.end; ++k) {
          detail::store(state.bytes + places.offset + (k * sizeof(ref)), moved);
        }
      }
      i = same.end;
    }
    return state.made;
  }

 private:
  struct copy_state {
    ref from;
    std::byte* bytes;
    ref made;
  };
  struct run {
    std::size_t first;
    std::size_t end;
  };

  /// Equal refs side by side are one child.
  [[nodiscard]] run run_of(ref node, const detail::ref_places& places, std::size_t at, ref child) const noexcept {
    const auto is_child = [&](std::size_t i) {
      return detail::load<ref>(map_.at(node) + places.offset + (i * sizeof(ref))) == child;
    };
    run same{at, at + 1};
    while (same.first > 0 && is_child(same.first - 1)) --same.first;
    while (same.end < places.count && is_child(same.end)) ++same.end;
    return same;
  }

  bool copy(copy_state& state) noexcept {
    const detail::node_header& header = map_.node(state.from);
    const auto made = nodes_.allocate(header.size_bytes());
    if (made.address == nullptr) return false;
    std::memcpy(made.address, &header, header.size_bytes());
    detail::write_header(made.address, header.kind, header.depth, header.size_bytes(), header.count,
                         nodes_.edit_token());
    state.bytes = made.address;
    state.made = made.ref;
    return true;
  }

  arena::allocator& nodes_;
  const arena::mapping& map_;
  const arena::sparse_blocks& sparse_;
};

/// Bytes of the newest version, if moving it is worth while; else 0.
std::uint64_t bytes_to_move(open_arena& arena, arena::sparse_blocks& sparse) {
  if (sparse.free_bytes() < least_gain_bytes) return 0;
  const arena::mapping& map = arena.session().map();
  const reading base(arena);
  if (base.root() == 0) return 0;
  const std::uint64_t live = map.words().live_bytes.load(std::memory_order_relaxed);
  // Others may have written since it was collected; but a version of many times the live bytes is a damaged one.
  surveyor newest(map, sparse, (2 * live) + least_gain_bytes);
  if (!newest.visit(base.root())) return 0;
  // What older versions hold stays where it is.
  const std::uint64_t quarter = newest.bytes() / 4;
  return live <= newest.all_bytes() + quarter && sparse.free_bytes() > quarter ? newest.bytes() : 0;
}

enum class outcome : std::uint8_t { moved, unchanged, no_room };

/// One transaction.
outcome move_part(open_arena& arena, const arena::sparse_blocks& sparse, part wanted) {
  writing scope(arena, false);
  if (scope.root() == 0) return outcome::unchanged;
  scope.nodes().use_free_blocks();
  mover work(scope.nodes(), arena.session().map(), sparse);
  const ref moved = work.move(scope.root(), wanted);
  if (moved == 0) return outcome::no_room;
  if (moved == scope.root()) return outcome::unchanged;
  scope.commit(moved);
  return outcome::moved;
}

}  // namespace

bool compact(open_arena& arena) {
  bool moved = false;
  try {
    arena::sparse_blocks sparse(arena.session().map());
    const std::uint64_t bytes = bytes_to_move(arena, sparse);
    const unsigned levels = bytes < large_bytes ? 1 : most_split_levels;
    const unsigned parts = bytes == 0 ? 0 : levels == 1 ? fan_out : fan_out * fan_out;
    for (unsigned i = 0; i < parts; ++i) {
      const std::uint64_t started = platform::monotonic_ns();
      const unsigned slots[most_split_levels] = {levels == 1 ? i : i / fan_out, i % fan_out};
      const outcome part_moved = move_part(arena, sparse, part(slots).first(levels));
      if (part_moved == outcome::no_room) break;
      if (part_moved == outcome::unchanged) continue;
      moved = true;
      // Whoever waits for the writers' lock naps: leave it free for about as long as it was held.
      const std::uint64_t held = platform::monotonic_ns() - started;
      platform::sleep_ns(held < least_pause_ns ? least_pause_ns : held);
    }
  } catch (const error& why) {
    // Others write all the time, or no version record is free. What was moved so far can be collected.
    if (why.code() != errc::busy && why.code() != errc::out_of_space) throw;
  }
  return moved;
}

}  // namespace coppice::store_detail
