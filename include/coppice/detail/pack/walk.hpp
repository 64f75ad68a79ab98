// Entries and elements of collections in a pack, whatever their shape and hash: all of one version, or what differs
// between two. Records that two versions share are passed over unread.
//
// Of tries the shape is checked as far as it must be for a walk to end; that no key stands twice is for the caller to
// find out, who knows how many there should be.
//
// Thread safety: one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/record.hpp"
#include "coppice/detail/trie_diff.hpp"

namespace coppice::detail {

/// An entry of a leaf.
struct walked_entry {
  record_bytes record;  // keeps what the parts point to
  column_part parts[2];
};

/// Reads records that must be of one type.
class pack_walk {
 public:
  pack_walk(pack_input& input, std::uint32_t type) noexcept : input_(input), type_(type) {}

 protected:
  /// A record, read up to what follows kind and type. False: it cannot be read, or is none of this type.
  struct opened {
    record_bytes record;
    record_reader from;
    record_head head;
  };
  [[nodiscard]] bool open(node_number number, opened& to) {
    to.record = input_.record(number);
    if (!to.record.ok()) return false;
    to.from = to.record.reader();
    if (!count_node(to.record)) return false;
    to.head = read_head(to.from, input_.type_count());
    const bool typed = to.head.kind != record_kind::blob && to.head.kind != record_kind::pieces;
    if (to.from.wrong() == nullptr && (!typed || to.head.type != type_)) to.from.fail_at(0, "a node is another record");
    return is_sound(to);
  }
  [[nodiscard]] bool is_sound(const opened& record) {
    if (record.from.wrong() == nullptr) return true;
    input_.fail(record.record.failure_of(record.from));
    return false;
  }
  [[nodiscard]] bool refuse(const record_bytes& at, const char* reason, errc code = errc::corrupt) {
    failure why = at.failure_here(reason);
    why.code = code;
    input_.fail(why);
    return false;
  }
  /// Entries that are read anew are limited, and the records on the way to them, as few records may stand for many:
  /// branches that share what is below them have more paths than there is time for, even to no entry at all.
  [[nodiscard]] bool count_entries(std::uint64_t count, const record_bytes& at) { return add(entries_, count, at); }
  [[nodiscard]] bool count_node(const record_bytes& at) { return add(nodes_, 1, at); }
  /// Calls f(parts) for each entry of a leaf, until it returns false.
  template <class F>
  [[nodiscard]] bool each_entry(opened& leaf, node_number number, const F& f) {
    const pack_type& type = input_.type(type_);
    const std::uint32_t count = read_leaf_count(leaf.from, type);
    if (!is_sound(leaf) || !count_entries(count, leaf.record)) return false;
    column_part parts[2];
    for (column_reader columns(leaf.from, number, type.max_inline, count, columns_of(type)); !columns.done();) {
      columns.next(parts);
      if (leaf.from.wrong() == nullptr && !f(parts)) return false;
    }
    return is_sound(leaf);
  }
  [[nodiscard]] pack_input& input() noexcept { return input_; }

 private:
  [[nodiscard]] bool add(std::uint64_t& sum, std::uint64_t more, const record_bytes& at) {
    sum += more;
    if (sum <= input_.limits().max_rebuilt_elements) return true;
    return refuse(at, "more elements have to be built anew than max_rebuilt_elements", errc::unsupported);
  }

  pack_input& input_;
  std::uint32_t type_;
  std::uint64_t entries_ = 0;
  std::uint64_t nodes_ = 0;
};

class trie_walk : public pack_walk {
 public:
  using pack_walk::pack_walk;

  /// Calls f(walked_entry) for each entry below a node until it returns false. False: f has, or the input knows why.
  template <class F>
  [[nodiscard]] bool each(node_number root, const F& f) {
    return root == 0 || each_below(root, 0, f);
  }

  /// Calls f(kind, before, after), pointers to entries, for what differs, until it returns false; `before` of added and
  /// `after` of removed ones are null. False: f has, or the input knows why.
  template <class F>
  [[nodiscard]] bool diff(node_number older, node_number newer, const F& f) {
    return diff_below({older}, {newer}, 0, f);
  }

