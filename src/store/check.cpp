// store::check(): the arena's walk, and the trie's checker on every version that is newest or pinned.
#include "src/arena/check.hpp"

#include <cstdio>

#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "src/store/state.hpp"

namespace coppice {

namespace {

class trie_visitor {
 public:
  explicit trie_visitor(store_detail::open_arena& checked) noexcept : arena_(checked) {}

  static const char* visit(void* context, store_detail::ref root, std::uint64_t& where) noexcept {
    const trie_visitor& self = *static_cast<trie_visitor*>(context);
    // The arena's walk has bounded every ref already.
    const auto checked = detail::trie_check(self.arena_.view(), self.arena_.leaf(), root);
    where = std::uint64_t{checked.where} * detail::granule_bytes;
    return checked.broken != nullptr ? checked.broken : wrong_encoding(self.arena_, root, where);
  }

 private:
  /// Keys and values whose bytes are none of their kind; `where` is the number of entries before.
  static const char* wrong_encoding(const store_detail::open_arena& arena, store_detail::ref root,
                                    std::uint64_t& where) noexcept {
    std::uint64_t seen = 0;
    const auto valid = [](const detail::packed_view& stored) {
      return is_valid_encoding(stored.kind, {stored.data, stored.size});
    };
    const bool all = detail::trie_for_each(arena.view(), arena.leaf(), root, [&](const auto& entry) {
      if (!valid(entry.key) || !valid(entry.value)) return false;
      ++seen;
      return true;
    });
    if (!all) where = seen;
    return all ? nullptr : "V1 keys and values are encoded as their kinds say; entries before the wrong one";
  }

  store_detail::open_arena& arena_;
};

}  // namespace

check_report store_detail::check_arena(open_arena& opened) {
  arena::session& session = opened.session();
  arena::control_words& words = session.map().words();
  value_or_raise(arena::acquire(session, words.writer_lock, opened.timeout_ns()), opened.name());
  const arena::held_lock writer(session, words.writer_lock);
  value_or_raise(arena::acquire(session, words.collector_lock, opened.timeout_ns()), opened.name());
  const arena::held_lock collector(session, words.collector_lock);

  trie_visitor visitor{opened};
  const arena::version_visitor each{&trie_visitor::visit, &visitor};
  const arena::check_result found = arena::check(session, &each);
  check_report report;
  if (found.broken != nullptr) report.broken = std::string(found.broken) + ", at " + std::to_string(found.where);
  const ref root = opened.root_of({words.head.load(std::memory_order_acquire)});
  report.entries = found.broken == nullptr ? detail::trie_size(opened.view(), root) : 0;
  report.nodes = found.nodes;
  report.versions = found.versions;
  report.live_bytes = found.live_bytes;
  report.garbage_bytes = found.garbage_bytes;
  report.free_bytes = found.free_bytes;
  report.owned_bytes = found.owned_bytes;
  report.orphaned_bytes = found.orphaned_bytes;
  report.control_bytes = found.control_bytes;
  return report;
}

}  // namespace coppice
