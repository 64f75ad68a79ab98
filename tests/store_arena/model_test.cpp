// Any number of handles of collections in a store, against std: what is changed through one of them, in place or not,
// is seen through no other one, nor in what has been stored.
//
// Handles are copied, moved, swapped, changed by all forms of changes, joined, stored and fetched, within transactions
// that are published or not. After each step every handle is compared with its model, so a node that was changed in
// place, or taken back, while another collection had it, is found at once.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "coppice/store_arena.hpp"
#include "tests/store/support.hpp"

namespace store_test {
namespace {

using random_bits = std::mt19937_64;

/// Three bits in the first level, and the last two: deep tries, and collisions.
struct sparse_hash {
  static constexpr std::string_view stored_name = "tests: sparse_hash";
  std::uint64_t operator()(std::uint64_t key, std::uint64_t seed) const noexcept {
    return hash<std::uint64_t>{}(key, seed) & 0xe000000000000003U;
  }
};

template <class T>
T made_of(std::uint64_t number) {
  if constexpr (std::same_as<T, std::string>) {
    return std::string(number % 5 == 0 ? 300 : number % 3, 'x') + std::to_string(number);
  } else {
    return static_cast<T>(number);
  }
}

/// How maps and their models are changed.
template <class Map>
struct map_kit {
  using collection = Map;
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;
  using model = std::map<key_type, mapped_type>;
  struct edit {
    bool erases;
    key_type key;
    mapped_type content;
  };

  static edit random_edit(random_bits& random, const model&) {
    return {random() % 3 == 0, made_of<key_type>(random() % 70), made_of<mapped_type>(random())};
  }
  static void apply(model& to, const edit& e) {
    if (e.erases) {
      to.erase(e.key);
    } else {
      to[e.key] = e.content;
    }
  }
  static Map copied(const Map& of, const edit& e) { return e.erases ? of.erase(e.key) : of.set(e.key, e.content); }
  static Map moved(Map&& of, const edit& e) {
    return e.erases ? std::move(of).erase(e.key) : std::move(of).set(e.key, e.content);
  }
  template <class Transient>
  static void apply_to(Transient& to, const edit& e) {
    if (e.erases) {
      to.erase(e.key);
    } else {
      to.set(e.key, e.content);
    }
  }
  static Map joined(Map& a, Map& b, unsigned) { return a.merge(b); }
  static model joined(const model& a, const model& b) {
    model made = b;
    made.insert(a.begin(), a.end());
    return made;
  }
  static Map built(const model& of) { return Map(of.begin(), of.end()); }
  static std::string trouble(const Map& of, const model& expected) {
    if (const char* broken = of.check()) return broken;
    if (of.size() != expected.size()) return "size";
    for (const auto& [key, content] : expected) {
      const auto found = of.find(key);
      if (!found) return "a key is missing";
      if (!(*found == content)) return "another value";
    }
    return {};
  }
};

template <class Set>
struct set_kit {
  using collection = Set;
  using T = typename Set::value_type;
  using model = std::set<T>;
  struct edit {
    bool erases;
    T element;
  };

  static edit random_edit(random_bits& random, const model&) { return {random() % 3 == 0, made_of<T>(random() % 70)}; }
  static void apply(model& to, const edit& e) {
    if (e.erases) {
      to.erase(e.element);
    } else {
      to.insert(e.element);
    }
  }
  static Set copied(const Set& of, const edit& e) { return e.erases ? of.erase(e.element) : of.insert(e.element); }
  static Set moved(Set&& of, const edit& e) {
    return e.erases ? std::move(of).erase(e.element) : std::move(of).insert(e.element);
  }
  template <class Transient>
  static void apply_to(Transient& to, const edit& e) {
    if (e.erases) {
      to.erase(e.element);
    } else {
      to.insert(e.element);
    }
  }
  static Set joined(Set& a, Set& b, unsigned) { return a.merge(b); }
  static model joined(const model& a, const model& b) {
    model made = a;
    made.insert(b.begin(), b.end());
    return made;
  }
  static Set built(const model& of) { return Set(of.begin(), of.end()); }
  static std::string trouble(const Set& of, const model& expected) {
    if (const char* broken = of.check()) return broken;
    if (of.size() != expected.size()) return "size";
    for (const T& each : expected) {
      if (!of.contains(each)) return "an element is missing";
    }
    return {};
  }
};

template <class Vector>
struct vector_kit {
  using collection = Vector;
  using T = typename Vector::value_type;
  using model = std::vector<T>;
  enum class how : std::uint8_t { push, set, pop, take, drop, insert, erase };
  struct edit {
    how kind;
    std::size_t at;
    T element;
  };

