// Writing tries: goes through the nodes of a version that are not written yet, children before parents.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/typed_leaf.hpp"
#include "coppice/detail/pack/output.hpp"
#include "coppice/detail/pack/typed_values.hpp"

namespace coppice::detail {

/// What is alike for all leaves. `Leaves` derives from it and has `columns`, how many; prepare(node), which writes what
/// the leaf will have links to; and add_entries(node, place, writer); or, if its entries are all of one `fixed_size`,
/// put_columns(node, to).
template <class View, class Leaves>
class trie_encoder : public pack_encoder {
 public:
  using Ref = typename View::ref_type;

  /// The number of a version's root.
  [[nodiscard]] node_number write(Ref root) { return root == Ref{} ? 0 : write_node(root); }

  bool encode(const std::byte* node, std::uint64_t, const record_place& place, record_buffer& to) final {
    if (kind_of(node) == node_kind::branch) {
      if (node != numbered_) number_children(node);
      put_branch(to, type_, branch_, place);
      return true;
    }
    to.put_u8(static_cast<std::uint8_t>(record_kind::leaf));
    to.put_count(type_);
    to.put_u8(static_cast<std::uint8_t>(depth_of(node)));
    to.put_count(count_of(node));
    if constexpr (Leaves::fixed_size) {
      leaves().put_columns(node, to);
      return false;
    } else {
      columns_.begin(Leaves::columns);
      leaves().add_entries(node, place, columns_);
      columns_.write(to);
      return columns_.has_links();
    }
  }

 protected:
  [[nodiscard]] pack_output& output() noexcept { return output_; }
  [[nodiscard]] const View& view() const noexcept { return view_; }

 private:
  friend Leaves;
  trie_encoder(pack_output& output, std::uint32_t type, const View& view) noexcept
      : output_(output), view_(view), type_(type) {}

  [[nodiscard]] Leaves& leaves() noexcept { return static_cast<Leaves&>(*this); }

  /// Recursion is one call a branch level.
  [[nodiscard]] node_number write_node(Ref ref) {
    const std::byte* const node = view_.address(ref);
    if (const node_number known = output_.number_of(node); known != 0) return known;
    if (kind_of(node) == node_kind::branch) {
      branch_record numbered;
      numbered.depth = depth_of(node);
      for (unsigned slot = 0; slot < trie_fan_out;) {
        const Ref child = child_of<Ref>(node, slot);
        const unsigned end = end_of_child<Ref>(node, slot);
        const node_number number = child == Ref{} ? 0 : write_node(child);
        for (; slot < end; ++slot) numbered.children[slot] = number;
      }
      branch_ = numbered;
      numbered_ = node;
    } else {
      leaves().prepare(node);
    }
    const node_number number = output_.put(node, 0, *this);
    output_.remember(node, number);
    return number;
  }

  void number_children(const std::byte* node) {
    branch_.depth = depth_of(node);
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
      const Ref child = child_of<Ref>(node, slot);
      branch_.children[slot] = child == Ref{} ? 0 : output_.number_of(view_.address(child));
    }
    numbered_ = node;
  }

  pack_output& output_;
  View view_;
  std::uint32_t type_;
  column_writer columns_;
  branch_record branch_;
  const std::byte* numbered_ = nullptr;  // the branch that branch_ is of
};

/// Leaves of C++ objects.
template <class View, class Leaf, class Element>
class typed_trie_encoder final : public trie_encoder<View, typed_trie_encoder<View, Leaf, Element>> {
  using base = trie_encoder<View, typed_trie_encoder>;
  using K = typename Element::key_type;
  using V = typename Element::value_type;
  static constexpr bool is_set = std::is_same_v<V, no_value>;

 public:
  static constexpr unsigned columns = is_set ? 1 : 2;
  static constexpr bool fixed_size = packs_as_bytes<K> && (is_set || packs_as_bytes<V>);

  typed_trie_encoder(pack_output& output, std::uint32_t type, const View& view)
      : base(output, type, view), keys_(output), values_(output) {}

  void prepare(const std::byte* node) {
    if constexpr (!fixed_size) {
      for (std::uint32_t i = 0; i < count_of(node); ++i) {
        const auto& element = *Leaf::element_at(node, i);
        keys_.prepare(Element::key(element));
        if constexpr (!is_set) values_.prepare(Element::value(element));
      }
    }
  }
  /// The columns as column_writer would write them.
  void put_columns(const std::byte* node, record_buffer& to) const {
    put_fixed_columns(to, sizeof(K), is_set ? 0 : sizeof(V));
    constexpr std::size_t entry_bytes = sizeof(K) + (is_set ? 0 : sizeof(V));
    const std::uint32_t count = count_of(node);
    std::byte* at = to.extend(count * entry_bytes);
    if constexpr (sizeof(typename Element::type) == entry_bytes) {
      std::memcpy(at, Leaf::elements_of(node), count * entry_bytes);
    } else {
      for (std::uint32_t i = 0; i < count; ++i, at += entry_bytes) {
        const auto& element = *Leaf::element_at(node, i);
        store(at, Element::key(element));
        if constexpr (!is_set) store(at + sizeof(K), Element::value(element));
      }
    }
  }
  void add_entries(const std::byte* node, const record_place& place, column_writer& to) {
    for (std::uint32_t i = 0; i < count_of(node); ++i) {
      const auto& element = *Leaf::element_at(node, i);
      keys_.add(Element::key(element), place, to);
      if constexpr (!is_set) values_.add(Element::value(element), place, to);
    }
  }

 private:
  typed_values<K> keys_;
  typed_values<V> values_;
};

}  // namespace coppice::detail
