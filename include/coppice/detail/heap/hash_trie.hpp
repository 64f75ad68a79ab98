// What map and set are made of: a trie of typed leaves with its owner, its seed and its Hash.
//
// A hash_trie owns one root. Copies share it. Changes are made in place as far as nodes have no other owner, else on
// copies: `store`, `erase` and the others change this object, and whoever wants to keep the old version copies it
// first. If there is no memory, or an element throws, they throw and this object is as it was.
//
// Thread safety: any number of threads may read one object; see coppice/memory.hpp.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/heap/element_iterator.hpp"
#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/heap/trie_root.hpp"
#include "coppice/detail/heap/typed_build.hpp"
#include "coppice/detail/heap/typed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "coppice/detail/trie_join.hpp"

namespace coppice::detail {

/// The leaves of a hash_trie.
template <class Element, class Hash, class Equal, unsigned LeafEntries>
using hash_trie_leaf = typed_leaf<Element, key_hash<Hash>, Equal, LeafEntries>;

template <class Element, class Hash, class Equal, class Memory, unsigned LeafEntries>
class hash_trie : public trie_root<hash_trie<Element, Hash, Equal, Memory, LeafEntries>, Memory,
                                   typed_nodes<hash_trie_leaf<Element, Hash, Equal, LeafEntries>>, Hash> {
  using base = trie_root<hash_trie, Memory, typed_nodes<hash_trie_leaf<Element, Hash, Equal, LeafEntries>>, Hash>;
  friend base;

 public:
  using element = typename Element::type;
  using key_type = typename Element::key_type;
  using mapped_type = typename Element::value_type;
  using leaf_type = hash_trie_leaf<Element, Hash, Equal, LeafEntries>;
  using base::base;
  using base::hash;
  using base::root;
  using base::stays_readable;
  using base::view;
  using typename base::edit_type;
  using typename base::view_type;
  template <class Projection>
  using iterator = element_iterator<view_type, leaf_type, Projection>;
  /// How what was looked up is given, and parts of elements.
  template <class T>
  using found = const T*;
  template <class T>
  using given = const T&;
  /// A difference to another trie.
  class difference {
   public:
    [[nodiscard]] diff_kind kind() const noexcept { return raw_.kind; }
    [[nodiscard]] const key_type& key() const noexcept { return *raw_.key.at; }
    [[nodiscard]] const mapped_type* before() const noexcept { return raw_.before.at; }
    [[nodiscard]] const mapped_type* after() const noexcept { return raw_.after.at; }

    /// Of sets.
    [[nodiscard]] const key_type& element() const noexcept
      requires std::same_as<mapped_type, no_value>
    {
      return key();
    }

    template <class Cursor>
    [[nodiscard]] bool read(Cursor& from) noexcept {
      return from.next(raw_);
    }

   private:
    diff_change<leaf_type> raw_;
  };

  // ---- reading

  template <class Query>
  [[nodiscard]] const element* find(const Query& query) const noexcept(stays_readable) {
    return trie_find(view(), leaf(), root(), typed_query<Query>{&query}, hash()(query));
  }
  template <class Query>
  [[nodiscard]] bool contains(const Query& query) const noexcept(stays_readable) {
    return find(query) != nullptr;
  }
  template <class Query>
  [[nodiscard]] const key_type* find_key(const Query& query) const noexcept(stays_readable) {
    const element* const at = find(query);
    return at == nullptr ? nullptr : &Element::key(*at);
  }
  template <class Query>
  [[nodiscard]] const mapped_type* find_value(const Query& query) const noexcept(stays_readable) {
    const element* const at = find(query);
    return at == nullptr ? nullptr : &Element::value(*at);
  }
  /// Calls `f(elements, count)` for one leaf after the other until it returns false; returns whether it never did.
  template <class F>
  bool each_leaf(const F& f) const {
    const view_type nodes = view();
    leaf_stream<view_type> leaves(nodes, root());
    while (const std::byte* node = leaves.next()) {
      if (!f(leaf_type::elements_of(node), count_of(node))) return false;
    }
    return true;
  }

  // ---- changing

  /// Stores an element in the place of the one with its key, if there is any.
  trie_change store(element&& made) {
    edit_type edit = this->begin_store();
    const leaf_type how = leaf();
    return this->take(edit, trie_set(edit, how, root(), how.make_item(made, true)));
  }

  /// Stores the element that `make()` returns if there is none with the key of `query`.
  template <class Query, class Make>
  trie_change store_if_absent(const Query& query, const Make& make) {
    edit_type edit = this->begin_store();
    const leaf_type how = leaf();
    trie_editor<edit_type, leaf_type> editor(edit, how, root(), hash()(query));
    if (editor.locate(typed_query<Query>{&query})) return trie_change::none;
    return add(edit, how, editor, make);
  }

  /// Replaces the value of a key by `f(value)`; where the key is missing, stores the element that `make()` returns, or
  /// nothing if `make` is null. The functions may copy this object, but must not change it.
  template <class Query, class F, class Make>
  trie_change update(const Query& query, F& f, const Make& make) {
    edit_type edit = this->begin_store();
    const leaf_type how = leaf();
    trie_editor<edit_type, leaf_type> editor(edit, how, root(), hash()(query));
    if (editor.locate(typed_query<Query>{&query})) {
      const element& old = *editor.found().at;
      const bool was_alone = alone(edit);
      element made(old.first, f(old.second));
      if (was_alone && !alone(this->begin_edit())) return store(std::move(made));
      return this->take(edit, editor.set(how.make_item(made, true)));
    }
    if constexpr (std::same_as<Make, std::nullptr_t>) {
      return trie_change::none;
    } else {
      return add(edit, how, editor, make);
    }
  }

  template <class Query>
  trie_change erase(const Query& query) {
    edit_type edit = this->begin_edit();
    const leaf_type how = leaf();
    trie_editor<edit_type, leaf_type> editor(edit, how, root(), hash()(query));
    if (!editor.locate(typed_query<Query>{&query})) return trie_change::none;
    return this->take(edit, editor.erase());
  }

  [[nodiscard]] leaf_type leaf() const noexcept {
    static_assert(std::copy_constructible<element>,
                  "coppice: elements of persistent collections must be copy constructible, because versions share them "
                  "and a change copies the leaf that it is in; hold what cannot be copied by std::shared_ptr");
    static_assert(std::is_nothrow_destructible_v<element>, "coppice: destructors of elements must not throw");
    static_assert(Memory::template holds<element>,
                  "coppice: an arena holds elements that are copied as bytes and mean the same in every process: no "
                  "pointers, no views, no alignment above 16; see coppice::shares_as_bytes");
    return leaf_type(hash());
  }

 private:
  void fill(element* elements, std::size_t count, bool movable) {
    if (count == 0) return;
    edit_type edit = this->begin_edit();
    const leaf_type how = leaf();
    const auto items = items_in_order(how, elements, count, movable);
    this->take_made(edit, trie_build(edit, how, items.data(), static_cast<std::uint32_t>(items.size())));
  }
  [[nodiscard]] bool same_elements(const hash_trie& other) const {
    return each_leaf([&](const element* elements, std::uint32_t count) {
      return std::all_of(elements, elements + count, [&](const element& each) {
        const element* const theirs = other.find(Element::key(each));
        return theirs != nullptr && typed_value<mapped_type>{&Element::value(each)}.same_as({&Element::value(*theirs)});
      });
    });
  }
  /// Whether nobody else has this trie. If that changes, the path of an editor may not be changed in place any more.
  [[nodiscard]] bool alone(const edit_type& edit) const noexcept { return !this->empty() && edit.editable(root()); }

  template <class Editor, class Make>
  trie_change add(edit_type& edit, const leaf_type& how, Editor& editor, const Make& make) {
    const bool was_alone = alone(edit);
    element made = make();
    if (was_alone && !alone(this->begin_edit())) return store(std::move(made));
    const auto item = how.make_item(made, true);
    (void)editor.locate(leaf_type::key_of(item));
    return this->take(edit, editor.set(item));
  }
};

}  // namespace coppice::detail
