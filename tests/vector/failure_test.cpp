// Whatever fails, at whichever step, leaves all versions as they were, and nothing leaks.
#include <random>
#include <utility>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

template <class Vector>
class vector_failure : public vector_suite<Vector> {
 protected:
  using typename vector_suite<Vector>::T;
  using typename vector_suite<Vector>::model_type;
  using typename vector_suite<Vector>::version;

  [[nodiscard]] static version made(std::size_t size, std::uint64_t seed) {
    version all;
    for (std::size_t i = 0; i < size; ++i) {
      const T value = made_from<T>(seed + i);
      all.vector = std::move(all.vector).push_back(value);
      all.model.push_back(value);
    }
    return all;
  }

  /// Does `change(vector)` with one more of `budget` each time until it succeeds; until then nothing may have changed.
  template <class Change>
  static void until_it_works(std::size_t& budget, const version& of, bool shared, const Change& change) {
    Vector subject = Vector(of.model);
    const Vector kept = shared ? subject : Vector();
    for (std::size_t allowed = 0;; ++allowed) {
      ASSERT_LT(allowed, 5000U);
      const auto before = subject.identity();
      const auto nodes = failing_source::live;
      const auto elements = fragile::live + fragile_to_move::live;
      budget = allowed;
      bool worked = true;
      try {
        change(subject);
      } catch (const std::bad_alloc&) {
        worked = false;
      } catch (const std::runtime_error&) {
        worked = false;
      }
      budget = static_cast<std::size_t>(-1);
      if (worked) break;
      ASSERT_EQ(subject.identity(), before);
      ASSERT_EQ(failing_source::live, nodes);
      ASSERT_EQ(fragile::live + fragile_to_move::live, elements);
      ASSERT_TRUE(holds(subject, of.model));
    }
    ASSERT_EQ(subject.check(), nullptr);
    if (shared) {
      ASSERT_TRUE(holds(kept, of.model));
    }
  }

  template <class Change>
  void on_all_sizes(const Change& change) {
    for (const std::size_t size : {1U, 5U, 40U, 131U, 300U}) {
      const version one = made(size, 100), other = made(size / 2 + 1, 1000);
      for (std::size_t* budget :
           {&failing_source::allowed, &fragile::copies_allowed, &fragile_to_move::copies_allowed}) {
        for (const bool shared : {false, true}) {
          until_it_works(*budget, one, shared, [&](Vector& vector) { change(vector, other.vector); });
          if (this->HasFatalFailure()) return;
        }
      }
      ASSERT_TRUE(holds(other.vector, other.model));
    }
  }
};
TYPED_TEST_SUITE(vector_failure, configurations);

// Where `vector` is not shared, std::move makes use of it.
TYPED_TEST(vector_failure, of_push_back) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam&) {
    const auto value = made_from<typename TypeParam::value_type>(7);
    TypeParam next = std::move(vector).push_back(value);
    next.swap(vector);
  });
}
TYPED_TEST(vector_failure, of_push_back_that_keeps) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam&) {
    (void)vector.push_back(made_from<typename TypeParam::value_type>(7));
  });
}
TYPED_TEST(vector_failure, of_push_front) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam&) {
    TypeParam next = std::move(vector).push_front(made_from<typename TypeParam::value_type>(7));
    next.swap(vector);
  });
}
TYPED_TEST(vector_failure, of_set) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam&) {
    TypeParam next = std::move(vector).set(vector.size() / 3, made_from<typename TypeParam::value_type>(7));
    next.swap(vector);
  });
}
TYPED_TEST(vector_failure, of_set_that_keeps) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam&) {
    (void)vector.set(vector.size() / 3, made_from<typename TypeParam::value_type>(7));
  });
}
TYPED_TEST(vector_failure, of_take) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam&) {
    TypeParam next = std::move(vector).take(vector.size() * 2 / 3);
    next.swap(vector);
  });
}
TYPED_TEST(vector_failure, of_drop) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam&) {
    TypeParam next = std::move(vector).drop(vector.size() / 3);
    next.swap(vector);
  });
}
TYPED_TEST(vector_failure, of_concatenation) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam& other) { vector += other; });
}
TYPED_TEST(vector_failure, of_concatenation_before) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam& other) {
    TypeParam next = other.drop(other.size() / 4) + std::move(vector);
    next.swap(vector);
  });
}
TYPED_TEST(vector_failure, of_insert) {
  this->on_all_sizes(
      [](TypeParam& vector, const TypeParam& other) { vector = vector.insert(vector.size() / 2, other); });
}
TYPED_TEST(vector_failure, of_erase) {
  this->on_all_sizes([](TypeParam& vector, const TypeParam&) {
    vector = vector.erase(vector.size() / 4, vector.size() / 4 + vector.size() / 3);
  });
}
TYPED_TEST(vector_failure, of_append) {
  std::vector<typename TypeParam::value_type> added;
  for (std::uint64_t i = 0; i < 50; ++i) added.push_back(made_from<typename TypeParam::value_type>(i));
  this->on_all_sizes([&](TypeParam& vector, const TypeParam&) { vector = vector.append(added); });
}

}  // namespace
}  // namespace coppice::vector_test
