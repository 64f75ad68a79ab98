// Reading vectors of the shape that the program's own have: node by node, each once. R1 to R6 are checked.
//
// How many elements of a leaf belong to a version is known from above. A leaf that is continued by further records is
// one leaf in memory, as it was: each of these records adds to it. If two records continue the same one, the second
// gets a copy.
//
// Thread safety: one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "coppice/detail/heap/rrb_branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_leaf.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"
#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/trie_input.hpp"
#include "coppice/detail/pack/typed_values.hpp"

namespace coppice::detail {

/// Makes nodes whose elements are C++ objects.
template <class Edit, class Layout>
class typed_vector_nodes {
 public:
  using T = typename Layout::element;

  explicit typed_vector_nodes(Edit& memory) noexcept : memory_(memory) {}
  [[nodiscard]] static Layout layout() noexcept { return {}; }
  void retain(std::byte* node) noexcept { memory_.retain(node); }
  void release(std::byte* node) noexcept { memory_.release(node); }

  /// The elements of a leaf follow.
  void begin() noexcept { elements_.clear(); }
  /// The next one. False: it cannot be read.
  [[nodiscard]] bool add(pack_input& input, const column_part& part, const record_bytes& record) {
    std::optional<T> element = decode_packed<T>(input, part, record);
    if (!element) return false;
    elements_.push_back({*std::move(element)});
    return true;
  }
  /// Adds what was read to a leaf of which `size` elements were read before, if it has places for it. Then that leaf
  /// has one more owner.
  [[nodiscard]] bool extend(std::byte* leaf, std::uint32_t size) {
    if constexpr (!Layout::moves_safely) {
      return false;
    } else {
      const auto count = static_cast<std::uint32_t>(elements_.size());
      if (!Layout::has_room(leaf, size + count - 1) || !memory_.claim(leaf, size, size + count)) return false;
      for (std::uint32_t i = 0; i < count; ++i) {
        std::construct_at(Layout::places(leaf) + size + i, std::move(elements_[i].value));
      }
      memory_.retain(leaf);
      return true;
    }
  }
  /// A leaf of what was read before and now, with some room, for what may continue it. Null: no space.
  [[nodiscard]] std::byte* make_leaf(const std::byte* before, std::uint32_t size) {
    rrb_leaf_writer<Edit, Layout> into(memory_);
    const auto count = static_cast<std::uint32_t>(size + elements_.size());
    if (!into.open(rrb_tail_room<Layout>(count, false))) return nullptr;
    bool done = before == nullptr || into.copy(Layout::elements(before), size);
    for (std::size_t i = 0; done && i < elements_.size(); ++i) done = into.make(std::move(elements_[i].value));
    return done ? into.finish() : into.give_up();
  }
  /// Null: no space.
  [[nodiscard]] std::byte* make_branch(unsigned height, const rrb_child* children, std::uint32_t count) noexcept {
    return rrb_make_branch<Layout>(memory_, height, children, count);
  }

 private:
  struct holder {  // so that bools lie apart
    T value;
  };

  Edit& memory_;
  std::vector<holder> elements_;
};

/// `Nodes` makes them: see typed_vector_nodes.
template <class Nodes>
class vector_loader {
 public:
  vector_loader(pack_input& input, std::uint32_t type, Nodes nodes) noexcept
      : input_(input), type_(type), made_(std::move(nodes)) {}
  vector_loader(const vector_loader&) = delete;
  vector_loader& operator=(const vector_loader&) = delete;
  ~vector_loader() {
    nodes_.for_each([&](const loaded& node) {
      if (node.ref != nullptr) made_.release(node.ref);
    });
  }

