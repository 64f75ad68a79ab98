// Runs: keys and values as kinds and bytes, one after the other, as packs are made of them and read into versions.
//
// An entry of a map is two parts, key and value; one of a set, too: its value is null. A part is two words, kind and
// size, and its bytes, filled up to a multiple of four. The bytes of a large one do not stand there: its kind has
// blob_flag, and one word follows instead, the address of the bytes where they are, or, when a run is given to a
// worker, the ref of the blob that they were put in. A run ends with the entry that has such parts.
//
// Thread safety: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/copy.hpp"
#include "coppice/detail/packed_entry.hpp"
#include "src/worker/exchange.hpp"

namespace coppice::worker {

/// Larger parts do not stand in a run.
inline constexpr std::size_t run_part_bytes = std::size_t{8} * 1024;
/// In the place of a value: the key is to be removed.
inline constexpr std::uint32_t absent_kind = 0x1f;

class run_writer {
 public:
  explicit run_writer(std::span<std::byte> room) noexcept : room_(room) {}

  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  /// Where the entry begins that has large parts; size() if none has.
  [[nodiscard]] std::uint32_t large_at() const noexcept { return has_large_ ? entry_at_ : size_; }
  /// Whether another entry may be put.
  [[nodiscard]] bool has_room() const noexcept { return !has_large_ && room_.size() - size_ >= entry_bytes; }
  /// Begins the next entry. Precondition: has_room().
  void begin() noexcept {
    entry_at_ = size_;
    ++count_;
  }
  /// One of at most two parts of an entry. The bytes of a large one stay where they are until the run was used.
  void put(std::uint32_t kind, const std::byte* data, std::size_t size) noexcept {
    const bool is_large = size > run_part_bytes;
    put_word(is_large ? kind | blob_flag : kind);
    put_word(static_cast<std::uint32_t>(size));
    if (is_large) {
      has_large_ = true;
      put_word(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(data)));
      return;
    }
    detail::copy_bytes(room_.data() + size_, data, size);
    size_ += static_cast<std::uint32_t>((size + 3) & ~std::size_t{3});
  }
  void put(const detail::packed_view& part) noexcept {
    put(static_cast<std::uint32_t>(part.kind), part.data, part.size);
  }

 private:
  static constexpr std::size_t entry_bytes = 2 * (run_part_bytes + 16);

  void put_word(std::uint32_t word) noexcept {
    detail::store(room_.data() + size_, word);
    size_ += sizeof(word);
  }

  std::span<std::byte> room_;
  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t entry_at_ = 0;
  bool has_large_ = false;
};

/// A part as it stands in a run.
struct run_part {
  std::uint32_t kind = 0;
  std::uint32_t size = 0;
  const std::byte* data = nullptr;  // of a large one the word that stands for its bytes

  [[nodiscard]] bool is_large() const noexcept { return (kind & blob_flag) != 0; }
  [[nodiscard]] value_kind value() const noexcept { return static_cast<value_kind>(kind & ~blob_flag); }
};

class run_reader {
 public:
  explicit run_reader(std::span<const std::byte> run) noexcept : left_(run) {}
  /// False: the run is at its end.
  [[nodiscard]] bool next(run_part& part) noexcept {
    constexpr std::size_t head = 2 * sizeof(std::uint32_t);
    if (left_.size() < head) return false;
    part = {detail::load<std::uint32_t>(left_.data()), detail::load<std::uint32_t>(left_.data() + 4),
            left_.data() + head};
    const std::size_t bytes = part.is_large() ? sizeof(std::uint32_t) : (part.size + 3) & ~std::size_t{3};
    if (left_.size() - head < bytes) return false;
    left_ = left_.subspan(head + bytes);
    return true;
  }

 private:
  std::span<const std::byte> left_;
};

}  // namespace coppice::worker
