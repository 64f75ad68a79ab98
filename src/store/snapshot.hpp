// What snapshots, iterators and diffs hold.
#pragma once

#include <memory>

#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "src/store/state.hpp"

namespace coppice::store_detail {

/// A pinned version.
class snapshot_state {
 public:
  /// Pins the newest version.
  explicit snapshot_state(std::shared_ptr<open_arena> from);
  /// Pins the same version again.
  snapshot_state(const snapshot_state& other);
  snapshot_state& operator=(const snapshot_state&) = delete;
  ~snapshot_state();

  [[nodiscard]] open_arena& arena() const noexcept { return *arena_; }
  [[nodiscard]] ref root() const noexcept { return root_; }
  [[nodiscard]] const arena::version_record& record() const noexcept {
    return arena_->session().map().record(version_.index());
  }

 private:
  std::shared_ptr<open_arena> arena_;
  arena::pin* pin_ = nullptr;
  arena::version_ref version_;
  ref root_ = 0;
};

}  // namespace coppice::store_detail
