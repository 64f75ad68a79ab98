// Reading tries of the shape and hash that the program's own have: node by node, each once, so that versions share
// again. Everything that the shape promises (T1 to T4) is checked.
//
// A node's place is known from above: its prefix and depth. A node with several parents, in as many versions, has the
// same place in all.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/typed_leaf.hpp"
#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/record.hpp"
#include "coppice/detail/pack/typed_values.hpp"

namespace coppice::detail {

/// An array of which only the parts that are used take memory.
template <class T>
class paged_array {
 public:
  [[nodiscard]] T& operator[](std::size_t index) {
    const std::size_t page = index / page_size;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page] == nullptr) pages_[page] = std::make_unique<T[]>(page_size);
    return pages_[page][index % page_size];
  }
  template <class F>
  void for_each(const F& f) {
    for (const std::unique_ptr<T[]>& page : pages_) {
      for (std::size_t i = 0; page != nullptr && i < page_size; ++i) f(page[i]);
    }
  }

 private:
  static constexpr std::size_t page_size = 512;
  std::vector<std::unique_ptr<T[]>> pages_;
};

/// `Leaves` derives from it and reads entries: begin(count), add(parts, record); then has items(), of which a leaf is
/// made, or, where hashes are not known, make_leaf(depth, record).
template <class Edit, class Leaf, class Leaves>
class trie_loader {
 public:
  using Ref = typename Edit::ref_type;
  /// A node that was read; null: it was not.
  struct loaded {
    Ref ref{};
    std::uint64_t prefix = 0;
    std::uint64_t bytes = 0;  // of a leaf's entries
    std::uint32_t count = 0;
    std::uint8_t depth = 0;
    bool is_leaf = false;
  };

  // NOLINTNEXTLINE(bugprone-crtp-constructor-accessibility): nobody can use it
  trie_loader(const trie_loader&) = delete;
  trie_loader& operator=(const trie_loader&) = delete;
  ~trie_loader() {
    nodes_.for_each([&](const loaded& node) {
      if (node.ref != Ref{}) memory_.release(node.ref);
    });
  }

  /// The root of a version, owned by the caller; null if it is empty, or if it cannot be read: then the input knows
  /// why, or there was no memory.
  [[nodiscard]] Ref load(const pack_tree& tree) {
    if (tree.root == 0) return {};
    const loaded* const root = node(tree.root, 0, 0, true);
    if (root == nullptr) return {};
    if (root->count != tree.size) {
      input_.fail(input_.record(tree.root).failure_here("a version has another size than it says"));
      return {};
    }
    memory_.retain(root->ref);
    return root->ref;
  }
  [[nodiscard]] bool out_of_space() const noexcept { return out_of_space_; }

 protected:
  [[nodiscard]] pack_input& input() noexcept { return input_; }
  /// There is no memory. Returns false.
  [[nodiscard]] bool ran_out() noexcept {
    out_of_space_ = true;
    return false;
  }

  Edit& memory_;
  const Leaf& leaf_;

 private:
  friend Leaves;
  /// `memory` and `leaf` must live as long as this object.
  trie_loader(pack_input& input, std::uint32_t type, Edit& memory, const Leaf& leaf) noexcept
      : memory_(memory), leaf_(leaf), input_(input), type_(type) {}

  /// The node with a prefix of `depth` bits; null: it cannot be read. Recursion is one call a branch level: what stands
  /// in several slots, and so may have the depth of its parent, is a leaf.
  [[nodiscard]] const loaded* node(node_number number, std::uint64_t prefix, unsigned depth, bool may_be_branch) {
    loaded& known = nodes_[number];
    if (known.ref == Ref{} && !read(number, prefix, depth, may_be_branch, known)) return nullptr;
    if (known.prefix != prefix || known.depth != depth) {
      input_.fail(input_.record(number).failure_here("a node is in the wrong place of a trie"));
      return nullptr;
    }
    if (!may_be_branch && !known.is_leaf) {
      input_.fail(input_.record(number).failure_here("a branch stands in several slots"));
      return nullptr;
    }
    return &known;
  }

  [[nodiscard]] bool read(node_number number, std::uint64_t prefix, unsigned depth, bool may_be_branch, loaded& to) {
    const record_bytes record = input_.record(number);
    if (!record.ok()) return false;
    record_reader from = record.reader();
    const record_head head = read_head(from, input_.type_count());
    if (head.type != type_ || (head.kind != record_kind::branch && head.kind != record_kind::leaf)) {
      from.fail_at(0, "a node of a trie is another record");
    }
    if (!may_be_branch && head.kind == record_kind::branch) from.fail_at(0, "a branch stands in several slots");
    to.prefix = prefix;
    to.depth = static_cast<std::uint8_t>(depth);
    to.is_leaf = head.kind == record_kind::leaf;
    bool made = false;
    if (from.wrong() == nullptr) {
      made = to.is_leaf ? read_leaf(from, number, record, to) : read_children(from, number, record, to);
    }
    if (from.wrong() != nullptr) input_.fail(record.failure_of(from));
    return made;
  }

