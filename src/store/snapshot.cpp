// Snapshots: reading one pinned version.
#include "src/store/snapshot.hpp"

#include <array>
#include <utility>

#include "src/platform/port.hpp"

namespace coppice {

using store_detail::view_of;

namespace store_detail {

snapshot_state::snapshot_state(std::shared_ptr<open_arena> from) : arena_(std::move(from)) {
  pin_ = value_or_raise(arena_->session().claim_pin(), arena_->name());
  version_ = arena_->session().pin_newest(*pin_);
  root_ = arena_->root_of(version_);
}

snapshot_state::snapshot_state(const snapshot_state& other)
    : arena_(other.arena_), version_(other.version_), root_(other.root_) {
  arena_->require_open();
  pin_ = value_or_raise(arena_->session().claim_pin(), arena_->name());
  arena_->session().copy_pin(*pin_, version_);
}

snapshot_state::~snapshot_state() {
  // In a child after fork the pin is the parent's.
  if (!arena_->abandoned()) arena_->session().free_pin(*pin_);
}

/// Iteration over one version; keeps it pinned.
class cursor_state {
 public:
  explicit cursor_state(const snapshot_state& from) : pinned_(from), cursor_(pinned_.arena().view(), pinned_.root()) {}

  [[nodiscard]] const entry* chunk() const noexcept { return chunk_.data(); }
  /// Decodes the next entries into the chunk; how many, 0 at the end.
  [[nodiscard]] std::size_t next() noexcept {
    std::size_t count = 0;
    for (; count < chunk_.size() && !cursor_.done(); cursor_.advance()) {
      const auto found = cursor_.entry();
      chunk_[count++] = {view_of(found.key), view_of(found.value)};
    }
    return count;
  }

 private:
  snapshot_state pinned_;
  detail::trie_cursor<arena_view, leaf_policy> cursor_;
  std::array<entry, 32> chunk_;  // 1 KiB: stays in the nearest cache
};

/// The differences of two versions; keeps both pinned.
class diff_state {
 public:
  diff_state(const snapshot_state& older, const snapshot_state& newer)
      : older_(older),
        newer_(newer),
        cursor_(newer_.arena().view(), newer_.arena().leaf(), older_.root(), newer_.root()) {}
  [[nodiscard]] auto& cursor() noexcept { return cursor_; }

 private:
  snapshot_state older_;
  snapshot_state newer_;
  detail::trie_diff_cursor<arena_view, leaf_policy> cursor_;
};

}  // namespace store_detail

snapshot::snapshot(std::unique_ptr<store_detail::snapshot_state> state) noexcept : state_(std::move(state)) {}
snapshot::snapshot(const snapshot& other) : state_(std::make_unique<store_detail::snapshot_state>(*other.state_)) {}
snapshot& snapshot::operator=(const snapshot& other) {
  if (this != &other) state_ = std::make_unique<store_detail::snapshot_state>(*other.state_);
  return *this;
}
snapshot::snapshot(snapshot&&) noexcept = default;
snapshot& snapshot::operator=(snapshot&&) noexcept = default;
snapshot::~snapshot() = default;

std::optional<value_view> snapshot::get(const value_view& key) const {
  const store_detail::open_arena& arena = state_->arena();
  arena.require_open();
  return store_detail::find(arena, state_->root(), key);
}

bool snapshot::contains(const value_view& key) const { return get(key).has_value(); }

std::uint64_t snapshot::size() const { return detail::trie_size(state_->arena().view(), state_->root()); }

std::uint64_t snapshot::version() const { return state_->record().version.load(std::memory_order_relaxed); }

std::chrono::system_clock::time_point snapshot::committed_at() const {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(state_->record().committed_ms));
}

void snapshot::for_each(const std::function<bool(const entry&)>& f) const {
  const store_detail::open_arena& arena = state_->arena();
  arena.require_open();
  detail::trie_for_each(
      arena.view(), arena.leaf(), state_->root(),
      [&f](const store_detail::leaf_policy::entry& found) { return f({view_of(found.key), view_of(found.value)}); });
}

diff_range snapshot::diff(const snapshot& older) const {
  store_detail::open_arena& mine = state_->arena();
  store_detail::open_arena& other = older.state_->arena();
  mine.require_open();
  other.require_open();
  // By file, not by path: the store may have been destroyed and made anew in between.
  const auto file_of = [](store_detail::open_arena& opened) {
    return store_detail::value_or_raise(platform::identify(opened.session().map().file()), opened.name());
  };
  if (!(file_of(mine) == file_of(other))) {
    store_detail::raise(errc::invalid_argument, mine.name(),
                        "diff() compares snapshots of one store; the other is of '" + other.name() + "'");
  }
  return diff_range(std::make_unique<store_detail::diff_state>(*older.state_, *state_));
}

snapshot::iterator snapshot::begin() const { return iterator(std::make_unique<store_detail::cursor_state>(*state_)); }

snapshot::iterator::iterator() noexcept = default;
snapshot::iterator::iterator(std::unique_ptr<store_detail::cursor_state> state) : state_(std::move(state)) { load(); }
snapshot::iterator::iterator(const iterator& other)
    : state_(other.state_ ? std::make_unique<store_detail::cursor_state>(*other.state_) : nullptr) {
  if (state_ == nullptr || other.current_ == nullptr) return;
  const entry* theirs = other.state_->chunk();
  current_ = state_->chunk() + (other.current_ - theirs);
  chunk_end_ = state_->chunk() + (other.chunk_end_ - theirs);
}
snapshot::iterator& snapshot::iterator::operator=(const iterator& other) {
  if (this != &other) *this = iterator(other);
  return *this;
}
snapshot::iterator::iterator(iterator&& other) noexcept
    : state_(std::move(other.state_)),
      current_(std::exchange(other.current_, nullptr)),
      chunk_end_(std::exchange(other.chunk_end_, nullptr)) {}
snapshot::iterator& snapshot::iterator::operator=(iterator&& other) noexcept {
  state_ = std::move(other.state_);
  current_ = std::exchange(other.current_, nullptr);
  chunk_end_ = std::exchange(other.chunk_end_, nullptr);
  return *this;
}
snapshot::iterator::~iterator() = default;

void snapshot::iterator::load() {
  const std::size_t count = state_->next();
  current_ = count != 0 ? state_->chunk() : nullptr;
  chunk_end_ = current_ + count;
}

diff_range::diff_range(std::unique_ptr<store_detail::diff_state> state) noexcept : state_(std::move(state)) {}
diff_range::diff_range(diff_range&&) noexcept = default;
diff_range& diff_range::operator=(diff_range&&) noexcept = default;
diff_range::~diff_range() = default;

std::optional<change> diff_range::next() {
  detail::diff_change<store_detail::leaf_policy> found;
  if (!state_->cursor().next(found)) return std::nullopt;
  const change_kind kind = found.kind == detail::diff_kind::added     ? change_kind::added
                           : found.kind == detail::diff_kind::removed ? change_kind::removed
                                                                      : change_kind::changed;
  return change{kind, view_of(found.key), view_of(found.before), view_of(found.after)};
}

}  // namespace coppice
