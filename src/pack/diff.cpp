// What differs between two versions in packs.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/pack/schema_values.hpp"
#include "coppice/detail/pack/walk.hpp"
#include "coppice/pack.hpp"
#include "src/pack/copy.hpp"

namespace coppice {

namespace {

using detail::column_part;
using detail::pack_input;
using detail::pack_root;
using detail::pack_type;
using detail::trie_walk;
using detail::vector_walk;
using detail::walked_chunk;
using detail::walked_entry;

[[noreturn]] void raise(pack_input& input) { throw pack_error(input.take_trouble(), input.title("coppice::diff")); }

/// Parts of entries as values. What it gives is valid until it is asked for the same part again.
class part_values {
 public:
  part_values(pack_input& input, const pack_type& type) : input_(input), schemas_(type) {}
  /// Column 0: a key or element; 1: a value.
  [[nodiscard]] value_view of(const walked_entry& entry, unsigned column) {
    const column_part& part = entry.parts[column];
    if (is_collection(part.kind)) return collection(entry, column);
    const auto bytes = input_.bytes_of(part, entry.record, gathered_[column]);
    if (!bytes) raise(input_);
    if (schemas_.encoded()) {
      const bool known = detail::has_counterpart(schemas_[column]);
      const auto made = known ? detail::value_of_encoded(schemas_[column], *bytes) : std::nullopt;
      return made.value_or(value_view(*bytes));
    }
    if (is_valid_encoding(part.kind, *bytes)) return value_view::stored(part.kind, *bytes);
    input_.fail(entry.record.failure_here("a value is not encoded as it must be"));
    raise(input_);
  }

 private:
  /// As a store gives it, with numbers of records in the place of refs: versions in one pack are the same if these are.
  [[nodiscard]] value_view collection(const walked_entry& entry, unsigned column) {
    const column_part& part = entry.parts[column];
    const detail::record_bytes record = input_.record(part.link);
    if (!record.ok()) raise(input_);
    detail::record_reader from = record.reader();
    const detail::record_head head = read_head(from, input_.type_count());
    detail::collection_record made;
    if (head.kind == detail::record_kind::collection) {
      const detail::pack_tree tree = read_collection(from, input_.type(head.type), part.link);
      made.size = tree.size;
      made.root = tree.root;
      made.tail = tree.tail;
      made.tail_count = tree.tail_count;
    } else {
      from.fail_at(0, "a link leads to something else than a collection");
    }
    if (from.wrong() != nullptr) {
      input_.fail(record.failure_of(from));
      raise(input_);
    }
    const std::span<const std::byte> bytes = std::as_bytes(std::span(&made, 1));
    gathered_[column].assign(bytes.begin(), bytes.end());
    return value_view::stored(part.kind, gathered_[column]);
  }

  pack_input& input_;
  detail::column_schemas schemas_;
  std::vector<std::byte> gathered_[2];
};

/// Two versions.
class pack_comparison {
 public:
  struct side {
    pack_input* input;
    pack_root root;
  };
  using function = std::function<bool(const pack_change&)>;

  pack_comparison(pack_reader& older_pack, std::size_t older, pack_reader& newer_pack, std::size_t newer) {
    older_ = side_of(older_pack, older);
    newer_ = side_of(newer_pack, newer);
    if (older_.root.collection != newer_.root.collection) {
      throw error(errc::invalid_argument, "coppice::diff: the versions are different kinds of collections");
    }
    if (is_base_of(older_.input, newer_.input)) {
      older_.input = newer_.input;
    } else if (is_base_of(newer_.input, older_.input)) {
      newer_.input = older_.input;
    } else {
      // Both in one pack in memory.
      const pack::version_place both[] = {{&older_pack, older}, {&newer_pack, newer}};
      pack::copy_versions(both, sink_, {});
      together_ = std::make_unique<pack_reader>(std::span<const std::byte>(sink_.bytes()), older_.input->limits());
      older_ = side_of(*together_, 0);
      newer_ = side_of(*together_, 1);
    }
  }

  void run(const function& f) {
    older_.input->forget_gathered();
    newer_.input->forget_gathered();
    if (older_.root.collection == detail::pack_collection::vector) {
      compare_vectors(f);
    } else if (older_.root.type == newer_.root.type) {
      compare_nodes(f);
    } else {
      compare_entries(f);
    }
  }

 private:
  /// Or the same.
  [[nodiscard]] static bool is_base_of(const pack_input* base, const pack_input* pack) noexcept {
    for (; pack != nullptr; pack = pack->base()) {
      if (pack == base) return true;
    }
    return false;
  }

  [[nodiscard]] static side side_of(const pack_reader& pack, std::size_t index) {
    return {&detail::reader_access::input(pack), detail::reader_access::root(pack, index)};
  }
  [[nodiscard]] const pack_type& type_of(const side& of) const { return of.input->type(of.root.type); }
  [[nodiscard]] bool is_map() const { return older_.root.collection == detail::pack_collection::map; }