 private:
  /// Recursion is one call a branch level.
  template <class F>
  [[nodiscard]] bool each_below(node_number number, unsigned depth, const F& f) {
    opened node;
    if (!open(number, node)) return false;
    if (node.head.kind == record_kind::branch) {
      branch_record branch;
      if (!read_children(node, number, depth, branch)) return false;
      for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
        const node_number child = branch.children[slot];
        if (child == 0 || (slot != 0 && child == branch.children[slot - 1])) continue;
        if (!each_below(child, depth + trie_branch_bits, f)) return false;
      }
      return true;
    }
    if (node.head.kind != record_kind::leaf) return refuse(node.record, "a node of a trie is another record");
    (void)node.from.u8();
    return each_entry(node, number,
                      [&](const column_part* parts) { return f(walked_entry{node.record, {parts[0], parts[1]}}); });
  }

  [[nodiscard]] bool read_children(opened& node, node_number number, unsigned depth, branch_record& branch) {
    branch = read_branch(node.from, number);
    if (!is_sound(node)) return false;
    return branch.depth == depth || refuse(node.record, "a branch has another depth than its place");
  }

  /// Compares what is below some nodes that follow each other on either side, and cover the same range.
  template <class F>
  [[nodiscard]] bool diff_below(const std::vector<node_number>& older, const std::vector<node_number>& newer,
                                unsigned depth, const F& f) {
    if (older == newer) return true;
    if (older.size() == 1 && newer.size() == 1 && older[0] != 0 && newer[0] != 0) {
      opened left, right;
      if (!open(older[0], left) || !open(newer[0], right)) return false;
      if (left.head.kind == record_kind::branch && right.head.kind == record_kind::branch) {
        branch_record old_branch, new_branch;
        if (!read_children(left, older[0], depth, old_branch) || !read_children(right, newer[0], depth, new_branch)) {
          return false;
        }
        return diff_children(old_branch, new_branch, depth, f);
      }
    }
    return diff_entries(older, newer, depth, f);
  }

  template <class F>
  [[nodiscard]] bool diff_children(const branch_record& older, const branch_record& newer, unsigned depth, const F& f) {
    for (unsigned slot = 0; slot < trie_fan_out;) {
      // As many slots as hold whole children of both sides.
      unsigned end = slot + 1;
      const auto goes_on = [&](const branch_record& branch) {
        return end < trie_fan_out && branch.children[end] != 0 && branch.children[end] == branch.children[end - 1];
      };
      while (goes_on(older) || goes_on(newer)) ++end;
      std::vector<node_number> left, right;
      for (; slot < end; ++slot) {
        if (left.empty() || left.back() != older.children[slot]) left.push_back(older.children[slot]);
        if (right.empty() || right.back() != newer.children[slot]) right.push_back(newer.children[slot]);
      }
      if (!diff_below(left, right, depth + trie_branch_bits, f)) return false;
    }
    return true;
  }

  /// Entry by entry.
  template <class F>
  [[nodiscard]] bool diff_entries(const std::vector<node_number>& older, const std::vector<node_number>& newer,
                                  unsigned depth, const F& f) {
    std::map<std::string, walked_entry> before;  // and no hash, for which bytes of unknown origin may be chosen
    for (const node_number number : older) {
      if (number == 0 || std::find(newer.begin(), newer.end(), number) != newer.end()) continue;
      if (!each_below(number, depth, [&](const walked_entry& entry) {
            before.insert_or_assign(identity(entry.parts[0]), entry);
            return true;
          })) {
        return false;
      }
    }
    for (const node_number number : newer) {
      if (number == 0 || std::find(older.begin(), older.end(), number) != older.end()) continue;
      if (!each_below(number, depth, [&](const walked_entry& entry) {
            const auto found = before.find(identity(entry.parts[0]));
            if (found == before.end()) return f(diff_kind::added, nullptr, &entry);
            const walked_entry old = std::move(found->second);
            before.erase(found);
            return same_value(old.parts[1], entry.parts[1]) || f(diff_kind::changed, &old, &entry);
          })) {
        return false;
      }
    }
    for (const auto& [key, entry] : before) {
      if (!f(diff_kind::removed, &entry, nullptr)) return false;
    }
    return true;
  }

