// Where collections in an arena are measured: inside a transaction of a store of its own, which is not published.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "coppice/store.hpp"
#include "scratch_directory.hpp"

namespace coppice::bench {

/// What is left behind by versions that were measured stays until the transaction ends: a new store for each.
inline void in_transaction(const std::function<void()>& measured) {
  const scratch_directory directory;
  store_options options;
  options.limit_bytes = std::uint64_t{64} << 30;
  auto scratch = store::open((directory.path() / "arena").string(), options);
  struct not_published {};
  try {
    scratch.transact([&](transaction&) {
      measured();
      throw not_published();
    });
  } catch (const not_published&) {
  }
}

}  // namespace coppice::bench
