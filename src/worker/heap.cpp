// See heap.hpp.
#include "src/worker/heap.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "src/arena/grow.hpp"

namespace coppice::worker {

namespace {

using detail::granule_bytes;
using detail::node_kind;

constexpr std::uint32_t refs_per_table = 1000;
constexpr unsigned table_levels = 4;

/// Writes refs into a tree of tables, nodes that do nothing but refer.
class table_writer {
 public:
  explicit table_writer(arena::allocator& nodes) noexcept : nodes_(nodes) {}

  /// False: no space.
  [[nodiscard]] bool add(ref held) noexcept { return add_at(0, held); }
  /// The top, 0 if nothing was added. False: no space.
  [[nodiscard]] bool finish(ref& top) noexcept {
    top = 0;
    for (unsigned level = 0; level < table_levels; ++level) {
      const bool is_top = [&] {
        for (unsigned above = level + 1; above < table_levels; ++above) {
          if (open_[above].node != 0) return false;
        }
        return true;
      }();
      if (open_[level].node == 0) continue;
      const ref closed = close(level);
      if (is_top) {
        top = closed;
        return true;
      }
      if (!add_at(level + 1, closed)) return false;
    }
    return true;
  }

 private:
  struct open_table {
    ref node = 0;
    std::byte* address = nullptr;
    std::uint32_t count = 0;
  };
  static constexpr std::size_t table_bytes =
      (sizeof(detail::node_header) + refs_per_table * sizeof(ref) + granule_bytes - 1) / granule_bytes * granule_bytes;

  ref close(unsigned level) noexcept {
    open_table& table = open_[level];
    detail::store(table.address + offsetof(detail::node_header, count), table.count);
    const ref closed = table.node;
    table = {};
    return closed;
  }
  [[nodiscard]] bool add_at(unsigned level, ref held) noexcept {
    if (level == table_levels) return false;
    open_table& table = open_[level];
    if (table.count == refs_per_table && !add_at(level + 1, close(level))) return false;
    if (table.node == 0) {
      const auto made = nodes_.allocate(table_bytes);
      if (made.address == nullptr) return false;
      table = {made.ref, made.address, 0};
      detail::write_header(made.address, node_kind::rrb_leaf_refs, 0, table_bytes, 0, 0);
    }
    detail::store(table.address + sizeof(detail::node_header) + table.count * sizeof(ref), held);
    ++table.count;
    return true;
  }

