// Codecs of maps and sets with unique keys: coppice::map and set, std::map and set, their unordered kin, and whatever
// else has key_type and emplace.
//
// A count, then the elements (the key, in maps followed by the value) in ascending order of their keys' bytes. So there
// is one encoding for equal content: whatever the container, its order, its seed or its history. Decoding refuses any
// other order, and with it keys that stand twice. (Where two keys are equal and their bytes are not, as 0.0 and -0.0,
// the content of one container has two encodings; a container that finds two such keys equal refuses the second.)
//
// Cost: encoding sorts, in O(n log n), and holds all encoded elements once more meanwhile.
//
// Thread safety: pure functions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/codec/kind.hpp"
#include "coppice/codec/reader.hpp"
#include "coppice/codec/sequence.hpp"
#include "coppice/codec/writer.hpp"

namespace coppice {

namespace codec_detail {

/// Byte by byte; of two of which one begins with the other, the shorter one is less.
[[nodiscard]] inline bool bytes_less(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  const std::size_t common = std::min(a.size(), b.size());
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  return order != 0 ? order < 0 : a.size() < b.size();
}

/// Where in a buffer an encoded element lies.
struct encoded_element {
  std::size_t begin;
  std::size_t key_end;
  std::size_t end;
};

}  // namespace codec_detail

template <codec_detail::of_kind<codec_detail::kind::associative> T>
struct codec<T> {
  using key_type = typename T::key_type;
  static constexpr std::size_t min_bytes() noexcept { return 1; }

  static void encode(const T& value, byte_writer auto& to) {
    byte_buffer buffer;
    std::vector<codec_detail::encoded_element> elements;
    elements.reserve(value.size());
    for (const auto& each : value) {
      const std::size_t begin = buffer.bytes().size();
      codec<key_type>::encode(key_of(each), buffer);
      const std::size_t key_end = buffer.bytes().size();
      if constexpr (codec_detail::is_map<T>) codec<typename T::mapped_type>::encode(each.second, buffer);
      elements.push_back({begin, key_end, buffer.bytes().size()});
    }
    const auto part = [&](std::size_t begin, std::size_t end) {
      return std::span(buffer.bytes()).subspan(begin, end - begin);
    };
    std::sort(elements.begin(), elements.end(), [&](const auto& a, const auto& b) {
      return codec_detail::bytes_less(part(a.begin, a.key_end), part(b.begin, b.key_end));
    });
    put_number(elements.size(), to);
    for (const auto& each : elements) to.append(part(each.begin, each.end));
  }

  [[nodiscard]] static T decode(reader& from) {
    const std::size_t begin = from.offset();
    const std::size_t count = from.count(least_bytes_each());
    if constexpr (codec_detail::is_persistent<T>) {
      std::vector<typename T::value_type> elements;
      codec_detail::reserve_for(elements, count, from);
      each_element(from, count, [&](auto&&... parts) { elements.emplace_back(std::move(parts)...); });
      T made(std::make_move_iterator(elements.begin()), std::make_move_iterator(elements.end()));
      if (made.size() != count) from.fail_at(begin, two_equal);
      return made;
    } else {
      T made;
      each_element(from, count, [&](auto&&... parts) {
        if (!made.emplace(std::move(parts)...).second) from.fail(two_equal);
      });
      return made;
    }
  }

 private:
  static constexpr const char* two_equal = "two keys of a map or set are equal";

  [[nodiscard]] static const key_type& key_of(const typename T::value_type& element) noexcept {
    if constexpr (codec_detail::is_map<T>) {
      return element.first;
    } else {
      return element;
    }
  }
  [[nodiscard]] static constexpr std::size_t least_bytes_each() noexcept {
    static_assert(codec_detail::least_bytes<key_type>() != 0, "coppice::codec: no keys that take no bytes");
    if constexpr (codec_detail::is_map<T>) {
      return codec_detail::least_bytes<key_type>() + codec_detail::least_bytes<typename T::mapped_type>();
    } else {
      return codec_detail::least_bytes<key_type>();
    }
  }

  /// Calls `f(key, value)` or `f(key)` for elements that follow each other in ascending order.
  template <class F>
  static void each_element(reader& from, std::size_t count, const F& f) {
    std::span<const std::byte> before;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t begin = from.offset();
      auto key = from.value<key_type>();
      const std::span<const std::byte> bytes = from.since(begin);
      if (i != 0 && !codec_detail::bytes_less(before, bytes)) {
        from.fail_at(begin, "the keys of a map or set are not in ascending order of their bytes");
      }
      before = bytes;
      if constexpr (codec_detail::is_map<T>) {
        f(std::move(key), from.value<typename T::mapped_type>());
      } else {
        f(std::move(key));
      }
    }
  }
};

}  // namespace coppice
