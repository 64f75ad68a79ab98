// A store handle, and the work of one transaction.
//
// Thread safety: a handle any thread; a transaction belongs to the thread of its writing scope.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "src/store/batch.hpp"
#include "src/store/paths.hpp"
#include "src/store/space.hpp"
#include "src/store/state.hpp"

namespace coppice::store_detail {

/// A handle: where the store is, and the open arena until close().
class store_state {
 public:
  store_state(const location& where, const store_options& options)
      : store_state(where, std::make_shared<open_arena>(where.name, where.path, options)) {}
  store_state(const location& where, std::shared_ptr<open_arena> arena)
      : name_(where.name), path_(where.path), arena_(std::move(arena)) {}

  [[nodiscard]] const std::shared_ptr<open_arena>& shared() const {
    if (arena_ == nullptr) raise({errc::closed, 0, "", 0, 0}, name_);
    arena_->require_usable();
    return arena_;
  }
  [[nodiscard]] open_arena& arena() const { return *shared(); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  void close() noexcept { arena_.reset(); }

 private:
  std::string name_;
  std::string path_;
  std::shared_ptr<open_arena> arena_;
};

/// The working root of a transaction.
class transaction_state {
 public:
  transaction_state(open_arena& arena, writing& scope) noexcept : arena_(arena), scope_(scope), root_(scope.root()) {}

  [[nodiscard]] open_arena& arena() const noexcept { return arena_; }
  [[nodiscard]] ref root() const noexcept { return root_; }

  /// Works on another version than the newest, which is kept.
  void start_from(ref root) noexcept { root_ = root; }
  void set(const value_view& key, const value_view& value);
  void set_collection(const value_view& key, value_kind kind, const detail::collection_record& record);
  void set_many(batch& sorted);
  bool erase(const value_view& key);
  void clear() {
    arena_.require_open();
    root_ = 0;
  }
  /// Where typed collections are made. Only inside transact().
  [[nodiscard]] transaction_space& space() noexcept { return *space_; }
  void use(transaction_space* space) noexcept { space_ = space; }

 private:
  void adopt(const detail::edit_result<ref>& edited) {
    if (edited.change == detail::trie_change::out_of_space) scope_.raise_trouble();
    root_ = edited.root;
  }

  open_arena& arena_;
  writing& scope_;
  transaction_space* space_ = nullptr;
  ref root_;
};

}  // namespace coppice::store_detail
