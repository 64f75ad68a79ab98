// Versions of packs as the content of stores.
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "coppice/detail/pack/packed_input.hpp"
#include "coppice/detail/pack/packed_output.hpp"
#include "coppice/detail/pack/schema_values.hpp"
#include "coppice/detail/pack/stored_input.hpp"
#include "coppice/detail/pack/walk.hpp"
#include "coppice/pack.hpp"
#include "src/store/snapshot.hpp"
#include "src/store/work.hpp"

namespace coppice {

namespace store_detail {

namespace {

using detail::pack_input;
using detail::pack_root;
using detail::pack_type;
using detail::walked_entry;

/// Parts of entries of any pack as values, each valid until the same column is read again.
class value_reader {
 public:
  value_reader(pack_input& input, const pack_type& type) : input_(input), schemas_(type) {}

  /// Column 0: a key, 1: a value. Nothing: the input knows why.
  [[nodiscard]] std::optional<value_view> read(const walked_entry& entry, unsigned column) {
    const detail::column_part& part = entry.parts[column];
    const auto bytes = input_.bytes_of(part, entry.record, gathered_[column]);
    if (!bytes) return std::nullopt;
    if (schemas_.encoded()) {
      const std::optional<value_view> made = detail::value_of_encoded(schemas_[column], *bytes);
      if (!made)
        return fail(entry, "a number is beyond int64, or an element is not encoded as it must be", errc::corrupt);
      return checked(entry, *made, column == 0);
    }
    const char* const wrong = detail::wrong_part({bytes->data(), bytes->size(), part.kind}, column == 0);
    if (wrong != nullptr) return fail(entry, wrong, errc::corrupt);
    return value_view::stored(part.kind, *bytes);
  }

 private:
  [[nodiscard]] std::optional<value_view> checked(const walked_entry& entry, const value_view& made, bool is_key) {
    if (made.raw().size() <= (is_key ? limits::max_key_bytes : limits::max_value_bytes)) return made;
    return fail(entry, "a key or value is too long for a store", errc::invalid_argument);
  }
  [[nodiscard]] std::nullopt_t fail(const walked_entry& entry, const char* reason, errc code) {
    failure why = entry.record.failure_here(reason);
    why.code = code;
    input_.fail(why);
    return std::nullopt;
  }

  pack_input& input_;
  detail::column_schemas schemas_;
  std::vector<std::byte> gathered_[2];
};

/// Brings versions of a pack into a store. What was brought stays where it is as long as its versions are kept.
///
/// Others must not write between two versions: what they replace of one is used again once that is gone (rule A13),
/// though the next one shares it. So all are written under one lock, which is also held when this is destroyed and lets
/// go of nodes that were not published.
class restoring {
 public:
  restoring(writing& scope, open_arena& into, pack_input& from) noexcept : scope_(scope), arena_(into), input_(from) {
    input_.forget_gathered();
  }

  /// Makes a version the newest one. False: the input knows why not. Throws error.
  [[nodiscard]] bool restore(const pack_root& root) {
    const pack_type& type = input_.type(root.type);
    const bool as_it_is =
        detail::is_packed_pack_type<leaf_policy>(type) && type.seed == arena_.session().map().id().seed;
    scope_.begin(!as_it_is);
    const std::optional<ref> made = as_it_is ? take_over(root) : rebuild(root, type);
    if (made) scope_.commit(*made);
    return made.has_value();
  }

 private:
  using collections_read = detail::stored_collections_read<arena::allocator>;
  using loader = detail::packed_trie_loader<arena::allocator, leaf_policy, collections_read>;
  struct placed_collection {
    value key;
    value_kind kind;
    detail::collection_record record;
  };

  [[nodiscard]] detail::stored_loader<arena::allocator>& collections() {
    if (collections_ == nullptr) {
      collections_ = std::make_unique<detail::stored_loader<arena::allocator>>(input_, scope_.nodes());
    }
    return *collections_;
  }

  [[nodiscard]] std::optional<ref> take_over(const pack_root& root) {
    if (loader_ == nullptr) {
      loader_ =
          std::make_unique<loader>(input_, root.type, scope_.nodes(), arena_.leaf(), collections_read{&collections()});
    }
    const ref made = loader_->load(root.tree);
    if (made == 0 && root.tree.size != 0) {
      if (loader_->out_of_space()) scope_.raise_trouble();
      return std::nullopt;
    }
    return made;
  }

  [[nodiscard]] std::optional<ref> rebuild(const pack_root& root, const pack_type& type) {
    if (reader_ == nullptr) {
      reader_ = std::make_unique<value_reader>(input_, type);
      walk_ = std::make_unique<detail::trie_walk>(input_, root.type);
    }
    transaction_state work(arena_, scope_);
    work.start_from(last_root_);
    const bool read = last_ ? change(work, *last_, root) : build(work, root);
    if (!read) return std::nullopt;
    if (detail::trie_size(arena_.view(), work.root()) != root.tree.size) {
      constexpr const char* wrong = "a version has another size than it says, or a key twice";
      input_.fail(root.tree.root == 0 ? failure{errc::corrupt, 0, wrong, 0, 0}
                                      : input_.record(root.tree.root).failure_here(wrong));
      return std::nullopt;
    }
    last_ = root.tree.root;
    last_root_ = work.root();
    return last_root_;
  }

