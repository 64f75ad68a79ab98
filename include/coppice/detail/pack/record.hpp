// Records: nodes as they stand in a pack (docs/formats/pack.md, sections 4 and 5). Writing them, and reading them from
// bytes of unknown origin.
//
// A record_reader checks before it believes, and keeps the first thing that was wrong: functions may be called further,
// give zeros, and the caller asks once, at the end.
//
// Thread safety: one thread at a time.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/pack/format.hpp"
#include "coppice/value_kind.hpp"

namespace coppice::detail {

/// Bytes of a record that is being written.
class record_buffer {
 public:
  void clear() noexcept { size_ = 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {bytes_.data(), size_}; }

  /// Room for `count` more bytes, to be written at once.
  [[nodiscard]] std::byte* extend(std::size_t count) {
    if (bytes_.size() - size_ < count) bytes_.resize((size_ + count) * 2);
    std::byte* const at = bytes_.data() + size_;
    size_ += count;
    return at;
  }
  /// Takes back what was put after the first `size` bytes.
  void cut(std::size_t size) noexcept { size_ = size; }
  void set_u8(std::size_t at, std::uint8_t value) noexcept { bytes_[at] = static_cast<std::byte>(value); }
  void put_u8(std::uint8_t value) { *extend(1) = static_cast<std::byte>(value); }
  template <class T>
  void put_fixed(T value) {
    store(extend(sizeof(T)), value);
  }
  void put_bytes(const std::byte* from, std::size_t count) {
    if (count != 0) std::memcpy(extend(count), from, count);
  }
  void put_count(std::uint64_t value) {
    for (; value > 0x7f; value >>= 7) put_u8(static_cast<std::uint8_t>(value | 0x80));
    put_u8(static_cast<std::uint8_t>(value));
  }
  void put_text(std::string_view text) {
    put_count(text.size());
    put_bytes(reinterpret_cast<const std::byte*>(text.data()), text.size());
  }
  // What codecs write to.
  void append(std::span<const std::byte> bytes) { put_bytes(bytes.data(), bytes.size()); }

 private:
  std::vector<std::byte> bytes_;
  std::size_t size_ = 0;
};

/// A record as it is written: `self` is its number; 0: numbers stand in the place of links, so that the bytes say the
/// same wherever the record stands.
struct record_place {
  node_number self = 0;

  [[nodiscard]] node_number link(node_number to) const noexcept { return self == 0 || to == 0 ? to : self - to; }
};

/// A key, value or element in a leaf.
struct column_part {
  const std::byte* data = nullptr;  // null: it is a link
  std::uint64_t size = 0;
  node_number link = 0;
  value_kind kind = value_kind::null;
};

/// Gathers the columns of a leaf. Parts are added in order; of maps key and value in turn.
class column_writer {
 public:
  /// `columns`: 2 of a map, else 1.
  void begin(unsigned columns) noexcept {
    columns_ = columns;
    parts_.clear();
    bytes_.clear();
    has_links_ = false;
  }
  void add(value_kind kind, const std::byte* data, std::size_t size) {
    parts_.push_back({size, kind});
    bytes_.put_bytes(data, size);
  }
  /// Of a part whose bytes are a record of their own. `link` as record_place gives it.
  void add_link(value_kind kind, std::uint64_t size, node_number link) {
    parts_.push_back({size, kind});
    bytes_.put_count(link);
    has_links_ = true;
  }
  /// Where the bytes of a part may be written directly: append to it, then say how many they were.
  [[nodiscard]] record_buffer& bytes() noexcept { return bytes_; }
  void added(value_kind kind, std::size_t size) { parts_.push_back({size, kind}); }
  [[nodiscard]] bool has_links() const noexcept { return has_links_; }

  void write(record_buffer& to) const {
    const std::size_t form_at = to.size();
    to.put_u8(0);
    unsigned form = 0;
    for (unsigned column = 0; column < columns_; ++column) form |= put_column(to, column) << (2 * column);
    to.set_u8(form_at, static_cast<std::uint8_t>(form));
    to.append(bytes_.bytes());
  }

