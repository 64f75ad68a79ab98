// Versions of a map or set, made of each other under the seed of the pack.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <span>

#include "coppice/detail/pack/output.hpp"
#include "coppice/detail/pack/packed_output.hpp"
#include "coppice/detail/pack/scratch_memory.hpp"
#include "coppice/detail/packed_in_place.hpp"
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "src/packer/nodes.hpp"
#include "src/worker/run.hpp"

namespace coppice::packer {

using leaf_policy = detail::packed_leaf<std::byte*>;

template <unsigned Columns>
using value_encoder = detail::packed_trie_encoder<detail::scratch_view, leaf_policy, detail::no_collections, Columns>;

class map_lineage {
 public:
  map_lineage(detail::pack_output& output, std::uint32_t type, std::uint64_t seed, bool is_set)
      : leaf_(detail::seeded_hash{seed}),
        maps_(output, type, {}, leaf_),
        sets_(output, type, {}, leaf_),
        is_set_(is_set) {}

  /// Changes the version that is being made as a run says. False: there is no memory.
  [[nodiscard]] bool store(std::span<const std::byte> bytes) {
    worker::run_reader run(bytes);
    worker::run_part key_part, value_part;
    while (run.next(key_part) && run.next(value_part)) {
      leaf_policy::item entry;
      entry.key = view_of(key_part);
      entry.hash = leaf_.hash(entry.key);
      if (value_part.kind == worker::absent_kind) {
        const auto erased = detail::trie_erase(nodes_, leaf_, root_, entry.key);
        if (erased.change == detail::trie_change::out_of_space) return false;
        root_ = erased.root;
        continue;
      }
      entry.value = view_of(value_part);
      if (!set(entry)) return false;
    }
    return true;
  }

  /// Writes the version, from which the next one will be made.
  [[nodiscard]] detail::pack_tree write() {
    detail::pack_tree tree;
    tree.size = detail::trie_size(nodes_, root_);
    tree.root = is_set_ ? sets_.write(root_) : maps_.write(root_);
    nodes_.next_version();
    return tree;
  }

 private:
  /// The bytes of a part. In the place of large ones stands their address.
  [[nodiscard]] static detail::packed_view view_of(const worker::run_part& part) noexcept {
    const std::byte* const data = part.is_large() ? detail::load<std::byte*>(part.data) : part.data;
    return {data, part.size, part.value()};
  }
  [[nodiscard]] bool set(const leaf_policy::item& entry) {
    detail::packed_in_place<trie_nodes, leaf_policy> edit(nodes_, leaf_, entry);
    if (edit.set(root_, [](const detail::packed_value&) { return true; }) != detail::in_place::no) return true;
    detail::trie_editor<trie_nodes, leaf_policy> editor(nodes_, leaf_, root_, entry.hash);
    (void)editor.locate(entry.key);
    const auto made = editor.set(entry);
    root_ = made.root;
    return made.change != detail::trie_change::out_of_space;
  }

  trie_nodes nodes_;
  leaf_policy leaf_;
  std::byte* root_ = nullptr;
  value_encoder<2> maps_;
  value_encoder<1> sets_;
  bool is_set_;
};

}  // namespace coppice::packer
