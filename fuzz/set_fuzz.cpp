// Fuzzer of set: a byte string is a program over four live versions, run over several kinds of sets against std::set.
// See map_fuzz.cpp.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collection_program.hpp"
#include "coppice/set.hpp"

namespace coppice::fuzz {
namespace {

template <class T, class Memory, unsigned LeafEntries>
class machine {
  using set_type = coppice::set<T, few_hashes, std::equal_to<>, Memory, LeafEntries>;
  using model = std::set<unsigned>;
  struct version {
    set_type set{hash_seed{1}};
    model content;
  };

 public:
  machine() { versions_[3].set = set_type(hash_seed{2}); }

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
      case 4:
      case 5:
        change(target, how, number % 64, true);
        break;
      case 6:
      case 7:
      case 8:
      case 9:
        change(target, how, number % 64, false);
        break;
      case 10:
        copy_or_move(target, versions_[number & 3], how);
        break;
      case 11:
      case 12:
        join(target, versions_[number & 3], versions_[number >> 2 & 3], number >> 4);
        break;
      case 13:
        build(target, steps, number % 32);
        break;
      case 14:
        check_difference(target, versions_[number & 3]);
        break;
      default:
        check_relations(target, versions_[number & 3]);
        break;
    }
    check(target);
    require(target.set.contains(made_from<T>(number % 64)) == target.content.contains(number % 64),
            "contains disagrees");
  }

  void change(version& target, way how, unsigned number, bool insert) {
    const T element = made_from<T>(number);
    const bool changes = target.content.contains(number) != insert;
    const auto changed = [&](auto&& set) {
      return insert ? std::forward<decltype(set)>(set).insert(element)
                    : std::forward<decltype(set)>(set).erase(element);
    };
    if (how == way::copy) {
      target.set = changed(std::as_const(target.set));
    } else if (how == way::in_place) {
      target.set = changed(std::move(target.set));
    } else {
      auto changing = how == way::transient_of_copy ? target.set.transient() : std::move(target.set).transient();
      require((insert ? changing.insert(element) : changing.erase(element)) == changes, "a change disagrees");
      target.set = std::move(changing).persistent();
    }
    if (insert) {
      target.content.insert(number);
    } else {
      target.content.erase(number);
    }
  }
  void join(version& target, const version& left, const version& right, unsigned how) {
    model content;
    const auto into = std::inserter(content, content.end());
    const auto &ours = left.content, &theirs = right.content;
    set_type joined;
    if (how % 3 == 0) {
      std::set_union(ours.begin(), ours.end(), theirs.begin(), theirs.end(), into);
      joined = left.set.merge(right.set);
    } else if (how % 3 == 1) {
      std::set_intersection(ours.begin(), ours.end(), theirs.begin(), theirs.end(), into);
      joined = left.set.intersect(right.set);
    } else {
      std::set_difference(ours.begin(), ours.end(), theirs.begin(), theirs.end(), into);
      joined = left.set.subtract(right.set);
    }
    target = {std::move(joined), std::move(content)};
  }
  void build(version& target, program& steps, unsigned count) {
    std::vector<T> elements;
    target.content.clear();
    for (unsigned i = 0; i < count; ++i) {
      const unsigned number = steps.byte() % 64;
      elements.push_back(made_from<T>(number));
      target.content.insert(number);
    }
    target.set = set_type(hash_seed{1}).merge(set_type(elements));  // whose own seed is random
  }

  void check_difference(const version& older, const version& newer) {
    model patched = older.content;
    for (const auto& change : diff(older.set, newer.set)) {
      const unsigned number = number_of(change.element());
      require(change.kind() != diff_kind::changed, "an element has changed");
      const bool changed =
          change.kind() == diff_kind::added ? patched.insert(number).second : patched.erase(number) != 0;
      require(changed, "a difference disagrees");
    }
    require(patched == newer.content, "a difference disagrees");
  }
  void check_relations(const version& a, const version& b) {
    const bool same = a.content == b.content;
    require((a.set == b.set) == same, "equality disagrees");
    require(!same || std::hash<set_type>{}(a.set) == std::hash<set_type>{}(b.set), "hashes of equal sets differ");
    require(a.set.is_subset_of(b.set) ==
                std::includes(b.content.begin(), b.content.end(), a.content.begin(), a.content.end()),
            "is_subset_of disagrees");
  }
  void check(const version& of) {
    if (const char* broken = of.set.check(); broken != nullptr) fail(broken);
    require(of.set.size() == of.content.size(), "the size disagrees");
  }
  void compare(const version& of) {
    check(of);
    model content;
    for (const T& element : of.set) content.insert(number_of(element));
    require(content == of.content, "the content disagrees");
  }

  std::array<version, 4> versions_;
};

}  // namespace
}  // namespace coppice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice;
  using namespace coppice::fuzz;
  machine<std::uint64_t, atomic_heap, 3>().run({data, size});
  machine<std::string, local_heap, 2>().run({data, size});
  machine<unordered_key, local_heap, 0>().run({data, size});
  return 0;
}
