// Collections of C++ types in packs: which type of the pack they are, and how they are written and read.
//
// Thread safety: one thread at a time.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"
#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/output.hpp"
#include "coppice/detail/pack/schema.hpp"
#include "coppice/detail/pack/trie_input.hpp"
#include "coppice/detail/pack/trie_output.hpp"
#include "coppice/detail/pack/typed_rebuild.hpp"
#include "coppice/detail/pack/vector_input.hpp"
#include "coppice/detail/pack/vector_output.hpp"
#include "coppice/map.hpp"
#include "coppice/set.hpp"
#include "coppice/vector.hpp"

namespace coppice::detail {

/// The way into collections.
struct pack_access {
  template <class Collection>
  using trie_of = typename Collection::trie;
  template <class Vector>
  using layout_of = typename Vector::layout;
  /// By a function: g++ checks an alias where it is used.
  template <class Vector>
  [[nodiscard]] static auto edit_for() {
    return std::type_identity<typename Vector::edit>();
  }

  template <class Collection>
  [[nodiscard]] static const auto& trie(const Collection& of) noexcept {
    return of.trie_;
  }
  template <class Collection>
  [[nodiscard]] static Collection made_of(trie_of<Collection>&& trie) noexcept {
    return Collection(std::move(trie));
  }
  template <class Vector>
  [[nodiscard]] static const rrb_version& version(const Vector& of) {
    return of.version();
  }
  /// Takes the version over.
  template <class Vector>
  [[nodiscard]] static Vector made_of(const rrb_version& version) {
    Vector made;
    made.version_ = version;
    return made;
  }
};

/// Objects of any types, one of each, made when they are asked for.
class typed_parts {
 public:
  template <class Part>
  [[nodiscard]] Part& get() {
    static constexpr char tag = 0;
    std::unique_ptr<part>& found = parts_[&tag];
    if (found == nullptr) found = std::make_unique<holder<Part>>();
    return static_cast<holder<Part>&>(*found).held;
  }

 private:
  struct part {
    part() = default;
    part(const part&) = delete;
    part& operator=(const part&) = delete;
    virtual ~part() = default;
  };
  template <class Part>
  struct holder final : part {
    Part held;
  };
  std::map<const void*, std::unique_ptr<part>> parts_;
};

/// What a collection is in a pack.
template <class Collection>
struct typed_pack;

template <class Collection, class Element, class Hash, class Equal>
struct typed_trie_pack {
  using trie = pack_access::trie_of<Collection>;
  using element_policy = Element;
  using K = typename Element::key_type;
  using V = typename Element::value_type;
  static constexpr bool is_set = std::same_as<V, no_value>;
  static_assert(trie::stays_readable, "coppice: collections of a store are packed with the store");

  [[nodiscard]] static std::uint64_t seed_of(const Collection& of) noexcept {
    return pack_access::trie(of).hash().seed;
  }
  [[nodiscard]] static pack_type type(std::uint64_t seed) {
    pack_type type;
    type.collection = is_set ? pack_collection::set : pack_collection::map;
    type.elements = pack_elements::encoded;
    // A Hash of the program's own, or one that goes by another, cannot be told.
    constexpr bool plain_equal = std::same_as<Equal, std::equal_to<>> || std::same_as<Equal, std::equal_to<K>>;
    constexpr bool told = std::same_as<Hash, hash<K>> && portable_hash<Hash>() && plain_equal;
    type.hash = told ? pack_hash::typed : pack_hash::unknown;
    type.leaf_size = trie::leaf_type::max_entries;
    type.seed = seed;
    if constexpr (is_set) {
      type.schema = schemas_of<K>();
    } else {
      type.schema = schemas_of<K, V>();
    }
    return type;
  }
};

template <class K, class V, class Hash, class Equal, class Memory, unsigned B>
struct typed_pack<map<K, V, Hash, Equal, Memory, B>>
    : typed_trie_pack<map<K, V, Hash, Equal, Memory, B>, map_element<K, V>, Hash, Equal> {};
template <class T, class Hash, class Equal, class Memory, unsigned B>
struct typed_pack<set<T, Hash, Equal, Memory, B>>
    : typed_trie_pack<set<T, Hash, Equal, Memory, B>, set_element<T>, Hash, Equal> {};

template <class T, class Memory, unsigned LeafBits, unsigned BranchBits>
struct typed_pack<vector<T, Memory, LeafBits, BranchBits>> {
  using layout = pack_access::layout_of<vector<T, Memory, LeafBits, BranchBits>>;
  static_assert(Memory::handle::stays_readable, "coppice: collections of a store are packed with the store");

