// Workers over an arena in a file, with maps whose keys may collide, and what their content must be.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "src/arena/check.hpp"
#include "src/arena/session.hpp"
#include "src/worker/heap.hpp"
#include "src/worker/maps.hpp"
#include "tests/platform/support.hpp"
#include "tests/trie/support.hpp"

namespace worker_test {

using coppice::errc;
using coppice::failure;
using coppice::result;
using coppice::value_kind;
using coppice::detail::packed_key;
using coppice::detail::packed_value;
using coppice::detail::trie_change;
using coppice::platform::test::scratch_directory;
using coppice::trie_test::model_map;
using coppice::trie_test::text;
using coppice::trie_test::text_source;
using coppice::worker::heap;
using coppice::worker::leaf_policy;
using coppice::worker::maps;
using coppice::worker::no_version;
using coppice::worker::old_value_sink;
using coppice::worker::ref;
using coppice::worker::share_token;
using coppice::worker::space;
using coppice::worker::version;
using coppice::worker::version_index;
using coppice::worker::view;

inline constexpr std::uint64_t large_limit = std::uint64_t{1} << 30;

/// As src/worker/exports.cpp makes an arena.
inline coppice::arena::create_options options(std::uint64_t limit_bytes) {
  coppice::arena::create_options made;
  made.limit_bytes = limit_bytes;
  made.sequential_fences = true;
  made.apart = true;
  made.leaf_entries = leaf_policy::max_entries;
  made.leaf_bytes = leaf_policy::max_bytes;
  made.inline_bytes = leaf_policy::max_inline;
  return made;
}

/// The maps of src/worker/maps.hpp, with another hash.
template <class Hash>
class colliding_maps {
 public:
  using leaf_type = coppice::detail::packed_leaf<ref, Hash>;
  using item = typename leaf_type::item;

  explicit colliding_maps(heap& from) : heap_(from) {}
  [[nodiscard]] const leaf_type& leaf() const { return leaf_; }
  [[nodiscard]] std::uint64_t size(const version& of) const {
    return coppice::detail::trie_size(view(heap_.map()), of.root);
  }
  [[nodiscard]] std::optional<packed_value> find(const version& in, const packed_key& key) const {
    return coppice::detail::trie_find(view(heap_.map()), leaf_, in.root, key);
  }
  template <class Before>
  trie_change set(version& in, const item& added, Before&& before) {
    using coppice::detail::in_place;
    space nodes(heap_.edit(in));
    switch (coppice::detail::packed_in_place<space, leaf_type>(nodes, leaf_, added).set(in.root, before)) {
      case in_place::no:
        break;
      case in_place::refused:
      case in_place::unchanged:
        return trie_change::none;
      case in_place::inserted:
        return trie_change::inserted;
      case in_place::replaced:
        return trie_change::replaced;
    }
    return take(in, coppice::detail::trie_set(nodes, leaf_, in.root, added.key, added.value));
  }
  template <class Before>
  trie_change erase(version& from, const packed_key& key, std::uint64_t, Before&&) {
    space nodes(heap_.edit(from));
    return take(from, coppice::detail::trie_erase(nodes, leaf_, from.root, key));
  }

 private:
  trie_change take(version& changed, const coppice::detail::edit_result<ref>& made) {
    changed.root = made.root;
    heap_.edited(changed);
    return made.change;
  }
  heap& heap_;
  leaf_type leaf_;
};

/// A worker with a heap of its own.
template <class Maps = maps>
class basic_worker {
 public:
  basic_worker() = default;
  explicit basic_worker(const std::string& path) { open(path); }
  /// Makes the arena.
  basic_worker(const std::string& path, std::uint64_t limit_bytes) { create(path, limit_bytes); }

  void create(const std::string& path, std::uint64_t limit_bytes) {
    begin(held->session().create(path.c_str(), options(limit_bytes)));
  }
  void open(const std::string& path) {
    begin(held->session().open(path.c_str(),
                               {leaf_policy::max_entries, leaf_policy::max_bytes, leaf_policy::max_inline}));
  }

