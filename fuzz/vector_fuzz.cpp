// Fuzzer of vector: a byte string is a program over four live versions, run over several kinds of vectors against
// std::vector.
//
// Two bytes a step: operation, way and version, then a number; most steps read positions of two bytes. After every step
// the checker runs (R1-R6) and the version's elements are compared by chunks; at the end all versions, also by index
// and iterator. Leaves and branches are tiny, so that few steps reach high trees; nothing becomes longer than `most`.
// Elements that are made differ from those made shortly before, so that none is out of place unseen.
#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collection_program.hpp"
#include "coppice/vector.hpp"

namespace coppice::fuzz {
namespace {

/// A text with a count of owners: copies do not throw, but have to be destroyed.
class shared_text {
 public:
  explicit shared_text(unsigned number) : text_(std::make_shared<const std::string>(made_from<std::string>(number))) {}
  friend auto operator<=>(const shared_text& a, const shared_text& b) { return *a.text_ <=> *b.text_; }
  friend bool operator==(const shared_text& a, const shared_text& b) { return *a.text_ == *b.text_; }
  [[nodiscard]] std::size_t hash() const { return std::hash<std::string>{}(*text_); }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace
}  // namespace coppice::fuzz

template <>
// NOLINTNEXTLINE(cert-dcl58-cpp): specialised for a type of our own
struct std::hash<coppice::fuzz::shared_text> {
  std::size_t operator()(const coppice::fuzz::shared_text& of) const { return of.hash(); }
};

namespace coppice::fuzz {
namespace {

template <class T, class Memory, unsigned LeafBits, unsigned BranchBits>
class machine {
  using vector_type = coppice::vector<T, Memory, LeafBits, BranchBits>;
  using model = std::vector<T>;
  struct version {
    vector_type vector;
    model content;
  };
  static constexpr std::size_t most = 4096;

 public:
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
        append(target, how, number);
        break;
      case 1:
        push(target, how, number % 16 + 1);
        break;
      case 2:
        pop(target, how, number % 16 + 1);
        break;
      case 3:
        push_front(target, how, number % 8 + 1);
        break;
      case 4:
        set(target, how, number, position(steps, target.content.size()));
        break;
      case 5:
        insert(target, versions_[number & 3], number >> 2, position(steps, target.content.size() + 1));
        break;
      case 6:
        erase(target, number, position(steps, target.content.size() + 1));
        break;
      case 7:
        take(target, how, position(steps, target.content.size() + 1));
        break;
      case 8:
        drop(target, how, position(steps, target.content.size() + 1));
        break;
      case 9:
        slice(target, versions_[number & 3], how, steps);
        break;
      case 10:
      case 11:
        concatenate(target, versions_[number & 3], versions_[number >> 2 & 3], how, number >> 4);
        break;
      case 12:
        copy_or_move(target, versions_[number & 3], how);
        break;
      case 13:
        edit(target, versions_[number & 3], how, number >> 2, steps);
        break;
      case 14:
        build(target, how, number);
        break;
      default:
        look(target, versions_[number & 3], number >> 2);
        break;
    }
    check(target);
  }

  /// Below `limit`; 0 if that is.
  [[nodiscard]] static std::size_t position(program& steps, std::size_t limit) {
    const std::size_t high = steps.byte(), low = steps.byte();
    return limit == 0 ? 0 : (high << 8 | low) % limit;
  }
  [[nodiscard]] T made() { return made_from<T>(made_++ % 251); }
  [[nodiscard]] model made(std::size_t count) {
    model elements;
    for (; count > 0; --count) elements.push_back(made());
    return elements;
  }
  [[nodiscard]] static auto at(auto& content, std::size_t index) {
    return content.begin() + static_cast<std::ptrdiff_t>(index);
  }
  [[nodiscard]] static bool fits(std::size_t size, std::size_t added) { return size + added <= most; }

