// map against std::unordered_map: any history of single changes, by copies, in place and in transients, and of whole
// maps, leaves what the model holds, and old versions never change.
#include "support.hpp"

namespace coppice::collection_test {
namespace {

template <class Map>
class map_model : public map_case<Map> {
 protected:
  using map_case<Map>::key;
  using map_case<Map>::value;
  using typename map_case<Map>::V;
  struct version {
    Map map;
    number_map content;
  };

  /// 300 keys, and phases in which the map grows, shrinks to little, and stays small.
  void run(unsigned steps) {
    for (unsigned i = 0; i < steps; ++i) {
      change(i / 300 % 2 == 0 ? 7 : 3, i / 1200 % 2 == 0 ? 300 : 24);
      if (this->HasFatalFailure()) return;
      ASSERT_STREQ(now_.map.check(), nullptr) << "step " << i;
      ASSERT_EQ(now_.map.size(), now_.content.size()) << "step " << i;
      if (i % 31 == 0) keep();
      if (i % 151 == 0) change_whole();
      if (this->HasFatalFailure()) return;
    }
    ASSERT_TRUE(holds(now_.map, now_.content));
    for (const version& each : versions_) ASSERT_TRUE(holds(each.map, each.content));
  }

 private:
  /// One key: set in `stores` of ten cases.
  void change(std::uint64_t stores, std::uint64_t keys) {
    const std::uint64_t number = random_() % keys, made = random_() % 4;
    const bool store = random_() % 10 < stores;
    switch (random_() % 3) {
      case 0:
        now_.map = changed(std::as_const(now_.map), store, number, made);
        break;
      case 1:
        now_.map = changed(std::move(now_.map), store, number, made);
        break;
      default:
        change_in_transient(store, number, made);
        break;
    }
    if (store) {
      now_.content[number] = made;
    } else {
      now_.content.erase(number);
    }
    const auto* found = now_.map.find(key(number));
    ASSERT_EQ(found != nullptr, store);
    if (store) {
      ASSERT_TRUE(*found == value(made));
    }
  }

  template <class From>
  Map changed(From&& from, bool store, std::uint64_t number, std::uint64_t made) {
    if (!store) return std::forward<From>(from).erase(key(number));
    const bool known = now_.content.contains(number);
    switch (random_() % 4) {
      case 0:
        return std::forward<From>(from).update(key(number), [&](const auto&) { return value(made); });
      case 1:
        if (known)
          return std::forward<From>(from).update_if_exists(key(number), [&](const auto&) { return value(made); });
        return std::forward<From>(from).insert(key(number), value(made));
      default:
        return std::forward<From>(from).set(key(number), value(made));
    }
  }

  void change_in_transient(bool store, std::uint64_t number, std::uint64_t made) {
    auto changing = random_() % 2 == 0 ? now_.map.transient() : std::move(now_.map).transient();
    const auto known = now_.content.find(number);
    if (store) {
      const bool differs = known == now_.content.end() || known->second != made;
      ASSERT_EQ(changing.set(key(number), value(made)), differs);
      ASSERT_FALSE(changing.insert(key(number), value(made + 1)));
    } else {
      ASSERT_EQ(changing.erase(key(number)), known != now_.content.end());
      ASSERT_FALSE(changing.update_if_exists(key(number), [](const auto& old) { return old; }));
    }
    now_.map = std::move(changing).persistent();
  }

  void keep() {
    if (versions_.size() < 24) {
      versions_.push_back(now_);
    } else {
      version& dropped = versions_[random_() % versions_.size()];
      ASSERT_TRUE(holds(dropped.map, dropped.content));
      dropped = now_;
    }
  }

  /// Joins with an older version, or with one of another seed.
  void change_whole() {
    version other = versions_[random_() % versions_.size()];
    if (random_() % 3 == 0) other.map = this->map_of(other.content, random_());
    check_difference(other);
    number_map content;
    switch (random_() % 5) {
      case 0:
        content = other.content;
        content.insert(now_.content.begin(), now_.content.end());
        now_.map = other.map.merge(now_.map, [](const auto&, const auto&, const auto& there) { return there; });
        for (const auto& [each, its] : now_.content) content[each] = its;
        break;
      case 1:
        content = now_.content;
        for (const auto& [each, its] : other.content) content[each] = its;
        now_.map = now_.map.merge(other.map);
        break;
      case 2:
        for (const auto& [each, its] : now_.content) {
          if (other.content.contains(each)) content[each] = its;
        }
        now_.map = now_.map.intersect(other.map);
        break;
      case 3:
        for (const auto& [each, its] : now_.content) {
          if (!other.content.contains(each)) content[each] = its;
        }
        now_.map = now_.map.subtract(other.map);
        break;
      default:
        merge_three(other, content);
        break;
    }
    now_.content = std::move(content);
    ASSERT_TRUE(holds(now_.map, now_.content));
  }

  /// Conflicts are settled for the other side, or for nobody where it has none.
  void merge_three(const version& other, number_map& content) {
    const version& base = versions_[random_() % versions_.size()];
    const auto in = [](const number_map& of, std::uint64_t number) {
      const auto found = of.find(number);
      return found == of.end() ? -1 : static_cast<std::int64_t>(found->second);
    };
    for (std::uint64_t number = 0; number < 300; ++number) {
      const std::int64_t old = in(base.content, number), ours = in(now_.content, number);
      const std::int64_t theirs = in(other.content, number);
      const std::int64_t merged = theirs == old ? ours : theirs;
      if (merged >= 0) content[number] = static_cast<std::uint64_t>(merged);
    }
    now_.map =
        merge3(base.map, now_.map, other.map, [](const auto&, const V*, const V*, const V* theirs) -> std::optional<V> {
          return theirs == nullptr ? std::nullopt : std::optional<V>(*theirs);
        });
  }

  void check_difference(const version& other) {
    number_map added, removed, different;
    for (const auto& [each, its] : now_.content) {
      const auto found = other.content.find(each);
      if (found == other.content.end()) {
        added[each] = its;
      } else if (found->second != its) {
        different[each] = its;
      }
    }
    for (const auto& [each, its] : other.content) {
      if (!now_.content.contains(each)) removed[each] = its;
    }
    Map found[3] = {};
    std::size_t changes = 0;
    for (const auto& each : diff(other.map, now_.map)) {
      Map& kind = found[static_cast<unsigned>(each.kind())];
      kind = kind.set(each.key(), each.kind() == diff_kind::removed ? *each.before() : *each.after());
      ++changes;
    }
    ASSERT_EQ(changes, added.size() + removed.size() + different.size());
    ASSERT_TRUE(holds(found[static_cast<unsigned>(diff_kind::added)], added));
    ASSERT_TRUE(holds(found[static_cast<unsigned>(diff_kind::removed)], removed));
    ASSERT_TRUE(holds(found[static_cast<unsigned>(diff_kind::changed)], different));
    ASSERT_EQ(now_.map == other.map, changes == 0);
  }

  version now_;
  std::vector<version> versions_;
  std::mt19937_64 random_{7};
};
TYPED_TEST_SUITE(map_model, map_configurations);

TYPED_TEST(map_model, holds_what_an_unordered_map_holds) { this->run(random_steps(100'000)); }

}  // namespace
}  // namespace coppice::collection_test
