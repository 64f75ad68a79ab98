// What is behind the public classes: an open arena with its allocator and collector, and the scopes of reading and
// writing.
//
// An `open_arena` is shared by the store handle and by the snapshots taken through it; the mapping goes when the last
// of them goes. All open arenas of the process are registered, so that a child after fork can mark its inherited ones
// as closed.
//
// Thread safety: reading scopes any thread; a writing scope holds the writers' lock and with it the allocator.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/store.hpp"
#include "src/arena/allocator.hpp"
#include "src/arena/collector.hpp"
#include "src/arena/publish.hpp"
#include "src/arena/session.hpp"
#include "src/store/errors.hpp"

namespace coppice::store_detail {

using arena::ref;
using leaf_policy = detail::packed_leaf<ref>;

/// The arena as memory to read from.
class arena_view {
 public:
  using ref_type = ref;
  arena_view() noexcept = default;
  explicit arena_view(const arena::mapping& map) noexcept : base_(map.base()) {}
  [[nodiscard]] const std::byte* address(ref node) const noexcept {
    return base_ + std::uint64_t{node} * detail::granule_bytes;
  }

 private:
  const std::byte* base_ = nullptr;
};
static_assert(detail::readable_memory<arena_view>);

[[nodiscard]] inline detail::packed_view packed_of(const value_view& view) noexcept {
  return {view.raw().data(), view.raw().size(), view.kind()};
}
[[nodiscard]] inline value_view view_of(const detail::packed_view& stored) noexcept {
  return value_view::stored(stored.kind, {stored.data, stored.size});
}

class open_arena {
 public:
  /// `nameless`: a new one, to which name_it() gives its path.
  open_arena(std::string name, std::string path, const store_options& options, bool nameless = false);
  open_arena(const open_arena&) = delete;
  open_arena& operator=(const open_arena&) = delete;
  ~open_arena();

  /// Throws error exists.
  void name_it() { value_or_raise(session_.publish_name(path_.c_str()), name_); }
  /// Throws error closed if this handle may not be used any more.
  void require_usable() const {
    if (closed_.load(std::memory_order_relaxed) || session_.destroyed()) raise({errc::closed, 0, "", 0, 0}, name_);
  }
  void mark_closed() noexcept { closed_.store(true, std::memory_order_relaxed); }
  /// In a child after fork.
  void abandon() noexcept {
    mark_closed();
    session_.abandon();
    abandoned_ = true;
    if (space_over_ != nullptr) *space_over_ = true;
  }

  /// Throws error closed in a child after fork.
  void require_open() const {
    if (abandoned_) raise({errc::closed, 0, "", 0, 0}, name_);
  }
  /// Throws error read_only, or busy inside a transaction of this thread.
  void require_writable() const;
  [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }
  [[nodiscard]] const bool* abandoned_flag() const noexcept { return &abandoned_; }
  /// What to set where the collections of the transaction that is open must not be used any more; null: there is none.
  void set_space_over(bool* over) noexcept { space_over_ = over; }
  [[nodiscard]] std::atomic<std::thread::id>& transaction_thread() noexcept { return writer_; }

  [[nodiscard]] arena::session& session() noexcept { return session_; }
  [[nodiscard]] arena::collector& collector() noexcept { return collector_; }
  [[nodiscard]] arena::allocator& nodes() noexcept { return nodes_; }
  [[nodiscard]] const leaf_policy& leaf() const noexcept { return leaf_; }
  [[nodiscard]] const arena_view& view() const noexcept { return view_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] bool read_only() const noexcept { return options_.read_only; }
  [[nodiscard]] std::uint64_t timeout_ns() const noexcept {
    const auto timeout = std::chrono::duration_cast<std::chrono::nanoseconds>(options_.timeout).count();
    return timeout < 0 ? 0 : static_cast<std::uint64_t>(timeout);
  }
  [[nodiscard]] ref root_of(arena::version_ref version) const noexcept {
    return session_.map().record(version.index()).root.load(std::memory_order_acquire);
  }

