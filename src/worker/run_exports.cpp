// The functions of the WebAssembly module by which packs are made and read: entries and elements as they are encoded,
// many at a time, in runs (run.hpp) that stand in the input.
//
// A run that was read is `reply.size` bytes long; at `reply.data` the entry begins that has large parts, or the run
// ends.
//
// Thread safety: a worker calls with its own area.
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "src/worker/cells.hpp"
#include "src/worker/run.hpp"

namespace coppice::worker {

namespace {

run_writer begin_run(worker_area& worker) noexcept { return run_writer({worker.exchange.input, input_bytes}); }

std::uint32_t end_run(worker_area& worker, const run_writer& run) noexcept {
  worker.exchange.reply.size = run.size();
  worker.exchange.reply.data = run.large_at();
  return run.count();
}

/// A part of a run that was given, its blob if it is large.
packed_key part_of(const worker_area& worker, const run_part& part, ref& blob) noexcept {
  if (!part.is_large()) return {part.data, part.size, part.value()};
  blob = detail::load<ref>(part.data);
  return detail::view_of_blob(worker.held.map().at(blob), part.value());
}

/// The cell of an element of a run; false: no space.
bool cell_of(worker_area& worker, const run_part& part, cell& made) noexcept {
  if (part.is_large()) {
    made = cell::of_blob(part.value(), detail::load<ref>(part.data));
    return true;
  }
  const packed_value element{part.data, part.size, part.value()};
  if (double number = 0; read_number(element, number)) {
    made = cell::of_number(number);
    return true;
  }
  return make_cell(worker, element, made);
}

/// Puts an element into a run.
void put_cell(const worker_area& worker, const cell& held, run_writer& to) noexcept {
  if (held.is_number()) {
    const encoded_number number(held.number(), false);
    to.put({reinterpret_cast<const std::byte*>(&number.bits), sizeof(number.bits), number.kind});
  } else if (held.is_blob()) {
    to.put(detail::view_of_blob(worker.held.map().at(held.blob()), held.kind()));
  } else {
    const std::size_t size = held.kind() == value_kind::string_ascii ? held.text_size() : 0;
    to.put({reinterpret_cast<const std::byte*>(&held.bits), size, held.kind()});
  }
}

}  // namespace

// ---- reading versions

/// Entries of a version, from the one on that has `from` others before it. Returns how many; 0: there are no more.
COPPICE_EXPORT(run_entries)
std::uint32_t export_run_entries(worker_area* worker, std::uint32_t index, std::uint32_t from) {
  run_writer to = begin_run(*worker);
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
      if (!to.has_room()) return end_run(*worker, to);
      const auto entry = place.get(worker->nodes());
      to.begin();
      to.put(entry.key);
      to.put(entry.value);
    }
  }
  return end_run(*worker, to);
}

/// The next differences that diff_begin() looks for: keys with their newer values, or with absent_kind in its place.
/// Returns how many; 0: there are no more.
COPPICE_EXPORT(run_differences)
std::uint32_t export_run_differences(worker_area* worker) {
  auto* const cursor = reinterpret_cast<detail::trie_diff_cursor<view, leaf_policy>*>(worker->cursor);
  run_writer to = begin_run(*worker);
  detail::diff_change<leaf_policy> change;
  while (to.has_room() && cursor->next(change)) {
    to.begin();
    to.put(change.key);
    if (change.kind == detail::diff_kind::removed) {
      to.put(absent_kind, nullptr, 0);
    } else {
      to.put(change.after);
    }
  }
  return end_run(*worker, to);
}

/// At most `most` elements of a vector, from a position on. Returns how many.
COPPICE_EXPORT(run_elements)
std::uint32_t export_run_elements(worker_area* worker, std::uint32_t index, std::uint32_t from, std::uint32_t most) {
  const version& in = worker->held.at(index);
  const vectors all(worker->held);
  run_writer to = begin_run(*worker);
  const std::uint32_t size = vectors::size(in);
  if (most > size - from) most = size - from;
  while (to.count() < most && to.has_room()) {
    const auto chunk = all.chunk_at(in, from + to.count());
    const cell* at = chunk.data + (from + to.count() - chunk.first);
    for (const cell* const end = chunk.data + (chunk.end - chunk.first);
         at != end && to.count() < most && to.has_room(); ++at) {
      to.begin();
      put_cell(*worker, *at, to);
    }
  }
  return end_run(*worker, to);
}

