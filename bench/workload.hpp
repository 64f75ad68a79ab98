// The entries of the store suite: 18-character keys in shuffled order, values of one size, and a checksum over what was
// read.
//
// Entry i is the i-th one inserted; its key is a number drawn from a random permutation, so that neither side sees
// sorted keys. Lookups come in a second random order and their keys lie side by side in that order: fetching the key to
// ask for is a sequential read and costs both sides nothing.
//
// A value begins with a stamp made of entry and generation (how often it was rewritten: an update always changes bytes)
// and continues with a fixed pattern. The checksum of a value takes its first and its last eight bytes: enough that no
// read can be left out, little enough to add but a nanosecond to both sides; the expected sum of any sequence of reads
// can be computed.
//
// Thread safety: a workload is immutable once built; a value_buffer belongs to one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace coppice::bench {

using bytes_view = std::span<const std::byte>;

[[nodiscard]] inline std::uint64_t mix64(std::uint64_t x) noexcept {  // the finalizer of splitmix64
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Precondition: at least 8 bytes.
[[nodiscard]] inline std::uint64_t checksum_of(bytes_view bytes) noexcept {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::memcpy(&first, bytes.data(), sizeof first);
  std::memcpy(&last, bytes.data() + bytes.size() - sizeof last, sizeof last);
  return first + 3 * last;
}

/// Goes round and round through [0, size), from `first` on.
class ring_index {
 public:
  explicit ring_index(std::size_t size, std::size_t first = 0) noexcept : size_(size), at_(first) {}
  [[nodiscard]] std::size_t next() noexcept {
    const std::size_t here = at_;
    if (++at_ == size_) at_ = 0;
    return here;
  }

 private:
  std::size_t size_;
  std::size_t at_;
};

class workload {
 public:
  static constexpr std::size_t key_bytes = 18;

  /// Precondition: value_bytes is a multiple of 8 and at least 8.
  workload(std::size_t entries, std::size_t value_bytes) : entries_(entries), value_bytes_(value_bytes) {
    if (value_bytes < 8 || value_bytes % 8 != 0) throw std::invalid_argument("value size must be a multiple of 8");
    std::mt19937_64 random(entries * 31 + value_bytes);
    std::vector<std::uint32_t> numbers(entries);
    std::iota(numbers.begin(), numbers.end(), 0U);
    std::shuffle(numbers.begin(), numbers.end(), random);
    keys_.resize(entries * key_bytes);
    for (std::size_t i = 0; i < entries; ++i) write_key(keys_.data() + i * key_bytes, numbers[i]);

    lookups_.resize(entries);
    std::iota(lookups_.begin(), lookups_.end(), 0U);
    std::shuffle(lookups_.begin(), lookups_.end(), random);
    lookup_keys_.resize(entries * key_bytes);
    for (std::size_t j = 0; j < entries; ++j) {
      std::memcpy(lookup_keys_.data() + j * key_bytes, keys_.data() + lookups_[j] * key_bytes, key_bytes);
    }
  }

  [[nodiscard]] std::size_t entries() const noexcept { return entries_; }
  [[nodiscard]] std::size_t value_bytes() const noexcept { return value_bytes_; }
  [[nodiscard]] std::string_view key(std::size_t entry) const noexcept {
    return {keys_.data() + entry * key_bytes, key_bytes};
  }
  /// The entry that lookup `turn` asks for, and its key. Precondition: turn < entries().
  [[nodiscard]] std::size_t lookup_entry(std::size_t turn) const noexcept { return lookups_[turn]; }
  [[nodiscard]] std::string_view lookup_key(std::size_t turn) const noexcept {
    return {lookup_keys_.data() + turn * key_bytes, key_bytes};
  }

  [[nodiscard]] static std::uint64_t stamp(std::size_t entry, std::uint64_t generation) noexcept {
    return mix64(entry ^ (generation << 32U));
  }
  [[nodiscard]] static std::byte pattern(std::size_t offset) noexcept {
    return static_cast<std::byte>((offset * 131 + 7) & 0xffU);
  }
  /// Sum of the checksums of `count` lookups in generation 0, from turn `first` on, taken round and round.
  [[nodiscard]] std::uint64_t expected_lookup_sum(std::size_t count, std::size_t first = 0) const;
  /// Sum of the checksums of all entries in generation 0.
  [[nodiscard]] std::uint64_t expected_total() const;

 private:
  static void write_key(char* out, std::uint32_t number) noexcept {
    constexpr std::string_view prefix = "item-";
    std::memcpy(out, prefix.data(), prefix.size());
    std::uint64_t rest = number;
    for (std::size_t at = key_bytes; at > prefix.size(); --at) {
      out[at - 1] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    }
  }

  std::size_t entries_;
  std::size_t value_bytes_;
  std::vector<char> keys_;
  std::vector<std::uint32_t> lookups_;
  std::vector<char> lookup_keys_;
};

/// Makes values in place: only the stamp is written for each, so making a long value costs no more than a short one.
class value_buffer {
 public:
  explicit value_buffer(const workload& work) : bytes_(work.value_bytes()) {
    for (std::size_t offset = 8; offset < bytes_.size(); ++offset) bytes_[offset] = workload::pattern(offset);
  }
  /// Valid until the next call.
  [[nodiscard]] bytes_view make(std::size_t entry, std::uint64_t generation) noexcept {
    const std::uint64_t stamp = workload::stamp(entry, generation);
    std::memcpy(bytes_.data(), &stamp, sizeof stamp);
    return bytes_;
  }

 private:
  std::vector<std::byte> bytes_;
};

inline std::uint64_t workload::expected_lookup_sum(std::size_t count, std::size_t first) const {
  value_buffer values(*this);
  std::uint64_t sum = 0;
  ring_index turns(entries_, first);
  for (std::size_t k = 0; k < count; ++k) sum += checksum_of(values.make(lookup_entry(turns.next()), 0));
  return sum;
}

inline std::uint64_t workload::expected_total() const {
  value_buffer values(*this);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < entries_; ++i) sum += checksum_of(values.make(i, 0));
  return sum;
}

}  // namespace coppice::bench
