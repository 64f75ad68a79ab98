// Opens and checks damaged store files. The input is a list of small changes to one of two valid images:
//
//   0  u8   bit 0: which image; bit 1: put the identity's checksum right afterwards; bit 2: cut the file off, see 1
//   1  u8   with bit 2: the file is cut off after this many times 8 KiB
//   2  ...  changes of 5 bytes: u8 area (bits 0-2) and kind of change (bits 3-4), u24 position in the area, u8 operand
//
// What must hold: open() fails with an error that tells, or check() names what is broken, or the store can be read,
// written and collected, and is sound afterwards. arena_open_seeds.py writes the first corpus.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "coppice/store.hpp"
#include "src/arena/validate.hpp"

namespace {

namespace arena = coppice::arena;
using coppice::errc;
using coppice::store;
using image = std::vector<std::uint8_t>;

/// A directory in shared memory, removed at exit.
class workshop {
 public:
  workshop() {
    char name[] = "/dev/shm/coppice-fuzz-XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    directory_ = name;
    images_[0] = make(false);
    images_[1] = make(true);
  }
  workshop(const workshop&) = delete;
  workshop& operator=(const workshop&) = delete;
  ~workshop() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] const image& valid(bool with_history) const { return images_[with_history ? 1 : 0]; }
  [[nodiscard]] std::string path() const { return directory_ + "/store"; }

  void write(const image& bytes, std::size_t size) const {
    const int file = ::open(path().c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0 || ::pwrite(file, bytes.data(), size, 0) != static_cast<ssize_t>(size)) std::abort();
    if (::ftruncate(file, static_cast<off_t>(size)) != 0) std::abort();
    ::close(file);
  }

 private:
  image make(bool with_history) const {
    {
      coppice::store_options options;
      options.seed = 1;
      store made = store::open(path(), options);
      for (int round = with_history ? 0 : 3; round < 4; ++round) {
        made.transact([round](coppice::transaction& work) {
          for (int i = 0; i < 120; ++i)
            work.set(i, std::string(static_cast<std::size_t>(1 + i * 7 % 60), static_cast<char>('a' + round)));
          for (int i = 0; i < 8; ++i)
            work.set("blob " + std::to_string(i), std::string(static_cast<std::size_t>(900 + i * 50), 'b'));
          work.set(std::string(2000, 'k'), "a long key");
        });
        if (with_history) made.set("last", round);
      }
      if (with_history) made.collect();
    }
    std::FILE* file = std::fopen(path().c_str(), "rb");
    if (file == nullptr) std::abort();
    image bytes(std::filesystem::file_size(path()));
    if (std::fread(bytes.data(), 1, bytes.size(), file) != bytes.size()) std::abort();
    std::fclose(file);
    ::unlink(path().c_str());
    return bytes;
  }

  std::string directory_;
  image images_[2];
};

/// Where the changes of an area go.
struct area {
  std::size_t begin;
  std::size_t size;
};
constexpr std::size_t block = arena::block_bytes;
constexpr area areas[8] = {
    {0, sizeof(arena::identity) + sizeof(arena::control_words)},
    {offsetof(arena::header, record_directory), 64},
    {arena::directory_block * block, 64},
    {arena::first_slot_block * block, 4 * sizeof(arena::process_slot)},
    {arena::first_metadata_block * block, sizeof(arena::segment_metadata)},
    {arena::first_record_block * block, 16 * sizeof(arena::version_record)},
    {arena::first_data_block * block, 2 * block},
    {arena::first_data_block * block, 4 * block},
};

void change(image& bytes, const std::uint8_t* how) {
  const area& where = areas[how[0] & 7U];
  const std::size_t position = how[1] | (std::size_t{how[2]} << 8) | (std::size_t{how[3]} << 16);
  const std::size_t at = where.begin + position % where.size;
  if (at + 8 > bytes.size()) return;
  switch ((how[0] >> 3) & 3U) {
    case 0:
      bytes[at] = how[4];
      break;
    case 1:
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ how[4]);
      break;
    case 2:
      bytes[at] = static_cast<std::uint8_t>(bytes[at] + how[4]);
      break;
    default:
      std::memset(&bytes[at], how[4], 4);
      break;
  }
}

void put_checksum_right(image& bytes) {
  arena::identity id;
  std::memcpy(static_cast<void*>(&id), bytes.data(), sizeof(id));
  id.checksum = arena::identity_checksum(id);
  std::memcpy(bytes.data(), &id, sizeof(id));
}

/// After a check that found nothing.
void use(store& opened) {
  const coppice::snapshot seen = opened.snapshot();
  std::uint64_t met = 0;
  seen.for_each([&](const coppice::entry& each) {
    if (!seen.contains(each.key)) std::abort();
    return ++met != 0;
  });
  if (met != seen.size()) std::abort();
  for (int i = 0; i < 20; ++i) opened.set(i * 6, "written after all");
  opened.transact([](coppice::transaction& work) {
    for (int i = 0; i < 30; ++i) work.set(1000 + i, std::string(200, 'n'));
    work.erase(7);
  });
  opened.collect();
  if (!opened.check().ok()) std::abort();
}

bool is_told(errc code) {
  return code == errc::not_a_store || code == errc::version_mismatch || code == errc::corrupt || code == errc::closed ||
         code == errc::busy || code == errc::not_found || code == errc::out_of_space;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const workshop shop;
  const std::uint8_t flags = size > 0 ? data[0] : 0;
  image bytes = shop.valid((flags & 1U) != 0);
  for (std::size_t at = 2; at + 5 <= size; at += 5) change(bytes, data + at);
  if ((flags & 2U) != 0) put_checksum_right(bytes);
  std::size_t length = bytes.size();
  if ((flags & 4U) != 0 && size > 1) length = std::min(length, std::size_t{data[1]} * 8192);
  shop.write(bytes, length);
  coppice::store_options options;
  options.mode = coppice::open_mode::open_existing;
  options.timeout = std::chrono::milliseconds(1);
  try {
    store opened = store::open(shop.path(), options);
    if (opened.check().ok()) use(opened);
  } catch (const coppice::error& why) {
    if (!is_told(why.code())) {
      std::fprintf(stderr, "%s\n", why.what());
      std::abort();
    }
  }
  return 0;
}
