// Reading typed collections that are values of a store.
//
// Of elements that are copied as bytes nothing is known but their size: they are taken as they are, and their hashes
// are not checked, which only a program with their types can do (check() of the collection). Everything else is.
//
// Thread safety: one thread at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/heap/link.hpp"
#include "coppice/detail/heap/rrb_branch.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"
#include "coppice/detail/pack/image_leaf.hpp"
#include "coppice/detail/pack/packed_input.hpp"
#include "coppice/detail/pack/stored_layout.hpp"
#include "coppice/detail/pack/stored_type.hpp"
#include "coppice/detail/pack/trie_input.hpp"
#include "coppice/detail/pack/vector_input.hpp"
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/shared/link.hpp"

namespace coppice::detail {

/// Nodes that stay: a Memory in which nobody releases or changes them.
template <class Memory>
class kept_nodes {
 public:
  using ref_type = typename Memory::ref_type;

  explicit kept_nodes(Memory& memory) noexcept : memory_(memory) {}
  [[nodiscard]] const std::byte* address(ref_type node) const noexcept { return memory_.address(node); }
  [[nodiscard]] allocation<ref_type> allocate(std::size_t bytes) noexcept { return memory_.allocate(bytes); }
  [[nodiscard]] static std::uint64_t edit_token() noexcept { return 0; }
  [[nodiscard]] static bool editable(ref_type) noexcept { return false; }
  [[nodiscard]] std::byte* writable(ref_type node) noexcept { return const_cast<std::byte*>(memory_.address(node)); }
  static void retain(ref_type) noexcept {}
  static void release(ref_type) noexcept {}

 private:
  Memory& memory_;
};

/// Keys and values that are encodings, which only programs with their types understand.
struct encoded_parts {
  static constexpr bool allowed = false;
  [[nodiscard]] static const char* wrong(const packed_view& part, bool) noexcept {
    return part.kind == value_kind::bytes ? nullptr : "an encoded element is of another kind than bytes";
  }
};

/// Tries whose elements are copied as bytes.
template <class Memory>
class image_trie_loader final : public trie_loader<kept_nodes<Memory>, image_leaf, image_trie_loader<Memory>> {
  using base = trie_loader<kept_nodes<Memory>, image_leaf, image_trie_loader>;
  using Ref = typename Memory::ref_type;

 public:
  image_trie_loader(pack_input& input, std::uint32_t type, kept_nodes<Memory>& memory, const image_leaf& leaf) noexcept
      : base(input, type, memory, leaf) {}
  static constexpr bool has_hashes = false;
  static constexpr bool fixed_size = false;

  void begin(std::uint32_t) noexcept { images_.clear(); }
  [[nodiscard]] bool add(const column_part* parts, const record_bytes& record) {
    const column_part& part = parts[0];
    if (part.kind != value_kind::bytes || part.data == nullptr || part.size != this->leaf_.element_size() + 1) {
      this->input().fail(record.failure_here("an element has another size than its type"));
      return false;
    }
    images_.push_back(part.data);
    return true;
  }
  [[nodiscard]] Ref make_leaf(unsigned depth, const record_bytes& record) {
    const auto count = static_cast<std::uint32_t>(images_.size());
    for (std::uint32_t i = 1; i < count; ++i) {
      if (*images_[i - 1] <= *images_[i] && (count <= this->leaf_.max_entries() || *images_[i - 1] == *images_[i]))
        continue;
      this->input().fail(record.failure_here("entries are not in the order of their hashes"));
      return {};
    }
    const std::size_t bytes = this->leaf_.node_bytes(count);
    const auto made = this->memory_.allocate(bytes);
    if (made.address == nullptr) {
      (void)this->ran_out();
      return {};
    }
    std::memset(made.address, 0, bytes);
    write_header(made.address, node_kind::typed_leaf, depth, bytes, count, 0);
    for (std::uint32_t i = 0; i < count; ++i) {
      this->leaf_.set_tag(made.address, i, *images_[i]);
      std::memcpy(this->leaf_.element_at(made.address, i), images_[i] + 1, this->leaf_.element_size());
    }
    return made.ref;
  }