 private:
  struct part {
    std::uint64_t size;
    value_kind kind;
  };

  /// Returns its two bits of the form.
  [[nodiscard]] unsigned put_column(record_buffer& to, unsigned column) const {
    bool one_kind = true, one_size = true;
    for (std::size_t i = column; i < parts_.size(); i += columns_) {
      one_kind &= parts_[i].kind == parts_[column].kind;
      one_size &= parts_[i].size == parts_[column].size;
    }
    const std::size_t kinds = one_kind ? column + 1 : parts_.size(), sizes = one_size ? column + 1 : parts_.size();
    for (std::size_t i = column; i < kinds; i += columns_) to.put_u8(static_cast<std::uint8_t>(parts_[i].kind));
    for (std::size_t i = column; i < sizes; i += columns_) to.put_count(parts_[i].size);
    return (one_kind ? 1U : 0U) | (one_size ? 2U : 0U);
  }

  std::vector<part> parts_;
  record_buffer bytes_;
  unsigned columns_ = 1;
  bool has_links_ = false;
};

/// What stands before the bytes of columns whose parts all are encoded, and of one size each. `value_size` 0: there is
/// one column.
inline void put_fixed_columns(record_buffer& to, std::size_t key_size, std::size_t value_size) {
  to.put_u8(value_size == 0 ? 3 : 15);
  to.put_u8(static_cast<std::uint8_t>(value_kind::bytes));
  to.put_count(key_size);
  if (value_size == 0) return;
  to.put_u8(static_cast<std::uint8_t>(value_kind::bytes));
  to.put_count(value_size);
}

/// Reads bytes of which nothing is known.
class record_reader {
 public:
  record_reader() noexcept = default;
  explicit record_reader(std::span<const std::byte> bytes) noexcept
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  [[nodiscard]] std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  /// What was wrong first, or null.
  [[nodiscard]] const char* wrong() const noexcept { return wrong_; }
  [[nodiscard]] std::size_t wrong_at() const noexcept { return wrong_at_; }
  void fail(const char* reason) noexcept { fail_at(offset(), reason); }
  void fail_at(std::size_t offset, const char* reason) noexcept {
    if (wrong_ != nullptr) return;
    wrong_ = reason;
    wrong_at_ = offset;
    at_ = end_;
  }

  [[nodiscard]] std::uint8_t u8() noexcept {
    if (at_ == end_) {
      fail("it ends too early");
      return 0;
    }
    return std::to_integer<std::uint8_t>(*at_++);
  }
  template <class T>
  [[nodiscard]] T fixed() noexcept {
    const std::byte* const from = bytes(sizeof(T));
    return from == nullptr ? T{} : load<T>(from);
  }
  [[nodiscard]] std::uint64_t count() noexcept {
    if (at_ != end_ && std::to_integer<unsigned>(*at_) < 0x80) return std::to_integer<std::uint64_t>(*at_++);
    return long_count();
  }
  /// A count that is not above `most`.
  [[nodiscard]] std::uint64_t count(std::uint64_t most, const char* otherwise) noexcept {
    const std::size_t before = offset();
    const std::uint64_t read = count();
    if (read <= most) return read;
    fail_at(before, otherwise);
    return 0;
  }
  /// So many bytes, or null.
  [[nodiscard]] const std::byte* bytes(std::uint64_t count) noexcept {
    if (count > remaining()) {
      fail("it ends too early");
      return nullptr;
    }
    const std::byte* const from = at_;
    at_ += count;
    return from;
  }
  [[nodiscard]] std::string_view text() noexcept {
    const std::uint64_t size = count();
    const std::byte* const from = bytes(size);
    return from == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(from), size);
  }

