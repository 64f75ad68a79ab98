// A program of somebody who uses the installed library: makes a store at the path given, writes, reads, packs, destroys
// it.
#include <cstdio>
#include <span>
#include <string>

#include "coppice/pack.hpp"
#include "coppice/store.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string path = argv[1];
  {
    auto prices = coppice::store::open(path);
    prices.set("apple", 120);
    const auto before = prices.snapshot();
    prices.set("apple", 130);
    const auto old_price = before.get("apple");
    const auto new_price = prices.get("apple");
    if (!old_price || *old_price != coppice::value_view(120)) return 1;
    if (!new_price || new_price->view() != coppice::value_view(130)) return 1;

    coppice::pack_memory_sink sink;
    prices.pack(sink, std::span(&before, 1), {.compression = coppice::pack_compression::zstd});
    coppice::pack_reader pack(sink.bytes());
    prices.restore(pack, 0);
    if (prices.get("apple")->view() != coppice::value_view(120)) return 1;
  }
  coppice::store::destroy(path);
  std::puts("apple: 120, then 130, then 120 from a pack");
  return 0;
}