 private:
  std::vector<const std::byte*> images_;  // each a tag and an element
};

/// Makes nodes of vectors: of bytes, or of refs of blobs. A leaf that is there may be published, so none is extended.
///
/// Outside an arena, where vectors are only checked, nobody reads elements: leaves have none there. A pack of few bytes
/// may stand for many of them, and the limit of a store, which bounds them in an arena, is missing.
template <class Memory, class Link>
class stored_vector_nodes {
 public:
  using Ref = typename Memory::ref_type;

  stored_vector_nodes(Memory& memory, const stored_layout<Link>& layout) noexcept : memory_(memory), layout_(layout) {}
  [[nodiscard]] const stored_layout<Link>& layout() const noexcept { return layout_; }
  static void retain(std::byte*) noexcept {}
  static void release(std::byte*) noexcept {}

  void begin() noexcept {
    elements_.clear();
    count_ = 0;
  }
  [[nodiscard]] bool add(pack_input& input, const column_part& part, const record_bytes& record) {
    const bool has_blobs = layout_.leaf_kind == node_kind::rrb_leaf_refs;
    if (part.kind != value_kind::bytes || (!has_blobs && part.size != layout_.element_bytes)) {
      input.fail(record.failure_here("an element has another size than its type"));
      return false;
    }
    ++count_;
    if (!has_blobs) {
      if constexpr (keeps_elements) elements_.insert(elements_.end(), part.data, part.data + part.size);
      return true;
    }
    std::byte* const blob = read_blob(input, part, record);
    if (blob == nullptr) return false;
    if constexpr (!keeps_elements) return true;
    elements_.resize(elements_.size() + Link::bytes);
    Link::put(elements_.data() + (elements_.size() - Link::bytes), blob);
    return true;
  }
  [[nodiscard]] static bool extend(std::byte*, std::uint32_t) noexcept { return false; }
  [[nodiscard]] std::byte* make_leaf(const std::byte* before, std::uint32_t size) {
    if (out_of_space_) return nullptr;
    const std::uint32_t count = size + count_;
    const std::size_t bytes = layout_.leaf_bytes(keeps_elements ? count : 0);
    const auto made = memory_.allocate(bytes);
    if (made.address == nullptr) return nullptr;
    std::memset(made.address, 0, bytes);
    write_header(made.address, layout_.leaf_kind, static_cast<unsigned>(std::bit_width(count)) - 1, bytes, count, 0);
    if constexpr (!keeps_elements) return made.address;
    if (before != nullptr) {
      std::memcpy(layout_.element(made.address, 0), layout_.element(before, 0),
                  layout_.element_bytes * std::size_t{size});
    }
    if (!elements_.empty()) std::memcpy(layout_.element(made.address, size), elements_.data(), elements_.size());
    return made.address;
  }
  [[nodiscard]] std::byte* make_branch(unsigned height, const rrb_child* children, std::uint32_t count) noexcept {
    const bool relaxed = !rrb_is_radix(layout_, height, children, count);
    const std::size_t bytes = layout_.branch_bytes(relaxed);
    const auto made = memory_.allocate(bytes);
    if (made.address == nullptr) return nullptr;
    std::memset(made.address, 0, bytes);
    write_header(made.address, relaxed ? node_kind::rrb_relaxed : node_kind::rrb_branch, height, bytes, count, 0);
    std::uint64_t end = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      layout_.set_child(made.address, i, children[i].ref);
      end += children[i].size;
      if (relaxed) layout_.set_end(made.address, i, end);
    }
    return made.address;
  }