 private:
  [[nodiscard]] std::uint64_t long_count() noexcept {
    const std::size_t begin = offset();
    std::uint64_t read = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint64_t byte = u8();
      if (wrong_ != nullptr) return 0;
      if (shift == 63 && byte > 1) {
        fail_at(begin, "a count has more than 64 bits");
        return 0;
      }
      if (byte == 0 && shift != 0) {
        fail_at(begin, "a count is not in its shortest form");
        return 0;
      }
      read |= (byte & 0x7fU) << shift;
      if (byte < 0x80) return read;
    }
  }

  const std::byte* begin_ = nullptr;
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  const char* wrong_ = nullptr;
  std::size_t wrong_at_ = 0;
};

/// A link, as the number of what it leads to; 0 if it is null, or wrong.
[[nodiscard]] inline node_number read_link(record_reader& from, node_number self) noexcept {
  const auto link = static_cast<node_number>(from.count(self - 1, "a link leads to no record before this one"));
  return link == 0 ? 0 : self - link;
}
/// One that must not be null.
[[nodiscard]] inline node_number read_some_link(record_reader& from, node_number self) noexcept {
  const std::size_t before = from.offset();
  const node_number to = read_link(from, self);
  if (to == 0) from.fail_at(before, "a link is missing");
  return to;
}

/// A branch of a trie: its children slot by slot.
struct branch_record {
  unsigned depth = 0;
  node_number children[trie_fan_out] = {};
};

inline void put_branch(record_buffer& to, std::uint32_t type, const branch_record& branch, const record_place& place) {
  to.put_u8(static_cast<std::uint8_t>(record_kind::branch));
  to.put_count(type);
  to.put_u8(static_cast<std::uint8_t>(branch.depth));
  unsigned starts = 0;
  for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
    if (slot == 0 || branch.children[slot] != branch.children[slot - 1]) starts |= 1U << slot;
  }
  to.put_fixed(static_cast<std::uint16_t>(starts));
  for (; starts != 0; starts &= starts - 1) {
    to.put_count(place.link(branch.children[static_cast<unsigned>(__builtin_ctz(starts))]));
  }
}

/// What follows kind and type.
[[nodiscard]] inline branch_record read_branch(record_reader& from, node_number self) noexcept {
  branch_record branch;
  const std::size_t begin = from.offset();
  branch.depth = from.u8();
  if (branch.depth >= hash_bits || branch.depth % trie_branch_bits != 0)
    from.fail_at(begin, "a branch has no such depth");
  const unsigned starts = from.fixed<std::uint16_t>();
  if ((starts & 1U) == 0) from.fail_at(begin + 1, "the first slot of a branch begins a child");
  for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
    if ((starts >> slot & 1U) == 0) {
      if (slot != 0) branch.children[slot] = branch.children[slot - 1];
      continue;
    }
    const std::size_t before = from.offset();
    branch.children[slot] = read_link(from, self);
    if (slot != 0 && branch.children[slot] == branch.children[slot - 1]) {
      from.fail_at(before, "slots side by side with one child are one range");
    }
  }
  return branch;
}

/// Goes through the columns of a leaf.
class column_reader {
 public:
  /// `count` entries of `columns` parts each, 1 or 2, in the record of this number. `max_inline`: V of its type.
  column_reader(record_reader& from, node_number self, std::uint32_t max_inline, std::uint64_t count,
                unsigned columns) noexcept
      : from_(from), self_(self), max_inline_(max_inline), columns_(columns), left_(count) {
    const std::size_t begin = from.offset();
    const unsigned form = from.u8();
    if (form >> (2 * columns) != 0) from.fail_at(begin, "columns have no such form");
    for (unsigned i = 0; i < columns; ++i) {
      if (from.wrong() == nullptr) columns_state_[i].open(from, count, form >> (2 * i) & 3U);
    }
  }
  [[nodiscard]] bool done() const noexcept { return left_ == 0 || from_.wrong() != nullptr; }
  /// Whether there are several entries, and their first parts are alike and take no bytes, each by itself. Keys differ;
  /// elements of a vector may be so.
  [[nodiscard]] bool alike_and_empty() const noexcept {
    const column& first = columns_state_[0];
    return left_ > 1 && from_.wrong() == nullptr && first.one_kind && first.one_size && first.size == 0 &&
           !is_collection(static_cast<value_kind>(*first.kinds));
  }
  /// Passes over all entries. Precondition: one column, alike_and_empty().
  void skip() noexcept { left_ = 0; }