  /// Opens an arena that is mapped at `base`, as all workers of a WebAssembly memory do: so the thread sanitizer sees
  /// that they use the same words. Such a worker is never closed, for that would unmap what the others use.
  void join(const std::string& path, std::byte* base) {
    static auto& never_closed = *new std::vector<std::unique_ptr<heap>>;
    const result<int> file = coppice::platform::open_file(path.c_str());
    ASSERT_TRUE(file.ok());
    begin(held->session().join({*file, base},
                               {leaf_policy::max_entries, leaf_policy::max_bytes, leaf_policy::max_inline}));
    never_closed.push_back(std::move(owner_));
  }

  [[nodiscard]] heap& memory() { return *held; }
  [[nodiscard]] Maps& all() { return *maps_; }
  [[nodiscard]] version& at(version_index index) { return held->at(index); }

  /// Runs a change that may find no space, as src/worker/exports.cpp does.
  template <class Change>
  trie_change with_room(Change&& change) {
    if (held->settlement_is_due()) {
      ++settlements;
      EXPECT_TRUE(held->settle().ok());
    }
    const trie_change first = change();
    if (first != trie_change::out_of_space || !held->make_room()) return first;
    return change();
  }
  trie_change set(version_index index, const text& key, const text& value) {
    const auto added = maps_->leaf().make_item(key.view(), value.view());
    return with_room([&] { return maps_->set(at(index), added, old_value_sink{nullptr, nullptr}); });
  }
  trie_change erase(version_index index, const text& key) {
    return with_room([&] {
      return maps_->erase(at(index), key.view(), maps_->leaf().hash(key.view()), old_value_sink{nullptr, nullptr});
    });
  }
  /// Lets others attach to a version, which from now on leaves the nodes that it has as they are.
  result<share_token> share(version_index index) {
    at(index).token = 0;
    return held->share(at(index).root);
  }
  /// A version like the one that another worker shares.
  result<version_index> attach(const share_token& token) {
    const result<ref> root = held->attach(token);
    if (!root) return root.why();
    version found;
    found.root = *root;
    const version_index made = held->hold(found);
    if (made == no_version) return failure{errc::out_of_space, 0, "holding a version", 0, 0};
    return made;
  }

  [[nodiscard]] std::string broken(version_index index) {
    const auto report = coppice::detail::trie_check(view(held->map()), maps_->leaf(), at(index).root);
    return report.broken == nullptr ? std::string() : std::string(report.broken);
  }
  [[nodiscard]] model_map content(version_index index) {
    model_map all;
    const view nodes(held->map());
    coppice::detail::trie_for_each(nodes, maps_->leaf(), at(index).root,
                                   [&](const auto& entry) { all.emplace(text(entry.key), text(entry.value)); });
    return all;
  }
  /// Checks the shape of a version, and that its content is the model's.
  void expect(version_index index, const model_map& model) {
    ASSERT_EQ(broken(index), "");
    ASSERT_EQ(maps_->size(at(index)), model.size());
    ASSERT_TRUE(content(index) == model);
  }

  std::uint64_t settlements = 0;

 private:
  void begin(const result<void>& opened) {
    ASSERT_TRUE(opened.ok()) << opened.why().reason;
    const result<void> begun = held->begin({});
    ASSERT_TRUE(begun.ok()) << begun.why().reason;
    maps_.emplace(*held);
  }

  std::unique_ptr<heap> owner_ = std::make_unique<heap>();
  heap* held = owner_.get();
  std::optional<Maps> maps_;
};
using worker = basic_worker<>;

/// What arena::check() says, while no worker does anything else.
inline coppice::arena::check_result check(heap& from) {
  coppice::arena::session& session = from.session();
  std::atomic<std::uint32_t>& lock = session.map().words().collector_lock;
  if (!coppice::arena::acquire(session, lock, 10'000'000'000)) return {"the collector lock", 0};
  const coppice::arena::held_lock guard(session, lock);
  return coppice::arena::check(session, nullptr);
}

/// Bytes that the last finished cycle found reachable.
inline std::uint64_t live_bytes(heap& from) { return from.map().words().live_bytes; }

}  // namespace worker_test
