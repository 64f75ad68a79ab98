// What can go wrong, as exceptions with a code: a full store, a transaction that is given up, a handle after destroy().
// Whatever fails leaves the version in place as it was.
//
// Prints:
//   full: out_of_space
//   still there: 7
//   after an erase: stored
//   rolled back, 2 entries
//   closed
#include <cstdio>
#include <stdexcept>
#include <string>

#include "coppice/store.hpp"

int main() {
  coppice::store_options options;
  options.limit_bytes = std::uint64_t{8} << 20;  // 8 MiB, for ever
  auto cache = coppice::store::open("cache", options);
  cache.set("small", 7);
  cache.set("large", std::string(2'000'000, 'x'));

  try {
    cache.set("too large", std::string(20'000'000, 'y'));
  } catch (const coppice::error& why) {
    std::printf("full: %s\n", coppice::errc_name(why.code()));  // why.what() is a sentence that tells the way out
  }
  std::printf("still there: %d\n", static_cast<int>(cache.get("small")->view().as_int64().value()));

  cache.erase("large");
  cache.set("another", std::string(2'000'000, 'z'));
  std::puts("after an erase: stored");

  try {
    cache.transact([](coppice::transaction& work) {
      work.clear();
      throw std::runtime_error("changed my mind");
    });
  } catch (const std::runtime_error&) {
    std::printf("rolled back, %d entries\n", static_cast<int>(cache.size()));
  }

  coppice::store::destroy("cache");
  try {
    cache.set("small", 8);
  } catch (const coppice::error& why) {
    std::puts(coppice::errc_name(why.code()));
  }
}
