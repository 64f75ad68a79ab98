// Images of store files, damaged ones among them, and child processes that open what they are given.
//
// `judge` runs inside a child: it opens the image, and if that succeeds checks it, and if the check finds nothing
// reads, writes and collects. The rule of all tests here: the open fails with an error, or the check names what is
// broken, or everything is right.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "coppice/store.hpp"
#include "src/arena/validate.hpp"
#include "tests/platform/support.hpp"

namespace hostile_test {

using coppice::errc;
using coppice::snapshot;
using coppice::store;
using coppice::platform::test::child_process;
using coppice::platform::test::scratch_directory;
namespace arena = coppice::arena;

using image = std::vector<unsigned char>;
using contents = std::map<std::string, std::string>;

/// Small and large entries, leaves of both forms, blobs, a tree of some depth.
inline contents known_contents() {
  contents made;
  for (int i = 0; i < 150; ++i)
    made["key " + std::to_string(i)] = std::string(static_cast<std::size_t>(1 + i * 7 % 90), 'v');
  for (int i = 0; i < 12; ++i)
    made["blob " + std::to_string(i)] = std::string(static_cast<std::size_t>(700 + i * 111), 'b');
  made["medium"] = std::string(9000, 'm');
  made["large"] = std::string(70'000, 'l');
  made[std::string(3000, 'k')] = "a long key";
  return made;
}

inline image read_image(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) std::abort();
  image bytes(std::filesystem::file_size(path));
  if (std::fread(bytes.data(), 1, bytes.size(), file) != bytes.size()) std::abort();
  std::fclose(file);
  return bytes;
}

/// Over what was there; a test writes thousands of images that differ in a few bytes.
inline void write_image(const std::string& path, const unsigned char* bytes, std::size_t size) {
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0 || ::pwrite(file, bytes, size, 0) != static_cast<ssize_t>(size)) std::abort();
  if (::ftruncate(file, static_cast<off_t>(size)) != 0) std::abort();
  ::close(file);
}

/// The file of a store with the known contents and one version, closed. With history there is garbage, and lines were
/// used before.
inline image valid_image(const std::string& path, bool history = true) {
  {
    coppice::store_options options;
    options.seed = 7;
    store made = store::open(path, options);
    for (int round = 0; history && round < 3; ++round) {
      for (const auto& [key, content] : known_contents()) made.set(key, content + std::to_string(round));
    }
    made.transact([](coppice::transaction& work) {
      for (const auto& [key, content] : known_contents()) work.set(key, content);
    });
    made.collect();
  }
  image bytes = read_image(path);
  ::unlink(path.c_str());
  return bytes;
}

[[nodiscard]] inline arena::identity identity_in(const image& bytes) {
  arena::identity id;
  std::memcpy(static_cast<void*>(&id), bytes.data(), sizeof(id));
  return id;
}
/// With a checksum that is right, so that the field itself is judged.
inline void put_identity(image& bytes, arena::identity id) {
  id.checksum = arena::identity_checksum(id);
  std::memcpy(bytes.data(), &id, sizeof(id));
}

enum class verdict : std::uint8_t { refused, broken, right, busy, wrong };

inline bool holds(const snapshot& seen, const contents& expected) {
  if (seen.size() != expected.size()) return false;
  for (const auto& [key, content] : expected) {
    const auto found = seen.get(key);
    if (!found || found->as_string() != content) return false;
  }
  std::uint64_t met = 0;
  seen.for_each([&met](const coppice::entry&) { return ++met != 0; });
  return met == expected.size();
}

/// After a check that found nothing: does the store work?
inline bool works(store& opened, const contents& expected) {
  const snapshot before = opened.snapshot();
  if (!holds(before, expected)) return false;
  contents now = expected;
  for (int i = 0; i < 40; ++i) {
    const std::string key = "key " + std::to_string(i * 5);
    now[key] = "written after all " + std::to_string(i);
    opened.set(key, now[key]);
  }
  opened.transact([&now](coppice::transaction& work) {
    for (int i = 0; i < 40; ++i) {
      const std::string key = "new " + std::to_string(i);
      now[key] = std::string(300, 'n');
      work.set(key, now[key]);
      work.erase("blob 3");
    }
  });
  now.erase("blob 3");
  opened.collect();
  for (int i = 0; i < 200; ++i) opened.set("key 1", i);
  opened.set("key 1", now["key 1"]);
  return holds(before, expected) && holds(opened.snapshot(), now) && opened.check().ok();
}

inline verdict judge(const std::string& path, const contents& expected) {
  coppice::store_options options;
  options.mode = coppice::open_mode::open_existing;
  options.timeout = std::chrono::milliseconds(20);
  try {
    store opened = store::open(path, options);
    try {
      if (!opened.check().ok()) return verdict::broken;
      return works(opened, expected) ? verdict::right : verdict::wrong;
    } catch (const coppice::error& why) {
      // A lock word may name somebody who lives.
      return why.code() == errc::busy ? verdict::busy : verdict::wrong;
    }
  } catch (const coppice::error& why) {
    switch (why.code()) {
      case errc::not_a_store:
      case errc::version_mismatch:
      case errc::corrupt:
      case errc::closed:
      case errc::unsupported:
      case errc::not_found:  // a destroyed one is removed
        return verdict::refused;
      case errc::busy:
        return verdict::busy;
      default:
        return verdict::wrong;
    }
  }
}

/// How many cases came to each verdict.
struct tally {
  std::atomic<std::uint32_t> next;
  std::atomic<std::uint32_t> of[5];
  [[nodiscard]] std::uint32_t count(verdict which) const { return of[static_cast<std::size_t>(which)]; }
};

/// Runs cases 0 .. count - 1 in child processes, many in each, with an alarm for each case. `run` returns its verdict;
/// a child that dies, or hangs, fails the case it was at, and another goes on.
class case_runner {
 public:
  case_runner()
      : tally_(static_cast<tally*>(
            ::mmap(nullptr, sizeof(tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (tally_ == MAP_FAILED) std::abort();
  }
  case_runner(const case_runner&) = delete;
  case_runner& operator=(const case_runner&) = delete;
  ~case_runner() { ::munmap(tally_, sizeof(tally)); }

  void run(std::uint32_t count, const std::function<verdict(std::uint32_t)>& run_case,
           const std::function<std::string(std::uint32_t)>& describe) {
    constexpr std::uint32_t most_failures = 20;
    std::uint32_t failures = 0;
    tally_->next = 0;
    while (tally_->next < count && failures < most_failures) {
      child_process child([&] {
        while (tally_->next < count) {
          ::alarm(100);
          const verdict found = run_case(tally_->next);
          tally_->of[static_cast<std::size_t>(found)].fetch_add(1);
          if (found == verdict::wrong) return 1;
          tally_->next.fetch_add(1);
        }
        return 0;
      });
      const int ended = child.join();
      if (ended == 0) continue;
      ++failures;
      ADD_FAILURE() << describe(tally_->next)
                    << (ended == 1 ? ": opened, found sound, but wrong" : ": ended by signal ")
                    << (ended == 1 ? "" : std::to_string(-ended));
      tally_->next.fetch_add(1);
    }
    std::printf("%u cases: %u refused, %u broken, %u right, %u busy\n", count, tally_->count(verdict::refused),
                tally_->count(verdict::broken), tally_->count(verdict::right), tally_->count(verdict::busy));
  }

  [[nodiscard]] std::uint32_t count(verdict which) const { return tally_->count(which); }

 private:
  tally* tally_;
};

}  // namespace hostile_test