  /// The next entry. Precondition: !done().
  void next(column_part* parts) noexcept {
    next(parts, [](const column_part&) {});
  }
  /// The same; calls f(part) for each part.
  template <class F>
  void next(column_part* parts, const F& f) noexcept(noexcept(f(*parts))) {
    --left_;
    for (unsigned i = 0; i < columns_; ++i) {
      column_part& part = parts[i];
      columns_state_[i].next(part);
      const std::size_t before = from_.offset();
      if (part.size > max_inline_ || is_collection(part.kind)) {
        part.data = nullptr;
        part.link = read_some_link(from_, self_);
        if (is_collection(part.kind) && part.size != 0) from_.fail_at(before, "the size of a collection is 0");
      } else {
        part.data = from_.bytes(part.size);
        part.link = 0;
      }
      if (from_.wrong() == nullptr) f(part);
    }
    if (left_ == 0) finish();
  }

 private:
  /// Kinds and sizes of one column.
  struct column {
    const std::byte* kinds = nullptr;
    record_reader sizes;
    std::uint64_t size = 0;
    value_kind kind = value_kind::null;
    bool one_kind = false;
    bool one_size = false;
    bool kinds_differ = false;
    bool sizes_differ = false;
    bool first = true;

    void open(record_reader& from, std::uint64_t count, unsigned form) noexcept {
      one_kind = (form & 1U) != 0;
      one_size = (form & 2U) != 0;
      kinds = from.bytes(one_kind ? 1 : count);
      sizes = from;
      if (one_size) {
        size = from.count();
      } else {
        for (std::uint64_t i = 0; i < count && from.wrong() == nullptr; ++i) (void)from.count();
      }
    }
    void next(column_part& to) noexcept {
      const auto its_kind = static_cast<value_kind>(*kinds);
      if (!one_kind) ++kinds;
      if (!one_size) {
        const std::uint64_t its_size = sizes.count();
        sizes_differ |= !first && its_size != size;
        size = its_size;
      }
      kinds_differ |= !first && its_kind != kind;
      kind = its_kind;
      first = false;
      to.kind = kind;
      to.size = size;
    }
    [[nodiscard]] bool in_one_form() const noexcept { return one_kind != kinds_differ && one_size != sizes_differ; }
  };

  void finish() noexcept {
    for (unsigned i = 0; i < columns_; ++i) {
      if (!columns_state_[i].in_one_form()) from_.fail("what is alike in a column stands once");
    }
  }

  record_reader& from_;
  node_number self_;
  std::uint32_t max_inline_;
  unsigned columns_;
  std::uint64_t left_;
  column columns_state_[2];
};

/// Where the bytes of `count` entries stand whose columns begin like that; null, and nothing was read: theirs do not.
[[nodiscard]] inline const std::byte* read_fixed_columns(record_reader& from, std::size_t key_size,
                                                         std::size_t value_size, std::uint64_t count) noexcept {
  assert(key_size < 0x80 && value_size < 0x80);
  const auto bytes = static_cast<std::byte>(value_kind::bytes);
  const std::byte expected[] = {std::byte{15}, bytes, static_cast<std::byte>(key_size), bytes,
                                static_cast<std::byte>(value_size)};
  const std::byte of_one[] = {std::byte{3}, bytes, static_cast<std::byte>(key_size)};
  const std::span<const std::byte> head = value_size == 0 ? std::span<const std::byte>(of_one) : std::span(expected);
  const std::uint64_t entry_bytes = key_size + value_size;
  if (from.remaining() < head.size() || count > (from.remaining() - head.size()) / entry_bytes) return nullptr;
  record_reader ahead = from;
  if (std::memcmp(ahead.bytes(head.size()), head.data(), head.size()) != 0) return nullptr;
  const std::byte* const found = ahead.bytes(count * entry_bytes);
  from = ahead;
  return found;
}

