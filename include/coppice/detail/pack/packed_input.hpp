// Reading tries of packed leaves of the shape and hash that they are to have.
//
// Thread safety: one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/detail/pack/trie_input.hpp"
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/value.hpp"

namespace coppice::detail {

/// What is wrong with a key or value, or null.
[[nodiscard]] inline const char* wrong_part(const packed_view& part, bool is_key) noexcept {
  if (is_collection(part.kind)) return is_key ? "a collection is no key" : nullptr;
  const std::span<const std::byte> bytes(part.data, part.size);
  if (!is_valid_encoding(part.kind, bytes)) return "a value is not encoded as it must be";
  if (part.size > (is_key ? limits::max_key_bytes : limits::max_value_bytes)) return "a key or value is too long";
  if (is_key && part.kind == value_kind::float64) {
    const value_view key = value_view::stored(part.kind, bytes);
    if (!(key.as_key() == key)) return "a number is not in its form as a key";
  }
  return nullptr;
}

/// Where no value is a collection. `Ref`: of nodes.
template <class Ref>
struct no_collections_read {
  static constexpr bool allowed = false;
  [[nodiscard]] static const char* wrong(const packed_view& part, bool is_key) noexcept {
    return wrong_part(part, is_key);
  }
};

/// `Collections`: tells what is wrong with a key or value, and whether collections are allowed; then it has
/// load(part, record), the node of one; null: out_of_space(), or the input knows why. `Columns`: 1 of a set, whose
/// values are nothing.
template <class Edit, class Leaf, class Collections = no_collections_read<typename Edit::ref_type>,
          unsigned Columns = 2>
class packed_trie_loader final : public trie_loader<Edit, Leaf, packed_trie_loader<Edit, Leaf, Collections, Columns>> {
  using base = trie_loader<Edit, Leaf, packed_trie_loader>;
  using Ref = typename Edit::ref_type;
  using item = typename Leaf::item;

 public:
  packed_trie_loader(pack_input& input, std::uint32_t type, Edit& memory, const Leaf& leaf,
                     Collections collections = {}) noexcept
      : base(input, type, memory, leaf), collections_(collections) {}
  static constexpr bool has_hashes = true;
  static constexpr bool fixed_size = false;

  void begin(std::uint32_t count) {
    items_.clear();
    items_.reserve(std::min(count, Leaf::max_entries));
  }
  [[nodiscard]] bool add(const column_part* parts, const record_bytes& record) {
    item made;
    if (!read(parts[0], true, record, made.key, made.key_blob)) return false;
    if constexpr (Columns == 1) {
      made.value = {nullptr, 0, value_kind::bytes};
    } else {
      if (!read(parts[1], false, record, made.value, made.value_blob)) return false;
    }
    made.hash = this->leaf_.hash(made.key);
    if (items_.size() >= Leaf::max_entries && made.hash != items_.front().hash) {
      this->input().fail(record.failure_here("a leaf has more entries than fit"));
      return false;
    }
    items_.push_back(made);
    return true;
  }
  [[nodiscard]] const std::vector<item>& items() const noexcept { return items_; }

 private:
  [[nodiscard]] bool read(const column_part& part, bool is_key, const record_bytes& record, packed_view& view,
                          Ref& blob) {
    view = {part.data, static_cast<std::size_t>(part.size), part.kind};
    if (part.data == nullptr && !read_blob(part, record, view, blob)) return false;
    const char* const wrong = Collections::wrong(view, is_key);
    if (wrong != nullptr) this->input().fail(record.failure_here(wrong));
    return wrong == nullptr;
  }
  [[nodiscard]] bool read_blob(const column_part& part, const record_bytes& record, packed_view& view, Ref& blob) {
    if (is_collection(part.kind)) return read_collection(part, record, view, blob);
    Ref& known = blobs_[part.link];
    if (known == Ref{}) {
      std::vector<std::byte> bytes;
      if (!this->input().gather(part.link, part.size, record, bytes)) return false;
      known = make_blob(this->memory_, {bytes.data(), bytes.size(), part.kind});
      if (known == Ref{}) return this->ran_out();
    }
    view = view_of_blob(this->memory_.address(known), part.kind);
    blob = known;
    if (view.size == part.size) return true;
    this->input().fail(record.failure_here("a value has another length than its record"));
    return false;
  }

  [[nodiscard]] bool read_collection(const column_part& part, const record_bytes& record, packed_view& view,
                                     Ref& blob) {
    if constexpr (Collections::allowed) {
      blob = collections_.load(part, record);
      if (blob == Ref{}) return collections_.out_of_space() && this->ran_out();
      view = view_of_blob(this->memory_.address(blob), part.kind);
      return true;
    } else {
      this->input().fail(record.failure_here("a collection stands where none may be"));
      return false;
    }
  }

  std::vector<item> items_;
  paged_array<Ref> blobs_;
  [[no_unique_address]] Collections collections_;
};

}  // namespace coppice::detail