  /// A version, owned by the caller. False: it cannot be read; then the input knows why, or there was no memory.
  [[nodiscard]] bool load(const pack_tree& tree, rrb_version& to) {
    if (tree.size == 0) return true;
    if (tree.root != 0) {
      if (!made_.layout().is_low(tree.height, tree.size - tree.tail_count))
        return refuse(tree.root, "a tree is too high");
      const loaded* const root = node(tree.root, tree.height, tree.size - tree.tail_count);
      if (root == nullptr) return false;
      if (tree.height != 0 && count_of(root->ref) == 1) return refuse(tree.root, "the root of a tree has one child");
      to.root = root->ref;
    }
    const loaded* const tail = node(tree.tail, 0, tree.tail_count);
    if (tail == nullptr) return false;
    to.tail = tail->ref;
    to.tree_size = tree.size - tree.tail_count;
    to.tail_count = tree.tail_count;
    to.height = tree.height;
    if (to.root != nullptr) made_.retain(to.root);
    made_.retain(to.tail);
    return true;
  }
  [[nodiscard]] bool out_of_space() const noexcept { return out_of_space_; }

 private:
  struct loaded {
    std::byte* ref = nullptr;
    std::uint64_t size = 0;  // of a branch: elements that the last parent said; a leaf: those that the record gives it
    std::uint32_t height = 0;
    bool relaxed = false;  // a branch with a table
  };

  [[nodiscard]] bool refuse(node_number number, const char* reason) {
    const record_bytes record = input_.record(number);
    if (record.ok()) input_.fail(record.failure_here(reason));
    return false;
  }

  /// A node of which `size` elements belong to a version. Null: it cannot be read. Recursion is one call a level.
  [[nodiscard]] const loaded* node(node_number number, unsigned height, std::uint64_t size) {
    loaded& known = nodes_[number];
    if (known.ref == nullptr) {
      if (height == 0 ? !read_leaf(number) : !read_branch(number, height, size, known)) return nullptr;
      known.height = height;
    }
    if (known.height != height) {
      (void)refuse(number, "nodes of a vector are at another height than their place");
      return nullptr;
    }
    if (height == 0) {
      if (size == 0 || size > known.size) {
        (void)refuse(number, "a leaf has fewer elements than a version takes of it");
        return nullptr;
      }
      return &known;
    }
    if (known.size != size && !fits(number, known, height, size)) return nullptr;
    return &known;
  }

  /// Whether a branch that was read under one size may also have another: only its last child may differ.
  [[nodiscard]] bool fits(node_number number, loaded& branch, unsigned height, std::uint64_t size) {
    const std::uint32_t count = count_of(branch.ref);
    const std::uint64_t full = made_.layout().full(height - 1);
    if (branch.relaxed || size <= (count - 1) * full || size > count * full) {
      return refuse(number, "a branch has another size than its place");
    }
    const record_bytes record = input_.record(number);
    if (!record.ok()) return false;
    record_reader from = record.reader();
    (void)read_head(from, input_.type_count());
    (void)read_vector_branch(from, input_.type(type_));
    node_number last = 0;
    for (std::uint32_t i = 0; i < count; ++i) last = read_some_link(from, number);
    if (node(last, height - 1, size - (count - 1) * full) == nullptr) return false;
    branch.size = size;
    return true;
  }

  [[nodiscard]] bool read_branch(node_number number, unsigned height, std::uint64_t size, loaded& to) {
    const record_bytes record = input_.record(number);
    if (!record.ok()) return false;
    record_reader from = record.reader();
    const record_head head = read_head(from, input_.type_count());
    const bool relaxed = head.kind == record_kind::vector_relaxed;
    if (head.type != type_ || (!relaxed && head.kind != record_kind::vector_branch)) {
      return refuse(number, "a branch of a vector is another record");
    }
    const vector_branch_record branch = read_vector_branch(from, input_.type(type_));
    if (branch.height != height) return refuse(number, "a branch has another height than its place");
    node_number links[rrb_max_width];
    rrb_child children[rrb_max_width];
    for (std::uint32_t i = 0; i < branch.count; ++i) links[i] = read_some_link(from, number);
    const std::uint64_t full = made_.layout().full(height - 1);
    std::uint64_t before = 0;
    for (std::uint32_t i = 0; i < branch.count; ++i) {
      const std::uint64_t here =
          relaxed ? from.count(full, "a child is too large") : std::min(full, size - std::min(size, before));
      if (here == 0) from.fail_at(0, "a child has no elements");
      children[i].size = here;
      before += here;
    }
    if (before != size) from.fail_at(0, "a branch has another size than its place");
    if (from.wrong() != nullptr) {
      input_.fail(record.failure_of(from));
      return false;
    }
    for (std::uint32_t i = 0; i < branch.count; ++i) {
      const loaded* const child = node(links[i], height - 1, children[i].size);
      if (child == nullptr) return false;
      children[i].ref = child->ref;
    }
    // A branch with a table may be radix: it is made without one then.
    if (!relaxed && !rrb_is_radix(made_.layout(), height, children, branch.count)) {
      return refuse(number, "a branch without a table of sizes is not radix");
    }
    std::byte* const made = made_.make_branch(height, children, branch.count);
    out_of_space_ |= made == nullptr;
    if (made == nullptr) return false;
    for (std::uint32_t i = 0; i < branch.count; ++i) made_.retain(children[i].ref);
    to.ref = made;
    to.size = size;
    to.relaxed = relaxed;
    return true;
  }

