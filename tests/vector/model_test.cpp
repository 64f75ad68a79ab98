// Vectors against std::vector: any history leaves the same elements and a sound tree, and versions never change.
#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

template <class Vector>
class vector_model : public vector_suite<Vector> {
 protected:
  using typename vector_suite<Vector>::T;
  using typename vector_suite<Vector>::model_type;
  using typename vector_suite<Vector>::version;

  static constexpr std::size_t most = 700;

  /// A version is kept every `keep` steps (0: never), so that what follows copies.
  void run(unsigned steps, unsigned keep) {
    for (unsigned i = 0; i < steps; ++i) {
      if (keep != 0 && i % keep == 0) store();
      step();
      ASSERT_TRUE(holds(now_.vector, now_.model)) << "step " << i << " operation " << operation_;
    }
    ASSERT_TRUE(std::ranges::equal(now_.vector, now_.model));
    for (const version& kept : kept_) {
      ASSERT_TRUE(holds(kept.vector, kept.model));
      ASSERT_TRUE(std::equal(kept.vector.rbegin(), kept.vector.rend(), kept.model.rbegin(), kept.model.rend()));
    }
  }
  void TearDown() override {
    now_ = version();
    kept_.clear();
    vector_suite<Vector>::TearDown();
  }

 private:
  [[nodiscard]] std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  [[nodiscard]] T element() { return made_from<T>(random_() % 1000); }
  [[nodiscard]] auto at(std::size_t index) { return now_.model.begin() + static_cast<std::ptrdiff_t>(index); }

  void store() {
    if (kept_.size() < 12) return kept_.push_back(now_);
    version& old = kept_[below(kept_.size())];
    ASSERT_TRUE(holds(old.vector, old.model));
    old.vector = now_.vector;
    old.model = model_type();
    std::ranges::copy(now_.model, std::back_inserter(old.model));
  }

  /// Replaces the model's content; elements need not be assignable.
  void become(model_type model) { now_.model.swap(model); }
  void splice(std::size_t from, std::size_t to, const model_type& inserted) {
    model_type next(now_.model.begin(), at(from));
    std::ranges::copy(inserted, std::back_inserter(next));
    std::copy(at(to), now_.model.end(), std::back_inserter(next));
    become(std::move(next));
  }

  void step() {
    Vector& v = now_.vector;
    const bool moved = random_() % 2 == 0;
    operation_ = static_cast<unsigned>(random_() % 14);
    if (now_.model.size() > most && operation_ != 6 && operation_ != 7) operation_ = 5;
    switch (operation_) {
      case 0:
      case 1:
        return push(below(30), moved);
      case 2: {
        const T value = element();
        v = moved ? std::move(v).push_front(value) : v.push_front(value);
        return splice(0, 0, {value});
      }
      case 3:
        return set(moved);
      case 4:
        for (std::size_t left = below(20); left > 0; --left) {
          v = moved ? std::move(v).pop_back() : v.pop_back();
          if (!now_.model.empty()) now_.model.pop_back();
        }
        return;
      case 5: {
        const std::size_t count = now_.model.size() - below(std::min<std::size_t>(now_.model.size(), 300) + 1);
        v = moved ? std::move(v).take(count) : v.take(count);
        return splice(count, now_.model.size(), {});
      }
      case 6: {
        const std::size_t count = below(std::min<std::size_t>(now_.model.size(), 60) + 1);
        v = moved ? std::move(v).drop(count) : v.drop(count);
        return splice(0, count, {});
      }
      case 7: {
        const std::size_t to = below(now_.model.size() + 1), from = below(to + 1);
        if (random_() % 4 == 0) {
          v = moved ? std::move(v).slice(from, to) : v.slice(from, to);
          return become(model_type(at(from), at(to)));
        }
        v = v.erase(from, from + (to - from) / 8);
        return splice(from, from + (to - from) / 8, {});
      }
      case 8: {
        const T value = element();
        const std::size_t position = below(now_.model.size() + 1);
        v = v.insert(position, value);
        return splice(position, position, {value});
      }
      case 9:
        return insert_version();
      case 10:
        return concatenate(moved);
      case 11: {  // cut and put together
        const std::size_t position = below(now_.model.size() + 1);
        v = moved ? v.take(position) + v.drop(position) : Vector(v.take(position)).operator+=(v.drop(position));
        return;
      }
      case 12: {
        model_type added;
        for (std::size_t left = below(40); left > 0; --left) added.push_back(element());
        v = v.append(added);
        return splice(now_.model.size(), now_.model.size(), added);
      }
      default:
        return edit_transiently();
    }
  }

  void push(std::size_t count, bool moved) {
    Vector& v = now_.vector;
    for (; count > 0; --count) {
      const T value = element();
      v = moved ? std::move(v).push_back(value) : v.push_back(T(value));
      now_.model.push_back(value);
    }
  }
  void set(bool moved) {
    if (now_.model.empty()) return;
    Vector& v = now_.vector;
    const std::size_t index = below(now_.model.size());
    const T value = element();
    v = moved ? std::move(v).set(index, value) : v.update(index, [&](const T&) { return value; });
    splice(index, index + 1, {value});
  }
  void insert_version() {
    if (kept_.empty()) return;
    const version& other = kept_[below(kept_.size())];
    if (other.model.size() + now_.model.size() > 2 * most) return;
    const std::size_t position = below(now_.model.size() + 1);
    now_.vector = now_.vector.insert(position, other.vector);
    splice(position, position, other.model);
  }
  void concatenate(bool moved) {
    const version& other = kept_.empty() || random_() % 4 == 0 ? now_ : kept_[below(kept_.size())];
    if (other.model.size() + now_.model.size() > 2 * most) return;
    const model_type added(other.model.begin(), other.model.end());
    Vector& v = now_.vector;
    switch (random_() % 4) {
      case 0:
        v = moved ? std::move(v) + other.vector : v + other.vector;
        break;
      case 1:
        v = moved ? std::move(v) + Vector(other.vector) : v + Vector(other.vector);
        break;
      case 2:
        v += other.vector;
        break;
      default:
        v = moved ? other.vector + std::move(v) : other.vector + v;
        return splice(0, 0, added);
    }
    splice(now_.model.size(), now_.model.size(), added);
  }
  void edit_transiently() {
    const Vector before = now_.vector;
    const model_type same(now_.model.begin(), now_.model.end());
    auto edit = random_() % 2 == 0 ? now_.vector.transient() : std::move(now_.vector).transient();
    for (std::size_t left = below(30); left > 0; --left) {
      const T value = element();
      edit.push_back(value);
      now_.model.push_back(value);
      if (random_() % 3 == 0) {
        edit.pop_back();
        now_.model.pop_back();
      }
      if (random_() % 3 == 0 && !now_.model.empty()) {
        const std::size_t index = below(now_.model.size());
        edit.set(index, value);
        splice(index, index + 1, {value});
      }
    }
    now_.vector = std::move(edit).persistent();
    ASSERT_TRUE(holds(before, same));
  }

  version now_;
  std::vector<version> kept_;
  std::mt19937_64 random_{1};
  unsigned operation_ = 0;
};
TYPED_TEST_SUITE(vector_model, configurations);

TYPED_TEST(vector_model, holds_what_a_std_vector_holds_when_versions_are_kept) {
  this->run(test::random_steps(60'000), 9);
}
TYPED_TEST(vector_model, holds_what_a_std_vector_holds_when_edited_in_place) {
  this->run(test::random_steps(50'000), 0);
}

}  // namespace
}  // namespace coppice::vector_test
