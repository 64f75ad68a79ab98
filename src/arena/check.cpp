// See check.hpp.
#include "src/arena/check.hpp"

#include <bit>

#include "src/arena/grow.hpp"
#include "src/arena/lines.hpp"
#include "src/arena/validate.hpp"

namespace coppice::arena {

namespace {

/// One bit per granule of the arena, in scratch memory.
class granule_set {
 public:
  explicit granule_set(std::uint64_t bytes) noexcept
      : length_((bytes / detail::granule_bytes / 8) + 4096),
        words_(reinterpret_cast<std::uint64_t*>(platform::map_scratch(length_))) {}
  granule_set(const granule_set&) = delete;
  granule_set& operator=(const granule_set&) = delete;
  ~granule_set() {
    if (words_ != nullptr) platform::unmap_scratch(reinterpret_cast<std::byte*>(words_), length_);
  }

  [[nodiscard]] bool usable() const noexcept { return words_ != nullptr; }
  [[nodiscard]] bool has(std::uint64_t granule) const noexcept {
    return ((words_[granule / 64] >> (granule % 64)) & 1U) != 0;
  }
  void add(std::uint64_t granule) noexcept { words_[granule / 64] |= std::uint64_t{1} << (granule % 64); }
  /// Members in [first, first + count), both multiples of 64.
  [[nodiscard]] std::uint64_t count(std::uint64_t first, std::uint64_t count) const noexcept {
    std::uint64_t total = 0;
    for (std::uint64_t i = first / 64; i < (first + count) / 64; ++i) {
      total += static_cast<std::uint64_t>(std::popcount(words_[i]));
    }
    return total;
  }

 private:
  std::uint64_t length_;
  std::uint64_t* words_;
};

class checker {
 public:
  checker(session& self, const version_visitor* visitor) noexcept
      : self_(self),
        map_(self.map()),
        count_(self.map().block_count()),
        visitor_(visitor),
        starts_(std::uint64_t{count_} * block_bytes),
        covered_(std::uint64_t{count_} * block_bytes),
        linked_(std::uint64_t{count_} * detail::granule_bytes),
        stack_(reinterpret_cast<ref*>(platform::map_scratch(stack_bytes))) {}
  checker(const checker&) = delete;
  checker& operator=(const checker&) = delete;
  ~checker() {
    if (stack_ != nullptr) platform::unmap_scratch(reinterpret_cast<std::byte*>(stack_), stack_bytes);
  }

  check_result run() noexcept {
    if (!starts_.usable() || !covered_.usable() || !linked_.usable() || stack_ == nullptr) {
      fail("no scratch memory for the check", 0);
      return result_;
    }
    check_control();
    if (ok()) check_links();
    if (ok()) check_versions();
    if (ok()) check_blocks();
    return result_;
  }

 private:
  static constexpr std::uint64_t stack_bytes = std::uint64_t{256} << 20;

  [[nodiscard]] bool ok() const noexcept { return result_.broken == nullptr; }
  void fail(const char* what, std::uint64_t where) noexcept {
    if (ok()) {
      result_.broken = what;
      result_.where = where;
    }
  }

  void check_control() noexcept {
    const coppice::result<platform::file_identity> file = platform::identify(map_.file());
    if (!file) return fail("C1 the file cannot be examined", 0);
    const coppice::result<void> control = validate_control(map_, file->size_bytes);
    if (!control) return fail(control.why().reason, control.why().subject);
    file_bytes_ = file->size_bytes;
    if (map_.id().checksum != identity_checksum(map_.id())) fail("C1 checksum of the header", 0);
    const version_ref head{map_.words().head.load(std::memory_order_acquire)};
    if (!head.names(map_.record(head.index()).version.load(std::memory_order_acquire))) {
      fail("C7 HEAD names another version than its record", head.index());
    }
  }

