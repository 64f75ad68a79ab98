// Instantiates the core's templates with the arena's allocator and packed leaves, as a store does, so that the wasm32
// test compiles and links their code and does not only read their declarations. Never run.
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "coppice/detail/trie_join.hpp"
#include "src/arena/allocator.hpp"

namespace coppice::wasm_test {

using memory = arena::allocator;
using leaf = detail::packed_leaf<arena::ref>;

[[gnu::used]] bool find(const memory& nodes, const leaf& how, arena::ref root, const leaf::key_type& key) noexcept {
  return detail::trie_find(nodes, how, root, key).has_value() && detail::trie_size(nodes, root) > 0;
}

[[gnu::used]] arena::ref edit(memory& nodes, const leaf& how, arena::ref root, const leaf::key_type& key,
                              const leaf::value_type& value) noexcept {
  root = detail::trie_set(nodes, how, root, key, value).root;
  root = detail::trie_update(nodes, how, root, key, [&](const leaf::value_type*) noexcept {
           return detail::update_decision<leaf::value_type>{detail::update_action::set, value};
         }).root;
  return detail::trie_erase(nodes, how, root, key).root;
}

[[gnu::used]] arena::ref build(memory& nodes, const leaf& how, const leaf::item* items, std::uint32_t count) noexcept {
  return detail::trie_build(nodes, how, items, count).root;
}

[[gnu::used]] std::uint64_t walk(const memory& nodes, const leaf& how, arena::ref older, arena::ref newer) noexcept {
  std::uint64_t seen = 0;
  (void)detail::trie_for_each(nodes, how, newer, [&](const leaf::entry&) noexcept {
    ++seen;
    return true;
  });
  detail::trie_cursor<memory, leaf> cursor(nodes, newer);
  for (; !cursor.done(); cursor.advance()) seen += cursor.entry().key.size;
  detail::trie_diff_cursor<memory, leaf> diff(nodes, how, older, newer);
  detail::diff_change<leaf> change;
  while (diff.next(change)) ++seen;
  return seen + (detail::trie_check(nodes, how, newer).broken == nullptr ? 1 : 0);
}

[[gnu::used]] arena::ref join(memory& nodes, const leaf& how, arena::ref left, arena::ref right) noexcept {
  return detail::trie_join(nodes, how, detail::join_operation::set_union, left, right,
                           [](const auto&, const auto&) noexcept { return detail::join_side::left; })
      .root;
}

}  // namespace coppice::wasm_test
