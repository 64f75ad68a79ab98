// Versions of stores in packs: writing.
#include "coppice/pack.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "coppice/detail/pack/packed_output.hpp"
#include "coppice/detail/pack/scratch_memory.hpp"
#include "coppice/detail/pack/stored_output.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "src/store/snapshot.hpp"

namespace coppice {

namespace store_detail {

namespace {

using scratch_leaf = detail::packed_leaf<std::byte*>;

/// The versions of one store under another seed, each made of the one before.
class reseeded {
 public:
  explicit reseeded(std::uint64_t seed) noexcept : leaf_(detail::seeded_hash{seed}) {}
  [[nodiscard]] const detail::scratch_memory& memory() const noexcept { return memory_; }
  [[nodiscard]] const scratch_leaf& leaf() const noexcept { return leaf_; }

  /// The root of a version. Throws std::bad_alloc.
  [[nodiscard]] std::byte* make(const snapshot_state& version) {
    const open_arena& arena = version.arena();
    if (last_) {
      detail::trie_diff_cursor<arena_view, leaf_policy> differences(arena.view(), arena.leaf(), *last_, version.root());
      detail::diff_change<leaf_policy> change;
      while (differences.next(change)) {
        if (change.kind == detail::diff_kind::removed) {
          take(detail::trie_erase(memory_, leaf_, root_, change.key));
        } else {
          require_no_collection(change.after);
          take(detail::trie_set(memory_, leaf_, root_, change.key, change.after));
        }
      }
    } else {
      build(arena, version.root());
    }
    last_ = version.root();
    return root_;
  }

 private:
  void build(const open_arena& arena, ref root) {
    std::vector<scratch_leaf::item> items;
    items.reserve(detail::trie_size(arena.view(), root));
    detail::trie_for_each(arena.view(), arena.leaf(), root, [&](const leaf_policy::entry& each) {
      require_no_collection(each.value);
      items.push_back(leaf_.make_item(each.key, each.value));
      return true;
    });
    std::sort(items.begin(), items.end(), scratch_leaf::item_less);
    const auto built = detail::trie_build(memory_, leaf_, items.data(), static_cast<std::uint32_t>(items.size()));
    if (!built.ok) throw std::bad_alloc();
    root_ = built.root;
  }
  /// Of typed elements only programs with their types know the hash.
  static void require_no_collection(const detail::packed_value& value) {
    if (!is_collection(value.kind)) return;
    throw error(
        errc::unsupported,
        "coppice::pack_writer: the store has typed collections, which cannot be hashed under another seed; pack "
        "it under its own (pack_seed::own)");
  }
  void take(const detail::edit_result<std::byte*>& edited) {
    if (edited.change == detail::trie_change::out_of_space) throw std::bad_alloc();
    root_ = edited.root;
  }

  detail::scratch_memory memory_;
  scratch_leaf leaf_;
  std::byte* root_ = nullptr;
  std::optional<ref> last_;  // the version that it is of
};

/// Writes versions of stores, and keeps them until the pack is written.
class store_pack_writing {
 public:
  /// `seed_for(type)`: under which seed.
  template <class SeedFor>
  [[nodiscard]] detail::pack_root write(detail::pack_output& output, const snapshot_state& version,
                                        const SeedFor& seed_for) {
    version.arena().require_open();
    kept_.push_back(std::make_unique<snapshot_state>(version));
    open_arena& arena = version.arena();
    source& from = sources_[arena.session().map().base()];
    const std::uint64_t own = arena.session().map().id().seed;
    const std::uint64_t seed = seed_for(detail::packed_pack_type<leaf_policy>(own));
    detail::pack_root root;
    root.tree.size = detail::trie_size(arena.view(), version.root());
    root.has_commit = true;
    root.version = version.record().version.load(std::memory_order_relaxed);
    root.committed_at_ms = static_cast<std::int64_t>(version.record().committed_ms);
    root.type = output.type(detail::packed_pack_type<leaf_policy>(seed));
    if (seed == own) {
      if (from.encoder == nullptr) {
        from.collections = std::make_unique<collections_encoder>(output, arena.view());
        from.encoder = std::make_unique<arena_encoder>(output, root.type, arena.view(), arena.leaf(),
                                                       arena_collections{from.collections.get()});
      }
      root.tree.root = from.encoder->write(version.root());
    } else {
      if (from.under_seed == nullptr) {
        from.under_seed = std::make_unique<reseeded>(seed);
        from.seed_encoder =
            std::make_unique<scratch_encoder>(output, root.type, detail::scratch_view(), from.under_seed->leaf());
      }
      root.tree.root = from.seed_encoder->write(from.under_seed->make(version));
    }
    return root;
  }

 private:
  using collections_encoder = detail::stored_encoder<arena_view>;
  using arena_collections = detail::stored_collections<arena_view>;
  using arena_encoder = detail::packed_trie_encoder<arena_view, leaf_policy, arena_collections>;
  using scratch_encoder = detail::packed_trie_encoder<detail::scratch_view, scratch_leaf>;
  struct source {
    std::unique_ptr<collections_encoder> collections;
    std::unique_ptr<arena_encoder> encoder;
    std::unique_ptr<reseeded> under_seed;
    std::unique_ptr<scratch_encoder> seed_encoder;
  };

  std::vector<std::unique_ptr<snapshot_state>> kept_;
  std::map<const std::byte*, source> sources_;  // by where the store is mapped
};

}  // namespace

}  // namespace store_detail

void pack_writer::add(std::string_view name, const snapshot& version) {
  begin_version(name);
  detail::pack_root root = part<store_detail::store_pack_writing>().write(
      *output_, *version.state_, [this](const detail::pack_type& type) { return seed_for(type); });
  root.name = name;
  end_version(root);
}

void store::pack(pack_sink& to, std::span<const class snapshot> versions, const pack_options& options) const {
  pack_writer writer(to, options);
  for (const class snapshot& version : versions) writer.add(version);
  writer.finish();
}

void store::pack(pack_sink& to) const {
  const class snapshot newest = snapshot();
  pack(to, std::span(&newest, 1), {});
}

}  // namespace coppice