  void check_versions() noexcept {
    const std::uint32_t records = map_.record_count();
    const std::uint64_t scans = scan_word::from(map_.words().scan.load(std::memory_order_acquire)).number;
    for (std::uint32_t i = 0; i < records; ++i) {
      const version_record& record = map_.record(i);
      const std::uint64_t version = record.version.load(std::memory_order_acquire);
      if (version != 0) ++result_.versions;
      // After the version: in an arena without HEAD the number was given out before the record got it.
      const std::uint64_t last = map_.words().last_apart.load(std::memory_order_acquire);
      if (last != 0 && version > last) fail("C7 a record has a version that was never given out", i);
      const owner_id claim = owner_id::from(record.claim.load(std::memory_order_acquire));
      if (claim.incarnation != 0 && claim.slot >= max_slots) fail("C7 a record's claim names no slot", i);
      // The scan of that number would take the record for one that it has seen already.
      if (record.kept.load(std::memory_order_acquire) > scans ||
          record.handed.load(std::memory_order_acquire) > scans) {
        fail("C7 a record names a scan that has not begun", i);
      }
    }
    check_version({map_.words().head.load(std::memory_order_acquire)});
    const std::uint32_t slots = map_.words().slot_high.load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i < slots && ok(); ++i) {
      if (!slot_word::from(map_.slot(i).word.load(std::memory_order_acquire)).live) continue;
      self_.for_each_pin(i, [this](pin& cell) {
        const std::uint64_t named = cell.load(std::memory_order_acquire);
        if (named <= pin_claimed || !ok()) return;
        ++result_.pins;
        check_version({named});
      });
    }
  }

  void check_version(version_ref named) noexcept {
    if (named.index() >= map_.record_count()) return fail("C7 a pin names no record", named.index());
    const version_record& record = map_.record(named.index());
    // A pin whose record has moved on is a reader's that will look again (A2).
    if (!named.names(record.version.load(std::memory_order_acquire))) return;
    const ref root = record.root.load(std::memory_order_acquire);
    if (root == 0) return;
    const bool seen = (std::uint64_t{root} * detail::granule_bytes) / block_bytes < count_ && starts_.has(root);
    walk(root);
    if (!ok() || seen || visitor_ == nullptr) return;
    std::uint64_t where = 0;
    if (const char* broken = visitor_->visit(visitor_->context, root, where)) fail(broken, where);
  }

  void walk(ref root) noexcept {
    stack_[0] = root;
    std::uint64_t size = 1;
    while (size != 0 && ok()) {
      const ref node = stack_[--size];
      if (!visit(node)) continue;
      detail::for_each_ref<ref>(map_.node(node), [&](ref child) {
        if ((size + 1) * sizeof(ref) > stack_bytes) return fail("the check's stack is full", size);
        stack_[size++] = child;
      });
    }
  }

  /// Judges a node the first time it is met; true if its children are to be visited.
  bool visit(ref node) noexcept {
    const std::uint64_t offset = std::uint64_t{node} * detail::granule_bytes;
    const std::uint64_t end_of_arena = std::uint64_t{count_} * block_bytes;
    if (offset + detail::min_node_bytes > end_of_arena || offset + detail::min_node_bytes > file_bytes_) {
      fail("C2 a ref leaves the arena", offset);
      return false;
    }
    if (starts_.has(node)) return false;
    const detail::node_header& header = map_.node(node);
    const bool known =
        static_cast<std::size_t>(header.kind) < detail::kind_count && header.kind != detail::node_kind::none;
    if (!known) {
      fail("C3 a node of unknown kind", offset);
      return false;
    }
    const std::uint64_t end = offset + header.size_bytes();
    if (header.size_bytes() < detail::min_node_bytes || end > end_of_arena || end > file_bytes_) {
      fail("C2 a node reaches past the arena", offset);
      return false;
    }
    const detail::ref_places refs = detail::refs_of(header);
    if (refs.end() > header.size_bytes()) {
      fail("C3 a node is too short for its refs", offset);
      return false;
    }
    // Whoever got it would change a published node in place.
    if (header.edit_token() >= map_.words().edit_tokens.load(std::memory_order_relaxed)) {
      fail("C3 a node carries an edit token that is still to be handed out", offset);
      return false;
    }
    if (!check_blocks_of(offset, end)) return false;
    starts_.add(node);
    for (std::uint64_t granule = node; granule < end / detail::granule_bytes; ++granule) {
      if (covered_.has(granule)) {
        fail("C3 two reachable nodes overlap", offset);
        return false;
      }
      covered_.add(granule);
    }
    ++result_.nodes;
    result_.live_bytes += header.size_bytes();
    return true;
  }

