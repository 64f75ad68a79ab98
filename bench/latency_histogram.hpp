// A histogram of durations with a bounded relative error: 64 linear buckets per power of two (at most 1.6 % too high).
// Recording costs a few instructions and touches no new memory, so the measured loop is not disturbed.
//
// Thread safety: none; one thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace coppice::bench {

class latency_histogram {
 public:
  latency_histogram() : counts_(bucket_count, 0) {}

  void record(std::uint64_t ns) noexcept {
    ++counts_[bucket_of(ns)];
    ++total_;
    max_ = std::max(max_, ns);
  }
  void add(const latency_histogram& other) noexcept {
    for (std::size_t i = 0; i < bucket_count; ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ = std::max(max_, other.max_);
  }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

  /// Smallest duration that at least this share of all do not exceed, rounded up to its bucket's end.
  [[nodiscard]] std::uint64_t quantile(double share) const noexcept {
    const double wanted = share * static_cast<double>(total_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
      seen += counts_[i];
      if (seen != 0 && static_cast<double>(seen) >= wanted) return std::min(last_of(i), max_);
    }
    return max_;
  }

 private:
  static constexpr unsigned sub_bits = 6;
  static constexpr std::size_t bucket_count = std::size_t{64 - sub_bits + 1} << sub_bits;

  // Bucket b of group g >= 1 holds durations whose highest bit is sub_bits + g - 1; group 0 holds those below
  // 2^sub_bits.
  static std::size_t bucket_of(std::uint64_t ns) noexcept {
    const auto width = static_cast<unsigned>(std::bit_width(ns));
    if (width <= sub_bits) return ns;
    const unsigned shift = width - sub_bits - 1;
    return (std::size_t{shift + 1} << sub_bits) + ((ns >> shift) & ((1U << sub_bits) - 1));
  }
  static std::uint64_t last_of(std::size_t bucket) noexcept {
    const std::size_t group = bucket >> sub_bits;
    if (group == 0) return bucket;
    const std::uint64_t mantissa = (std::uint64_t{1} << sub_bits) | (bucket & ((1U << sub_bits) - 1));
    return ((mantissa + 1) << (group - 1)) - 1;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace coppice::bench
