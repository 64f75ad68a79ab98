// From failures to errors: the sentence that a user reads. It names the store, the limit, and the way out.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "coppice/error.hpp"

namespace coppice::store_detail {

/// Throws coppice::error for a failure that happened to the store (or path) of this name.
[[noreturn]] void raise(const failure& why, const std::string& store_name);

/// The same for a code with a sentence of its own.
[[noreturn]] void raise(errc code, const std::string& store_name, const std::string& sentence);

/// Returns the value, or raises.
template <class T>
  requires(!std::is_void_v<T>)
T value_or_raise(result<T>&& outcome, const std::string& store_name) {
  if (!outcome) raise(outcome.why(), store_name);
  return *std::move(outcome);
}
inline void value_or_raise(const result<void>& outcome, const std::string& store_name) {
  if (!outcome) raise(outcome.why(), store_name);
}

}  // namespace coppice::store_detail