  /// Reads a leaf, with the records that it continues, from the first one on.
  [[nodiscard]] bool read_leaf(node_number number) {
    std::vector<node_number> records;
    for (node_number at = number; nodes_[at].ref == nullptr;) {
      const record_bytes record = input_.record(at);
      if (!record.ok()) return false;
      record_reader from = record.reader();
      const record_head head = read_head(from, input_.type_count());
      const bool is_more = head.kind == record_kind::vector_more;
      if (head.type != type_ || (!is_more && head.kind != record_kind::vector_leaf)) {
        return refuse(at, "a leaf of a vector is another record");
      }
      records.push_back(at);
      if (!is_more) break;
      at = read_some_link(from, at);
      if (nodes_[at].ref != nullptr && nodes_[at].height != 0) return refuse(at, "a leaf continues a branch");
    }
    for (std::size_t i = records.size(); i-- != 0;) {
      if (!read_part(records[i])) return false;
    }
    return true;
  }

  /// Reads one record of a leaf; what it continues is read.
  [[nodiscard]] bool read_part(node_number number) {
    const record_bytes record = input_.record(number);
    if (!record.ok()) return false;
    record_reader from = record.reader();
    const bool is_more = read_head(from, input_.type_count()).kind == record_kind::vector_more;
    const loaded before = is_more ? nodes_[read_some_link(from, number)] : loaded{};
    const pack_type& type = input_.type(type_);
    const std::uint32_t count = read_leaf_count(from, type);
    if (from.wrong() == nullptr && before.size + count > std::uint64_t{1} << type.leaf_size) {
      from.fail_at(0, "a leaf is larger than its capacity");
    }
    made_.begin();
    if (from.wrong() == nullptr) {
      column_reader columns(from, number, type.max_inline, count, 1);
      if (columns.alike_and_empty() && !count_grown(count, record)) return false;
      while (!columns.done()) {
        column_part part;
        columns.next(&part);
        if (from.wrong() != nullptr) break;
        if (!made_.add(input_, part, record)) return false;
      }
    }
    if (from.wrong() != nullptr) {
      input_.fail(record.failure_of(from));
      return false;
    }
    loaded& to = nodes_[number];
    to.size = before.size + count;
    const auto size = static_cast<std::uint32_t>(before.size);
    if (before.ref != nullptr && made_.extend(before.ref, size)) {
      to.ref = before.ref;
      return true;
    }
    if (!count_grown(size, record)) return false;
    to.ref = made_.make_leaf(before.ref, size);
    out_of_space_ |= to.ref == nullptr;
    return to.ref != nullptr;
  }

  /// Elements that take memory and no bytes of the pack are limited: of no size, or copied from what a leaf continues.
  [[nodiscard]] bool count_grown(std::uint64_t count, const record_bytes& at) {
    grown_ += count;
    if (grown_ <= input_.limits().max_rebuilt_elements) return true;
    failure why = at.failure_here("more elements have to be built anew than max_rebuilt_elements");
    why.code = errc::unsupported;
    input_.fail(why);
    return false;
  }

  pack_input& input_;
  std::uint32_t type_;
  Nodes made_;
  paged_array<loaded> nodes_;
  std::uint64_t grown_ = 0;
  bool out_of_space_ = false;
};

}  // namespace coppice::detail