/// Kind and type, which begin every record.
struct record_head {
  record_kind kind = record_kind::blob;
  std::uint32_t type = 0;  // of those that have one
};

/// `types`: how many there are.
[[nodiscard]] inline record_head read_head(record_reader& from, std::size_t types) noexcept {
  record_head head;
  const std::size_t begin = from.offset();
  const unsigned kind = from.u8();
  if (kind < static_cast<unsigned>(record_kind::branch) || kind > static_cast<unsigned>(record_kind::collection)) {
    from.fail_at(begin, "there is no such kind of record");
    return head;
  }
  head.kind = static_cast<record_kind>(kind);
  if (head.kind == record_kind::blob || head.kind == record_kind::pieces) return head;
  const std::uint64_t type = from.count();
  if (type >= types) from.fail_at(begin + 1, "there is no such type");
  head.type = static_cast<std::uint32_t>(type);
  return head;
}

/// What a blob holds.
[[nodiscard]] inline std::span<const std::byte> read_blob(record_reader& from) noexcept {
  const std::uint64_t size = from.count(pack_piece_bytes, "a blob is longer than 1 MiB");
  const std::byte* const data = from.bytes(size);
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(size)};
}

/// The length of pieces, whose links follow.
struct pieces_record {
  std::uint64_t size = 0;
  std::uint64_t count = 0;
};
[[nodiscard]] inline pieces_record read_pieces(record_reader& from) noexcept {
  pieces_record pieces;
  const std::size_t begin = from.offset();
  pieces.size = from.count(std::uint64_t{1} << 40, "a value is too long");
  if (pieces.size <= pack_piece_bytes) from.fail_at(begin, "what is not longer than 1 MiB is one blob");
  pieces.count = (pieces.size + pack_piece_bytes - 1) / pack_piece_bytes;
  return pieces;
}

/// Branch of a vector, up to its links.
struct vector_branch_record {
  unsigned height = 0;
  std::uint32_t count = 0;
};
[[nodiscard]] inline vector_branch_record read_vector_branch(record_reader& from, const pack_type& type) noexcept {
  vector_branch_record branch;
  const std::size_t begin = from.offset();
  branch.height = from.u8();
  if (branch.height == 0 || branch.height > 64) from.fail_at(begin, "a branch has no such height");
  branch.count =
      static_cast<std::uint32_t>(from.count(std::uint64_t{1} << type.branch_bits, "a branch has too many children"));
  if (branch.count == 0) from.fail_at(begin + 1, "a branch has no children");
  return branch;
}

/// How many entries a leaf of a type has, before its columns.
[[nodiscard]] inline std::uint32_t read_leaf_count(record_reader& from, const pack_type& type) noexcept {
  const std::size_t begin = from.offset();
  // Keys differ, so each but one takes a byte at least (skip_record sees to it).
  const bool is_vector = type.collection == pack_collection::vector;
  const std::uint64_t most = is_vector ? std::uint64_t{1} << type.leaf_size : from.remaining() + 1;
  const auto count = static_cast<std::uint32_t>(from.count(most, "a leaf has more entries than it can hold"));
  if (count == 0) from.fail_at(begin, "a leaf is empty");
  return count;
}

[[nodiscard]] inline unsigned columns_of(const pack_type& type) noexcept {
  return type.collection == pack_collection::map && type.elements != pack_elements::images ? 2 : 1;
}

