// Writing tries of packed leaves: what stores and JavaScript hold.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "coppice/detail/pack/trie_output.hpp"
#include "coppice/detail/packed_leaf.hpp"

namespace coppice::detail {

/// The type of such tries.
template <class Leaf>
[[nodiscard]] pack_type packed_pack_type(std::uint64_t seed) {
  pack_type type;
  type.collection = pack_collection::map;
  type.elements = pack_elements::values;
  type.hash = pack_hash::store;
  type.leaf_size = Leaf::max_entries;
  type.max_bytes = Leaf::max_bytes;
  type.max_inline = Leaf::max_inline;
  type.seed = seed;
  return type;
}

/// Whether a type is that, whatever it says of its values.
template <class Leaf>
[[nodiscard]] bool is_packed_pack_type(pack_type type) {
  if (type.elements == pack_elements::values) type.schema.clear();
  return type == packed_pack_type<Leaf>(type.seed);
}

/// Where no value is a collection.
struct no_collections {
  static constexpr bool allowed = false;
};

/// `Columns`: 1 of a set, whose values are nothing. `Collections`: whether they are allowed; then it has write(kind,
/// node), the number of the record of one.
template <class View, class Leaf, class Collections = no_collections, unsigned Columns = 2>
class packed_trie_encoder final : public trie_encoder<View, packed_trie_encoder<View, Leaf, Collections, Columns>> {
  using base = trie_encoder<View, packed_trie_encoder>;

 public:
  static constexpr unsigned columns = Columns;
  static constexpr bool fixed_size = false;

  packed_trie_encoder(pack_output& output, std::uint32_t type, const View& view, const Leaf& leaf,
                      Collections collections = {})
      : base(output, type, view), leaf_(leaf), collections_(collections) {}

  void prepare(const std::byte* node) {
    if (kind_of(node) != node_kind::packed_leaf_wide) return;
    for (std::uint32_t i = 0; i < count_of(node); ++i) {
      const auto item = leaf_.item_at(this->view(), node, i);
      prepare_blob(item.key, item.key_blob);
      if constexpr (Columns == 2) prepare_blob(item.value, item.value_blob);
    }
  }
  void add_entries(const std::byte* node, const record_place& place, column_writer& to) {
    if (kind_of(node) == node_kind::packed_leaf) {
      for (typename Leaf::position at(node); !at.done(); at.advance()) {
        const auto entry = at.get(this->view());
        to.add(entry.key.kind, entry.key.data, entry.key.size);
        if constexpr (Columns == 2) to.add(entry.value.kind, entry.value.data, entry.value.size);
      }
      return;
    }
    for (std::uint32_t i = 0; i < count_of(node); ++i) {
      const auto item = leaf_.item_at(this->view(), node, i);
      add(item.key, item.key_blob, place, to);
      if constexpr (Columns == 2) add(item.value, item.value_blob, place, to);
    }
  }

 private:
  using Ref = typename View::ref_type;

  void prepare_blob(const packed_view& part, Ref blob) {
    if (blob == Ref{}) return;
    const std::byte* const node = this->view().address(blob);
    if (this->output().number_of(node) != 0) return;
    if constexpr (Collections::allowed) {
      if (is_collection(part.kind)) return this->output().remember(node, collections_.write(part.kind, node));
    }
    this->output().remember(node, this->output().put_large(part.data, part.size));
  }
  void add(const packed_view& part, Ref blob, const record_place& place, column_writer& to) {
    if (blob == Ref{}) return to.add(part.kind, part.data, part.size);
    to.add_link(part.kind, is_collection(part.kind) ? 0 : part.size,
                place.link(this->output().number_of(this->view().address(blob))));
  }

  Leaf leaf_;
  [[no_unique_address]] Collections collections_;
};

}  // namespace coppice::detail
