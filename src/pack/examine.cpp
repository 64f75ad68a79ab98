// What is in a pack, and whether all of it is sound.
#include <algorithm>
#include <cassert>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/detail/pack/packed_input.hpp"
#include "coppice/detail/pack/packed_output.hpp"
#include "coppice/detail/pack/scratch_memory.hpp"
#include "coppice/detail/pack/stored_input.hpp"
#include "coppice/pack.hpp"

namespace coppice {

namespace {

using detail::node_number;
using detail::pack_input;
using detail::pack_root;
using detail::pack_tree;
using detail::pack_type;
using detail::record_bytes;
using detail::record_head;
using detail::record_kind;
using detail::record_reader;

[[noreturn]] void raise(pack_input& input) {
  throw pack_error(input.take_trouble(), input.title("coppice::pack_reader"));
}

/// A record that can be read.
[[nodiscard]] record_bytes record_of(pack_input& input, node_number number) {
  record_bytes record = input.record(number);
  if (!record.ok()) raise(input);
  return record;
}

/// Calls f(number) for each link of a record.
template <class F>
void each_link(pack_input& input, node_number number, const record_bytes& record, detail::record_buffer& scratch,
               const F& f) {
  record_reader from = record.reader();
  record_reader ahead = from;
  const record_head head = read_head(ahead, input.type_count());
  const bool typed = head.kind != record_kind::blob && head.kind != record_kind::pieces;
  scratch.clear();
  const auto see = [&](node_number link) {
    f(link);
    return link;
  };
  transcribe_record(from, number, typed ? &input.type(head.type) : nullptr, head.type, see, {}, scratch);
}

// ------------------------------------------------------------------------------------------------ statistics

[[nodiscard]] pack_statistics::record kind_of_record(record_kind kind) noexcept {
  switch (kind) {
    case record_kind::blob:
    case record_kind::pieces:
      return pack_statistics::record::value;
    case record_kind::leaf:
    case record_kind::vector_leaf:
    case record_kind::vector_more:
      return pack_statistics::record::leaf;
    case record_kind::collection:
      return pack_statistics::record::collection;
    default:
      return pack_statistics::record::branch;
  }
}

/// What is below each record, itself included, as if nothing below it were shared.
class totals {
 public:
  explicit totals(pack_input& input) : input_(input), below_(1) {}

  /// Records stand after what they lead to: one pass, in their order. Sums take memory only for records that are
  /// there, not for those that an index promises.
  void add(node_number number, std::uint64_t bytes, const record_bytes& record) {
    assert(number == below_.size());
    pack_statistics::sum sum{1, bytes};
    node_number last = 0;
    each_link(input_, number, record, scratch_, [&](node_number link) {
      if (link == last) return;  // slots side by side with one child
      last = link;
      sum.nodes += below_[link].nodes;
      sum.bytes += below_[link].bytes;
    });
    below_.push_back(sum);
  }
  [[nodiscard]] pack_statistics::sum of(const pack_tree& tree) const {
    return {below_[tree.root].nodes + below_[tree.tail].nodes, below_[tree.root].bytes + below_[tree.tail].bytes};
  }

