// set against std::set: any history of single changes, by copies, in place and in transients, and of whole sets, leaves
// what the model holds, and old versions never change.
#include "support.hpp"

namespace coppice::collection_test {
namespace {

using number_set = std::set<std::uint64_t>;

template <class Set>
class set_model : public ::testing::Test {
 protected:
  using T = typename Set::value_type;
  struct version {
    Set set;
    number_set content;
  };

  void run(unsigned steps) {
    for (unsigned i = 0; i < steps; ++i) {
      change(i / 300 % 2 == 0 ? 7 : 3, i / 1200 % 2 == 0 ? 300 : 24);
      if (this->HasFatalFailure()) return;
      ASSERT_STREQ(now_.set.check(), nullptr) << "step " << i;
      ASSERT_EQ(now_.set.size(), now_.content.size()) << "step " << i;
      if (i % 31 == 0) keep();
      if (i % 151 == 0) change_whole();
      if (this->HasFatalFailure()) return;
    }
    ASSERT_TRUE(holds(now_.set, now_.content));
    for (const version& each : versions_) ASSERT_TRUE(holds(each.set, each.content));
  }

 private:
  void change(std::uint64_t stores, std::uint64_t keys) {
    const std::uint64_t number = random_() % keys;
    const T element = made_from<T>(number);
    const bool store = random_() % 10 < stores, known = now_.content.contains(number);
    switch (random_() % 3) {
      case 0:
        now_.set = store ? std::as_const(now_.set).insert(element) : std::as_const(now_.set).erase(element);
        break;
      case 1:
        now_.set = store ? std::move(now_.set).insert(element) : std::move(now_.set).erase(element);
        break;
      default: {
        auto changing = random_() % 2 == 0 ? now_.set.transient() : std::move(now_.set).transient();
        ASSERT_EQ(store ? changing.insert(element) : changing.erase(element), store != known);
        now_.set = std::move(changing).persistent();
      }
    }
    if (store) {
      now_.content.insert(number);
    } else {
      now_.content.erase(number);
    }
    ASSERT_EQ(now_.set.contains(element), store);
  }

  void keep() {
    if (versions_.size() < 24) {
      versions_.push_back(now_);
    } else {
      version& dropped = versions_[random_() % versions_.size()];
      ASSERT_TRUE(holds(dropped.set, dropped.content));
      dropped = now_;
    }
  }

  void change_whole() {
    version other = versions_[random_() % versions_.size()];
    if (random_() % 3 == 0) {
      auto changing = Set(hash_seed{random_()}).transient();
      for (const std::uint64_t number : other.content) changing.insert(made_from<T>(number));
      other.set = std::move(changing).persistent();
    }
    check_difference(other);
    number_set content;
    const auto into = std::inserter(content, content.end());
    const auto &ours = now_.content, &theirs = other.content;
    switch (random_() % 3) {
      case 0:
        std::set_union(ours.begin(), ours.end(), theirs.begin(), theirs.end(), into);
        now_.set = now_.set.merge(other.set);
        break;
      case 1:
        std::set_intersection(ours.begin(), ours.end(), theirs.begin(), theirs.end(), into);
        now_.set = now_.set.intersect(other.set);
        break;
      default:
        std::set_difference(ours.begin(), ours.end(), theirs.begin(), theirs.end(), into);
        now_.set = now_.set.subtract(other.set);
        break;
    }
    now_.content = std::move(content);
    ASSERT_TRUE(holds(now_.set, now_.content));
    ASSERT_EQ(now_.set.is_subset_of(other.set), std::includes(theirs.begin(), theirs.end(), ours.begin(), ours.end()));
  }

  void check_difference(const version& other) {
    const auto &older = other.content, &newer = now_.content;
    number_set added, removed;
    std::set_difference(newer.begin(), newer.end(), older.begin(), older.end(), std::inserter(added, added.end()));
    std::set_difference(older.begin(), older.end(), newer.begin(), newer.end(), std::inserter(removed, removed.end()));
    Set found[2] = {};
    std::size_t changes = 0;
    for (const auto& each : diff(other.set, now_.set)) {
      ASSERT_NE(each.kind(), diff_kind::changed);
      Set& kind = found[static_cast<unsigned>(each.kind())];
      kind = std::move(kind).insert(each.element());
      ++changes;
    }
    ASSERT_EQ(changes, added.size() + removed.size());
    ASSERT_TRUE(holds(found[static_cast<unsigned>(diff_kind::added)], added));
    ASSERT_TRUE(holds(found[static_cast<unsigned>(diff_kind::removed)], removed));
    ASSERT_EQ(now_.set == other.set, changes == 0);
  }

  version now_;
  std::vector<version> versions_;
  std::mt19937_64 random_{11};
};
TYPED_TEST_SUITE(set_model, set_configurations);

TYPED_TEST(set_model, holds_what_a_set_holds) { this->run(random_steps(100'000)); }

}  // namespace
}  // namespace coppice::collection_test
