// The functions of the WebAssembly module that are about two maps or sets: equality, joins, differences; and content
// hashes.
//
// Thread safety: a worker calls with its own area.
#include <new>

#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_join.hpp"
#include "src/worker/area.hpp"

namespace coppice::worker {

// ---- two versions

/// 1 if two versions have the same content.
COPPICE_EXPORT(map_equal)
std::uint32_t export_map_equal(worker_area* worker, std::uint32_t a, std::uint32_t b) {
  heap& held = worker->held;
  return detail::trie_equal(worker->nodes(), worker->tries().leaf(), held.at(a).root, held.at(b).root) ? 1 : 0;
}

/// A hash of the content that does not depend on the memory's seed: the sum of one for each entry.
COPPICE_EXPORT(map_hash) std::uint32_t export_map_hash(worker_area* worker, std::uint32_t index) {
  constexpr detail::seeded_hash of_key{0x243f6a8885a308d3U}, of_value{0x13198a2e03707344U};
  std::uint64_t sum = 0;
  (void)detail::trie_for_each(worker->nodes(), worker->tries().leaf(), worker->held.at(index).root,
                              [&](const leaf_policy::entry& entry) {
                                const auto& [key, value] = entry;
                                sum += detail::fold_multiply(of_key(key.kind, key.data, key.size),
                                                             of_value(value.kind, value.data, value.size) | 1U);
                              });
  return static_cast<std::uint32_t>(sum ^ (sum >> 32));
}

/// Joins two versions into `into`, an empty one. `operation`: 0 union, 1 intersection, 2 difference; `side`: whose
/// value stays where both have the key, 0 the first. A status.
COPPICE_EXPORT(map_join)
std::uint32_t export_map_join(worker_area* worker, std::uint32_t into, std::uint32_t a, std::uint32_t b,
                              std::uint32_t operation, std::uint32_t side) {
  return with_room(*worker, [&]() -> std::uint32_t {
    heap& held = worker->held;
    // The result has nodes of both.
    held.at(a).token = held.at(b).token = 0;
    version& made = held.at(into);
    space nodes(held.edit(made));
    const auto stays = side == 0 ? detail::join_side::left : detail::join_side::right;
    const auto joined =
        detail::trie_join(nodes, worker->tries().leaf(), static_cast<detail::join_operation>(operation),
                          held.at(a).root, held.at(b).root, [&](const auto&, const auto&) noexcept { return stays; });
    if (joined.ok) made.root = joined.root;
    held.edited(made);
    if (!joined.ok) return out_of_space;
    return made.root == held.at(a).root ? unchanged : replaced;
  });
}

// ---- differences

using diff_cursor = detail::trie_diff_cursor<view, leaf_policy>;
static_assert(sizeof(diff_cursor) <= sizeof(worker_area::cursor));

/// Begins to compare two versions; the place is kept in the worker's cursor.
COPPICE_EXPORT(diff_begin)
void export_diff_begin(worker_area* worker, std::uint32_t older, std::uint32_t newer) {
  new (worker->cursor)
      diff_cursor(worker->nodes(), worker->tries().leaf(), worker->held.at(older).root, worker->held.at(newer).root);
}
/// Where the cursor lies, and its bytes: they may be saved and put back, so that several comparisons can go on.
COPPICE_EXPORT(cursor) std::byte* export_cursor(worker_area* worker) { return worker->cursor; }
COPPICE_EXPORT(cursor_bytes) std::uint32_t export_cursor_bytes() { return sizeof(diff_cursor); }

/// At most `most` changes, two rows of the batch for each: key and newer value, kind of the change and older value.
/// Returns how many changes; 0: there are no more.
COPPICE_EXPORT(diff_next) std::uint32_t export_diff_next(worker_area* worker, std::uint32_t most) {
  auto* const cursor = reinterpret_cast<diff_cursor*>(worker->cursor);
  batch& to = worker->exchange.batch;
  to.count = to.text_size = 0;
  detail::diff_change<leaf_policy> change;
  // An entry takes at most three texts; what may not fit any more waits for the next batch.
  constexpr std::uint32_t longest = 3 * (text_bytes / 16);
  while (to.count + 2 <= batch_entries && to.count < 2 * most && to.text_size + longest <= text_bytes &&
         cursor->next(change)) {
    std::uint32_t kinds[3] = {};
    (void)put(to, to.parts[to.count][0], kinds[0], change.key);
    (void)put(to, to.parts[to.count][1], kinds[1], change.after);
    to.kinds[to.count++] = static_cast<std::uint16_t>(kinds[0] | (kinds[1] << kind_bits));
    to.parts[to.count][0].number = static_cast<double>(change.kind);
    (void)put(to, to.parts[to.count][1], kinds[2], change.before);
    to.kinds[to.count++] = static_cast<std::uint16_t>(number_kind | (kinds[2] << kind_bits));
  }
  return to.count / 2;
}

}  // namespace coppice::worker