  [[nodiscard]] bool read_leaf(record_reader& from, node_number number, const record_bytes& record, loaded& to) {
    const pack_type& type = input_.type(type_);
    const unsigned depth = from.u8();
    if (depth != to.depth) {
      from.fail("a leaf has another depth than its place");
      return false;
    }
    const std::uint32_t count = read_leaf_count(from, type);
    if (from.wrong() != nullptr) return false;
    Leaves& leaves = static_cast<Leaves&>(*this);
    leaves.begin(count);
    if constexpr (Leaves::fixed_size) {
      if (leaves.add_all(from, count)) return make_leaf(count, record, to);
    }
    for (column_reader columns(from, number, type.max_inline, count, columns_of(type)); !columns.done();) {
      column_part parts[2];
      columns.next(parts);
      if (from.wrong() != nullptr || !leaves.add(parts, record)) return false;
    }
    return from.wrong() == nullptr && make_leaf(count, record, to);
  }

  [[nodiscard]] bool make_leaf(std::uint32_t count, const record_bytes& record, loaded& to) {
    to.count = count;
    if constexpr (Leaves::has_hashes) {
      return make_of_items(count, record, to);
    } else {
      to.ref = static_cast<Leaves&>(*this).make_leaf(to.depth, record);
      return to.ref != Ref{};
    }
  }

  [[nodiscard]] bool make_of_items(std::uint32_t count, const record_bytes& record, loaded& to) {
    const auto& items = static_cast<Leaves&>(*this).items();
    const unsigned depth = to.depth;
    if (const char* wrong = wrong_entries(items, to.prefix, depth); wrong != nullptr) {
      input_.fail(record.failure_here(wrong));
      return false;
    }
    leaf_measure size{count, 0};
    for (const auto& item : items) size.bytes += Leaf::item_bytes(item);
    if (!Leaf::fits(size) && items.front().hash != items.back().hash) {
      input_.fail(record.failure_here("a leaf has more entries than fit"));
      return false;
    }
    const typename Leaf::segment all{nullptr, items.data(), 0, count, 0};
    to.bytes = size.bytes;
    to.ref = leaf_.make(memory_, depth, &all, 1);
    return to.ref != Ref{} || ran_out();
  }

  template <class Items>
  [[nodiscard]] static const char* wrong_entries(const Items& items, std::uint64_t prefix, unsigned depth) {
    std::size_t first_of_hash = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (hash_prefix(items[i].hash, depth) != prefix) return "an entry has another hash than its place";
      if (i == 0) continue;
      if (items[i - 1].hash > items[i].hash) return "entries are not in the order of their hashes";
      if (items[i - 1].hash != items[i].hash) {
        first_of_hash = i;
        continue;
      }
      const auto key = Leaf::key_of(items[i]);
      if constexpr (Leaf::keys_ordered) {
        if (Leaf::key_of(items[i - 1]).compare(key) >= 0) return "keys of one hash are not in order";
      } else {
        for (std::size_t other = first_of_hash; other < i; ++other) {
          if (Leaf::key_of(items[other]).same_as(key)) return "a key stands twice";
        }
      }
    }
    return nullptr;
  }

  [[nodiscard]] bool read_children(record_reader& from, node_number number, const record_bytes& record, loaded& to) {
    const branch_record branch = read_branch(from, number);
    if (from.wrong() != nullptr) return false;
    if (branch.depth != to.depth) {
      from.fail_at(0, "a branch has another depth than its place");
      return false;
    }
    const loaded* children[trie_fan_out];
    std::uint64_t count = 0;
    for (unsigned slot = 0; slot < trie_fan_out;) {
      const unsigned first = slot;
      while (slot < trie_fan_out && branch.children[slot] == branch.children[first]) ++slot;
      const loaded* const child =
          branch.children[first] == 0 ? nullptr : read_child(branch, to.prefix, first, slot, record);
      if (branch.children[first] != 0 && child == nullptr) return false;
      if (child != nullptr) count += child->count;
      for (unsigned i = first; i < slot; ++i) children[i] = child;
    }
    if (count > std::numeric_limits<std::uint32_t>::max()) {
      from.fail_at(0, "a trie has more than 4294967295 entries");
      return false;
    }
    for (unsigned width = 2; width <= trie_fan_out; width *= 2) {
      for (unsigned first = 0; first < trie_fan_out; first += width) {
        if (mergeable(children, first, width)) {
          from.fail_at(0, "entries that fit into one leaf are in several");
          return false;
        }
      }
    }
    to.count = static_cast<std::uint32_t>(count);
    return make_branch(children, to);
  }

  [[nodiscard]] const loaded* read_child(const branch_record& branch, std::uint64_t prefix, unsigned first,
                                         unsigned end, const record_bytes& record) {
    const unsigned width = end - first;
    if ((width & (width - 1)) != 0 || (first & (width - 1)) != 0) {
      input_.fail(record.failure_here("a child stands in slots that are no prefix"));
      return nullptr;
    }
    const std::uint64_t below = prefix | std::uint64_t{first} << (hash_bits - trie_branch_bits - branch.depth);
    const node_number number = branch.children[first];
    return node(number, below, prefix_of_width(branch.depth, width), width == 1);
  }

  /// Whether the two halves of a range are leaves, or nothing, that should be one leaf (or no branch at all).
  [[nodiscard]] bool mergeable(const loaded* const* children, unsigned first, unsigned width) const noexcept {
    const auto uniform = [&](unsigned from, unsigned slots) {
      for (unsigned i = 1; i < slots; ++i) {
        if (children[from + i] != children[from]) return false;
      }
      return true;
    };
    if (uniform(first, width)) return width == trie_fan_out;
    leaf_measure sum{};
    unsigned leaves = 0;
    for (const unsigned start : {first, first + width / 2}) {
      if (!uniform(start, width / 2)) return false;
      const loaded* const child = children[start];
      if (child == nullptr) continue;
      if (!child->is_leaf) return false;
      sum = {sum.count + child->count, sum.bytes + child->bytes};
      ++leaves;
    }
    return leaves == 1 || leaf_.fits(sum);
  }

  [[nodiscard]] bool make_branch(const loaded* const* children, loaded& to) {
    const auto made = memory_.allocate(branch_bytes<Ref>);
    if (made.address == nullptr) return ran_out();
    write_header(made.address, node_kind::branch, to.depth, branch_bytes<Ref>, to.count, memory_.edit_token());
    const loaded* last = nullptr;
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
      const loaded* const child = children[slot];
      set_child(made.address, slot, child == nullptr ? Ref{} : child->ref);
      if (child != nullptr && child != last) memory_.retain(child->ref);
      last = child;
    }
    to.ref = made.ref;
    return true;
  }

  pack_input& input_;
  std::uint32_t type_;
  paged_array<loaded> nodes_;
  bool out_of_space_ = false;
};