  /// What tells a part from others of one pack. Large parts that are equal are one record.
  [[nodiscard]] static std::string identity(const column_part& part) {
    std::string text(1, static_cast<char>(part.kind));
    if (part.data == nullptr) {
      text.append(1, 'r').append(reinterpret_cast<const char*>(&part.link), sizeof(part.link));
    } else {
      text.append(1, 'b').append(reinterpret_cast<const char*>(part.data), static_cast<std::size_t>(part.size));
    }
    return text;
  }
  [[nodiscard]] static bool same_value(const column_part& a, const column_part& b) noexcept {
    if (a.kind != b.kind || a.size != b.size || a.link != b.link || (a.data == nullptr) != (b.data == nullptr))
      return false;
    return a.data == nullptr || equal_bytes(a.data, b.data, static_cast<std::size_t>(a.size));
  }
};

/// Elements of a leaf record of a vector that belong to a version.
struct walked_chunk {
  node_number number = 0;
  std::uint64_t size = 0;
};

class vector_walk : public pack_walk {
 public:
  using pack_walk::pack_walk;

  /// The leaves of a version, in order. False: the input knows why.
  [[nodiscard]] bool chunks(const pack_tree& tree, std::vector<walked_chunk>& to) {
    if (tree.root != 0 && !chunks_below(tree.root, tree.height, tree.size - tree.tail_count, to)) return false;
    return tree.tail == 0 || add_leaf(tree.tail, tree.tail_count, to);
  }
  /// Calls f(walked_entry) for the elements of a chunk.
  template <class F>
  [[nodiscard]] bool each(const walked_chunk& chunk, const F& f) {
    // A leaf and what continues it, the last first.
    struct part {
      node_number number;
      opened node;
    };
    std::vector<part> chain;
    for (node_number at = chunk.number;;) {
      opened& node = chain.emplace_back(part{at, {}}).node;
      if (!open(at, node)) return false;
      if (node.head.kind == record_kind::vector_leaf) break;
      if (node.head.kind != record_kind::vector_more)
        return refuse(node.record, "a leaf of a vector is another record");
      at = read_some_link(node.from, at);
      if (!is_sound(node)) return false;
    }
    std::uint64_t left = chunk.size;
    for (; !chain.empty() && left != 0; chain.pop_back()) {
      opened& node = chain.back().node;
      if (!each_entry(node, chain.back().number, [&](const column_part* parts) {
            if (left == 0) return true;
            --left;
            return f(walked_entry{node.record, {parts[0], {}}});
          })) {
        return false;
      }
    }
    if (left == 0) return true;
    return refuse(input().record(chunk.number), "a leaf has fewer elements than a version takes of it");
  }

 private:
  [[nodiscard]] bool add_leaf(node_number number, std::uint64_t size, std::vector<walked_chunk>& to) {
    if (!count_node(input().record(number))) return false;
    to.push_back({number, size});
    return true;
  }

  /// Recursion is one call a level.
  [[nodiscard]] bool chunks_below(node_number number, unsigned height, std::uint64_t size,
                                  std::vector<walked_chunk>& to) {
    if (height == 0) return add_leaf(number, size, to);
    opened node;
    if (!open(number, node)) return false;
    const bool relaxed = node.head.kind == record_kind::vector_relaxed;
    if (!relaxed && node.head.kind != record_kind::vector_branch) {
      return refuse(node.record, "a branch of a vector is another record");
    }
    const pack_type& type = input().type(node.head.type);
    const vector_branch_record branch = read_vector_branch(node.from, type);
    if (branch.height != height) return refuse(node.record, "a branch has another height than its place");
    std::vector<walked_chunk> children(branch.count);
    for (walked_chunk& child : children) child.number = read_some_link(node.from, number);
    const unsigned shift = type.leaf_size + type.branch_bits * (height - 1);
    const std::uint64_t full = std::uint64_t{1} << std::min(shift, 48U);
    std::uint64_t before = 0;
    for (walked_chunk& child : children) {
      child.size =
          relaxed ? node.from.count(full, "a child is too large") : std::min(full, size - std::min(size, before));
      if (child.size == 0) node.from.fail_at(0, "a child has no elements");
      before += child.size;
    }
    if (before != size) node.from.fail_at(0, "a branch has another size than its place");
    if (!is_sound(node)) return false;
    return std::all_of(children.begin(), children.end(), [&](const walked_chunk& child) {
      return chunks_below(child.number, height - 1, child.size, to);
    });
  }
};

}  // namespace coppice::detail
