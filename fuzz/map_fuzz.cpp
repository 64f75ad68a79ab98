// Fuzzer of map: a byte string is a program over four live versions, run over several kinds of maps against std::map.
//
// Two bytes a step: operation, way and version, then a key; some steps read more. After every step the checker runs,
// and sizes and the key's value are compared; at the end all contents. Leaves are tiny and hashes few, so that few
// steps reach deep shapes and collisions, and one version has another seed than the rest.
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collection_program.hpp"
#include "coppice/map.hpp"

namespace coppice::fuzz {
namespace {

template <class Key, class Value, class Memory, unsigned LeafEntries>
class machine {
  using map_type = coppice::map<Key, Value, few_hashes, std::equal_to<>, Memory, LeafEntries>;
  using model = std::map<unsigned, unsigned>;
  struct version {
    map_type map{hash_seed{1}};
    model content;
  };

 public:
  machine() { versions_[3].map = map_type(hash_seed{2}); }

  void run(program steps) {
    while (!steps.done()) step(steps);
    for (const version& each : versions_) compare(each);
  }

 private:
  void step(program& steps) {
    const instruction next(steps);
    version& target = versions_[next.target];
    const unsigned number = next.number;
    const way how = next.how;
    switch (next.operation) {
      case 0:
      case 1:
      case 2:
      case 3:
        set(target, how, number % 64, steps.byte() % 8);
        break;
      case 4:
        insert(target, how, number % 64, steps.byte() % 8);
        break;
      case 5:
        update(target, how, number % 64);
        break;
      case 6:
      case 7:
      case 8:
        erase(target, how, number % 64);
        break;
      case 9:
        copy_or_move(target, versions_[number & 3], how);
        break;
      case 10:
        join(target, versions_[number & 3], versions_[number >> 2 & 3], number >> 4);
        break;
      case 11:
        merge_three(target, versions_[number & 3], versions_[number >> 2 & 3], versions_[number >> 4 & 3]);
        break;
      case 12:
        build(target, steps, number % 32);
        break;
      case 13:
        check_difference(target, versions_[number & 3]);
        break;
      case 14:
        check_parts(target, number % 8);
        break;
      default:
        check_equality(target, versions_[number & 3]);
        break;
    }
    check(target);
    const Value* found = target.map.find(made_from<Key>(number % 64));
    const auto expected = target.content.find(number % 64);
    require((found != nullptr) == (expected != target.content.end()), "find disagrees");
    require(found == nullptr || *found == made_from<Value>(expected->second), "a value disagrees");
  }

  /// Changes a version in one of the ways in which maps change: `f` is given a map, const or expiring, or a transient.
  template <class F, class G>
  void change(version& target, way how, const F& f, const G& in_transient) {
    if (how == way::copy) {
      target.map = f(std::as_const(target.map));
    } else if (how == way::in_place) {
      target.map = f(std::move(target.map));
    } else {
      auto changing = how == way::transient_of_copy ? target.map.transient() : std::move(target.map).transient();
      in_transient(changing);
      target.map = std::move(changing).persistent();
    }
  }
  void set(version& target, way how, unsigned number, unsigned made) {
    const Key key = made_from<Key>(number);
    const Value value = made_from<Value>(made);
    const bool differs = !target.content.contains(number) || target.content[number] != made;
    target.content[number] = made;
    change(
        target, how, [&](auto&& map) { return std::forward<decltype(map)>(map).set(key, value); },
        [&](auto& map) { require(map.set(key, value) == differs, "set disagrees"); });
  }
  void insert(version& target, way how, unsigned number, unsigned made) {
    const Key key = made_from<Key>(number);
    const Value value = made_from<Value>(made);
    const bool added = target.content.emplace(number, made).second;
    change(
        target, how, [&](auto&& map) { return std::forward<decltype(map)>(map).insert(key, value); },
        [&](auto& map) { require(map.insert(key, value) == added, "insert disagrees"); });
  }
  void update(version& target, way how, unsigned number) {
    const Key key = made_from<Key>(number);
    const auto known = target.content.find(number);
    const unsigned next = known == target.content.end() ? 0 : (known->second + 1) % 8;
    const auto f = [&](const Value&) { return made_from<Value>(next); };
    target.content[number] = next;
    change(
        target, how, [&](auto&& map) { return std::forward<decltype(map)>(map).update(key, f); },
        [&](auto& map) { require(map.update(key, f), "update disagrees"); });
  }
  void erase(version& target, way how, unsigned number) {
    const Key key = made_from<Key>(number);
    const bool known = target.content.erase(number) != 0;
    change(
        target, how, [&](auto&& map) { return std::forward<decltype(map)>(map).erase(key); },
        [&](auto& map) { require(map.erase(key) == known, "erase disagrees"); });
  }