/// What a root or a collection says of its nodes. `self`: the record that it is in, whose links these are; 0: these are
/// numbers, up to `last`.
[[nodiscard]] inline pack_tree read_tree(record_reader& from, bool is_vector, std::uint64_t size, node_number self,
                                         std::uint64_t last) noexcept {
  const auto number = [&] {
    if (self != 0) return read_link(from, self);
    return static_cast<node_number>(from.count(last, "a version has a node that is not there"));
  };
  pack_tree tree;
  const std::size_t begin = from.offset();
  tree.size = size;
  tree.root = number();
  if (is_vector) {
    tree.tail = number();
    tree.tail_count = static_cast<std::uint32_t>(from.count(std::uint64_t{1} << 16, "a tail is too long"));
    tree.height = static_cast<std::uint32_t>(from.count(64, "a tree is too high"));
  }
  const bool empty = is_vector ? tree.tail == 0 : tree.root == 0;
  if (empty != (size == 0)) from.fail_at(begin, "a collection has nodes if, and only if, it is not empty");
  if (is_vector && ((tree.tail == 0) != (tree.tail_count == 0) || (empty && tree.root != 0) ||
                    (tree.root == 0 && (tree.height != 0 || tree.size != tree.tail_count)) ||
                    (tree.root != 0 && tree.size <= tree.tail_count))) {
    from.fail_at(begin, "a vector has other elements than its nodes");
  }
  return tree;
}
inline void put_tree(record_buffer& to, bool is_vector, const pack_tree& tree, const record_place& place) {
  to.put_count(place.link(tree.root));
  if (!is_vector) return;
  to.put_count(place.link(tree.tail));
  to.put_count(tree.tail_count);
  to.put_count(tree.height);
}

/// What a root says of itself in one byte.
inline constexpr unsigned tree_has_commit = 1;
[[nodiscard]] constexpr unsigned tree_flags(pack_collection collection) noexcept {
  return static_cast<unsigned>(collection) << 1;
}

inline void put_collection(record_buffer& to, std::uint32_t type, pack_collection collection, const pack_tree& tree,
                           const record_place& place) {
  to.put_u8(static_cast<std::uint8_t>(record_kind::collection));
  to.put_count(type);
  to.put_count(tree.size);
  to.put_u8(static_cast<std::uint8_t>(tree_flags(collection)));
  put_tree(to, collection == pack_collection::vector, tree, place);
}

/// What a collection inside another says, after kind and type.
[[nodiscard]] inline pack_tree read_collection(record_reader& from, const pack_type& type, node_number self) noexcept {
  const std::uint64_t size = from.count(std::uint64_t{1} << 48, "a collection is too large");
  const std::size_t begin = from.offset();
  if (from.u8() != tree_flags(type.collection)) from.fail_at(begin, "a collection is of another kind than its type");
  return read_tree(from, type.collection == pack_collection::vector, size, self, 0);
}