  /// Changes a version in one of the ways in which vectors change: `f` is given a vector, const or expiring, or a
  /// transient.
  template <class F, class G>
  void change(version& target, way how, const F& f, const G& in_transient) {
    if (how == way::copy) {
      target.vector = f(std::as_const(target.vector));
    } else if (how == way::in_place) {
      target.vector = f(std::move(target.vector));
    } else {
      auto changing = how == way::transient_of_copy ? target.vector.transient() : std::move(target.vector).transient();
      in_transient(changing);
      target.vector = std::move(changing).persistent();
    }
  }

  // ---- appending and one element

  void append(version& target, way how, std::size_t count) {
    if (!fits(target.content.size(), count)) return;
    const model added = made(count);
    target.content.insert(target.content.end(), added.begin(), added.end());
    const std::list<T> apart(added.begin(), added.end());
    change(
        target, how,
        [&](auto&& vector) {
          return how == way::copy ? vector.append(added) : std::forward<decltype(vector)>(vector).append(apart);
        },
        [&](auto& vector) { count % 2 == 0 ? vector.append(vector_type(added)) : vector.append(added); });
  }
  void push(version& target, way how, std::size_t count) {
    for (; count > 0 && fits(target.content.size(), 1); --count) {
      const T element = made();
      target.content.push_back(element);
      change(
          target, how, [&](auto&& vector) { return std::forward<decltype(vector)>(vector).push_back(element); },
          [&](auto& vector) { vector.push_back(T(element)); });
    }
  }
  void pop(version& target, way how, std::size_t count) {
    for (; count > 0; --count) {
      if (!target.content.empty()) target.content.pop_back();
      change(
          target, how, [](auto&& vector) { return std::forward<decltype(vector)>(vector).pop_back(); },
          [](auto& vector) { vector.pop_back(); });
    }
  }
  void push_front(version& target, way how, std::size_t count) {
    for (; count > 0 && fits(target.content.size(), 1); --count) {
      const T element = made();
      target.content.insert(target.content.begin(), element);
      const auto with = [&](auto&& vector) { return std::forward<decltype(vector)>(vector).push_front(element); };
      target.vector = how == way::copy ? with(std::as_const(target.vector)) : with(std::move(target.vector));
    }
  }
  /// Half of the time by an element that is there already.
  void set(version& target, way how, unsigned number, std::size_t index) {
    if (target.content.empty()) return;
    const T element = number % 2 == 0 ? made() : target.content[number % target.content.size()];
    *at(target.content, index) = element;
    const auto to_element = [&](const T&) { return element; };
    change(
        target, how,
        [&](auto&& vector) {
          return number % 4 < 2 ? std::forward<decltype(vector)>(vector).set(index, element)
                                : std::forward<decltype(vector)>(vector).update(index, to_element);
        },
        [&](auto& vector) { number % 4 < 2 ? vector.set(index, element) : vector.update(index, to_element); });
  }

  // ---- many elements