  arena::allocator& nodes_;
  open_table open_[table_levels];
};

}  // namespace

result<void> heap::begin(std::span<ref> mark_stack) noexcept {
  if (mark_stack.empty()) {
    collector_.attach(session_);
  } else {
    collector_.attach(session_, mark_stack);
  }
  nodes_.attach(session_, collector_);
  nodes_.begin(false);
  end_tokens();
  for (arena::pin** const cell : {&settled_, &next_settled_}) {
    const result<arena::pin*> claimed = session_.claim_pin();
    if (!claimed) return claimed.why();
    *cell = *claimed;
  }
  if (!add_chunk()) return failure{errc::out_of_space, 0, "opening a worker's heap: no block", 0, 0};
  return settle();
}

void heap::close() noexcept {
  if (!session_.is_open()) return;
  nodes_.give_up_all();
  collector_.detach();
  session_.close();
}

bool heap::add_chunk() noexcept {
  if (chunk_count_ == max_chunks) return false;
  const result<std::uint32_t> block = arena::claim_run(session_, 1);
  if (!block) return false;
  auto* const made = new (session_.map().at_block(*block)) chunk;
  const version_index first = chunk_count_ * versions_per_chunk;
  chunks_[chunk_count_++] = made;
  for (std::uint32_t i = versions_per_chunk; i-- > 0;) {
    made->versions[i].root = free_;
    made->versions[i].tail = free_mark;
    free_ = first + i;
  }
  return true;
}

version_index heap::hold(const version& held) noexcept {
  if (free_ == no_version && !add_chunk()) return no_version;
  const version_index index = free_;
  version& entry = at(index);
  free_ = entry.root;
  entry = held;
  ++held_;
  return index;
}

void heap::drop(version_index index) noexcept {
  version& entry = at(index);
  assert(entry.tail != free_mark);
  in_use_ -= entry.own_bytes;
  entry = version();
  entry.root = free_;
  entry.tail = free_mark;
  free_ = index;
  --held_;
}

version_index heap::fork(version_index from) noexcept {
  version copy = at(from);
  copy.token = 0;
  copy.own_bytes = 0;
  const version_index made = hold(copy);
  if (made != no_version) at(from).token = 0;
  return made;
}

std::uint64_t heap::draw_token() noexcept {
  if (next_token_ == last_token_) {
    next_token_ = nodes_.draw_tokens(tokens_at_once);
    if (next_token_ == 0) return last_token_ = 0;  // there are no more: all is copied from now on
    last_token_ = next_token_ + tokens_at_once;
  }
  return next_token_++;
}

void heap::end_tokens() noexcept {
  const std::uint64_t first = draw_token();
  // Without any left the last ones must not count either.
  first_token_ = first != 0 ? first : detail::max_edit_token;
}

template <class F>
bool heap::for_each_held_of(const chunk& of, F&& f) noexcept {
  for (const version& held : of.versions) {
    if (held.tail == free_mark) continue;
    if (held.root != 0 && !f(held.root)) return false;
    if (held.tail != 0 && !f(held.tail)) return false;
  }
  return true;
}

template <class F>
bool heap::for_each_held(F&& f) const noexcept {
  for (const ref node : kept_) {
    if (node != 0 && !f(node)) return false;
  }
  for (std::uint32_t i = 0; i < chunk_count_; ++i) {
    if (!for_each_held_of(*chunks_[i], f)) return false;
  }
  return true;
}

std::uint32_t heap::current_cycle() const noexcept {
  return arena::cycle_word::from(session_.map().words().cycle.load(std::memory_order_acquire)).number;
}

unsigned heap::free_spare() const noexcept {
  for (unsigned which = 0; which < no_spare; ++which) {
    if (which != settled_spare_ && spare_cycles_[which] != current_cycle()) return which;
  }
  return no_spare;
}

ref heap::write_spare(unsigned which) noexcept {
  ref before = 0;
  for (std::uint32_t i = 0; i < chunk_count_; ++i) {
    spare_table& table = chunks_[i]->spare[which];
    std::uint32_t count = 0;
    const auto add = [&](ref held) {
      table.refs[count++] = held;
      return true;
    };
    if (before != 0) (void)add(before);
    if (i == 0) {
      for (const ref node : kept_) {
        if (node != 0) (void)add(node);
      }
    }
    (void)for_each_held_of(*chunks_[i], add);
    auto* const node = reinterpret_cast<std::byte*>(&table);
    detail::write_header(node, node_kind::rrb_leaf_refs, 0, sizeof(spare_table), count, 0);
    before = static_cast<ref>(static_cast<std::size_t>(node - session_.map().base()) / granule_bytes);
  }
  return before;
}

result<void> heap::settle() noexcept {
  nodes_.edit_as(0);
  nodes_.allow_reserve(true);
  table_writer table(nodes_);
  ref top = 0;
  const bool written = for_each_held([&](ref held) { return table.add(held); }) && table.finish(top);
  nodes_.allow_reserve(false);
  unsigned spare = no_spare;
  if (!written) {
    // A collection has been tried, so no cycle reads the table before the last any more.
    spare = free_spare();
    if (spare == no_spare) return nodes_.trouble();
    top = write_spare(spare);
  }
  const result<arena::version_ref> made = arena::publish_apart(session_, top, *next_settled_);
  if (!made) return made.why();
  nodes_.settle(0);
  arena::session::unpin(*settled_);
  std::swap(settled_, next_settled_);
  for (std::uint32_t i = 0; i < borrowed_count_; ++i) session_.free_pin(*borrowed_[i]);
  borrowed_count_ = 0;
  if (settled_spare_ != no_spare) {
    // Behind the unpinning: a cycle that this look misses does not see the pin.
    session_.map().light_fence();
    spare_cycles_[settled_spare_] = current_cycle();
  }
  settled_spare_ = spare;
  nodes_.begin(false);
  in_use_ = 0;
  for (std::uint32_t i = 0; i < chunk_count_; ++i) {
    for (version& held : chunks_[i]->versions) held.own_bytes = 0;
  }
  end_tokens();
  return {};
}

result<void> heap::make_room() noexcept {
  if (const result<void> settled = settle(); !settled) return settled;
  return collector_.collect_for_space({});
}

result<share_token> heap::share(ref record) noexcept {
  const result<arena::pin*> cell = session_.claim_pin();
  if (!cell) return cell.why();
  const result<arena::version_ref> made = arena::publish_apart(session_, record, **cell);
  if (!made) {
    session_.free_pin(**cell);
    return made.why();
  }
  ++shared_;
  const auto* const at = reinterpret_cast<const std::byte*>(*cell);
  return share_token{made->bits, static_cast<std::uint64_t>(at - session_.map().base())};
}

bool heap::unshare(const share_token& token) noexcept {
  arena::pin* const cell = session_.own_pin_at(token.pin);
  if (cell == nullptr || cell->load(std::memory_order_relaxed) != token.named) return false;
  if (token.named <= arena::pin_claimed) return false;
  session_.free_pin(*cell);
  --shared_;
  return true;
}

result<ref> heap::attach(const share_token& token) noexcept {
  if (borrowed_count_ == max_borrowed) {
    if (const result<void> settled = settle(); !settled) return settled.why();
  }
  const arena::version_ref named{token.named};
  const arena::pin* const source = session_.pin_at(token.pin);
  if (source == nullptr || named.index() >= session_.map().record_count() || named.tag() == 0) {
    return failure{errc::invalid_argument, 0, "attaching to what is no token", token.pin, token.named};
  }
  const failure closed{errc::closed, 0, "attaching to what is not shared any more", 0, 0};
  // Before a pin is claimed: an own one that was given back could be that very pin, and vouch for itself.
  if (source->load(std::memory_order_acquire) != named.bits) return closed;
  const result<arena::pin*> cell = session_.claim_pin();
  if (!cell) return cell.why();
  if (!session_.pin_as(**cell, named, *source)) {
    session_.free_pin(**cell);
    return closed;
  }
  borrowed_[borrowed_count_++] = *cell;
  return session_.map().record(named.index()).root.load(std::memory_order_acquire);
}

}  // namespace coppice::worker