 private:
  pack_input& input_;
  std::vector<pack_statistics::sum> below_;
  detail::record_buffer scratch_;
};

/// The largest nodes so far.
class largest_nodes {
 public:
  explicit largest_nodes(std::size_t most) : most_(most) {}
  void add(pack_statistics::node node) {
    const auto place = std::upper_bound(nodes_.begin(), nodes_.end(), node,
                                        [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
    if (static_cast<std::size_t>(place - nodes_.begin()) >= most_) return;
    nodes_.insert(place, std::move(node));
    if (nodes_.size() > most_) nodes_.pop_back();
  }
  [[nodiscard]] std::vector<pack_statistics::node>& nodes() noexcept { return nodes_; }

 private:
  std::size_t most_;
  std::vector<pack_statistics::node> nodes_;
};

[[nodiscard]] std::uint64_t entries_of(pack_input& input, const record_bytes& record) {
  record_reader from = record.reader();
  const record_head head = read_head(from, input.type_count());
  const bool is_leaf = kind_of_record(head.kind) == pack_statistics::record::leaf;
  if (!is_leaf) return 0;
  if (head.kind == record_kind::leaf) (void)from.u8();
  if (head.kind == record_kind::vector_more) (void)from.count();
  return read_leaf_count(from, input.type(head.type));
}

/// Names a version for each of some nodes.
void name_versions(pack_input& input, std::vector<pack_statistics::node>& nodes) {
  std::vector<char> seen(input.last_node() + 1);
  std::unordered_map<std::uint64_t, pack_statistics::node*> wanted;
  for (pack_statistics::node& node : nodes) wanted.emplace(node.number, &node);
  detail::record_buffer scratch;
  for (std::size_t i = 0; i < input.roots().size() && !wanted.empty(); ++i) {
    const pack_root& root = input.roots()[i];
    std::vector<node_number> left{root.tree.root, root.tree.tail};
    while (!left.empty() && !wanted.empty()) {
      const node_number number = left.back();
      left.pop_back();
      if (number == 0 || std::exchange(seen[number], char{1}) != 0) continue;
      if (const auto found = wanted.find(number); found != wanted.end()) {
        found->second->version = root.name.empty() ? std::to_string(i) : root.name;
        wanted.erase(found);
      }
      each_link(input, number, record_of(input, number), scratch, [&](node_number link) { left.push_back(link); });
    }
  }
}

// ------------------------------------------------------------------------------------------------ verification

/// Checks the shape of tries and vectors whose elements are not known, each node once.
class shape_checker {
 public:
  explicit shape_checker(pack_input& input) noexcept : input_(input) {}

  void check(const pack_root& root) {
    const pack_type& type = input_.type(root.type);
    if (type.collection == detail::pack_collection::vector) {
      check_vector(root, type);
    } else if (root.tree.root != 0 && entries_below(root.tree.root, 0, root.type, true) != root.tree.size) {
      refuse(root.tree.root, "a version has another size than it says");
    }
  }

 private:
  struct node {
    std::uint32_t type = 0;
    unsigned depth = 0;
    std::uint64_t entries = 0;
    bool is_leaf = false;
  };
  static constexpr std::uint64_t most_entries = std::uint64_t{1} << 48;

  [[noreturn]] void refuse(node_number number, const char* reason) {
    input_.fail(record_of(input_, number).failure_here(reason));
    raise(input_);
  }

  /// Recursion is one call a branch level: what stands in several slots, and so may have the depth of its parent, is a
  /// leaf.
  [[nodiscard]] std::uint64_t entries_below(node_number number, unsigned depth, std::uint32_t type,
                                            bool may_be_branch) {
    if (const auto known = nodes_.find(number); known != nodes_.end()) {
      if (known->second.type != type) refuse(number, "a node of a trie is another record");
      if (known->second.depth != depth) refuse(number, "a node is in two places of a trie");
      if (!may_be_branch && !known->second.is_leaf) refuse(number, "a branch stands in several slots");
      return known->second.entries;
    }
    const record_bytes record = record_of(input_, number);
    record_reader from = record.reader();
    const record_head head = read_head(from, input_.type_count());
    if (head.type != type || (head.kind != record_kind::branch && head.kind != record_kind::leaf)) {
      refuse(number, "a node of a trie is another record");
    }
    node made{type, depth, 0, head.kind == record_kind::leaf};
    if (!may_be_branch && !made.is_leaf) refuse(number, "a branch stands in several slots");
    if (head.kind == record_kind::leaf) {
      if (from.u8() != depth) refuse(number, "a leaf has another depth than its place");
      made.entries = read_leaf_count(from, input_.type(type));
    } else {
      const detail::branch_record branch = read_branch(from, number);
      if (branch.depth != depth) refuse(number, "a branch has another depth than its place");
      for (unsigned slot = 0; slot < detail::trie_fan_out;) {
        const unsigned first = slot;
        while (slot < detail::trie_fan_out && branch.children[slot] == branch.children[first]) ++slot;
        const unsigned width = slot - first;
        if (branch.children[first] == 0) continue;
        if ((width & (width - 1)) != 0 || (first & (width - 1)) != 0)
          refuse(number, "a child stands in slots that are no prefix");
        made.entries += entries_below(branch.children[first], detail::prefix_of_width(depth, width), type, width == 1);
        if (made.entries > most_entries) refuse(number, "a trie has more entries than any version");
      }
    }
    nodes_.emplace(number, made);
    return made.entries;
  }

  void check_vector(const pack_root& root, const pack_type& type) {
    const pack_tree& tree = root.tree;
    if (tree.root != 0) check_node({root.type, tree.root, tree.height, tree.size - tree.tail_count}, type);
    if (tree.tail != 0) check_node({root.type, tree.tail, 0, tree.tail_count}, type);
  }

  struct vector_node {
    std::uint32_t type;
    node_number number;
    unsigned height;
    std::uint64_t size;
    friend auto operator<=>(const vector_node&, const vector_node&) = default;
  };
  /// Recursion is one call a level.
  void check_node(const vector_node& place, const pack_type& type) {
    if (!vector_nodes_.insert(place).second) return;
    if (place.height == 0) {
      if (place.size == 0 || place.size > elements_of(place.number, place.type, type)) {
        refuse(place.number, "a leaf has fewer elements than a version takes of it");
      }
      return;
    }
    const record_bytes record = record_of(input_, place.number);
    record_reader from = record.reader();
    const record_head head = read_head(from, input_.type_count());
    const bool relaxed = head.kind == record_kind::vector_relaxed;
    if (head.type != place.type || (!relaxed && head.kind != record_kind::vector_branch)) {
      refuse(place.number, "a branch of a vector is another record");
    }
    const detail::vector_branch_record branch = read_vector_branch(from, type);
    if (branch.height != place.height) refuse(place.number, "a branch has another height than its place");
    std::vector<vector_node> children(branch.count);
    for (vector_node& child : children) child = {place.type, read_some_link(from, place.number), place.height - 1, 0};
    const unsigned shift = type.leaf_size + type.branch_bits * (place.height - 1);
    const std::uint64_t full = std::uint64_t{1} << std::min(shift, 48U);
    std::uint64_t before = 0;
    for (vector_node& child : children) {
      child.size = relaxed ? from.count() : std::min(full, place.size - std::min(place.size, before));
      if (child.size == 0 || child.size > full) refuse(place.number, "a child has no elements, or too many");
      before += child.size;
    }
    if (before != place.size) refuse(place.number, "a branch has another size than its place");
    for (const vector_node& child : children) check_node(child, type);
  }

  /// Of a leaf, with the records that it continues, each of which is read once.
  [[nodiscard]] std::uint64_t elements_of(node_number number, std::uint32_t type_number, const pack_type& type) {
    struct part {
      node_number number;
      std::uint64_t count;
    };
    std::vector<part> parts;  // the last first
    std::uint64_t sum = 0;
    while (true) {
      if (const auto known = leaves_.find(number); known != leaves_.end()) {
        if (known->second.type != type_number) refuse(number, "a leaf of a vector is another record");
        sum = known->second.elements;
        break;
      }
      const record_bytes record = record_of(input_, number);
      record_reader from = record.reader();
      const record_head head = read_head(from, input_.type_count());
      const bool is_more = head.kind == record_kind::vector_more;
      if (head.type != type_number || (!is_more && head.kind != record_kind::vector_leaf)) {
        refuse(number, "a leaf of a vector is another record");
      }
      const node_number before = is_more ? read_some_link(from, number) : 0;
      parts.push_back({number, read_leaf_count(from, type)});
      if (!is_more) break;
      number = before;
    }
    for (; !parts.empty(); parts.pop_back()) {
      sum += parts.back().count;
      if (sum > std::uint64_t{1} << type.leaf_size) refuse(parts.back().number, "a leaf is larger than its capacity");
      leaves_.emplace(parts.back().number, leaf{type_number, sum});
    }
    return sum;
  }

  struct leaf {
    std::uint32_t type = 0;
    std::uint64_t elements = 0;
  };

  pack_input& input_;
  std::unordered_map<node_number, node> nodes_;
  std::unordered_map<node_number, leaf> leaves_;  // of vectors
  std::set<vector_node> vector_nodes_;
};

/// Checks that the values in a leaf are encoded as they must be.
class value_checker {
 public:
  explicit value_checker(pack_input& input) noexcept : input_(input) { input.forget_gathered(); }

  void check(node_number number, const record_bytes& record) {
    record_reader from = record.reader();
    const record_head head = read_head(from, input_.type_count());
    if (kind_of_record(head.kind) != pack_statistics::record::leaf) return;
    const pack_type& type = input_.type(head.type);
    if (type.elements != detail::pack_elements::values) return;
    if (head.kind == record_kind::leaf) (void)from.u8();
    if (head.kind == record_kind::vector_more) (void)from.count();
    const bool has_keys = type.collection != detail::pack_collection::vector;
    const unsigned columns = columns_of(type);
    const std::uint32_t count = read_leaf_count(from, type);
    for (detail::column_reader entries(from, number, type.max_inline, count, columns); !entries.done();) {
      detail::column_part parts[2];
      entries.next(parts);
      for (unsigned i = 0; i < columns; ++i) check_part(parts[i], has_keys && i == 0, record);
    }
  }

 private:
  void check_part(const detail::column_part& part, bool is_key, const record_bytes& record) {
    if (part.data == nullptr && !checked_.emplace(part.link, part.size, part.kind, is_key).second) return;
    const auto bytes = input_.bytes_of(part, record, gathered_);
    if (!bytes) raise(input_);
    const char* const wrong = detail::wrong_part({bytes->data(), bytes->size(), part.kind}, is_key);
    if (wrong == nullptr) return;
    input_.fail(record.failure_here(wrong));
    raise(input_);
  }

  pack_input& input_;
  std::vector<std::byte> gathered_;
  std::set<std::tuple<node_number, std::uint64_t, value_kind, bool>> checked_;  // that are records of their own
};

/// Checks maps of values as a store would take them over.
class store_checker {
  using leaf_type = detail::packed_leaf<std::byte*>;
  using collections_read = detail::stored_collections_read<detail::scratch_memory>;

 public:
  [[nodiscard]] static bool knows(const pack_type& type) { return detail::is_packed_pack_type<leaf_type>(type); }
  store_checker(pack_input& input, std::uint32_t type)
      : input_(input),
        leaf_(detail::seeded_hash{input.type(type).seed}),
        collections_(input, memory_),
        loader_(input, type, memory_, leaf_, collections_read{&collections_}) {}
  void check(const pack_tree& tree) {
    if (loader_.load(tree) != nullptr || tree.root == 0) return;
    if (loader_.out_of_space()) throw std::bad_alloc();
    raise(input_);
  }

 private:
  pack_input& input_;
  detail::scratch_memory memory_;
  leaf_type leaf_;
  detail::stored_loader<detail::scratch_memory> collections_;
  detail::packed_trie_loader<detail::scratch_memory, leaf_type, collections_read> loader_;
};

}  // namespace

pack_statistics pack_reader::statistics(std::size_t largest) {
  if (input_->lacks_base()) raise_lacks_base();
  pack_statistics made;
  made.file_bytes = source_->size_bytes();
  made.sections = input_->sections().size();
  for (const auto& section : input_->sections()) made.raw_bytes += section.header.raw_bytes;
  totals below(*input_);
  largest_nodes top(largest);
  for (std::uint64_t at = 1; at <= input_->last_node(); ++at) {
    const auto number = static_cast<node_number>(at);
    const record_bytes record = record_of(*input_, number);
    const std::uint64_t bytes = input_->record_size(record, number);
    below.add(number, bytes, record);
    if (at <= input_->header().base_nodes) {
      ++made.base.nodes;
      continue;
    }
    record_reader from = record.reader();
    const pack_statistics::record kind = kind_of_record(read_head(from, input_->type_count()).kind);
    pack_statistics::sum* const sums[] = {&made.branches, &made.leaves, &made.values, &made.collections};
    ++sums[static_cast<std::size_t>(kind)]->nodes;
    sums[static_cast<std::size_t>(kind)]->bytes += bytes;
    top.add({at, kind, bytes, entries_of(*input_, record), {}});
  }
  for (const pack_root& root : input_->roots()) {
    const pack_statistics::sum of = below.of(root.tree);
    made.versions.nodes += of.nodes;
    made.versions.bytes += of.bytes;
  }
  made.largest = std::move(top.nodes());
  name_versions(*input_, made.largest);
  return made;
}

void pack_reader::verify() {
  if (input_->lacks_base()) raise_lacks_base();
  value_checker values(*input_);
  for (std::uint64_t at = 1; at <= input_->last_node(); ++at) {
    const auto number = static_cast<node_number>(at);
    values.check(number, record_of(*input_, number));
  }
  shape_checker shapes(*input_);
  std::map<std::uint32_t, std::unique_ptr<store_checker>> stores;  // by type
  for (const pack_root& root : input_->roots()) {
    if (!store_checker::knows(input_->type(root.type))) {
      shapes.check(root);
      continue;
    }
    std::unique_ptr<store_checker>& here = stores[root.type];
    if (here == nullptr) here = std::make_unique<store_checker>(*input_, root.type);
    here->check(root.tree);
  }
}

}  // namespace coppice