  /// All entries, in runs, the first of which is built bottom up.
  [[nodiscard]] bool build(transaction_state& work, const pack_root& root) {
    constexpr std::size_t most = std::size_t{1} << 18;
    constexpr std::size_t most_bytes = std::size_t{64} << 20;  // many entries may have one long value
    std::deque<value> owned;
    std::vector<key_value> run;
    std::vector<placed_collection> placed;
    std::size_t run_bytes = 0;
    const auto write = [&] {
      batch sorted(arena_.leaf(), run);
      work.set_many(sorted);
      for (const placed_collection& each : placed) work.set_collection(each.key.view(), each.kind, each.record);
      run.clear();
      placed.clear();
      run_bytes = 0;
      owned.clear();
    };
    const bool read = walk_->each(root.tree.root, [&](const walked_entry& entry) {
      const auto key = reader_->read(entry, 0);
      if (!key) return false;
      if (is_collection(entry.parts[1].kind)) {
        const auto record = load_collection(entry);
        if (!record) return false;
        placed.push_back({value(*key), entry.parts[1].kind, *record});
        if (placed.size() == most) write();
        return true;
      }
      const auto content = reader_->read(entry, 1);
      if (!content) return false;
      const value_view key_view = owned.emplace_back(*key).view();
      run.push_back({key_view, owned.emplace_back(*content).view()});
      run_bytes += key->raw().size() + content->raw().size();
      if (run.size() == most || run_bytes >= most_bytes) write();
      return true;
    });
    if (read) write();
    return read;
  }

  /// Nothing: the input knows why. Throws error out_of_space.
  [[nodiscard]] std::optional<detail::collection_record> load_collection(const walked_entry& entry) {
    auto made = collections().load_record(entry.parts[1], entry.record);
    if (!made && collections().out_of_space()) scope_.raise_trouble();
    return made;
  }

  [[nodiscard]] bool change(transaction_state& work, detail::node_number older, const pack_root& root) {
    const auto apply = [&](detail::diff_kind, const walked_entry* before, const walked_entry* after) {
      const auto key = reader_->read(after == nullptr ? *before : *after, 0);
      if (!key) return false;
      if (after == nullptr) {
        work.erase(*key);
        return true;
      }
      if (is_collection(after->parts[1].kind)) {
        const auto record = load_collection(*after);
        if (record) work.set_collection(*key, after->parts[1].kind, *record);
        return record.has_value();
      }
      const auto content = reader_->read(*after, 1);
      if (content) work.set(*key, *content);
      return content.has_value();
    };
    return walk_->diff(older, root.tree.root, apply);
  }

  writing& scope_;
  open_arena& arena_;
  pack_input& input_;
  std::unique_ptr<detail::stored_loader<arena::allocator>> collections_;
  std::unique_ptr<loader> loader_;
  std::unique_ptr<value_reader> reader_;
  std::unique_ptr<detail::trie_walk> walk_;
  std::optional<detail::node_number> last_;  // the version that was built last
  ref last_root_ = 0;                        // and where
};

void require_map(const pack_version& version, const pack_type& type, const std::string& name) {
  if (version.collection != pack_version::kind::map) {
    raise(errc::invalid_argument, name, "only a map can be restored into a store; the version is a set or a vector");
  }
  if (!detail::column_schemas(type).have_counterparts()) {
    raise(errc::unsupported, name,
          "the version has elements of the C++ types " + version.elements +
              ", which values of a store have no counterpart of; read it with coppice::pack_reader");
  }
}

}  // namespace

}  // namespace store_detail

void store::restore(pack_reader& from, std::size_t version) {
  store_detail::open_arena& arena = state_->arena();
  arena.require_writable();
  const detail::pack_root& root = from.root_at(version);
  store_detail::require_map(from.versions()[version], from.input_->type(root.type), name());
  store_detail::writing scope(arena, false);
  store_detail::restoring work(scope, arena, *from.input_);
  if (!work.restore(root)) from.raise(from.input_->take_trouble(), version);
}

std::vector<snapshot> store::restore_all(pack_reader& from) {
  store_detail::open_arena& arena = state_->arena();
  arena.require_writable();
  for (std::size_t i = 0; i < from.versions().size(); ++i) {
    store_detail::require_map(from.versions()[i], from.input_->type(from.root_at(i).type), name());
  }
  std::vector<class snapshot> made;
  store_detail::writing scope(arena, false);
  std::vector<std::unique_ptr<store_detail::restoring>> by_type;
  for (std::size_t i = 0; i < from.versions().size(); ++i) {
    const detail::pack_root& root = from.root_at(i);
    if (by_type.size() <= root.type) by_type.resize(root.type + 1);
    auto& here = by_type[root.type];
    if (here == nullptr) here = std::make_unique<store_detail::restoring>(scope, arena, *from.input_);
    if (!here->restore(root)) from.raise(from.input_->take_trouble(), i);
    made.push_back(snapshot());
  }
  return made;
}

store store::create_from(pack_reader& from, std::size_t version, std::string_view name_or_path,
                         const store_options& options) {
  const store_detail::location where = store_detail::locate(name_or_path, true);
  const detail::pack_root& root = from.root_at(version);
  const detail::pack_type& type = from.input_->type(root.type);
  store_detail::require_map(from.versions()[version], type, where.name);
  store_options made = options;
  if (!made.seed && type.hash == detail::pack_hash::store) made.seed = type.seed;
  auto arena = std::make_shared<store_detail::open_arena>(where.name, where.path, made, true);
  {
    store_detail::writing scope(*arena, false);
    store_detail::restoring work(scope, *arena, *from.input_);
    if (!work.restore(root)) from.raise(from.input_->take_trouble(), version);
  }
  arena->name_it();
  return store(std::make_shared<store_detail::store_state>(where, std::move(arena)));
}

}  // namespace coppice