/// Leaves of C++ objects.
template <class Edit, class Leaf, class Element>
class typed_trie_loader final : public trie_loader<Edit, Leaf, typed_trie_loader<Edit, Leaf, Element>> {
  using base = trie_loader<Edit, Leaf, typed_trie_loader>;
  using K = typename Element::key_type;
  using V = typename Element::value_type;
  using element = typename Element::type;

 public:
  typed_trie_loader(pack_input& input, std::uint32_t type, Edit& memory, const Leaf& leaf) noexcept
      : base(input, type, memory, leaf) {}
  static constexpr bool has_hashes = true;
  static constexpr bool fixed_size = packs_as_bytes<K> && (std::is_same_v<V, no_value> || packs_as_bytes<V>);

  /// All entries of a leaf at once. False: their columns are not what is expected of such entries.
  [[nodiscard]] bool add_all(record_reader& from, std::uint32_t count) {
    constexpr bool is_set = std::is_same_v<V, no_value>;
    constexpr std::size_t value_size = is_set ? 0 : sizeof(V);
    const std::byte* at = read_fixed_columns(from, sizeof(K), value_size, count);
    if (at == nullptr) return false;
    for (std::uint32_t i = 0; i < count; ++i, at += sizeof(K) + value_size) {
      if constexpr (is_set) {
        elements_.push_back({load<K>(at)});
      } else {
        elements_.push_back({element(load<K>(at), load<V>(at + sizeof(K)))});
      }
    }
    return true;
  }
  /// A leaf of so many entries follows.
  void begin(std::uint32_t count) {
    items_.clear();
    elements_.clear();
    elements_.reserve(std::min<std::size_t>(count, 4096));
  }
  /// Its next entry. False: it cannot be read.
  [[nodiscard]] bool add(const column_part* parts, const record_bytes& record) {
    std::optional<K> key = decode_packed<K>(this->input(), parts[0], record);
    if (!key) return false;
    if constexpr (std::is_same_v<V, no_value>) {
      elements_.push_back({*std::move(key)});
    } else {
      std::optional<V> value = decode_packed<V>(this->input(), parts[1], record);
      if (!value) return false;
      elements_.push_back({element(*std::move(key), *std::move(value))});
    }
    return true;
  }
  [[nodiscard]] const std::vector<typename Leaf::item>& items() {
    for (holder& each : elements_) items_.push_back(this->leaf_.make_item(each.value, true));
    return items_;
  }

 private:
  struct holder {  // so that bools lie apart
    element value;
  };
  std::vector<holder> elements_;
  std::vector<typename Leaf::item> items_;
};

}  // namespace coppice::detail
