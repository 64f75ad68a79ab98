// Codecs of sequences: strings and string views, vectors, deques, lists, persistent vectors.
//
// A count, then the elements. Elements that are their bytes (scalar.hpp) are copied together; a std::vector<bool> has
// eight elements in a byte.
//
// Thread safety: pure functions.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/codec/kind.hpp"
#include "coppice/codec/reader.hpp"
#include "coppice/codec/scalar.hpp"
#include "coppice/codec/writer.hpp"

namespace coppice {

namespace codec_detail {

/// Room for `count` elements, but for no more bytes than the input has: a claim may cost a reader no more than the
/// bytes that make it. What is really there may be larger; then the sequence grows as it is filled.
template <class Sequence>
void reserve_for(Sequence& sequence, std::size_t count, const reader& from) {
  if constexpr (requires { sequence.reserve(count); }) {
    sequence.reserve(std::min(count, from.remaining() / sizeof(typename Sequence::value_type) + 1));
  }
}

/// Elements that lie side by side, and whose bytes are their encoding.
template <class T>
concept is_its_elements_bytes = is_its_bytes<typename T::value_type>() && requires(T& to, const T& from) {
  { from.data() } -> std::same_as<const typename T::value_type*>;
  to.resize(from.size());
};

}  // namespace codec_detail

/// A count of bytes, and the bytes. What decode gives lies in the input: it is valid as long as that.
template <>
struct codec<std::string_view> {
  static constexpr std::size_t min_bytes() noexcept { return 1; }
  static void encode(const std::string_view& text, byte_writer auto& to) {
    put_number(text.size(), to);
    to.append(std::as_bytes(std::span(text)));
  }
  [[nodiscard]] static std::string_view decode(reader& from) {
    const std::span<const std::byte> bytes = from.take(from.count(1));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

template <codec_detail::of_kind<codec_detail::kind::sequence> T>
struct codec<T> {
  using element = typename T::value_type;
  static constexpr std::size_t min_bytes() noexcept { return 1; }

  static void encode(const T& value, byte_writer auto& to) {
    put_number(value.size(), to);
    if constexpr (codec_detail::is_its_elements_bytes<T>) {
      to.append(std::as_bytes(std::span(value.data(), value.size())));
    } else {
      for (const element& each : value) codec<element>::encode(each, to);
    }
  }

  [[nodiscard]] static T decode(reader& from) {
    static_assert(codec_detail::least_bytes<element>() != 0,
                  "coppice::codec: no sequences of what takes no bytes, because no input would be too short for any "
                  "count of them; encode the count");
    const std::size_t count = from.count(codec_detail::least_bytes<element>());
    if constexpr (codec_detail::is_its_elements_bytes<T>) {
      const std::span<const std::byte> bytes = from.take(count * sizeof(element));
      T made;
      made.resize(count);
      if (count != 0) std::memcpy(made.data(), bytes.data(), bytes.size());
      return made;
    } else if constexpr (codec_detail::is_persistent<T>) {
      std::vector<element> elements = gather<std::vector<element>>(from, count);
      return T(std::make_move_iterator(elements.begin()), std::make_move_iterator(elements.end()));
    } else {
      return gather<T>(from, count);
    }
  }

 private:
  template <class Sequence>
  [[nodiscard]] static Sequence gather(reader& from, std::size_t count) {
    Sequence made;
    codec_detail::reserve_for(made, count, from);
    for (std::size_t i = 0; i < count; ++i) made.push_back(from.value<element>());
    return made;
  }
};

/// A count of bits, and bytes that hold eight of them each, the first one lowest; the bits left over are zero.
template <codec_detail::of_kind<codec_detail::kind::bits> T>
struct codec<T> {
  static constexpr std::size_t min_bytes() noexcept { return 1; }

  static void encode(const T& value, byte_writer auto& to) {
    put_number(value.size(), to);
    std::uint8_t byte = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      byte = static_cast<std::uint8_t>(byte | (value[i] ? 1U << i % 8 : 0U));
      if (i % 8 != 7 && i + 1 != value.size()) continue;
      put_fixed(std::exchange(byte, std::uint8_t{0}), to);
    }
  }

  [[nodiscard]] static T decode(reader& from) {
    const std::size_t begin = from.offset();
    const std::uint64_t count = from.number();
    if (count / 8 > from.remaining()) from.fail_at(begin, "a count is larger than the bytes after it allow");
    const std::span<const std::byte> bytes = from.take(static_cast<std::size_t>(count / 8 + (count % 8 != 0 ? 1 : 0)));
    T made(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = (std::to_integer<unsigned>(bytes[i / 8]) >> i % 8 & 1) != 0;
    if (count % 8 != 0 && std::to_integer<unsigned>(bytes.back()) >> count % 8 != 0) {
      from.fail_at(from.offset() - 1, "bits after the last one are not zero");
    }
    return made;
  }
};

}  // namespace coppice