  void insert(version& target, const version& other, unsigned how, std::size_t where) {
    if (how % 2 == 0) {
      if (!fits(target.content.size(), 1)) return;
      const T element = made();
      target.content.insert(at(target.content, where), element);
      target.vector = target.vector.insert(where, element);
    } else {
      if (!fits(target.content.size(), other.content.size())) return;
      const model added = other.content;
      target.content.insert(at(target.content, where), added.begin(), added.end());
      target.vector = target.vector.insert(where, other.vector);
    }
  }
  void erase(version& target, unsigned count, std::size_t from) {
    const std::size_t to = std::min(target.content.size(), from + count);
    target.content.erase(at(target.content, from), at(target.content, to));
    target.vector = to == from + 1 ? target.vector.erase(from) : target.vector.erase(from, to);
  }
  void take(version& target, way how, std::size_t count) {
    target.content.erase(at(target.content, count), target.content.end());
    change(
        target, how, [&](auto&& vector) { return std::forward<decltype(vector)>(vector).take(count); },
        [&](auto& vector) { vector.take(count); });
  }
  void drop(version& target, way how, std::size_t count) {
    target.content.erase(target.content.begin(), at(target.content, count));
    change(
        target, how, [&](auto&& vector) { return std::forward<decltype(vector)>(vector).drop(count); },
        [&](auto& vector) { vector.drop(count); });
  }
  void slice(version& target, version& of, way how, program& steps) {
    const std::size_t from = position(steps, of.content.size() + 1);
    const std::size_t to = from + position(steps, of.content.size() - from + 1);
    model content(at(of.content, from), at(of.content, to));
    vector_type sliced = how == way::in_place && &target == &of ? std::move(of.vector).slice(from, to)
                                                                : std::as_const(of.vector).slice(from, to);
    target = {std::move(sliced), std::move(content)};
  }
  /// `moved`: which operands expire. They may be one object, and the one that gets the result.
  void concatenate(version& target, version& left, version& right, way how, unsigned moved) {
    if (!fits(left.content.size(), right.content.size())) return;
    model content = left.content;
    content.insert(content.end(), right.content.begin(), right.content.end());
    if (how == way::in_place && &target == &left) {
      if (moved % 2 == 0) {
        target.vector += right.vector;
      } else {
        target.vector += std::move(right.vector);
        if (&right != &target) right = {};
      }
    } else {
      target.vector = joined(left, right, moved % 4);
      if (moved % 2 != 0 && &left != &right && &left != &target) left = {};
      if (moved % 4 >= 2 && &left != &right && &right != &target) right = {};
      if (&left == &right && &left != &target) require(left.vector.size() == left.content.size(), "x + x has moved x");
    }
    target.content = std::move(content);
  }
  [[nodiscard]] static vector_type joined(version& left, version& right, unsigned moved) {
    return moved == 0   ? left.vector + right.vector
           : moved == 1 ? std::move(left.vector) + right.vector
           : moved == 2 ? left.vector + std::move(right.vector)
                        : std::move(left.vector) + std::move(right.vector);
  }

  // ---- transients and construction

  /// Several changes; half way the other version becomes what is there then.
  void edit(version& target, version& other, way how, unsigned count, program& steps) {
    auto changing = how == way::copy ? std::as_const(target.vector).transient() : std::move(target.vector).transient();
    model content = std::move(target.content);
    for (unsigned i = 0; i < count % 32; ++i) {
      if (i == count % 32 / 2 && &other != &target) other = {changing.persistent(), content};
      change_once(changing, content, steps);
      require(changing.size() == content.size(), "the size of a transient disagrees");
    }
    target = {std::move(changing).persistent(), std::move(content)};
  }
  void change_once(auto& changing, model& content, program& steps) {
    const unsigned code = steps.byte();
    const std::size_t size = content.size(), index = size == 0 ? 0 : code * 37 % size;
    switch (code % 8) {
      case 0:
      case 1:
      case 2:
        if (!fits(size, 1)) return;
        content.push_back(made());
        return changing.push_back(content.back());
      case 3:
        if (size != 0) content.pop_back();
        return changing.pop_back();
      case 4:
        if (size == 0) return;
        content[index] = made();
        return changing.set(index, content[index]);
      case 5:
        content.erase(at(content, size - index / 8), content.end());
        return changing.take(size - index / 8);
      case 6:
        content.erase(content.begin(), at(content, index / 8));
        return changing.drop(index / 8);
      default: {
        const version& added = versions_[code >> 3 & 3];
        if (!fits(size, added.content.size())) return;
        const model copy = added.content;  // which is empty where it is being changed
        content.insert(content.end(), copy.begin(), copy.end());
        return changing.append(vector_type(copy));
      }
    }
  }
  void build(version& target, way how, std::size_t count) {
    target.content = made(count);
    if (how == way::copy) {
      target.vector = vector_type(target.content);
    } else if (how == way::in_place) {
      target.vector = vector_type(target.content.begin(), target.content.end());
    } else if (how == way::transient_of_copy) {
      target.vector = vector_type(std::list<T>(target.content.begin(), target.content.end()));
    } else {
      const T element = made();
      target.content.assign(count, element);
      target.vector = vector_type(count, element);
    }
  }

  // ---- reading