  [[nodiscard]] static std::uint64_t seed_of(const vector<T, Memory, LeafBits, BranchBits>&) noexcept { return 0; }
  [[nodiscard]] static pack_type type(std::uint64_t) {
    pack_type type;
    type.collection = pack_collection::vector;
    type.elements = pack_elements::encoded;
    type.branch_bits = layout::branch_bits;
    type.leaf_size = layout::leaf_bits;
    type.schema = schemas_of<T>();
    return type;
  }
};

/// Writes collections of one type, and keeps them until the pack is written.
template <class Collection>
class typed_pack_writing;

template <class Collection>
  requires requires { typename typed_pack<Collection>::trie; }
class typed_pack_writing<Collection> {
  using traits = typed_pack<Collection>;
  using trie = typename traits::trie;
  using encoder =
      typed_trie_encoder<typename trie::view_type, typename trie::leaf_type, typename traits::element_policy>;

 public:
  /// Under a seed of its own, or another.
  [[nodiscard]] pack_root write(pack_output& output, const Collection& version, std::uint64_t seed) {
    kept_.push_back(pack_access::trie(version));
    if (seed != kept_.back().hash().seed) kept_.push_back(under(seed, kept_.back()));
    const trie& written = kept_.back();
    pack_root root;
    root.type = output.type(traits::type(seed));
    std::unique_ptr<encoder>& how = encoders_[root.type];
    if (how == nullptr) how = std::make_unique<encoder>(output, root.type, written.view());
    root.tree.size = written.size();
    root.tree.root = how->write(written.root());
    return root;
  }

 private:
  /// A trie built anew: from the last one that was, as far as they are alike.
  [[nodiscard]] trie under(std::uint64_t seed, const trie& of) {
    trie made = rebuilt_ ? *rebuilt_ : of.under_hash_of(trie({seed, of.hash().hash}));
    if (rebuilt_) {
      trie_difference<trie> differences(*given_, of);
      while (const auto* const change = differences.next()) {
        if (change->kind() == diff_kind::removed) {
          made.erase(change->key());
        } else if constexpr (traits::is_set) {
          made.store(typename trie::element(change->key()));
        } else {
          made.store(typename trie::element(change->key(), *change->after()));
        }
      }
    }
    given_ = of;
    rebuilt_ = made;
    return made;
  }

  std::vector<trie> kept_;
  std::map<std::uint32_t, std::unique_ptr<encoder>> encoders_;  // by type
  std::optional<trie> given_;                                   // the last one that was built anew
  std::optional<trie> rebuilt_;                                 // as what
};

template <class T, class Memory, unsigned LeafBits, unsigned BranchBits>
class typed_pack_writing<vector<T, Memory, LeafBits, BranchBits>> {
  using collection = vector<T, Memory, LeafBits, BranchBits>;
  using traits = typed_pack<collection>;

 public:
  [[nodiscard]] pack_root write(pack_output& output, const collection& version, std::uint64_t) {
    kept_.push_back(version);
    pack_root root;
    root.type = output.type(traits::type(0));
    if (how_ == nullptr) how_ = std::make_unique<vector_encoder<typename traits::layout>>(output, root.type);
    root.tree = how_->write(pack_access::version(version));
    return root;
  }

 private:
  std::vector<collection> kept_;
  std::unique_ptr<vector_encoder<typename traits::layout>> how_;
};

[[nodiscard]] inline failure wrong_collection() noexcept {
  return {errc::invalid_argument, 0, "it is another kind of collection: pack_reader::versions() tells which", 0, 0};
}
[[nodiscard]] inline failure wrong_elements() noexcept {
  return {errc::invalid_argument, 0, "its elements are of other types: pack_reader::versions() tells which", 0, 0};
}

/// Reads collections of one type.
template <class Collection>
class typed_pack_reading;

template <class Collection>
  requires requires { typename typed_pack<Collection>::trie; }
class typed_pack_reading<Collection> {
  using traits = typed_pack<Collection>;
  using trie = typename traits::trie;
  using leaf_type = typename trie::leaf_type;
  using edit_type = typename trie::edit_type;

