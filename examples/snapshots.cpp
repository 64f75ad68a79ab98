// A snapshot stays as it was while the store moves on, and what changed in between can be asked for.
//
// Prints:
//   before: 3 entries, apple = 120
//   now: 3 entries, apple = 130
//   added plum
//   changed apple
//   removed pear
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "coppice/store.hpp"

namespace {

long long number_of(const coppice::snapshot& version, const char* key) {
  return static_cast<long long>(version.get(key)->as_int64().value());
}

const char* word_for(coppice::change_kind kind) {
  switch (kind) {
    case coppice::change_kind::added:
      return "added ";
    case coppice::change_kind::removed:
      return "removed ";
    case coppice::change_kind::changed:
      return "changed ";
  }
  return "";
}

}  // namespace

int main() {
  auto prices = coppice::store::open("prices");
  const std::vector<coppice::key_value> first = {{"apple", 120}, {"pear", 90}, {"quince", 210}};
  prices.set_many(first);
  const auto before = prices.snapshot();

  prices.transact([](coppice::transaction& work) {
    work.set("apple", 130);
    work.set("plum", 75);
    work.erase("pear");
  });
  const auto now = prices.snapshot();

  std::printf("before: %d entries, apple = %lld\n", static_cast<int>(before.size()), number_of(before, "apple"));
  std::printf("now: %d entries, apple = %lld\n", static_cast<int>(now.size()), number_of(now, "apple"));

  std::vector<std::string> lines;
  auto changes = now.diff(before);
  while (const auto change = changes.next()) {
    lines.push_back(word_for(change->kind) + std::string(change->key.as_string().value()));
  }
  std::sort(lines.begin(), lines.end());  // they come in the order of hashes
  for (const std::string& line : lines) std::puts(line.c_str());
  coppice::store::destroy("prices");
}
