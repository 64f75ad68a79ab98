// coppice::codec: values of C++ as bytes, and back.
//
//     std::vector<std::byte> bytes = coppice::encode(ages);
//     auto ages = coppice::decode<coppice::map<std::string, int>>(bytes);     // result<map>: the bytes may be damaged
//     if (!ages) std::puts(coppice::decode_error(ages.why()).what());
//
// A codec<T> has two functions:
//
//     static void encode(const T&, byte_writer auto& to);     // appends bytes (coppice/codec/writer.hpp)
//     static T decode(reader& from);                          // reads as many (coppice/codec/reader.hpp)
//
// and may have `static constexpr std::size_t min_bytes()`, the fewest bytes that a T takes (without it: one), against
// which counts of T are checked.
//
// There are codecs of numbers, bool, enumerations, std::string, std::string_view (decoded: a view into the input),
// optional, pair, tuple, array, variant, monostate, durations and points in time, vectors, deques and lists, and maps
// and sets, persistent ones and those of the standard library. They are chosen by the shape of a type, so that headers
// of types that are not used are not included. For a type of one's own specialise codec; for a struct that is one line
// (struct_codec, in coppice/codec/compound.hpp). A class of its own that looks like one of these is treated like it.
//
// The bytes are specified in docs/formats/codec.md and do not change. They do not tell the type: whoever decodes must
// know it. Equal collections have equal bytes, whatever their seed or history, as far as equal elements have.
//
// Errors: decode() trusts nothing. What is not an encoding of a T gives a failure (errc::corrupt; errc::unsupported
// where the nesting is too deep) with the offset; it reads nothing outside the bytes, and allocates for a count no more
// than the bytes that are there. std::bad_alloc, and what constructors of T throw, pass through.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "coppice/codec/associative.hpp"
#include "coppice/codec/compound.hpp"
#include "coppice/codec/kind.hpp"
#include "coppice/codec/reader.hpp"
#include "coppice/codec/scalar.hpp"
#include "coppice/codec/sequence.hpp"
#include "coppice/codec/writer.hpp"
#include "coppice/error.hpp"
#include "coppice/result.hpp"

namespace coppice {

/// No shape that is known.
template <class T>
struct codec {
  static_assert(codec_detail::kind_of<T>() != codec_detail::kind::none,
                "coppice::codec: no encoding for this type: specialise coppice::codec for it; for a struct derive the "
                "specialisation from coppice::struct_codec");
};

/// Appends the bytes of a value.
template <class T>
void encode(const T& value, byte_writer auto& to) {
  codec<T>::encode(value, to);
}

/// The bytes of a value.
template <class T>
[[nodiscard]] std::vector<std::byte> encode(const T& value) {
  byte_buffer buffer;
  codec<T>::encode(value, buffer);
  return std::move(buffer).bytes();
}

/// The value that these bytes, all of them, encode. O(bytes) for all but ordered containers.
template <class T>
[[nodiscard]] result<T> decode(std::span<const std::byte> bytes, unsigned max_depth = reader::default_depth) {
  reader from(bytes, max_depth);
  try {
    T made = from.value<T>();
    if (from.remaining() != 0) from.fail("bytes are left after the value");
    return made;
  } catch (const decode_failure& bad) {
    return bad.why;
  }
}

/// A failure of decode() in a sentence, for throwing or printing.
[[nodiscard]] inline error decode_error(const failure& why) {
  const char* const way_out =
      why.code == errc::unsupported
          ? "; if the data is trusted, decode it with a larger max_depth"
          : "; the bytes are cut short, damaged, or not of this type: encode the value again, and decode the same type";
  return {why.code, "coppice::decode: " + std::string(why.reason) + ", at byte " + std::to_string(why.subject) +
                        " of " + std::to_string(why.limit) + way_out};
}

}  // namespace coppice
