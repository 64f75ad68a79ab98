// See batch.hpp.
#include "src/store/batch.hpp"

#include <algorithm>
#include <cassert>

namespace coppice::store_detail {

namespace {

constexpr unsigned bucket_bits = 16;  // of the hash's first bits: about 16 entries a bucket in a full batch
constexpr std::size_t worth_buckets = 4096;

}  // namespace

void batch::hash_all(std::span<const key_value> entries) {
  places_.clear();
  places_.reserve(entries.size());
  for (const key_value& entry : entries) {
    places_.push_back({leaf_.hash(packed_of(entry.key)), static_cast<std::uint32_t>(places_.size())});
  }
}

/// By hash, then in the order given. A pass over the first bits of the hash, then small sorts.
void batch::sort_places() {
  const auto before = [](const place& a, const place& b) noexcept {
    return a.hash != b.hash ? a.hash < b.hash : a.index < b.index;
  };
  if (places_.size() < worth_buckets) {
    std::sort(places_.begin(), places_.end(), before);
    return;
  }
  const auto bucket_of = [](const place& at) noexcept { return at.hash >> (64 - bucket_bits); };
  std::vector<std::uint32_t> ends(std::size_t{1} << bucket_bits, 0);
  for (const place& each : places_) ++ends[bucket_of(each)];
  std::uint32_t sum = 0;
  for (std::uint32_t& end : ends) {
    const std::uint32_t size = end;
    end = sum;
    sum += size;
  }
  sorted_places_.resize(places_.size());
  for (const place& each : places_) sorted_places_[ends[bucket_of(each)]++] = each;
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    std::sort(sorted_places_.begin() + begin, sorted_places_.begin() + end, before);
    begin = end;
  }
  places_.swap(sorted_places_);
}

/// Puts places of equal hashes, most of them of equal keys, into the order of their keys, equal keys as they were
/// given.
void batch::order_collisions(std::span<const key_value> entries) {
  const auto before = [entries](const place& a, const place& b) noexcept {
    const int order = packed_of(entries[a.index].key).compare(packed_of(entries[b.index].key));
    return order != 0 ? order < 0 : a.index < b.index;
  };
  for (auto first = places_.begin(); first != places_.end();) {
    const auto other_hash = [first](const place& at) noexcept { return at.hash != first->hash; };
    const auto last = std::find_if(first, places_.end(), other_hash);
    if (last - first > 1) std::sort(first, last, before);
    first = last;
  }
}

void batch::sort_next() {
  std::span<const key_value> entries = rest_.first(std::min(rest_.size(), most_entries));
  rest_ = rest_.subspan(entries.size());
  const auto is_double = [](const key_value& entry) noexcept { return entry.key.kind() == value_kind::float64; };
  if (std::any_of(entries.begin(), entries.end(), is_double)) {
    normalised_.assign(entries.begin(), entries.end());
    for (key_value& entry : normalised_) entry.key = entry.key.as_key();
    entries = normalised_;
  }
  hash_all(entries);
  sort_places();
  order_collisions(entries);
  items_.clear();
  items_.reserve(entries.size());
  constexpr std::size_t ahead = 8;  // entries that are on their way into the cache
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (i + ahead < places_.size()) {
      const key_value& next = entries[places_[i + ahead].index];
      __builtin_prefetch(&next.key);
      __builtin_prefetch(&next.value);
    }
    const key_value& entry = entries[places_[i].index];
    items_.push_back({places_[i].hash, packed_of(entry.key), packed_of(entry.value), ref{}, ref{}});
  }
  const auto same_key = [](const batch_item& a, const batch_item& b) noexcept {
    return a.hash == b.hash && a.key.same_as(b.key);
  };
  // Backwards, so that the one kept of each run is its last.
  const auto kept = std::unique(items_.rbegin(), items_.rend(), same_key);
  items_.erase(items_.begin(), kept.base());
}

}  // namespace coppice::store_detail