 private:
  /// Null: out of space, or the input knows why.
  [[nodiscard]] std::byte* read_blob(pack_input& input, const column_part& part, const record_bytes& record) {
    std::byte*& known = blobs_[part.link];  // all that have no bytes have no link, and are one blob
    if (known != nullptr) {
      if (view_of_blob(known, part.kind).size == part.size) return known;
      input.fail(record.failure_here("an element has another length than its record"));
      return nullptr;
    }
    assert(part.data == nullptr || part.size == 0);  // V is 0
    std::vector<std::byte> gathered;
    const auto bytes = input.bytes_of(part, record, gathered);
    if (!bytes) return nullptr;
    const Ref made = make_blob(memory_, {bytes->data(), bytes->size(), value_kind::bytes});
    out_of_space_ |= made == Ref{};
    if (out_of_space_) return nullptr;
    auto* const address = const_cast<std::byte*>(memory_.address(made));
    known = address;
    return address;
  }

  static constexpr bool keeps_elements = std::is_same_v<Link, arena_link>;

  Memory& memory_;
  stored_layout<Link> layout_;
  std::vector<std::byte> elements_;  // that were read last
  std::uint32_t count_ = 0;          // how many
  paged_array<std::byte*> blobs_;    // by number of record
  bool out_of_space_ = false;
};

/// Reads collections into a Memory with refs, an arena; or, only to check them, into one with addresses.
template <class Memory>
class stored_loader {
  using Ref = typename Memory::ref_type;
  static constexpr bool is_arena = std::is_same_v<Ref, std::uint32_t>;
  using link_type = std::conditional_t<is_arena, arena_link, pointer_link>;
  using nodes = kept_nodes<Memory>;
  using leaf_type = packed_leaf<Ref, seeded_hash, stored_leaf_entries>;

 public:
  stored_loader(pack_input& input, Memory& memory) noexcept : input_(input), memory_(memory) {}

  /// The node of a collection, as make_collection() makes it. Null: out_of_space(), or the input knows why.
  [[nodiscard]] Ref load(const column_part& part, const record_bytes& at) {
    Ref& known = known_[part.link];
    if (known != Ref{}) {
      if (kind_of_[part.link] == part.kind) return known;
      input_.fail(at.failure_here("a collection is of another kind than its record"));
      return {};
    }
    const std::optional<collection_record> read = load_record(part, at);
    if (!read) return {};
    known = make_blob(memory_, {reinterpret_cast<const std::byte*>(&*read), sizeof(*read), part.kind});
    if (known == Ref{}) {
      out_of_space_ = true;
      return {};
    }
    memory_.writable(known)[0] = static_cast<std::byte>(node_kind::collection);
    kind_of_[part.link] = part.kind;
    return known;
  }
  [[nodiscard]] bool out_of_space() const noexcept { return out_of_space_; }

  /// The same as what a store keeps in such a node.
  [[nodiscard]] std::optional<collection_record> load_record(const column_part& part, const record_bytes& at) {
    const record_bytes record = input_.record(part.link);
    if (!record.ok()) return std::nullopt;
    record_reader from = record.reader();
    const record_head head = read_head(from, input_.type_count());
    if (head.kind != record_kind::collection) {
      input_.fail(at.failure_here("a link leads to something else than a collection"));
      return std::nullopt;
    }
    const pack_type& type = input_.type(head.type);
    if (type.collection != pack_collection_of(part.kind) || !is_stored_type(type)) {
      input_.fail(record.failure_here("a collection is of another kind than its record"));
      return std::nullopt;
    }
    const pack_tree tree = read_collection(from, type, part.link);
    if (from.wrong() != nullptr) {
      input_.fail(record.failure_of(from));
      return std::nullopt;
    }
    if (unsupported_stored_type<leaf_type>(type) != nullptr) {
      failure why = record.failure_here("a typed collection has nodes of a shape that no store has");
      why.code = errc::invalid_argument;
      input_.fail(why);
      return std::nullopt;
    }
    collection_record made;
    made.size = tree.size;
    made.seed = type.seed;
    made.element_type = stored_element_type(type);
    made.leaf_parameter = static_cast<std::uint8_t>(type.leaf_size);
    if (type.collection == pack_collection::vector) made.branch_parameter = type.branch_bits;
    // All else of the type follows from these.
    if (type != stored_type<leaf_type>(part.kind, made)) {
      input_.fail(record.failure_here("a type is not in the form of one that a store has"));
      return std::nullopt;
    }
    if (!load_tree(head.type, type, tree, made)) return std::nullopt;
    return made;
  }

