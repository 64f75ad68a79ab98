// See maps.hpp.
#include "src/worker/maps.hpp"

namespace coppice::worker {

detail::trie_change maps::set_by_path(version& in, space& nodes, const item& added,
                                      const old_value_sink& before) noexcept {
  detail::trie_editor<space, leaf_policy> editor(nodes, leaf_, in.root, added.hash);
  detail::edit_result<ref> made{in.root, detail::trie_change::none};
  if (!editor.locate(added.key) || before(editor.found().value)) made = editor.set(added);
  in.root = made.root;
  heap_.edited(in);
  return made.change;
}

detail::trie_change maps::erase(version& from, const packed_key& key, std::uint64_t hash,
                                const old_value_sink& before) noexcept {
  space nodes(heap_.edit(from));
  detail::trie_editor<space, leaf_policy> editor(nodes, leaf_, from.root, hash);
  detail::edit_result<ref> made{from.root, detail::trie_change::none};
  if (editor.locate(key) && before(editor.found().value)) made = editor.erase();
  from.root = made.root;
  heap_.edited(from);
  return made.change;
}

}  // namespace coppice::worker