  static edit random_edit(random_bits& random, const model& of) {
    const T element = made_of<T>(random());
    const std::uint64_t pick = random() % 20;
    if (of.empty() || pick < 9) return {how::push, 0, element};
    const std::size_t at = random() % of.size();
    if (pick < 13) return {how::set, at, element};
    if (pick < 15) return {how::pop, 0, element};
    if (pick == 15) return {how::take, of.size() - at / 4, element};
    if (pick == 16) return {how::drop, at / 4, element};
    return {pick == 17 ? how::insert : pick == 18 ? how::erase : how::push, at, element};
  }
  static void apply(model& to, const edit& e) {
    const auto at = to.begin() + static_cast<std::ptrdiff_t>(e.at);
    switch (e.kind) {
      case how::push:
        return to.push_back(e.element);
      case how::set:
        *at = e.element;
        return;
      case how::pop:
        return to.pop_back();
      case how::take:
        to.erase(at, to.end());
        return;
      case how::drop:
        to.erase(to.begin(), at);
        return;
      case how::insert:
        to.insert(at, e.element);
        return;
      case how::erase:
        to.erase(at);
        return;
    }
  }
  static Vector copied(const Vector& of, const edit& e) {
    switch (e.kind) {
      case how::push:
        return of.push_back(e.element);
      case how::set:
        return of.set(e.at, e.element);
      case how::pop:
        return of.pop_back();
      case how::take:
        return of.take(e.at);
      case how::drop:
        return of.drop(e.at);
      case how::insert:
        return of.insert(e.at, e.element);
      case how::erase:
        break;
    }
    return of.erase(e.at);
  }
  static Vector moved(Vector&& of, const edit& e) {
    switch (e.kind) {
      case how::push:
        return std::move(of).push_back(e.element);
      case how::set:
        return std::move(of).set(e.at, e.element);
      case how::pop:
        return std::move(of).pop_back();
      case how::take:
        return std::move(of).take(e.at);
      case how::drop:
        return std::move(of).drop(e.at);
      default:
        return copied(of, e);
    }
  }
  template <class Transient>
  static void apply_to(Transient& to, const edit& e) {
    switch (e.kind) {
      case how::push:
        return to.push_back(e.element);
      case how::set:
        return to.set(e.at, e.element);
      case how::pop:
        return to.pop_back();
      case how::take:
        return to.take(e.at);
      case how::drop:
        return to.drop(e.at);
      case how::insert:
      case how::erase:
        break;
    }
    Vector whole = std::move(to).persistent();
    to = copied(whole, e).transient();
  }
  static Vector joined(Vector& a, Vector& b, unsigned pick) {
    if (pick == 0 || &a == &b) return a + b;
    if (pick == 1) return std::move(a) + b;
    if (pick == 2) return a + std::move(b);
    return std::move(a) + std::move(b);
  }
  static model joined(const model& a, const model& b) {
    model made = a;
    made.insert(made.end(), b.begin(), b.end());
    return made;
  }
  static Vector built(const model& of) { return Vector(of.begin(), of.end()); }
  static std::string trouble(const Vector& of, const model& expected) {
    if (const char* broken = of.check()) return broken;
    if (of.size() != expected.size()) return "size";
    return std::equal(of.begin(), of.end(), expected.begin()) ? "" : "another element";
  }
};

struct roll_back {};

template <class Kit>
class model_run {
  using collection = typename Kit::collection;
  using model = typename Kit::model;
  using edit = typename Kit::edit;
  struct version {
    collection seen;
    model expected;
  };
  using content = std::map<int, model>;

