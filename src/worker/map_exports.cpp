// The functions of the WebAssembly module that are about maps and sets. See exchange.hpp for how arguments and answers
// are handed over.
//
// Thread safety: a worker calls with its own area.
#include "coppice/detail/trie_cursor.hpp"
#include "src/worker/area.hpp"

namespace coppice::worker {

COPPICE_EXPORT(map_size) std::uint32_t export_map_size(worker_area* worker, std::uint32_t index) {
  return static_cast<std::uint32_t>(worker->tries().size(worker->held.at(index)));
}

/// The kind of a value, which is in the reply; -1: the key is missing.
COPPICE_EXPORT(map_get)
[[gnu::flatten]] std::int32_t export_map_get(worker_area* worker, std::uint32_t index, std::uint32_t kind,
                                             std::uint32_t size, double number) {
  encoded_number as_number;
  packed_key key;
  if (kind == number_kind) {
    as_number = encoded_number(number, true);
    key = {reinterpret_cast<const std::byte*>(&as_number.bits), sizeof(as_number.bits), as_number.kind};
  } else {
    key = given(*worker, worker->exchange.input, kind, size);
  }
  const auto found = worker->tries().find(worker->held.at(index), key);
  return found ? static_cast<std::int32_t>(answer(worker->exchange.reply, *found)) : -1;
}

/// The same for a key of up to eight ASCII characters, which comes as two words: nothing is written for it.
COPPICE_EXPORT(map_get_short)
[[gnu::flatten]] std::int32_t export_map_get_short(worker_area* worker, std::uint32_t index, std::uint32_t size,
                                                   std::uint32_t low, std::uint32_t high) {
  const detail::short_key key{low | (std::uint64_t{high} << 32), size, value_kind::string_ascii};
  const auto found = worker->tries().find(worker->held.at(index), key);
  return found ? static_cast<std::int32_t>(answer(worker->exchange.reply, *found)) : -1;
}

namespace {

/// Keeps the old value where it can be read afterwards.
struct keeper {
  struct exchange* at;
  const packed_value* given;  // null: it is removed
  bool refused = false;

  [[nodiscard]] old_value_sink sink(bool wanted) noexcept {
    if (!wanted) return {nullptr, nullptr};
    return {[](void* self, const packed_value& old) noexcept { return static_cast<keeper*>(self)->take(old); }, this};
  }

 private:
  bool take(const packed_value& old) noexcept {
    refused = (given == nullptr || !old.same_as(*given)) && !keep_old(*at, old);
    return !refused;
  }
};

std::uint32_t store_given(worker_area& worker, std::uint32_t index, const given_entry& entry,
                          std::uint32_t keep) noexcept {
  return with_given(worker, [&] {
    keeper old{&worker.exchange, &entry.get().value};
    const detail::trie_change change = worker.tries().set(worker.held.at(index), entry.get(), old.sink(keep != 0));
    return old.refused ? std::uint32_t{needs_fork} : status_of(change);
  });
}

}  // namespace

/// Stores an entry in a version. With `keep` the value that it replaces is in the reply.
COPPICE_EXPORT(map_set)
std::uint32_t export_map_set(worker_area* worker, std::uint32_t index, std::uint32_t kinds, std::uint32_t key_size,
                             double key_number, std::uint32_t value_size, double value_number, std::uint32_t keep) {
  const given_entry entry(*worker, kinds, key_size, key_number, value_size, value_number);
  return store_given(*worker, index, entry, keep);
}

/// The same for a key of up to eight ASCII characters, as above; the value stands at the beginning of the input.
COPPICE_EXPORT(map_set_short)
std::uint32_t export_map_set_short(worker_area* worker, std::uint32_t index, std::uint32_t value_kind,
                                   std::uint32_t key_size, std::uint32_t low, std::uint32_t high,
                                   std::uint32_t value_size, double value_number, std::uint32_t keep) {
  const given_entry entry(*worker, low | (std::uint64_t{high} << 32), key_size, value_kind, value_size, value_number);
  return store_given(*worker, index, entry, keep);
}

namespace {

std::uint32_t erase_given(worker_area& worker, std::uint32_t index, const given_entry& entry,
                          std::uint32_t keep) noexcept {
  return with_room(worker, [&] {
    keeper old{&worker.exchange, nullptr};
    const item& erased = entry.get();
    const detail::trie_change change =
        worker.tries().erase(worker.held.at(index), erased.key, erased.hash, old.sink(keep != 0));
    return old.refused ? std::uint32_t{needs_fork} : status_of(change);
  });
}

}  // namespace

/// Removes a key from a version; `keep` as above.
COPPICE_EXPORT(map_erase)
std::uint32_t export_map_erase(worker_area* worker, std::uint32_t index, std::uint32_t kind, std::uint32_t size,
                               double number, std::uint32_t keep) {
  const given_entry entry(*worker, kind, size, number, 0, 0);
  return erase_given(*worker, index, entry, keep);
}

/// The same for a key of up to eight ASCII characters, as above.
COPPICE_EXPORT(map_erase_short)
std::uint32_t export_map_erase_short(worker_area* worker, std::uint32_t index, std::uint32_t size, std::uint32_t low,
                                     std::uint32_t high, std::uint32_t keep) {
  const given_entry entry(*worker, low | (std::uint64_t{high} << 32), size, 0, 0, 0);
  return erase_given(*worker, index, entry, keep);
}

/// At most `most` entries of a version, from the one on that has `from` others before it; of `parts` only their keys
/// (1), their values (2) or both (3). Returns how many.
COPPICE_EXPORT(map_entries)
std::uint32_t export_map_entries(worker_area* worker, std::uint32_t index, std::uint32_t from, std::uint32_t most,
                                 std::uint32_t parts) {
  batch& to = worker->exchange.batch;
  to.count = to.text_size = 0;
  std::uint64_t before = from;
  detail::leaf_stream<view> leaves(worker->nodes(), worker->held.at(index).root, before);
  while (const std::byte* leaf = leaves.next()) {
    const std::uint32_t count = detail::count_of(leaf);
    leaf_policy::position place(leaf);
    for (std::uint32_t i = 0; i < count; ++i, place.advance()) {
      if (before != 0) {
        --before;
        continue;
      }
      if (to.count == most) return to.count;
      const auto entry = place.get(worker->nodes());
      std::uint32_t key_kind = 0, value_kind = 0;
      const std::uint32_t text_before = to.text_size;
      const bool fits = ((parts & 1U) == 0 || put(to, to.parts[to.count][0], key_kind, entry.key)) &&
                        ((parts & 2U) == 0 || put(to, to.parts[to.count][1], value_kind, entry.value));
      if (!fits) {
        to.text_size = text_before;
        return to.count;
      }
      to.kinds[to.count++] = static_cast<std::uint16_t>(key_kind | (value_kind << kind_bits));
    }
  }
  return to.count;
}

}  // namespace coppice::worker
