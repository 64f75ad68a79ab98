// Building collections anew from a pack that has them in another shape, under another hash, or of values: the first
// version in bulk, every further one from the one before, with what differs.
//
// Thread safety: one thread at a time.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/codec/kind.hpp"
#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/typed_values.hpp"
#include "coppice/detail/pack/walk.hpp"

namespace coppice::detail {

/// A C++ value of a value as stores and JavaScript have them, where nothing is lost. `reason`: what else.
template <class T>
[[nodiscard]] std::optional<T> value_as(value_kind kind, std::span<const std::byte> bytes, const char*& reason) {
  using codec_detail::kind_of;
  constexpr auto form = kind_of<T>();
  const bool whole = kind == value_kind::int64 && bytes.size() == 8;
  const bool real = kind == value_kind::float64 && bytes.size() == 8;
  if constexpr (form == codec_detail::kind::boolean) {
    if (kind == value_kind::boolean_true || kind == value_kind::boolean_false) return kind == value_kind::boolean_true;
    reason = "a value is not a boolean";
  } else if constexpr (std::integral<T>) {
    if (whole && std::in_range<T>(load<std::int64_t>(bytes.data())))
      return static_cast<T>(load<std::int64_t>(bytes.data()));
    reason = "a value is not an integer of that range";
  } else if constexpr (std::floating_point<T>) {
    if (whole || real) {
      const double number = whole ? static_cast<double>(load<std::int64_t>(bytes.data())) : load<double>(bytes.data());
      const bool exact = !whole || (number < 9223372036854775808.0 &&
                                    static_cast<std::int64_t>(number) == load<std::int64_t>(bytes.data()));
      const T made = static_cast<T>(number);
      if (exact && (static_cast<double>(made) == number || number != number)) return made;
    }
    reason = "a value is not a number of that precision";
  } else if constexpr (std::same_as<T, std::string>) {
    if (kind == value_kind::string_ascii || kind == value_kind::string_wtf8) {
      return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    reason = "a value is not a string";
  } else if constexpr (std::same_as<T, std::vector<std::byte>>) {
    if (kind == value_kind::bytes) return T(bytes.begin(), bytes.end());
    reason = "a value is not bytes";
  } else {
    reason = "values cannot be read as this type: read numbers, booleans, std::string or std::vector<std::byte>";
  }
  return std::nullopt;
}

/// Reads parts of entries as C++ values, of whatever elements the type has.
class part_reader {
 public:
  /// `schema`: of the program's elements.
  part_reader(pack_input& input, std::uint32_t type, const std::string& schema)
      : input_(input),
        of_values_(input.type(type).elements == pack_elements::values),
        fits_(of_values_ || input.type(type).schema == schema) {}

  /// Whether the elements can be read at all.
  [[nodiscard]] bool fits() const noexcept { return fits_; }
  template <class T>
  [[nodiscard]] std::optional<T> read(const column_part& part, const record_bytes& at) {
    if (!of_values_) return decode_packed<T>(input_, part, at);
    std::vector<std::byte> gathered;
    const auto bytes = input_.bytes_of(part, at, gathered);
    if (!bytes) return std::nullopt;
    const char* reason = nullptr;
    std::optional<T> made = value_as<T>(part.kind, *bytes, reason);
    if (!made) {
      failure why = at.failure_here(reason);
      why.code = errc::invalid_argument;
      input_.fail(why);
    }
    return made;
  }

 private:
  pack_input& input_;
  bool of_values_;
  bool fits_;
};

/// Tries of one type of a pack.
template <class Trie, class Element>
class trie_rebuilding {
  using K = typename Element::key_type;
  using V = typename Element::value_type;
  static constexpr bool is_set = std::same_as<V, no_value>;

 public:
  trie_rebuilding(pack_input& input, std::uint32_t type, const std::string& schema)
      : input_(input), walk_(input, type), parts_(input, type, schema) {}
  [[nodiscard]] bool fits() const noexcept { return parts_.fits(); }

  /// Nothing: the input knows why.
  [[nodiscard]] std::optional<Trie> read(const pack_tree& tree) {
    std::optional<Trie> made = last_ ? changed(tree) : built(tree);
    if (!made) return std::nullopt;
    if (made->size() != tree.size) {
      input_.fail(input_.record(tree.root != 0 ? tree.root : root_)
                      .failure_here("a version has another size than it says, or a key twice"));
      return std::nullopt;
    }
    last_ = made;
    root_ = tree.root;
    return made;
  }

 private:
  [[nodiscard]] std::optional<typename Trie::element> element_of(const walked_entry& entry) {
    std::optional<K> key = parts_.template read<K>(entry.parts[0], entry.record);
    if (!key) return std::nullopt;
    if constexpr (is_set) {
      return std::optional<typename Trie::element>(*std::move(key));
    } else {
      std::optional<V> value = parts_.template read<V>(entry.parts[1], entry.record);
      if (!value) return std::nullopt;
      return typename Trie::element(*std::move(key), *std::move(value));
    }
  }
  [[nodiscard]] std::optional<Trie> built(const pack_tree& tree) {
    struct holder {  // so that bools lie apart
      typename Trie::element value;
    };
    static_assert(sizeof(holder) == sizeof(typename Trie::element));
    std::vector<holder> elements;
    const bool read = walk_.each(tree.root, [&](const walked_entry& entry) {
      auto element = element_of(entry);
      if (!element) return false;
      elements.push_back({*std::move(element)});
      return true;
    });
    if (!read) return std::nullopt;
    auto* const first = reinterpret_cast<typename Trie::element*>(elements.data());
    return Trie::build(Trie().hash(), first, elements.size(), true);
  }
  [[nodiscard]] std::optional<Trie> changed(const pack_tree& tree) {
    Trie made = *last_;
    const bool read =
        walk_.diff(root_, tree.root, [&](diff_kind, const walked_entry* before, const walked_entry* after) {
          if (after == nullptr) {
            const std::optional<K> key = parts_.template read<K>(before->parts[0], before->record);
            if (key) made.erase(*key);
            return key.has_value();
          }
          auto element = element_of(*after);
          if (element) made.store(*std::move(element));
          return element.has_value();
        });
    if (!read) return std::nullopt;
    return made;
  }

  pack_input& input_;
  trie_walk walk_;
  part_reader parts_;
  std::optional<Trie> last_;
  node_number root_ = 0;  // of the last one
};

/// Vectors of one type of a pack. A version is put together of slices of the one before, and what is new.
template <class Vector>
class vector_rebuilding {
  using T = typename Vector::value_type;

 public:
  vector_rebuilding(pack_input& input, std::uint32_t type, const std::string& schema)
      : input_(input), walk_(input, type), parts_(input, type, schema) {}
  [[nodiscard]] bool fits() const noexcept { return parts_.fits(); }

  /// Nothing: the input knows why.
  [[nodiscard]] std::optional<Vector> read(const pack_tree& tree) {
    std::vector<walked_chunk> chunks;
    if (!walk_.chunks(tree, chunks)) return std::nullopt;
    Vector made;
    for (std::size_t i = 0; i < chunks.size();) {
      const auto known = places_.find(chunks[i].number);
      if (known == places_.end() || known->second.size < chunks[i].size) {
        if (!append(chunks[i++], made)) return std::nullopt;
        continue;
      }
      // As many chunks as follow each other in the last version too.
      const std::uint64_t from = known->second.first;
      std::uint64_t end = from;
      for (; i < chunks.size(); ++i) {
        const auto next = places_.find(chunks[i].number);
        if (next == places_.end() || next->second.first != end || next->second.size < chunks[i].size) break;
        end += chunks[i].size;
        if (next->second.size != chunks[i].size) {
          ++i;
          break;
        }
      }
      made = std::move(made) + last_.slice(static_cast<std::size_t>(from), static_cast<std::size_t>(end));
    }
    remember(chunks);
    last_ = made;
    return made;
  }

 private:
  struct place {
    std::uint64_t first = 0;
    std::uint64_t size = 0;
  };

  [[nodiscard]] bool append(const walked_chunk& chunk, Vector& to) {
    return walk_.each(chunk, [&](const walked_entry& entry) {
      std::optional<T> element = parts_.template read<T>(entry.parts[0], entry.record);
      if (!element) return false;
      to = std::move(to).push_back(*std::move(element));
      return true;
    });
  }
  /// Where each chunk is in the last version.
  void remember(const std::vector<walked_chunk>& chunks) {
    places_.clear();
    std::uint64_t at = 0;
    for (const walked_chunk& chunk : chunks) {
      places_.emplace(chunk.number, place{at, chunk.size});
      at += chunk.size;
    }
  }

  pack_input& input_;
  vector_walk walk_;
  part_reader parts_;
  Vector last_;
  std::unordered_map<node_number, place> places_;
};

}  // namespace coppice::detail