  struct loading {
    key_hash<typename Collection::hasher> hash;
    leaf_type leaf;
    edit_type memory;
    typed_trie_loader<edit_type, leaf_type, typename traits::element_policy> loader;

    loading(pack_input& input, std::uint32_t type)
        : hash{input.type(type).seed, typename Collection::hasher()}, leaf(hash), loader(input, type, memory, leaf) {}
  };

 public:
  [[nodiscard]] result<Collection> read(pack_input& input, const pack_root& root) {
    const pack_type& type = input.type(root.type);
    const pack_type own = traits::type(type.seed);
    if (type.collection != own.collection) return wrong_collection();
    const bool as_it_is = type == own && type.hash != pack_hash::unknown && !input.limits().own_seeds;
    if (!as_it_is) return rebuild(input, root, own.schema);
    std::unique_ptr<loading>& here = loading_[root.type];
    if (here == nullptr) here = std::make_unique<loading>(input, root.type);
    const auto made = here->loader.load(root.tree);
    if (made == nullptr && root.tree.size != 0) {
      if (here->loader.out_of_space()) here->memory.raise();
      return input.take_trouble();
    }
    return pack_access::made_of<Collection>(trie({}, made, here->hash));
  }

 private:
  using rebuilding = trie_rebuilding<trie, typename traits::element_policy>;

  [[nodiscard]] result<Collection> rebuild(pack_input& input, const pack_root& root, const std::string& schema) {
    std::unique_ptr<rebuilding>& here = rebuilding_[root.type];
    if (here == nullptr) here = std::make_unique<rebuilding>(input, root.type, schema);
    if (!here->fits()) return wrong_elements();
    std::optional<trie> made = here->read(root.tree);
    if (!made) return input.take_trouble();
    return pack_access::made_of<Collection>(*std::move(made));
  }

  std::map<std::uint32_t, std::unique_ptr<loading>> loading_;  // by type
  std::map<std::uint32_t, std::unique_ptr<rebuilding>> rebuilding_;
};

template <class T, class Memory, unsigned LeafBits, unsigned BranchBits>
class typed_pack_reading<vector<T, Memory, LeafBits, BranchBits>> {
  using collection = vector<T, Memory, LeafBits, BranchBits>;
  using traits = typed_pack<collection>;
  using edit_type = typename decltype(pack_access::edit_for<collection>())::type;

  struct loading {
    edit_type memory;
    using nodes = typed_vector_nodes<edit_type, typename traits::layout>;
    vector_loader<nodes> loader;

    loading(pack_input& input, std::uint32_t type) : loader(input, type, nodes(memory)) {}
  };

 public:
  [[nodiscard]] result<collection> read(pack_input& input, const pack_root& root) {
    const pack_type& type = input.type(root.type);
    const pack_type own = traits::type(0);
    if (type.collection != own.collection) return wrong_collection();
    if (type != own) return rebuild(input, root, own.schema);
    std::unique_ptr<loading>& here = loading_[root.type];
    if (here == nullptr) here = std::make_unique<loading>(input, root.type);
    rrb_version made;
    if (!here->loader.load(root.tree, made)) {
      if (here->loader.out_of_space()) here->memory.raise();
      return input.take_trouble();
    }
    return pack_access::made_of<collection>(made);
  }

 private:
  using rebuilding = vector_rebuilding<collection>;

  [[nodiscard]] result<collection> rebuild(pack_input& input, const pack_root& root, const std::string& schema) {
    std::unique_ptr<rebuilding>& here = rebuilding_[root.type];
    if (here == nullptr) here = std::make_unique<rebuilding>(input, root.type, schema);
    if (!here->fits()) return wrong_elements();
    std::optional<collection> made = here->read(root.tree);
    if (!made) return input.take_trouble();
    return *std::move(made);
  }

  std::map<std::uint32_t, std::unique_ptr<loading>> loading_;  // by type
  std::map<std::uint32_t, std::unique_ptr<rebuilding>> rebuilding_;
};

}  // namespace coppice::detail