  void compare_nodes(const function& f) {
    pack_input& input = *newer_.input;
    trie_walk walk(input, newer_.root.type);
    part_values before(input, type_of(older_)), after(input, type_of(newer_));
    bool stopped = false;
    const bool done = walk.diff(older_.root.tree.root, newer_.root.tree.root,
                                [&](detail::diff_kind kind, const walked_entry* old, const walked_entry* made) {
                                  pack_change change{kind, {}, {}, {}};
                                  if (old != nullptr && is_map()) change.before = before.of(*old, 1);
                                  if (made != nullptr && is_map()) change.after = after.of(*made, 1);
                                  change.key = made != nullptr ? after.of(*made, 0) : before.of(*old, 0);
                                  stopped = !f(change);
                                  return !stopped;
                                });
    if (!done && !stopped) raise(input);
  }

  /// All entries of both.
  void compare_entries(const function& f) {
    std::map<std::string, value> old;
    const auto identity = [](const value_view& key) {
      std::string text(1, static_cast<char>(key.kind()));
      return text.append(reinterpret_cast<const char*>(key.raw().data()), key.raw().size());
    };
    part_values before(*older_.input, type_of(older_)), after(*newer_.input, type_of(newer_));
    trie_walk old_walk(*older_.input, older_.root.type);
    if (!old_walk.each(older_.root.tree.root, [&](const walked_entry& entry) {
          const std::string key = identity(before.of(entry, 0).as_key());
          old.insert_or_assign(key, is_map() ? value(before.of(entry, 1)) : value());
          return true;
        })) {
      raise(*older_.input);
    }
    trie_walk new_walk(*newer_.input, newer_.root.type);
    bool stopped = false;
    const bool done = new_walk.each(newer_.root.tree.root, [&](const walked_entry& entry) {
      const value_view key = after.of(entry, 0);
      const value_view content = is_map() ? after.of(entry, 1) : value_view();
      const auto found = old.find(identity(key.as_key()));
      if (found == old.end()) {
        stopped = !f({diff_kind::added, key, {}, content});
      } else {
        if (!(found->second.view() == content)) {
          stopped = !f({diff_kind::changed, key, found->second.view(), content});
        }
        old.erase(found);
      }
      return !stopped;
    });
    if (stopped) return;
    if (!done) raise(*newer_.input);
    for (const auto& [key, content] : old) {
      const auto kind = static_cast<value_kind>(key[0]);
      const value_view key_view = value_view::stored(kind, std::as_bytes(std::span(key).subspan(1)));
      if (!f({diff_kind::removed, key_view, content.view(), {}})) return;
    }
  }

  /// The elements of a version, leaf by leaf.
  class elements {
   public:
    elements(pack_input& input, std::uint32_t type, const detail::pack_tree& tree)
        : input_(input), walk_(input, type), values_(input, input.type(type)) {
      if (!walk_.chunks(tree, chunks_)) raise(input);
    }
    [[nodiscard]] const std::vector<walked_chunk>& chunks() const noexcept { return chunks_; }
    [[nodiscard]] std::vector<value> of(std::size_t chunk) {
      std::vector<value> made;
      const bool done = walk_.each(chunks_[chunk], [&](const walked_entry& entry) {
        made.emplace_back(values_.of(entry, 0));
        return true;
      });
      if (!done) raise(input_);
      return made;
    }

   private:
    pack_input& input_;
    vector_walk walk_;
    part_values values_;
    std::vector<walked_chunk> chunks_;
  };

  void compare_vectors(const function& f) {
    elements old(*older_.input, older_.root.type, older_.root.tree);
    elements made(*newer_.input, newer_.root.type, newer_.root.tree);
    std::vector<value> left, right;  // of the leaves that are looked at, from the position `at` on
    std::size_t old_chunk = 0, new_chunk = 0;
    std::uint64_t at = 0;
    while (true) {
      const bool old_ends = left.empty() && old_chunk == old.chunks().size();
      const bool new_ends = right.empty() && new_chunk == made.chunks().size();
      if (old_ends && new_ends) return;
      if (left.empty() && right.empty() && !old_ends && !new_ends) {
        const walked_chunk &a = old.chunks()[old_chunk], &b = made.chunks()[new_chunk];
        if (older_.input == newer_.input && a.number == b.number && a.size == b.size) {
          at += a.size;
          ++old_chunk;
          ++new_chunk;
          continue;
        }
      }
      if (left.empty() && !old_ends) left = old.of(old_chunk++);
      if (right.empty() && !new_ends) right = made.of(new_chunk++);
      const std::size_t common = left.empty()    ? right.size()
                                 : right.empty() ? left.size()
                                                 : std::min(left.size(), right.size());
      for (std::size_t i = 0; i < common; ++i) {
        const value_view position(static_cast<std::int64_t>(at + i));
        const pack_change change = left.empty() ? pack_change{diff_kind::added, position, {}, right[i].view()}
                                   : right.empty()
                                       ? pack_change{diff_kind::removed, position, left[i].view(), {}}
                                       : pack_change{diff_kind::changed, position, left[i].view(), right[i].view()};
        if (change.kind == diff_kind::changed && left[i] == right[i]) continue;
        if (!f(change)) return;
      }
      at += common;
      left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(std::min(common, left.size())));
      right.erase(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(std::min(common, right.size())));
    }
  }

  side older_{};
  side newer_{};
  pack_memory_sink sink_;
  std::unique_ptr<pack_reader> together_;
};

}  // namespace

void diff(pack_reader& older_pack, std::size_t older, pack_reader& newer_pack, std::size_t newer,
          const std::function<bool(const pack_change&)>& f) {
  pack_comparison(older_pack, older, newer_pack, newer).run(f);
}

}  // namespace coppice
