// Keys, values and elements of C++ types in records: as their codecs encode them, those of more than V bytes as records
// of their own.
//
// Thread safety: one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/codec.hpp"
#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/output.hpp"

namespace coppice::detail {

/// Values whose encoding is their bytes, hence never long.
template <class T>
inline constexpr bool packs_as_bytes = codec_detail::is_its_bytes<T>();

template <class T>
void encode_packed(const T& value, record_buffer& to) {
  if constexpr (packs_as_bytes<T>) {
    store(to.extend(sizeof(T)), value);
  } else {
    coppice::encode(value, to);
  }
}

/// Writes values of one type to columns. A value is known by its address in a node.
template <class T>
class typed_values final : public pack_encoder {
 public:
  explicit typed_values(pack_output& output) noexcept : output_(output) {}

  /// Writes records for a value that needs some. Before it is added anywhere.
  void prepare(const T& value) {
    if constexpr (!packs_as_bytes<T>) {
      const std::size_t size = encoded(value).size();
      if (size <= pack_max_inline) return;
      std::vector<node_number> numbers(1);
      if (size > pack_piece_bytes) {
        for (std::uint64_t piece = 1; (piece - 1) * pack_piece_bytes < size; ++piece) {
          numbers.push_back(output_.put(address(value), piece, *this));
        }
      }
      // Pieces before the whole, which has links to them.
      std::vector<node_number>& kept = large_[&value] = std::move(numbers);
      kept[0] = output_.put(address(value), whole, *this);
    }
  }

  /// Adds a value to a column.
  void add(const T& value, const record_place& place, column_writer& to) {
    record_buffer& bytes = to.bytes();
    const std::size_t before = bytes.size();
    encode_packed(value, bytes);
    const std::size_t size = bytes.size() - before;
    if (packs_as_bytes<T> || size <= pack_max_inline) return to.added(value_kind::bytes, size);
    bytes.cut(before);
    to.add_link(value_kind::bytes, size, place.link(large_.at(&value)[0]));
  }

  bool encode(const std::byte* node, std::uint64_t part, const record_place& place, record_buffer& to) override {
    const T& value = *reinterpret_cast<const T*>(node);
    const std::span<const std::byte> bytes = encoded(value);
    if (part == whole && bytes.size() > pack_piece_bytes) {
      to.put_u8(static_cast<std::uint8_t>(record_kind::pieces));
      to.put_count(bytes.size());
      const std::vector<node_number>& numbers = large_.at(&value);
      for (std::size_t i = 1; i < numbers.size(); ++i) to.put_count(place.link(numbers[i]));
      return true;
    }
    const std::size_t from = part == whole ? 0 : static_cast<std::size_t>(part - 1) * pack_piece_bytes;
    const std::span<const std::byte> cut = bytes.subspan(from, std::min(bytes.size() - from, pack_piece_bytes));
    to.put_u8(static_cast<std::uint8_t>(record_kind::blob));
    to.put_count(cut.size());
    to.append(cut);
    return false;
  }

 private:
  static constexpr std::uint64_t whole = ~std::uint64_t{0};  // as a part; others are pieces, from 1 on

  [[nodiscard]] static const std::byte* address(const T& value) noexcept {
    return reinterpret_cast<const std::byte*>(&value);
  }
  [[nodiscard]] std::span<const std::byte> encoded(const T& value) {
    if (encoded_is_ != &value) {
      encoded_is_ = nullptr;
      encoded_.clear();
      encode_packed(value, encoded_);
      encoded_is_ = &value;
    }
    return encoded_.bytes();
  }

  pack_output& output_;
  std::unordered_map<const T*, std::vector<node_number>> large_;  // numbers of the whole, then of its pieces
  record_buffer encoded_;
  const T* encoded_is_ = nullptr;
};

/// Decodes what stands in a column, or in the record that it leads to. Nothing: the input knows why. `at`: the record.
template <class T>
[[nodiscard]] std::optional<T> decode_packed(pack_input& input, const column_part& part, const record_bytes& at) {
  std::vector<std::byte> gathered;
  if (part.kind != value_kind::bytes) {
    input.fail(at.failure_here("an encoded element is of another kind than bytes"));
    return std::nullopt;
  }
  const auto bytes = input.bytes_of(part, at, gathered);
  if (!bytes) return std::nullopt;
  if constexpr (packs_as_bytes<T>) {
    if (bytes->size() != sizeof(T)) {
      input.fail(at.failure_here("a number has another size than its type"));
      return std::nullopt;
    }
    return load<T>(bytes->data());
  } else {
    result<T> decoded = decode<T>(*bytes, input.limits().max_nesting);
    if (!decoded) {
      input.fail(at.failure_here(decoded.why().reason));
      return std::nullopt;
    }
    return *std::move(decoded);
  }
}

}  // namespace coppice::detail
