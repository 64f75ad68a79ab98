// Writing typed collections that are values of a store.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"
#include "coppice/detail/pack/image_leaf.hpp"
#include "coppice/detail/pack/packed_output.hpp"
#include "coppice/detail/pack/stored_layout.hpp"
#include "coppice/detail/pack/stored_type.hpp"
#include "coppice/detail/pack/trie_output.hpp"
#include "coppice/detail/pack/vector_output.hpp"
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/shared/link.hpp"
#include "coppice/error.hpp"

namespace coppice::detail {

/// Tries whose elements are copied as bytes.
template <class View>
class image_trie_encoder final : public trie_encoder<View, image_trie_encoder<View>> {
  using base = trie_encoder<View, image_trie_encoder>;

 public:
  static constexpr bool fixed_size = true;

  image_trie_encoder(pack_output& output, std::uint32_t type, const View& view, const image_leaf& leaf)
      : base(output, type, view), leaf_(leaf) {}

  static void prepare(const std::byte*) noexcept {}
  void put_columns(const std::byte* node, record_buffer& to) const {
    const std::uint32_t count = count_of(node), size = leaf_.element_size();
    put_fixed_columns(to, std::size_t{size} + 1, 0);
    std::byte* at = to.extend(count * (std::size_t{size} + 1));
    for (std::uint32_t i = 0; i < count; ++i, at += size + 1) {
      *at = leaf_.tag_at(node, i);
      std::memcpy(at + 1, leaf_.element_at(node, i), size);
    }
  }

 private:
  image_leaf leaf_;
};

using stored_vector_layout = stored_layout<arena_link>;

/// Elements of vectors: their bytes, or blobs with their encodings.
class stored_elements {
 public:
  stored_elements(pack_output& output, const stored_vector_layout& layout) noexcept
      : output_(output), layout_(layout) {}

  void prepare(const std::byte* leaf, std::uint32_t index) {
    if (!has_blobs()) return;
    const std::byte* const node = blob(leaf, index);
    const packed_view content = view_of_blob(node, value_kind::bytes);
    if (content.size == 0 || output_.number_of(node) != 0) return;
    output_.remember(node, output_.put_large(content.data, content.size));
  }
  void add(const std::byte* leaf, std::uint32_t index, const record_place& place, column_writer& to) {
    if (!has_blobs()) return to.add(value_kind::bytes, layout_.element(leaf, index), layout_.element_bytes);
    const std::byte* const node = blob(leaf, index);
    const packed_view content = view_of_blob(node, value_kind::bytes);
    if (content.size == 0) return to.add(content.kind, content.data, 0);
    to.add_link(content.kind, content.size, place.link(output_.number_of(node)));
  }

 private:
  [[nodiscard]] bool has_blobs() const noexcept { return layout_.leaf_kind == node_kind::rrb_leaf_refs; }
  [[nodiscard]] const std::byte* blob(const std::byte* leaf, std::uint32_t index) const noexcept {
    return arena_link::get(layout_.element(leaf, index));
  }

  pack_output& output_;
  stored_vector_layout layout_;
};

/// Leaves of tries in stores whose elements are encoded.
using stored_packed_leaf = packed_leaf<std::uint32_t, seeded_hash, stored_leaf_entries>;

/// Writes collections of one arena.
template <class View>
class stored_encoder final : public pack_encoder {
 public:
  stored_encoder(pack_output& output, const View& view) : output_(output), view_(view) {}

  /// The number of the record of a collection, whose node in the arena this is. Throws error unsupported.
  [[nodiscard]] node_number write(value_kind kind, const std::byte* node) {
    const auto record = load<collection_record>(node + blob_bytes_offset);
    const pack_type type = stored_type<stored_packed_leaf>(kind, record);
    if (const char* const wrong = unsupported_stored_type<stored_packed_leaf>(type); wrong != nullptr) {
      throw error(errc::unsupported, std::string("coppice::pack_writer: a typed collection inside a store: ") + wrong);
    }
    written made;
    made.collection = type.collection;
    made.type = output_.type(type);
    made.tree = write_tree(type, made.type, record);
    written_.emplace(node, made);
    return output_.put(node, 0, *this);
  }

  bool encode(const std::byte* node, std::uint64_t, const record_place& place, record_buffer& to) override {
    const written& made = written_.at(node);
    put_collection(to, made.type, made.collection, made.tree, place);
    return made.tree.size != 0;
  }

 private:
  using image_encoder = image_trie_encoder<View>;
  using map_encoder = packed_trie_encoder<View, stored_packed_leaf>;
  using set_encoder = packed_trie_encoder<View, stored_packed_leaf, no_collections, 1>;
  using elements_encoder = vector_encoder<stored_vector_layout, stored_elements>;
  struct written {
    pack_collection collection = pack_collection::map;
    std::uint32_t type = 0;
    pack_tree tree;
  };
  struct encoders {
    std::unique_ptr<image_encoder> images;
    std::unique_ptr<map_encoder> maps;
    std::unique_ptr<set_encoder> sets;
    std::unique_ptr<elements_encoder> vectors;
  };

  [[nodiscard]] pack_tree write_tree(const pack_type& type, std::uint32_t number, const collection_record& record) {
    encoders& how = encoders_[number];
    if (type.collection == pack_collection::vector) {
      if (how.vectors == nullptr) {
        how.vectors = std::make_unique<elements_encoder>(output_, number, layout_of<arena_link>(type));
      }
      const auto address = [&](std::uint32_t ref) {
        return ref == 0 ? nullptr : const_cast<std::byte*>(view_.address(ref));
      };
      return how.vectors->write({address(record.root), address(record.tail), record.size - record.tail_count,
                                 record.tail_count, record.height});
    }
    pack_tree tree;
    tree.size = record.size;
    const stored_packed_leaf leaf(seeded_hash{type.seed});
    if (type.elements == pack_elements::images) {
      if (how.images == nullptr) {
        how.images = std::make_unique<image_encoder>(output_, number, view_,
                                                     image_leaf(type.leaf_size, element_bytes(record.element_type)));
      }
      tree.root = how.images->write(record.root);
    } else if (type.collection == pack_collection::set) {
      if (how.sets == nullptr) how.sets = std::make_unique<set_encoder>(output_, number, view_, leaf);
      tree.root = how.sets->write(record.root);
    } else {
      if (how.maps == nullptr) how.maps = std::make_unique<map_encoder>(output_, number, view_, leaf);
      tree.root = how.maps->write(record.root);
    }
    return tree;
  }

  pack_output& output_;
  View view_;
  std::map<std::uint32_t, encoders> encoders_;             // by type
  std::unordered_map<const std::byte*, written> written_;  // by node
};

/// What packed_trie_encoder asks.
template <class View>
struct stored_collections {
  static constexpr bool allowed = true;
  stored_encoder<View>* encoder;
  [[nodiscard]] node_number write(value_kind kind, const std::byte* node) const { return encoder->write(kind, node); }
};

}  // namespace coppice::detail
