// Fuzzer of the trie: a byte string is a program over four live versions, run over both test memories against std::map.
//
// Two bytes a step: operation and version, then a key; some steps read more. After every step the checker runs, and
// sizes and the key's value are compared; at the end all contents. Leaves are tiny, so that few steps reach deep
// shapes, and half of the keys share long hash prefixes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "coppice/detail/trie_join.hpp"
#include "program.hpp"
#include "tests/trie/bump_memory.hpp"
#include "tests/trie/counted_memory.hpp"

namespace coppice::trie_test {
namespace {

using namespace detail;

struct fuzz_hash {
  std::uint64_t operator()(value_kind kind, const std::byte* data, std::size_t size) const noexcept {
    const std::uint64_t full = seeded_hash{1}(kind, data, size);
    return size % 2 == 0 ? full : full & 0xc000000000000003U;
  }
};

using fuzz::fail;
using fuzz::program;
using fuzz::require;

template <class Memory>
class machine {
  using Ref = typename Memory::ref_type;
  using Leaf = packed_leaf<Ref, fuzz_hash, 3, 96, 40>;
  using model = std::map<std::string, std::string>;
  struct version {
    Ref root{};
    model content;
  };

 public:
  ~machine() {
    for (version& each : versions_) drop(each);
    if constexpr (requires { memory_.live(); }) require(memory_.live() == 0, "a node leaks");
  }

  void run(program steps) {
    while (!steps.done()) step(steps);
    memory_.fail_never();
    memory_.end_edit();
    for (const version& each : versions_) compare(each);
  }

 private:
  static packed_view view(const std::string& text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size(), value_kind::bytes};
  }

  void step(program& steps) {
    const unsigned code = steps.byte();
    version& target = versions_[code & 3];
    const unsigned number = steps.byte();
    const std::string key = std::string(number % 7 == 0 ? 50 : number % 3, 'k') + std::to_string(number % 64);
    switch (code >> 2 & 7) {
      case 0:
      case 1:
      case 2:
        set(target, key, std::string(steps.byte() % 64, static_cast<char>('a' + code % 26)));
        break;
      case 3:
      case 4:
        erase(target, key);
        break;
      case 5:
        copy(target, versions_[number & 3]);
        break;
      case 6:
        join(target, versions_[number & 3], versions_[number >> 2 & 3], number >> 4);
        break;
      default:
        diff(target, versions_[number & 3]);
        if (number % 16 == 0) memory_.begin_edit();
        if (number % 16 == 1) memory_.end_edit();
        break;
    }
    check(target);
    const auto found = trie_find(memory_, leaf_, target.root, view(key));
    const auto expected = target.content.find(key);
    require(found.has_value() == (expected != target.content.end()), "find disagrees");
    require(!found || found->same_as(view(expected->second)), "a value disagrees");
    if (code >= 0xf0) memory_.fail_after(number % 8);
    if (code < 0x20) memory_.fail_never();
  }

  void take(version& target, const edit_result<Ref>& result) {
    if (result.change == trie_change::out_of_space) require(result.root == target.root, "a failure changes the root");
    target.root = result.root;
  }
  void set(version& target, const std::string& key, const std::string& value) {
    isolate();
    const auto result = trie_set(memory_, leaf_, target.root, view(key), view(value));
    take(target, result);
    if (result.change != trie_change::out_of_space) target.content[key] = value;
  }
  void erase(version& target, const std::string& key) {
    isolate();
    const auto result = trie_erase(memory_, leaf_, target.root, view(key));
    take(target, result);
    if (result.change != trie_change::out_of_space) target.content.erase(key);
  }
  void copy(version& target, const version& from) {
    if (&target == &from) return;
    if (from.root != Ref{}) memory_.retain(from.root);
    shared_ = true;
    drop(target);
    target = from;
    shared_ = true;
  }
  void join(version& target, const version& left, const version& right, unsigned how) {
    shared_ = true;
    isolate();
    const auto operation = static_cast<join_operation>(how % 3);
    const join_side side = how % 2 == 0 ? join_side::left : join_side::right;
    const auto result =
        trie_join(memory_, leaf_, operation, left.root, right.root, [&](const auto&, const auto&) { return side; });
    shared_ = true;
    if (!result.ok) return;
    model content;
    for (const auto& [key, value] : left.content) {
      const auto other = right.content.find(key);
      const bool both = other != right.content.end();
      if (operation == join_operation::set_difference ? both : operation == join_operation::set_intersection && !both)
        continue;
      content[key] = both && side == join_side::right ? other->second : value;
    }
    if (operation == join_operation::set_union) content.insert(right.content.begin(), right.content.end());
    drop(target);
    target = {result.root, std::move(content)};
  }
  void diff(const version& older, const version& newer) {
    trie_diff_cursor<Memory, Leaf> cursor(memory_, leaf_, older.root, newer.root);
    diff_change<Leaf> change;
    model patched = older.content;
    while (cursor.next(change)) {
      const std::string key = text_of(change.key);
      require(older.content.contains(key) == (change.kind != diff_kind::added), "a difference disagrees");
      if (change.kind == diff_kind::removed) {
        patched.erase(key);
      } else {
        patched[key] = text_of(change.after);
      }
    }
    require(patched == newer.content, "a difference disagrees");
  }

  /// Versions that share nodes must not be edited in place, nor freed, by token; counts see to it themselves.
  void isolate() {
    if (shared_ && memory_.edit_token() != 0) memory_.begin_edit();
    shared_ = false;
  }
  void drop(version& of) {
    isolate();
    if (of.root != Ref{}) memory_.release(of.root);
    of = {};
  }
  static std::string text_of(const packed_view& of) { return {reinterpret_cast<const char*>(of.data), of.size}; }
  void check(const version& of) {
    const auto report = trie_check(memory_, leaf_, of.root);
    if (report.broken != nullptr) fail(report.broken);
    require(trie_size(memory_, of.root) == of.content.size(), "the size disagrees");
  }
  void compare(const version& of) {
    check(of);
    model content;
    trie_for_each(memory_, leaf_, of.root,
                  [&](const auto& entry) { content.emplace(text_of(entry.key), text_of(entry.value)); });
    require(content == of.content, "the content disagrees");
  }

  Memory memory_;
  Leaf leaf_;
  std::array<version, 4> versions_;
  bool shared_ = false;
};

}  // namespace
}  // namespace coppice::trie_test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice::trie_test;
  machine<bump_memory>().run({data, size});
  machine<counted_memory>().run({data, size});
  return 0;
}