 private:
  using image_loader = image_trie_loader<Memory>;
  using map_loader = packed_trie_loader<nodes, leaf_type, encoded_parts>;
  using set_loader = packed_trie_loader<nodes, leaf_type, encoded_parts, 1>;
  using vector_nodes = stored_vector_nodes<nodes, link_type>;
  struct loaders {
    std::unique_ptr<image_leaf> image;
    std::unique_ptr<leaf_type> leaf;
    std::unique_ptr<image_loader> images;
    std::unique_ptr<map_loader> maps;
    std::unique_ptr<set_loader> sets;
    std::unique_ptr<vector_loader<vector_nodes>> vectors;
  };

  [[nodiscard]] static std::uint32_t stored_ref(Ref node) noexcept {
    if constexpr (is_arena) {
      return node;
    } else {
      return 0;  // nobody follows it
    }
  }
  [[nodiscard]] static std::uint32_t ref_of_address(const std::byte* node) noexcept {
    if constexpr (is_arena) {
      return ref_of(node);
    } else {
      return 0;
    }
  }

  [[nodiscard]] bool load_tree(std::uint32_t number, const pack_type& type, const pack_tree& tree,
                               collection_record& to) {
    loaders& by = loaders_[number];
    if (type.collection == pack_collection::vector) {
      if (by.vectors == nullptr) {
        by.vectors = std::make_unique<vector_loader<vector_nodes>>(input_, number,
                                                                   vector_nodes(memory_, layout_of<link_type>(type)));
      }
      rrb_version version;
      out_of_space_ |= !by.vectors->load(tree, version) && by.vectors->out_of_space();
      to.root = ref_of_address(version.root);
      to.tail = ref_of_address(version.tail);
      to.tail_count = version.tail_count;
      to.height = static_cast<std::uint8_t>(version.height);
      return tree.size == 0 || version.tail != nullptr;
    }
    if (by.leaf == nullptr) by.leaf = std::make_unique<leaf_type>(seeded_hash{type.seed});
    if (type.elements == pack_elements::images) {
      if (by.images == nullptr) {
        by.image = std::make_unique<image_leaf>(type.leaf_size, element_bytes(to.element_type));
        by.images = std::make_unique<image_loader>(input_, number, memory_, *by.image);
      }
      return take(*by.images, tree, to);
    }
    if (type.collection == pack_collection::set) {
      if (by.sets == nullptr) by.sets = std::make_unique<set_loader>(input_, number, memory_, *by.leaf);
      return take(*by.sets, tree, to);
    }
    if (by.maps == nullptr) by.maps = std::make_unique<map_loader>(input_, number, memory_, *by.leaf);
    return take(*by.maps, tree, to);
  }
  template <class Loader>
  [[nodiscard]] bool take(Loader& by, const pack_tree& tree, collection_record& to) {
    const Ref root = by.load(tree);
    out_of_space_ |= root == Ref{} && by.out_of_space();
    to.root = stored_ref(root);
    return root != Ref{} || tree.size == 0;
  }

  pack_input& input_;
  nodes memory_;
  std::map<std::uint32_t, loaders> loaders_;  // by type
  paged_array<Ref> known_;                    // by number of record
  paged_array<value_kind> kind_of_;
  bool out_of_space_ = false;
};

/// What packed_trie_loader asks.
template <class Memory>
struct stored_collections_read {
  static constexpr bool allowed = true;
  stored_loader<Memory>* loader;

  [[nodiscard]] static const char* wrong(const packed_view& part, bool is_key) noexcept {
    return wrong_part(part, is_key);
  }
  [[nodiscard]] typename Memory::ref_type load(const column_part& part, const record_bytes& at) const {
    return loader->load(part, at);
  }
  [[nodiscard]] bool out_of_space() const noexcept { return loader->out_of_space(); }
};

}  // namespace coppice::detail