 public:
  explicit model_run(std::uint64_t seed) : random_(seed), store_(store::open("models")) {}

  void run(int transactions, int steps) {
    for (int i = 0; i < transactions && !::testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("transaction " + std::to_string(i));
      transact(steps);
      after();
    }
  }

 private:
  static constexpr std::size_t most_handles = 7;
  static constexpr std::size_t most_elements = 150;

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  version& any() { return handles_[below(handles_.size())]; }

  void transact(int steps) {
    const bool published = below(4) != 0;
    content changed = stored_;
    try {
      store_.transact([&](transaction& work) {
        handles_.clear();
        handles_.resize(most_handles);
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
          const char* const done = step(work, changed);
          for (std::size_t k = 0; k < handles_.size(); ++k) {
            ASSERT_EQ(Kit::trouble(handles_[k].seen, handles_[k].expected), "")
                << "handle " << k << " after step " << i << ", " << done;
          }
          if (below(8) == 0) compare(work, changed);
        }
        compare(work, changed);
        if (!published) throw roll_back();
      });
      stored_ = std::move(changed);
    } catch (const roll_back&) {
    }
    if (below(2) == 0) handles_.clear();  // else they end after their transaction
  }

  void compare(const transaction& work, const content& expected) {
    for (const auto& [key, of] : expected) {
      const auto found = work.get<collection>(key);
      ASSERT_TRUE(found);
      ASSERT_EQ(Kit::trouble(*found, of), "") << "what key " << key << " has";
    }
    for (const version& each : old_) ASSERT_EQ(Kit::trouble(each.seen, each.expected), "") << "of an old snapshot";
  }

  const char* step(transaction& work, content& changed) {
    version& a = any();
    version& b = any();
    if (a.expected.size() > most_elements) {
      a = {};
      return "reset";
    }
    const edit e = Kit::random_edit(random_, a.expected);
    switch (below(21)) {
      case 0:
      case 1:
      case 2:
        a.seen = Kit::copied(a.seen, e);
        Kit::apply(a.expected, e);
        return "m = m.set()";
      case 3:
      case 4:
      case 5:
        a.seen = Kit::moved(std::move(a.seen), e);
        Kit::apply(a.expected, e);
        return "m = move(m).set()";
      case 6: {
        version made{Kit::copied(a.seen, e), a.expected};
        Kit::apply(made.expected, e);
        if (below(2) == 0) {
          b = std::move(made);
        } else {
          b = made;
        }
        return "n = m.set()";
      }
      case 7:
        b = a;
        return "n = m";
      case 8: {
        version taken = std::move(a);
        a = {};
        b = std::move(taken);
        return "n = move(m)";
      }
      case 9:
        std::swap(a.seen, b.seen);
        std::swap(a.expected, b.expected);
        return "swap";
      case 10: {
        version& same = a;
        a = same;
        return "m = m";
      }
      case 11:
      case 12:
        edit_transient(a, b);
        return "transient";
      case 13: {
        if (a.expected.size() + b.expected.size() > most_elements) return "nothing";
        model expected = Kit::joined(a.expected, b.expected);
        const bool same = &a == &b;
        const auto pick = static_cast<unsigned>(below(4));
        collection made = Kit::joined(a.seen, b.seen, pick);
        // What was moved from is empty where vectors are joined.
        if (!same && a.seen.empty()) a.expected.clear();
        if (!same && b.seen.empty()) b.expected.clear();
        any() = {std::move(made), std::move(expected)};
        return "join";
      }
      case 14:
        a = {Kit::built(b.expected), b.expected};
        return "built";
      case 15:
      case 16: {
        const int key = static_cast<int>(below(4));
        work.set(key, a.seen);
        changed[key] = a.expected;
        return "stored";
      }
      case 17: {
        const int key = static_cast<int>(below(4));
        if (below(8) == 0) {
          work.erase(key);
          changed.erase(key);
        } else if (auto found = work.get<collection>(key)) {
          a = version{*std::move(found), changed.at(key)};
        }
        return "fetched";
      }
      case 18:
      case 19: {
        // Others are changed between a copy and its assignment.
        version made = a;
        made.seen = Kit::moved(std::move(made.seen), e);
        Kit::apply(made.expected, e);
        for (std::uint64_t left = below(4); left > 0; --left) {
          version& other = any();
          const edit its = Kit::random_edit(random_, other.expected);
          other.seen = Kit::moved(std::move(other.seen), its);
          Kit::apply(other.expected, its);
        }
        (below(4) == 0 ? b : a) = std::move(made);
        return "changes between a copy and its assignment";
      }
      default:
        if (!old_.empty()) a = old_[below(old_.size())];
        return "of a snapshot";
    }
  }