  bool check_blocks_of(std::uint64_t begin, std::uint64_t end) noexcept {
    for (std::uint64_t line = begin / line_bytes; line <= (end - 1) / line_bytes; ++line) {
      const auto block = static_cast<std::uint32_t>(line / lines_per_block);
      const block_word word = block_word::from(map_.block(block).load(std::memory_order_acquire));
      if (word.state == block_state::owned || word.state == block_state::unswept) {
        line = ((std::uint64_t{block} + 1) * lines_per_block) - 1;
        continue;
      }
      if (word.state != block_state::swept) {
        fail("C4 a reachable node lies in a block that holds no nodes", begin);
        return false;
      }
      if (is_free_line(block, word, static_cast<std::uint32_t>(line % lines_per_block))) {
        fail("C5 a reachable node lies in a line called free", begin);
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] bool is_free_line(std::uint32_t block, const block_word& word, std::uint32_t line) const noexcept {
    const auto& lines = map_.metadata(block).lines[block % segment_blocks][word.map];
    const tagged_bits bits = tagged_bits::from(lines[line / 32].load(std::memory_order_acquire));
    return bits.cycle != word.cycle || ((bits.bits >> (line % 32)) & 1U) == 0;
  }

  void check_blocks() noexcept {
    std::uint64_t behind_blocks = 0;
    for (std::uint32_t block = 0; block < count_ && ok(); ++block) account(block, behind_blocks);
    const coppice::result<platform::file_identity> file = platform::identify(map_.file());
    if (ok() && file && file->allocated_bytes < behind_blocks) {
      fail("C8 blocks without memory behind them; bytes that the file occupies", file->allocated_bytes);
    }
    result_.committed_bytes = behind_blocks;
  }

  void account(std::uint32_t block, std::uint64_t& behind_blocks) noexcept {
    const block_word word = block_word::from(map_.block(block).load(std::memory_order_acquire));
    const std::uint64_t live =
        covered_.count(std::uint64_t{block} * granules_per_block, granules_per_block) * detail::granule_bytes;
    const bool has_memory = word.state != block_state::hole && word.state != block_state::changing;
    if (has_memory) behind_blocks += block_bytes;
    const cycle_word cycle = cycle_word::from(map_.words().cycle.load(std::memory_order_acquire));
    if (static_cast<std::int32_t>(word.cycle - cycle.number) > 0) {
      return fail("C7 a block's stamp is of a cycle that has not begun", block);
    }
    switch (word.state) {
      case block_state::hole:
      case block_state::changing:
        break;
      case block_state::free:
        result_.free_bytes += block_bytes;
        break;
      case block_state::swept: {
        const std::uint64_t free = std::uint64_t{line_count(free_lines(map_, block, word))} * line_bytes;
        result_.free_bytes += free;
        result_.garbage_bytes += block_bytes - live - free;
        break;
      }
      case block_state::unswept:
        result_.garbage_bytes += block_bytes - live;
        break;
      case block_state::owned:
        if (word.slot >= max_slots) return fail("C7 a block's owner names no slot", block);
        if (live != 0 && linked_.has(block)) return fail("C6 a block linked as control holds nodes", block);
        (map_.lives(word) ? result_.owned_bytes : result_.orphaned_bytes) += block_bytes - live;
        break;
      case block_state::control:
        if (!is_linked(block)) return fail("C6 a control block that nothing links", block);
        result_.control_bytes += block_bytes;
        break;
      case block_state::reserve:
        result_.control_bytes += block_bytes;
        break;
      default:
        fail("C1 a block of unknown state", block);
    }
  }

  /// Whatever names a control block, each once. A reader may link more meanwhile.
  void check_links() noexcept {
    const std::uint32_t segments = map_.words().segment_count.load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i < segments; ++i) link(map_.directory(i).load(std::memory_order_relaxed));
    for (const std::atomic<std::uint32_t>& chunk : map_.head().record_directory) {
      link(chunk.load(std::memory_order_acquire));
    }
    for (std::uint32_t i = 0; i < max_slots; ++i) {
      for (std::uint32_t at = map_.slot(i).extension.load(std::memory_order_acquire); at != 0 && ok();
           at = map_.extension(at).next.load(std::memory_order_acquire)) {
        link(at);
      }
    }
  }

  void link(std::uint32_t block) noexcept {
    if (block == 0 || block >= count_) return;
    if (linked_.has(block)) return fail("C6 a control block is linked twice", block);
    linked_.add(block);
  }

  [[nodiscard]] bool is_linked(std::uint32_t block) const noexcept {
    return block < first_metadata_block || linked_.has(block) || is_linked_control(map_, block);
  }

  session& self_;
  const mapping& map_;
  std::uint32_t count_;  // blocks when the check began: a reader may add more, which hold no nodes
  const version_visitor* visitor_;
  granule_set starts_;
  granule_set covered_;
  granule_set linked_;  // of blocks
  ref* stack_;
  std::uint64_t file_bytes_ = 0;
  check_result result_;
};

}  // namespace

check_result check(session& self, const version_visitor* visitor) noexcept { return checker(self, visitor).run(); }

}  // namespace coppice::arena