 private:
  friend class reading;
  friend class writing;

  /// The pin of one thread, used for the length of one read. No other thread touches it, so that a read has no locked
  /// instruction, which would keep it from overlapping with the next one. Each on a line of its own.
  struct alignas(64) reader_cell {
    bool taken = false;  // by a read of this thread that is going on
    arena::pin* cell = nullptr;
  };
  /// Threads beyond these claim a pin for each read.
  static constexpr std::size_t reader_cells = 32;

  std::array<reader_cell, reader_cells> readers_;
  std::string name_;
  std::string path_;
  store_options options_;
  arena::session session_;
  arena::collector collector_;
  arena::allocator nodes_;
  arena_view view_;
  leaf_policy leaf_;
  std::atomic<std::thread::id> writer_{};  // thread inside transact(), so that a nested write fails at once
  arena::pin* writer_pin_ = nullptr;       // under the writers' lock
  bool* space_over_ = nullptr;             // likewise
  std::atomic<bool> closed_{false};
  bool abandoned_ = false;
};

/// The newest version, pinned for the length of one read.
class reading {
 public:
  explicit reading(open_arena& from);
  reading(const reading&) = delete;
  reading& operator=(const reading&) = delete;
  ~reading();
  [[nodiscard]] arena::version_ref version() const noexcept { return version_; }
  [[nodiscard]] ref root() const noexcept { return arena_.root_of(version_); }

 private:
  open_arena& arena_;
  open_arena::reader_cell* reader_ = nullptr;  // null: the pin was claimed for this read
  arena::pin* pin_ = nullptr;
  arena::version_ref version_;
};

/// The writers' lock, a pinned base, and an allocator in a transaction. Publishes on commit(), rolls back otherwise;
/// others may write when it ends. begin() makes it one of several transactions under the one lock.
class writing {
 public:
  writing(open_arena& into, bool edits);
  writing(const writing&) = delete;
  writing& operator=(const writing&) = delete;
  ~writing();

  [[nodiscard]] ref root() const noexcept { return base_root_; }
  [[nodiscard]] arena::allocator& nodes() noexcept { return arena_.nodes_; }
  /// Throws what the allocator met.
  [[noreturn]] void raise_trouble() const { raise(arena_.nodes_.trouble(), arena_.name_); }
  /// Nothing is published if the root is the base's.
  void commit(ref root);
  /// Rolls back what was not committed, and begins the next transaction, on what is newest now.
  void begin(bool edits);

 private:
  open_arena& arena_;
  arena::version_ref base_;
  ref base_root_ = 0;
  bool settled_ = false;  // published, or rolled back
};

/// Remembers that this thread is inside transact().
class transaction_owner {
 public:
  explicit transaction_owner(std::atomic<std::thread::id>& owner) noexcept : owner_(owner) {
    owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  transaction_owner(const transaction_owner&) = delete;
  transaction_owner& operator=(const transaction_owner&) = delete;
  ~transaction_owner() { owner_.store({}, std::memory_order_relaxed); }

 private:
  std::atomic<std::thread::id>& owner_;
};

/// The value of a key in a version, or nothing. The view points into the arena.
[[nodiscard]] inline std::optional<value_view> find(const open_arena& arena, ref root, const value_view& key) {
  const auto lookup = [&](const detail::packed_key& wanted) -> std::optional<value_view> {
    const auto found = detail::trie_find(arena.view(), arena.leaf(), root, wanted);
    if (!found) return std::nullopt;
    return view_of(*found);
  };
  // A copy of the view only where it may differ: making one costs as much as a level of the trie.
  return key.kind() == value_kind::float64 ? lookup(packed_of(key.as_key())) : lookup(packed_of(key));
}

/// store::check().
check_report check_arena(open_arena& opened);

/// In a child after fork: the numbers of the parent's other threads (state.cpp) are free.
void forget_other_threads() noexcept;

/// Registry of open arenas, for fork (A8).
void register_arena(open_arena& opened);
void unregister_arena(open_arena& closing) noexcept;

}  // namespace coppice::store_detail