  void edit_transient(version& a, version& b) {
    auto changing = below(2) == 0 ? a.seen.transient() : collection(a.seen).transient();
    model expected = a.expected;
    version between;
    for (std::uint64_t left = 1 + below(20); left > 0; --left) {
      const edit e = Kit::random_edit(random_, expected);
      Kit::apply_to(changing, e);
      Kit::apply(expected, e);
      if (below(10) == 0) between = version{changing.persistent(), expected};
    }
    (below(3) == 0 ? b : a) = version{std::move(changing).persistent(), expected};
    if (between.seen.size() != 0) any() = between;
  }

  void after() {
    const check_report report = store_.check();
    ASSERT_TRUE(report.ok()) << report.broken;
    if (below(3) == 0) store_.collect();
    const snapshot now = store_.snapshot();
    ASSERT_EQ(now.size(), stored_.size());
    for (const auto& [key, expected] : stored_) {
      const auto found = now.get<collection>(key);
      ASSERT_TRUE(found);
      ASSERT_EQ(Kit::trouble(*found, expected), "") << "what key " << key << " has";
      if (below(4) == 0) old_.push_back({*found, expected});
    }
    if (old_.size() > 5) old_.erase(old_.begin());
    for (const version& each : old_) ASSERT_EQ(Kit::trouble(each.seen, each.expected), "") << "of an old snapshot";
    // Those that were made of nothing but a snapshot can still be read.
    for (const version& each : handles_) {
      std::string trouble;
      const errc code = code_of([&] { trouble = Kit::trouble(each.seen, each.expected); });
      ASSERT_TRUE(each.expected.empty() || code == errc::closed || (code == errc::ok && trouble.empty())) << trouble;
    }
  }

  random_bits random_;
  store store_;
  content stored_;
  std::vector<version> handles_;
  std::vector<version> old_;
};

template <class Kit>
class store_arena_model : public store_case {};

using u64 = std::uint64_t;
using kits =
    ::testing::Types<map_kit<arena_map<u64, u64>>,  //
                     map_kit<map<u64, u64, sparse_hash, std::equal_to<>, store_arena, 2>>,
                     map_kit<arena_map<std::string, u64>>, map_kit<arena_map<u64, std::string>>,
                     map_kit<map<std::string, std::string, hash<std::string>, std::equal_to<>, store_arena, 2>>,
                     set_kit<arena_set<u64>>, set_kit<arena_set<std::string>>,  //
                     vector_kit<arena_vector<u64>>, vector_kit<vector<std::uint32_t, store_arena, 2, 2>>,
                     vector_kit<vector<std::string, store_arena, 2, 2>>>;
TYPED_TEST_SUITE(store_arena_model, kits);

TYPED_TEST(store_arena_model, no_handle_sees_what_is_done_through_another_one) {
  const char* const wanted = std::getenv("COPPICE_MODEL_SEEDS");
  const std::uint64_t seeds = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 5;
  for (std::uint64_t seed = 1; seed <= seeds && !this->HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    {
      model_run<TypeParam> run(seed);
      run.run(24, 120);
    }
    store::destroy("models");
  }
}

}  // namespace
}  // namespace store_test
