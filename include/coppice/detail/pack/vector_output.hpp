// Writing vectors. Versions share a leaf of which each has its own number of elements (heap/rrb_leaf.hpp): what of a
// leaf is written once is not written again, and a version that has more of it adds a record with the rest.
//
// Only what belongs to a version is read of a node, for the places after that may belong to others that are being made.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"
#include "coppice/detail/pack/output.hpp"
#include "coppice/detail/pack/typed_values.hpp"

namespace coppice::detail {

/// The elements of leaves, as C++ objects.
template <class Layout>
class typed_elements {
 public:
  typed_elements(pack_output& output, const Layout&) noexcept : values_(output) {}
  /// Writes what an element will have links to.
  void prepare(const std::byte* leaf, std::uint32_t index) { values_.prepare(Layout::elements(leaf)[index]); }
  void add(const std::byte* leaf, std::uint32_t index, const record_place& place, column_writer& to) {
    values_.add(Layout::elements(leaf)[index], place, to);
  }

 private:
  typed_values<typename Layout::element> values_;
};

/// `Layout`: that of the nodes, an rrb_layout or a stored_layout. `Elements`: see typed_elements.
template <class Layout, class Elements = typed_elements<Layout>>
class vector_encoder final : public pack_encoder {
 public:
  vector_encoder(pack_output& output, std::uint32_t type, const Layout& layout = {})
      : output_(output), type_(type), layout_(layout), elements_(output, layout) {}

  [[nodiscard]] pack_tree write(const rrb_version& version) {
    pack_tree tree;
    tree.size = version.size();
    if (tree.size == 0) return tree;
    tree.tail_count = version.tail_count;
    if (version.root != nullptr) {
      tree.root = write_node(version.root, version.height, version.tree_size);
      tree.height = version.height;
    }
    tree.tail = write_leaf(version.tail, version.tail_count);
    return tree;
  }

  bool encode(const std::byte* node, std::uint64_t part, const record_place& place, record_buffer& to) override {
    if (kind_of(node) == layout_.leaf_kind) return encode_leaf(node, part, place, to);
    const bool relaxed = Layout::is_relaxed(node);
    const std::uint32_t count = count_of(node);
    to.put_u8(static_cast<std::uint8_t>(relaxed ? record_kind::vector_relaxed : record_kind::vector_branch));
    to.put_count(type_);
    to.put_u8(static_cast<std::uint8_t>(depth_of(node)));
    to.put_count(count);
    for (std::uint32_t i = 0; i < count; ++i) to.put_count(place.link(links_[part + i]));
    for (std::uint32_t i = 0; relaxed && i < count; ++i) {
      to.put_count(layout_.end(node, i) - (i == 0 ? 0 : layout_.end(node, i - 1)));
    }
    return true;
  }

 private:
  /// How much of a node is written, and in which record.
  struct extent {
    node_number number = 0;
    std::uint64_t size = 0;
  };

  /// Recursion is one call a level of the tree.
  [[nodiscard]] node_number write_node(const std::byte* node, unsigned height, std::uint64_t size) {
    if (height == 0) return write_leaf(node, static_cast<std::uint32_t>(size));
    const auto known = extents_.find(node);
    if (known != extents_.end() && known->second.size >= size) return known->second.number;
    const std::uint32_t count = count_of(node);
    node_number children[rrb_max_width];
    for (std::uint32_t slot = 0; slot < count; ++slot) {
      const rrb_place at = rrb_child_at(layout_, node, height, size, slot);
      children[slot] = write_node(layout_.child(node, slot), height - 1, at.end - at.first);
    }
    const std::size_t part = links_.size();
    links_.insert(links_.end(), children, children + count);
    const node_number number = output_.put(node, part, *this);
    extents_[node] = {number, size};
    return number;
  }

  [[nodiscard]] node_number write_leaf(const std::byte* leaf, std::uint32_t count) {
    const extent known = extents_[leaf];
    if (known.size >= count) return known.number;
    const auto from = static_cast<std::uint32_t>(known.size);
    for (std::uint32_t i = from; i < count; ++i) elements_.prepare(leaf, i);
    if (from != 0) continued_[{leaf, from}] = known.number;
    const node_number number = output_.put(leaf, std::uint64_t{from} << 32 | count, *this);
    extents_[leaf] = {number, count};
    return number;
  }

  [[nodiscard]] bool encode_leaf(const std::byte* leaf, std::uint64_t part, const record_place& place,
                                 record_buffer& to) {
    const auto from = static_cast<std::uint32_t>(part >> 32), end = static_cast<std::uint32_t>(part);
    to.put_u8(static_cast<std::uint8_t>(from == 0 ? record_kind::vector_leaf : record_kind::vector_more));
    to.put_count(type_);
    if (from != 0) to.put_count(place.link(continued_.at({leaf, from})));
    to.put_count(end - from);
    columns_.begin(1);
    for (std::uint32_t i = from; i < end; ++i) elements_.add(leaf, i, place, columns_);
    columns_.write(to);
    return from != 0 || columns_.has_links();
  }

  struct place_hash {
    [[nodiscard]] std::size_t operator()(const std::pair<const std::byte*, std::uint32_t>& of) const noexcept {
      return std::hash<const std::byte*>{}(of.first) * 31 + of.second;
    }
  };

  pack_output& output_;
  std::uint32_t type_;
  [[no_unique_address]] Layout layout_;
  Elements elements_;
  column_writer columns_;
  std::unordered_map<const std::byte*, extent> extents_;
  std::unordered_map<std::pair<const std::byte*, std::uint32_t>, node_number, place_hash> continued_;
  std::vector<node_number> links_;  // of the branches written
};

}  // namespace coppice::detail
