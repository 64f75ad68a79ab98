// A Coppice store behind the interface that the store suite measures; lmdb_side.hpp is its counterpart.
//
// Thread safety: that of the store; the suite uses one thread a process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "coppice/store.hpp"
#include "workload.hpp"

namespace coppice::bench {

class store_side {
 public:
  static constexpr const char* name = "ours";

  /// Opens or creates.
  explicit store_side(const std::filesystem::path& file) : store_(store::open(file.string(), options())) {}

  /// Removes the file in any case: a store that refuses to be destroyed must not fill the disk for those after it.
  static void destroy(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return;
    try {
      store::destroy(file.string());
    } catch (const error&) {
      std::filesystem::remove(file, ignored);
    }
  }

  /// One put in a version of its own.
  void put(std::string_view key, bytes_view value) { store_.set(key, value); }

  /// Calls fill(put) with put(key, value) inside one transaction.
  template <class Fill>
  void transact(Fill&& fill) {
    store_.transact([&](transaction& t) { fill([&](std::string_view key, bytes_view value) { t.set(key, value); }); });
  }

  /// All in one version.
  void put_many(std::span<const key_value> entries) { store_.set_many(entries); }

  /// Calls body(get) where get(key, use) calls use(bytes) on the value in one snapshot, or returns false.
  template <class Body>
  void in_snapshot(Body&& body) const {
    const snapshot seen = store_.snapshot();
    body([&](std::string_view key, auto&& use) {
      const std::optional<value_view> found = seen.get(key);
      if (!found) return false;
      use(found->raw());
      return true;
    });
  }

  /// As in_snapshot, but every get sees the newest version, in place.
  template <class Body>
  void in_latest(Body&& body) const {
    body([&](std::string_view key, auto&& use) {
      return store_.visit(key, [&](const value_view& found) { use(found.raw()); });
    });
  }

  /// As in_latest, but every get copies the value.
  template <class Body>
  void in_latest_copied(Body&& body) const {
    body([&](std::string_view key, auto&& use) {
      const std::optional<value> found = store_.get(key);
      if (!found) return false;
      const value_view view = found->view();
      use(view.raw());
      return true;
    });
  }

  /// Calls use(bytes) on the value of every entry, by for_each.
  template <class Use>
  void iterate(Use&& use) const {
    store_.snapshot().for_each([&](const entry& each) {
      use(each.value.raw());
      return true;
    });
  }
  /// The same by iterators.
  template <class Use>
  void iterate_by_iterator(Use&& use) const {
    const snapshot seen = store_.snapshot();
    for (auto each = seen.begin(); each != seen.end(); ++each) use(each->value.raw());
  }

  [[nodiscard]] std::uint64_t size() const { return store_.size(); }
  [[nodiscard]] store& handle() noexcept { return store_; }
  [[nodiscard]] const store& handle() const noexcept { return store_; }

 private:
  static store_options options() {
    store_options chosen;
    chosen.limit_bytes = std::uint64_t{64} << 30U;
    return chosen;
  }

  store store_;
};

}  // namespace coppice::bench