  void look(const version& a, const version& b, unsigned what) {
    if (what % 4 == 0) {
      check_difference(a, b);
    } else if (what % 4 == 1) {
      check_relations(a, b);
    } else if (what % 4 == 2) {
      check_parts(a, what);
    } else {
      compare(a);
      const auto found = a.vector.stats(b.vector);
      require(found.shared_nodes <= found.nodes && found.shared_bytes <= found.bytes, "more is shared than there is");
      require(&a != &b || found.shared_nodes == found.nodes, "a version does not share all with itself");
    }
  }
  /// Differences are in order, do not touch, replace what differs, and turn the older version into the newer.
  void check_difference(const version& older, const version& newer) {
    model patched;
    std::size_t old_done = 0;
    auto changes = diff(older.vector, newer.vector);
    bool first = true;
    while (const auto change = changes.next()) {
      require(change->old_first <= change->old_last && change->old_last <= older.content.size() &&
                  change->new_first <= change->new_last && change->new_last <= newer.content.size(),
              "a difference is no range");
      require(change->old_first != change->old_last || change->new_first != change->new_last, "a difference is empty");
      require(first ? change->old_first >= old_done : change->old_first > old_done, "differences touch");
      patched.insert(patched.end(), at(older.content, old_done), at(older.content, change->old_first));
      require(patched.size() == change->new_first, "a difference is out of place");
      patched.insert(patched.end(), at(newer.content, change->new_first), at(newer.content, change->new_last));
      old_done = change->old_last;
      first = false;
    }
    patched.insert(patched.end(), at(older.content, old_done), older.content.end());
    require(patched == newer.content, "a difference disagrees");
    require(!first || older.content == newer.content, "a difference is missing");
  }
  void check_relations(const version& a, const version& b) {
    const bool same = a.content == b.content;
    require((a.vector == b.vector) == same, "equality disagrees");
    require((a.vector <=> b.vector) == (a.content <=> b.content), "the order disagrees");
    require(!same || std::hash<vector_type>{}(a.vector) == std::hash<vector_type>{}(b.vector),
            "hashes of equal vectors differ");
  }
  void check_parts(const version& of, std::size_t parts) {
    auto next = of.vector.begin();
    std::size_t least = most, largest = 0;
    for (const auto& part : of.vector.partition(parts)) {
      for (const auto& element : part) require(&element == &*next++, "a part is out of place");
      least = std::min<std::size_t>(least, part.size());
      largest = std::max<std::size_t>(largest, part.size());
    }
    require(parts == 0 || next == of.vector.end(), "parts miss elements");
    require(largest == 0 || largest - least <= 1, "parts differ in size");
  }
  void check(const version& of) {
    if (const char* broken = of.vector.check(); broken != nullptr) fail(broken);
    require(of.vector.size() == of.content.size(), "the size disagrees");
    std::size_t done = 0;
    of.vector.for_each_chunk([&](std::span<const T> chunk) {
      require(!chunk.empty() && chunk.size() <= of.content.size() - done, "a chunk has another size");
      require(std::equal(chunk.begin(), chunk.end(), at(of.content, done)), "a chunk disagrees");
      done += chunk.size();
    });
    require(done == of.content.size(), "chunks miss elements");
  }
  void compare(const version& of) {
    check(of);
    require(std::equal(of.vector.begin(), of.vector.end(), of.content.begin(), of.content.end()),
            "an iterator disagrees");
    require(std::equal(of.vector.rbegin(), of.vector.rend(), of.content.rbegin(), of.content.rend()),
            "a reverse iterator disagrees");
    for (std::size_t i = 0; i < of.content.size(); ++i) require(of.vector[i] == of.content[i], "an index disagrees");
  }

  std::array<version, 4> versions_;
  unsigned made_ = 0;
};

}  // namespace
}  // namespace coppice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice;
  using namespace coppice::fuzz;
  machine<std::uint64_t, local_heap, 1, 2>().run({data, size});
  machine<std::string, atomic_heap, 2, 2>().run({data, size});
  machine<shared_text, local_heap, 2, 3>().run({data, size});
  return 0;
}