/// The leaves of a vector from a position on, which begins one: two words in the input for each, its address and how
/// many elements it has of the version. Returns how many leaves.
COPPICE_EXPORT(vector_leaves)
std::uint32_t export_vector_leaves(worker_area* worker, std::uint32_t index, std::uint32_t from) {
  const version& in = worker->held.at(index);
  const vectors all(worker->held);
  std::uint32_t count = 0;
  for (std::uint64_t at = from; at < vectors::size(in) && count < input_bytes / 8; ++count) {
    const auto chunk = all.chunk_at(in, static_cast<std::uint32_t>(at));
    const std::uint32_t words[] = {address_of(chunk.data), static_cast<std::uint32_t>(chunk.end - chunk.first)};
    std::memcpy(worker->exchange.input + count * sizeof(words), words, sizeof(words));
    at = chunk.end;
  }
  return count;
}

// ---- making versions

/// Stores the entries that stand at `from` in the input, so many bytes, in a version; removes keys whose value has
/// absent_kind. A status, unchanged if all went well.
COPPICE_EXPORT(run_store)
std::uint32_t export_run_store(worker_area* worker, std::uint32_t index, std::uint32_t from, std::uint32_t bytes) {
  run_reader run({worker->exchange.input + from, bytes});
  run_part key_part, value_part;
  while (run.next(key_part) && run.next(value_part)) {
    item entry;
    entry.key = part_of(*worker, key_part, entry.key_blob);
    const bool removed = value_part.kind == absent_kind;
    if (!removed) entry.value = part_of(*worker, value_part, entry.value_blob);
    entry.hash = worker->tries().leaf().hash(entry.key);
    const std::uint32_t status = with_given(*worker, [&] {
      version& in = worker->held.at(index);
      constexpr old_value_sink nobody{nullptr, nullptr};
      return status_of(removed ? worker->tries().erase(in, entry.key, entry.hash, nobody)
                               : worker->tries().set(in, entry, nobody));
    });
    if (status == out_of_space) return status;
  }
  return unchanged;
}

/// Puts the elements that stand at `from` in the input, so many bytes, in the place of those from a position on, and
/// appends what there is no place for. Returns the position after them; ~0: there is no space.
COPPICE_EXPORT(run_place)
std::uint32_t export_run_place(worker_area* worker, std::uint32_t index, std::uint32_t from, std::uint32_t bytes,
                               std::uint32_t position) {
  run_reader run({worker->exchange.input + from, bytes});
  run_part part;
  for (; run.next(part); ++position) {
    const std::uint32_t status = with_given(*worker, [&]() -> std::uint32_t {
      cell given_cell;
      vectors all(worker->held);
      version& in = worker->held.at(index);
      if (position >= vectors::size(in)) {
        if (!cell_of(*worker, part, given_cell)) return out_of_space;
        return all.push_in_place(in, given_cell) || all.push(in, given_cell) ? unchanged : out_of_space;
      }
      const cell old = all.at(in, position);
      if (old.is_blob() && !part.is_large()) {  // without a new blob, if it would be the same
        const auto held = detail::view_of_blob(worker->held.map().at(old.blob()), old.kind());
        if (held.same_as({part.data, part.size, part.value()})) return unchanged;
      }
      if (!cell_of(*worker, part, given_cell)) return out_of_space;
      if (same_cell(*worker, old, given_cell)) return unchanged;
      cell* const place = all.own_place(in, position);
      if (place == nullptr) return all.set(in, position, given_cell) ? unchanged : out_of_space;
      *place = given_cell;
      return unchanged;
    });
    if (status == out_of_space) return ~std::uint32_t{0};
  }
  return position;
}

}  // namespace coppice::worker
