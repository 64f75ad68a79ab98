// See compaction.hpp.
#include "src/store/compaction.hpp"

#include <cstring>

#include "src/arena/sparse.hpp"

namespace coppice::store_detail {

namespace {

constexpr std::uint64_t least_gain_bytes = std::uint64_t{4} << 20;
constexpr unsigned fan_out = detail::trie_fan_out;
constexpr unsigned split_levels = 2;  // each transaction takes one child of a child of the root

/// Bytes of a node and all below it.
std::uint64_t bytes_below(const arena::mapping& map, ref node) noexcept {
  std::uint64_t bytes = map.node(node).size_bytes();
  detail::for_each_ref<ref>(map.node(node), [&](ref child) {
    __builtin_prefetch(map.at(child));
    bytes += bytes_below(map, child);
  });
  return bytes;
}

/// Which children of the root, and of its children, a transaction takes.
struct part {
  unsigned slots[split_levels];
};

class mover {
 public:
  mover(arena::allocator& nodes, const arena::mapping& map, const arena::sparse_blocks& sparse) noexcept
      : nodes_(nodes), map_(map), sparse_(sparse) {}

  /// The node, or a copy in which what the part names lies in no sparse block; 0: no room.
  [[nodiscard]] ref move(ref from, const part& wanted, unsigned level = 0) noexcept {
    const detail::node_header& header = map_.node(from);
    const bool whole = level >= split_levels || header.kind != detail::node_kind::branch;
    copy_state state{from, nullptr, from};
    if (sparse_.hold(from) && !copy(state)) return 0;
    const detail::ref_places places = detail::refs_of(header);
    const std::size_t first = whole ? 0 : wanted.slots[level];
    const std::size_t end = whole ? places.count : first + 1;
    for (std::size_t i = first; i < end;) {
      const ref child = detail::load<ref>(map_.at(from) + places.offset + (i * sizeof(ref)));
      const run same = run_of(from, places, i, child);
      if (child != 0) {
        const ref moved = move(child, wanted, level + 1);
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

bool is_worth_it(open_arena& arena, const arena::sparse_blocks& sparse) {
  if (sparse.free_bytes() < least_gain_bytes) return false;
  const arena::mapping& map = arena.session().map();
  const reading base(arena);
  const std::uint64_t newest = base.root() == 0 ? 0 : bytes_below(map, base.root());
  // What older versions hold stays where it is.
  const std::uint64_t live = map.words().live_bytes.load(std::memory_order_relaxed);
  return live <= newest + (newest / 4) && sparse.free_bytes() > newest / 4;
}

enum class outcome : std::uint8_t { moved, unchanged, no_room };

/// One transaction.
outcome move_part(open_arena& arena, const arena::sparse_blocks& sparse, const part& wanted) {
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
  const arena::sparse_blocks sparse(arena.session().map());
  if (!is_worth_it(arena, sparse)) return false;
  bool moved = false;
  for (unsigned i = 0; i < fan_out * fan_out; ++i) {
    const outcome part_moved = move_part(arena, sparse, {{i / fan_out, i % fan_out}});
    if (part_moved == outcome::no_room) break;
    if (part_moved == outcome::moved) moved = true;
  }
  return moved;
}

}  // namespace coppice::store_detail
