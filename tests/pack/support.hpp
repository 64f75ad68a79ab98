// What the tests of packs share: versions to pack, and packs that are changed and sealed again.
#pragma once

#include <gtest/gtest.h>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "coppice/detail/pack/format.hpp"
#include "coppice/map.hpp"
#include "coppice/memory.hpp"
#include "coppice/pack.hpp"
#include "coppice/set.hpp"
#include "coppice/vector.hpp"
#include "tests/support/elements.hpp"

namespace coppice::pack_test {

using test::made_from;

using number_map = map<std::uint64_t, std::uint64_t>;
using text_map = map<std::string, std::string>;
using bytes = std::vector<std::byte>;

/// Short for most numbers; beyond what stands in a leaf for some, and in pieces for one.
[[nodiscard]] inline std::string text_of(std::uint64_t number) {
  std::size_t size = number % 20;
  if (number % 50 == 7) size = 300 + number;
  if (number == 57) size = (std::size_t{5} << 20) / 2;
  return "text " + std::to_string(number) + std::string(size, static_cast<char>('a' + number % 26));
}

/// Versions of a map that grow, shrink and change; every `every`th is kept.
template <class Map, class Key, class Value>
[[nodiscard]] std::vector<Map> versions_of_map(unsigned steps, unsigned every, const Key& key, const Value& value,
                                               Map map = Map()) {
  std::mt19937_64 random(steps);
  std::vector<Map> versions{map};
  for (unsigned i = 1; i <= steps; ++i) {
    const std::uint64_t number = random() % (steps / 2 + 1);
    map = i % 4 == 3 ? std::move(map).erase(key(number)) : std::move(map).set(key(number), value(random() % 100));
    if (i % every == 0) versions.push_back(map);
  }
  return versions;
}
[[nodiscard]] inline std::vector<number_map> versions_of_numbers(unsigned steps, unsigned every,
                                                                 number_map from = number_map()) {
  const auto same = [](std::uint64_t number) { return number; };
  return versions_of_map<number_map>(steps, every, same, same, std::move(from));
}

/// Versions of a vector that is changed in all ways.
template <class Vector, class Element>
[[nodiscard]] std::vector<Vector> versions_of_vector(unsigned steps, unsigned every, const Element& element) {
  std::mt19937_64 random(steps);
  std::vector<Vector> versions;
  Vector vector;
  for (unsigned i = 0; i < steps; ++i) {
    const auto place = vector.empty() ? 0 : static_cast<std::size_t>(random() % vector.size());
    switch (random() % 12) {
      case 0:
        vector = vector.empty() ? vector : std::move(vector).set(place, element(random() % 100));
        break;
      case 1:
        vector = std::move(vector).pop_back();
        break;
      case 2:
        vector = vector.insert(place, element(random() % 100));
        break;
      case 3:
        vector = vector.size() < 2000 ? vector.take(place) + vector : vector.drop(place);
        break;
      default:
        for (unsigned k = 0; k < 7; ++k) vector = std::move(vector).push_back(element(random() % 100));
    }
    if (i % every == 0) versions.push_back(vector);
  }
  return versions;
}

template <class Collection>
[[nodiscard]] ::testing::AssertionResult are(const std::vector<Collection>& read,
                                             const std::vector<Collection>& wanted) {
  if (read.size() != wanted.size()) return ::testing::AssertionFailure() << read.size() << " versions";
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (const char* broken = read[i].check(); broken != nullptr) {
      return ::testing::AssertionFailure() << "version " << i << " breaks " << broken;
    }
    if (!(read[i] == wanted[i])) return ::testing::AssertionFailure() << "version " << i << " is another one";
  }
  return ::testing::AssertionSuccess();
}

[[nodiscard]] inline std::uint64_t xxh3(std::initializer_list<std::span<const std::byte>> parts) {
  bytes all;
  for (const auto part : parts) all.insert(all.end(), part.begin(), part.end());
  return XXH3_64bits(all.data(), all.size());
}

[[nodiscard]] inline bytes bytes_of_file(const std::string& path) {
  std::ifstream from(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(from)), {});
  const auto all = std::as_bytes(std::span(text));
  return {all.begin(), all.end()};
}

/// The sections of a pack that is whole.
struct section_place {
  detail::pack_section header;
  std::size_t offset;  // of the header

  [[nodiscard]] std::size_t content() const { return offset + sizeof(header); }
  [[nodiscard]] std::size_t end() const { return content() + header.stored_bytes; }
};
[[nodiscard]] inline std::vector<section_place> sections_of(const bytes& pack) {
  std::vector<section_place> sections;
  for (std::size_t at = sizeof(detail::pack_header); at + sizeof(detail::pack_trailer) < pack.size();) {
    sections.push_back({detail::load<detail::pack_section>(pack.data() + at), at});
    at = sections.back().end();
  }
  return sections;
}

/// Makes all checksums right for what is there, so that a reader has to find what is wrong by itself.
inline void seal(bytes& pack, const std::vector<section_place>& sections) {
  const auto put = [&](std::size_t at, std::uint64_t sum) { detail::store(pack.data() + at, sum); };
  const std::span<const std::byte> all(pack);
  put(56, xxh3({all.first(56)}));
  std::size_t entry = sections.back().content();
  for (const section_place& section : sections) {
    if (section.offset != sections.back().offset) {
      std::memcpy(pack.data() + entry, pack.data() + section.offset, 16);
    }
    put(section.offset + 24,
        xxh3({all.subspan(section.offset, 24), all.subspan(section.content(), section.header.stored_bytes)}));
    if (section.offset != sections.back().offset) {
      std::memcpy(pack.data() + entry + 16, pack.data() + section.offset + 24, 8);
      entry += detail::pack_index_entry_bytes;
    }
  }
  const std::size_t trailer = pack.size() - sizeof(detail::pack_trailer);
  put(trailer + 16, xxh3({all.first(64), all.subspan(trailer, 16), all.subspan(sections.back().offset + 24, 8)}));
}

/// Counts what is read.
class counting_source final : public pack_source {
 public:
  explicit counting_source(const bytes& pack) : inner_(pack) {}
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return inner_.size_bytes(); }
  [[nodiscard]] result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t size,
                                                        bytes& into) const override {
    count += size;
    return inner_.read(offset, size, into);
  }
  mutable std::uint64_t count = 0;

 private:
  pack_memory_source inner_;
};

/// The error of a call, with its message.
[[nodiscard]] inline std::pair<errc, std::string> error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const error& bad) {
    return {bad.code(), bad.what()};
  }
  return {errc::ok, ""};
}

}  // namespace coppice::pack_test