  void join(version& target, const version& left, const version& right, unsigned how) {
    model content;
    for (const auto& [key, value] : left.content) {
      const bool both = right.content.contains(key);
      if (how % 4 == 2 ? both : how % 4 == 3 ? !both : false) continue;
      content[key] = value;
    }
    if (how % 4 < 2) {
      for (const auto& [key, value] : right.content) {
        const auto known = left.content.find(key);
        const bool asked = how % 4 == 1 && known != left.content.end() && known->second != value;
        content[key] = asked ? 7 : value;
      }
    }
    map_type joined =
        how % 4 == 0 ? left.map.merge(right.map)
        : how % 4 == 1
            ? left.map.merge(right.map, [](const auto&, const auto&, const auto&) { return made_from<Value>(7); })
        : how % 4 == 2 ? left.map.subtract(right.map)
                       : left.map.intersect(right.map);
    target = {std::move(joined), std::move(content)};
  }
  /// Conflicts are settled for ours.
  void merge_three(version& target, const version& base, const version& ours, const version& theirs) {
    const auto in = [](const version& of, unsigned key) {
      const auto found = of.content.find(key);
      return found == of.content.end() ? std::optional<unsigned>() : found->second;
    };
    model content;
    for (unsigned key = 0; key < 64; ++key) {
      const auto merged = in(ours, key) == in(base, key) ? in(theirs, key) : in(ours, key);
      if (merged) content[key] = *merged;
    }
    map_type joined =
        merge3(base.map, ours.map, theirs.map, [](const Key&, const Value*, const Value* our_value, const Value*) {
          return our_value == nullptr ? std::optional<Value>() : std::optional<Value>(*our_value);
        });
    target = {std::move(joined), std::move(content)};
  }
  void build(version& target, program& steps, unsigned count) {
    std::vector<std::pair<Key, Value>> elements;
    target.content.clear();
    for (unsigned i = 0; i < count; ++i) {
      const unsigned number = steps.byte();
      elements.emplace_back(made_from<Key>(number % 64), made_from<Value>(number >> 6));
      target.content[number % 64] = number >> 6;
    }
    target.map = map_type(hash_seed{1}).merge(map_type(elements));  // whose own seed is random
  }

  void check_difference(const version& older, const version& newer) {
    model patched = older.content;
    for (const auto& change : diff(older.map, newer.map)) {
      const unsigned key = number_of(change.key());
      require(older.content.contains(key) == (change.before() != nullptr), "a difference disagrees");
      require(change.before() == nullptr || number_of(*change.before()) == older.content.at(key),
              "an old value is wrong");
      if (change.after() == nullptr) {
        patched.erase(key);
      } else {
        require(change.before() == nullptr || !(*change.before() == *change.after()), "a difference is none");
        patched[key] = number_of(*change.after());
      }
    }
    require(patched == newer.content, "a difference disagrees");
  }
  void check_parts(const version& of, unsigned parts) {
    auto at = of.map.begin();
    for (const auto& part : of.map.partition(parts + 1)) {
      for (const auto& element : part) require(&element == &*at++, "a part is out of place");
    }
    require(at == of.map.end(), "parts miss elements");
  }
  void check_equality(const version& a, const version& b) {
    const bool same = a.content == b.content;
    require((a.map == b.map) == same, "equality disagrees");
    require(!same || std::hash<map_type>{}(a.map) == std::hash<map_type>{}(b.map), "hashes of equal maps differ");
  }
  void check(const version& of) {
    if (const char* broken = of.map.check(); broken != nullptr) fail(broken);
    require(of.map.size() == of.content.size(), "the size disagrees");
  }
  void compare(const version& of) {
    check(of);
    model content;
    for (const auto& [key, value] : of.map) content.emplace(number_of(key), number_of(value));
    require(content == of.content, "the content disagrees");
  }

  std::array<version, 4> versions_;
};

}  // namespace
}  // namespace coppice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice;
  using namespace coppice::fuzz;
  machine<std::uint64_t, std::uint64_t, local_heap, 3>().run({data, size});
  machine<std::string, std::string, atomic_heap, 2>().run({data, size});
  machine<unordered_key, std::string, local_heap, 0>().run({data, size});
  return 0;
}
