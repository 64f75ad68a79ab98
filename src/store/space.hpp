// The spaces of typed collections: a snapshot, and a transaction.
//
// Thread safety: see coppice/detail/shared/space.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/shared/space.hpp"
#include "coppice/store_arena.hpp"
#include "src/store/snapshot.hpp"
#include "src/store/state.hpp"

namespace coppice::store_detail {

/// To read from a pinned version.
class snapshot_space final : public detail::arena_space {
 public:
  explicit snapshot_space(const snapshot_state& of);

  [[noreturn]] void raise_ended() const override;
  // Nothing is written in it.
  [[nodiscard]] detail::allocation<ref> allocate(std::size_t) noexcept override { return {}; }
  void take_back(ref) noexcept override {}
  void borrow(arena_space&) override {}
  [[noreturn]] void raise_trouble() const override { raise_ended(); }

 private:
  void draw() noexcept override {}
  snapshot_state pinned_;
};

/// To write in, for one transaction: the current one of its thread.
class transaction_space final : public detail::arena_space {
 public:
  explicit transaction_space(open_arena& arena);

  /// Ends it: collections of it cannot be used any more. While the writers' lock is held.
  void end() noexcept;
  /// Gives up what it has borrowed, and itself. Its owner calls this after publication, or instead of it.
  void finish() noexcept;

  [[noreturn]] void raise_ended() const override;
  [[nodiscard]] detail::allocation<ref> allocate(std::size_t bytes) noexcept override {
    return arena_.nodes().allocate(bytes);
  }
  void take_back(ref node) noexcept override { arena_.nodes().take_back(node); }
  void borrow(arena_space& from) override;
  [[noreturn]] void raise_trouble() const override;

 private:
  ~transaction_space() override;
  void draw() noexcept override;

  open_arena& arena_;  // not to be touched once it has ended
  std::string name_;
  arena_space* outer_;
  std::vector<arena_space*> borrowed_;
  std::uint64_t drawn_ = 16;
  bool current_ = true;  // of its thread; over_ is also set by fork()
  bool over_ = false;
};

/// A transaction_space for the length of a scope.
class typed_scope {
 public:
  explicit typed_scope(open_arena& arena) : space_(new transaction_space(arena)) {}
  typed_scope(const typed_scope&) = delete;
  typed_scope& operator=(const typed_scope&) = delete;
  ~typed_scope() {
    space_->end();
    space_->finish();
  }
  [[nodiscard]] transaction_space& space() const noexcept { return *space_; }

 private:
  transaction_space* space_;
};

/// The collection that a key has in a version, if it has one. Throws error invalid_argument if it has something else.
[[nodiscard]] std::optional<detail::collection_record> find_record(const open_arena& arena, ref root,
                                                                   const value_view& key, value_kind kind,
                                                                   const detail::collection_record& expected);

}  // namespace coppice::store_detail
