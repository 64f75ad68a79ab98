// Runs a fuzzer's entry point once on every file of a corpus, without libFuzzer: found inputs become unit tests.
//
// Usage: replay_<name> DIRECTORY. An empty or missing directory is no error: a new fuzzer has no corpus yet. The empty
// input always runs.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: replay CORPUS_DIRECTORY\n", stderr);
    return 2;
  }
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::size_t inputs = 1;
  if (std::filesystem::is_directory(argv[1])) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(argv[1])) {
      if (!file.is_regular_file()) continue;
      std::ifstream stream(file.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
      std::fprintf(stderr, "%s\n", file.path().c_str());  // the last line names the input that crashed
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++inputs;
    }
  }
  std::printf("%zu inputs\n", inputs);
  return 0;
}