/// Writes a record that was read as record `self`, as another pack has it: `new_type` in the place of its type, and
/// `number_of(number)` in that of what it has links to. Precondition: it is sound.
template <class NumberOf>
void transcribe_record(record_reader& from, node_number self, const pack_type* type, std::uint32_t new_type,
                       const NumberOf& number_of, const record_place& place, record_buffer& to) {
  record_reader body = from;
  const std::size_t begin = from.offset();
  const std::byte* const bytes = body.bytes(0);
  const record_head head = read_head(body, pack_max_types);
  const auto put_link = [&] {
    const node_number number = read_link(body, self);
    to.put_count(place.link(number == 0 ? 0 : number_of(number)));
  };
  const auto copy_since = [&](std::size_t offset) { to.put_bytes(bytes + (offset - begin), body.offset() - offset); };
  if (head.kind == record_kind::branch) {
    branch_record branch = read_branch(body, self);
    for (node_number& child : branch.children) child = child == 0 ? 0 : number_of(child);
    put_branch(to, new_type, branch, place);
    from = body;
    return;
  }
  if (head.kind == record_kind::collection) {
    pack_tree tree = read_collection(body, *type, self);
    if (tree.root != 0) tree.root = number_of(tree.root);
    if (tree.tail != 0) tree.tail = number_of(tree.tail);
    put_collection(to, new_type, type->collection, tree, place);
    from = body;
    return;
  }
  to.put_u8(static_cast<std::uint8_t>(head.kind));
  if (head.kind == record_kind::blob) {
    const std::size_t at = body.offset();
    (void)read_blob(body);
    copy_since(at);
  } else if (head.kind == record_kind::pieces) {
    const pieces_record pieces = read_pieces(body);
    to.put_count(pieces.size);
    for (std::uint64_t i = 0; i < pieces.count; ++i) put_link();
  } else if (head.kind == record_kind::vector_branch || head.kind == record_kind::vector_relaxed) {
    to.put_count(new_type);
    const std::size_t at = body.offset();
    const std::uint32_t count = read_vector_branch(body, *type).count;
    copy_since(at);
    for (std::uint32_t i = 0; i < count; ++i) put_link();
    const std::size_t sizes = body.offset();
    for (std::uint32_t i = 0; head.kind == record_kind::vector_relaxed && i < count; ++i) (void)body.count();
    copy_since(sizes);
  } else {
    to.put_count(new_type);
    if (head.kind == record_kind::leaf) to.put_u8(body.u8());
    if (head.kind == record_kind::vector_more) put_link();
    std::size_t at = body.offset();
    const std::uint32_t count = read_leaf_count(body, *type);
    column_reader columns(body, self, type->max_inline, count, columns_of(*type));
    copy_since(at);  // up to the bytes
    if (columns.alike_and_empty()) columns.skip();
    while (!columns.done()) {
      column_part parts[2];
      columns.next(parts, [&](const column_part& part) {
        if (part.data == nullptr) {
          to.put_count(place.link(number_of(part.link)));
        } else {
          to.put_bytes(part.data, static_cast<std::size_t>(part.size));
        }
      });
    }
  }
  from = body;
}

/// Passes over a record of this number, and checks it by itself. `type_of(index)`: a type.
template <class TypeOf>
void skip_record(record_reader& from, node_number self, std::size_t types, const TypeOf& type_of) noexcept {
  const std::size_t begin = from.offset();
  const record_head head = read_head(from, types);
  if (from.wrong() != nullptr) return;
  if (head.kind == record_kind::blob) {
    (void)read_blob(from);
    return;
  }
  if (head.kind == record_kind::pieces) {
    const std::uint64_t count = read_pieces(from).count;
    for (std::uint64_t i = 0; i < count && from.wrong() == nullptr; ++i) (void)read_some_link(from, self);
    return;
  }
  const pack_type& type = type_of(head.type);
  const bool is_vector = type.collection == pack_collection::vector;
  if (head.kind != record_kind::collection && is_vector != (head.kind >= record_kind::vector_leaf)) {
    from.fail_at(begin, "a record is of another kind than its type");
    return;
  }
  if (head.kind == record_kind::branch) {
    (void)read_branch(from, self);
  } else if (head.kind == record_kind::collection) {
    (void)read_collection(from, type, self);
  } else if (head.kind == record_kind::vector_branch || head.kind == record_kind::vector_relaxed) {
    const std::uint32_t count = read_vector_branch(from, type).count;
    for (std::uint32_t i = 0; i < count; ++i) (void)read_some_link(from, self);
    if (head.kind == record_kind::vector_relaxed) {
      for (std::uint32_t i = 0; i < count; ++i) (void)from.count();
    }
  } else {
    if (head.kind == record_kind::leaf && from.u8() > hash_bits) from.fail_at(begin, "a leaf has no such depth");
    if (head.kind == record_kind::vector_more) (void)read_some_link(from, self);
    const std::uint32_t count = read_leaf_count(from, type);
    if (from.wrong() != nullptr) return;
    column_reader columns(from, self, type.max_inline, count, columns_of(type));
    // Nothing is passed over in steps that take no bytes: records of a few bytes could ask for many.
    if (columns.alike_and_empty()) {
      if (!is_vector) from.fail_at(begin, "a key stands twice");
      columns.skip();
    }
    for (column_part parts[2]; !columns.done();) columns.next(parts);
  }
}

}  // namespace coppice::detail
