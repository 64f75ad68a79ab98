// Compiled by must_not_compile.cmake: versions share elements, so those that can only be moved are refused.
#include <memory>

#include "coppice/vector.hpp"

#if defined(ALLOWED)
using element = std::shared_ptr<int>;
#else
using element = std::unique_ptr<int>;
#endif

int main() { return coppice::vector<element>().push_back(element()).size() == 1 ? 0 : 1; }
