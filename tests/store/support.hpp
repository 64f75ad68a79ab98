// What the tests of the public store share: a directory of stores of their own, errors as codes, and random keys and
// values of every kind.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/store.hpp"
#include "tests/platform/support.hpp"

namespace store_test {

using namespace coppice;  // NOLINT(google-build-using-namespace): the tests are about nothing else
using platform::test::child_process;
using platform::test::scratch_directory;

/// Named stores go to a directory of this test alone.
class store_case : public testing::Test {
 protected:
  store_case() { use(directory_.path()); }
  static void use(const std::string& directory) { ::setenv("COPPICE_DIR", directory.c_str(), 1); }
  scratch_directory directory_;
};

/// A store of one fixed seed: the same content has the same shape.
inline store_options seeded(std::uint64_t seed = 42) {
  store_options options;
  options.seed = seed;
  return options;
}

/// What a call threw: errc::ok if nothing.
struct outcome {
  errc code = errc::ok;
  std::string message;
};
template <class Call>
outcome outcome_of(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const error& why) {
    return {why.code(), why.what()};
  }
  return {};
}
template <class Call>
errc code_of(Call&& call) {
  return outcome_of(std::forward<Call>(call)).code;
}

[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// The identity of a key: its kind and bytes.
[[nodiscard]] inline std::string identity_of(const value_view& key) {
  const value_view wanted = key.as_key();
  std::string text(1, static_cast<char>(wanted.kind()));
  text.append(reinterpret_cast<const char*>(wanted.raw().data()), wanted.raw().size());
  return text;
}
[[nodiscard]] inline value value_of_identity(const std::string& text) {
  return value(value_view::stored(static_cast<value_kind>(text[0]), bytes_of(std::string_view(text).substr(1))));
}

using model = std::map<std::string, value>;

/// Why the snapshot is not what the model says, or an empty string.
[[nodiscard]] inline std::string difference(const snapshot& seen, const model& expected) {
  if (seen.size() != expected.size()) {
    return "size " + std::to_string(seen.size()) + ", expected " + std::to_string(expected.size());
  }
  for (const auto& [key, content] : expected) {
    const auto found = seen.get(value_of_identity(key).view());
    if (!found) return "a key is missing";
    if (!(*found == content.view())) return "a value differs";
  }
  std::uint64_t met = 0;
  std::string trouble;
  seen.for_each([&](const entry& each) {
    const auto wanted = expected.find(identity_of(each.key));
    if (wanted == expected.end() || !(each.value == wanted->second.view())) trouble = "for_each meets a stranger";
    ++met;
    return trouble.empty();
  });
  if (trouble.empty() && met != expected.size()) trouble = "for_each meets another number of entries";
  return trouble;
}

/// Keys and values of every kind.
class random_content {
 public:
  explicit random_content(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] std::uint64_t bits() { return random_(); }

  /// One of about `many` keys.
  [[nodiscard]] value key(std::uint64_t many) {
    const std::uint64_t pick = below(many);
    switch (pick % 8) {
      case 0:
        return value(static_cast<std::int64_t>(pick) - 7);
      case 1:
        return value(static_cast<double>(pick) + 0.5);
      case 2:
        return value("key " + std::to_string(pick));
      case 3:
        return value("schl\xc3\xbcssel " + std::to_string(pick));
      case 4:
        return value(bytes_of(std::to_string(pick)));
      case 5:
        return value(value_view::document(bytes_of("\x92" + std::to_string(pick))));
      case 6:
        return value("long key " + std::string(200 + pick * 7 % 900, 'k') + std::to_string(pick));
      default:
        return pick % 3 == 0 ? value(nullptr) : value(pick % 3 == 1);
    }
  }

  [[nodiscard]] value content() {
    switch (below(11)) {
      case 0:
        return value(nullptr);
      case 1:
        return value(below(2) == 0);
      case 2:
        return value(static_cast<std::int64_t>(bits()));
      case 3:
        return value(std::bit_cast<double>(bits()));
      case 4:
        return value(text(below(40)));
      case 5:
        return value("\xe2\x82\xac" + text(below(100)));
      case 6:
        return value(bytes_of(text(below(300))));
      case 7:
        return value(value_view::document(bytes_of(text(1 + below(200)))));
      case 8:
        return value(value_view::stored(value_kind::bigint, bytes_of(text(1 + below(30)))));
      case 9:
        return value(bytes_of(text(below(6000))));
      default:
        return below(20) == 0 ? value(bytes_of(text(30'000 + below(60'000)))) : value(text(below(8)));
    }
  }

 private:
  [[nodiscard]] std::string text(std::size_t size) {
    std::string made(size, ' ');
    for (char& c : made) c = static_cast<char>('a' + below(26));
    return made;
  }

  std::mt19937_64 random_;
};

}  // namespace store_test
