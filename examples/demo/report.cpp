#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <stdexcept>

namespace coppice::demo {

namespace {

// Of each plot, in the units of its view box.
constexpr double width = 960;
constexpr double left = 64;
constexpr double right = 22;
constexpr double top = 10;
constexpr double bottom = 26;
constexpr double plot_height = 150;

constexpr const char* style = R"(
:root { color-scheme: light dark; --page: #fbfaf7; --ink: #23261f; --soft: #63685c; --rule: #dcdcd2; --reads: #2b62c0;
  --writes: #23805a; --bytes: #7a4fb0; --kill-writer: #c2410c; --kill-reader: #b7791f; }
@media (prefers-color-scheme: dark) { :root { --page: #191b17; --ink: #e8e8e0; --soft: #a2a799; --rule: #3a3d35;
  --reads: #7fa8f5; --writes: #6cc79d; --bytes: #b796ea; --kill-writer: #fb8a4e; --kill-reader: #e5b95c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .4rem; text-wrap: balance; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .3rem; }
p { margin: .3rem 0; max-width: 44rem; }
.soft { color: var(--soft); }
.verdict { display: inline-block; margin: .8rem 0 0; padding: .15rem .7rem; border: 1.5px solid currentColor;
  border-radius: 1rem; font-weight: 600; }
.good { color: var(--writes); }
.bad { color: var(--kill-writer); }
figure { margin: 0; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 36rem; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--rule); stroke-width: 1; }
.kill { stroke-width: 1; opacity: .28; }
.writer { stroke: var(--kill-writer); fill: var(--kill-writer); }
.reader { stroke: var(--kill-reader); fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.area { opacity: .13; stroke: none; }
.hit { fill: transparent; }
.hit:hover { fill: var(--ink); opacity: .07; }
.key { white-space: nowrap; margin-right: 1.2rem; }
.key svg { display: inline-block; width: 1.4em; min-width: 0; height: .8em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin-top: .4rem; }
th, td { text-align: left; padding: .3rem 1.5rem .3rem 0; border-bottom: 1px solid var(--rule); vertical-align: top;
  font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--soft); white-space: nowrap; }
pre { overflow-x: auto; font: .85rem/1.5 ui-monospace, monospace; padding: .7rem .9rem; border: 1px solid var(--rule);
  border-radius: .4rem; margin: .5rem 0; }
)";

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '&') {
      result += "&amp;";
    } else {
      result += c;
    }
  }
  return result;
}

/// "0", "250", "1.5k", "20k", "1.2M"
std::string short_number(double number) {
  if (number >= 1e6) return fmt::format("{:g}M", number / 1e6);
  if (number >= 1e3) return fmt::format("{:g}k", number / 1e3);
  return fmt::format("{:g}", number);
}

std::string short_bytes(double bytes) { return fmt::format("{:g} MiB", bytes / 0x1p20); }

/// 1, 2 or 5 times a power of `base`'s tens: about four lines up to `most`.
double nice_step(double most, double base) {
  const double rough = std::max(most, base * 1e-3) / 4 / base;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power * base;
  }
  return 10 * power * base;
}

double middle(const sample& each) { return (each.from_seconds + each.to_seconds) / 2; }

struct series {
  std::string name;
  std::string color;
  bool filled = false;
  std::function<double(const sample&)> value;
};

struct plot {
  std::vector<series> lines;
  std::function<std::string(double)> tick;
  double base = 1;  // what steps of the axis are counted in
};

class canvas {
 public:
  canvas(const run_result& run, const plot& what) : run_(run), what_(what) {
    for (const sample& each : run.samples) {
      for (const series& line : what.lines) most_ = std::max(most_, line.value(each));
    }
    step_ = nice_step(most_, what.base);
    most_ = step_ * std::max(1.0, std::ceil(most_ / step_));
  }

  std::string draw(const std::string& title) {
    out_ = fmt::format("<figure><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", width,
                       top + plot_height + bottom, title);
    axes();
    kills();
    for (const series& line : what_.lines) curve(line);
    hits();
    return out_ + "</svg></figure>\n";
  }

 private:
  [[nodiscard]] double x(double seconds) const {
    return left + (width - left - right) * seconds / std::max(run_.seconds, 1e-6);
  }
  [[nodiscard]] double y(double value) const { return top + plot_height * (1 - value / most_); }

  void axes() {
    for (double value = 0; value <= most_ * 1.001; value += step_) {
      out_ += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", left, width - right,
                          y(value), y(value));
      out_ += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 8, y(value) + 4,
                          what_.tick(value));
    }
    const double step = nice_step(run_.seconds * 0.6, 1);
    for (double at = 0; at <= run_.seconds + 1e-9; at += step) {
      out_ += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:g} s</text>\n", x(at),
                          top + plot_height + 19, at);
    }
  }

  void kills() {
    for (const kill_mark& each : run_.kills) {
      const double at = x(each.at_seconds);
      out_ += fmt::format("<line class=\"kill {}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>",
                          each.was_writer ? "writer" : "reader", at, at, top, top + plot_height);
    }
    for (const kill_mark& each : run_.kills) {
      const double at = x(each.at_seconds);
      if (each.was_writer) {
        out_ += fmt::format("<path class=\"writer\" d=\"M{:.1f} {}l3.5 -6h-7z\"/>", at, top + 2);
      } else {
        out_ += fmt::format("<circle class=\"reader\" cx=\"{:.1f}\" cy=\"{}\" r=\"2.5\"/>", at, top - 2);
      }
    }
    out_ += '\n';
  }

  void curve(const series& line) {
    std::string points;
    for (const sample& each : run_.samples) {
      points += fmt::format("{:.1f},{:.1f} ", x(middle(each)), y(line.value(each)));
    }
    if (run_.samples.empty()) return;
    if (line.filled) {
      out_ +=
          fmt::format("<polygon class=\"area\" fill=\"var({})\" points=\"{:.1f},{:.1f} {}{:.1f},{:.1f}\"/>\n",
                      line.color, x(middle(run_.samples.front())), y(0), points, x(middle(run_.samples.back())), y(0));
    }
    out_ += fmt::format("<polyline class=\"line\" stroke=\"var({})\"{} points=\"{}\"/>\n", line.color,
                        line.filled ? "" : " stroke-dasharray=\"5 4\"", points);
  }

  /// A strip over each sample that tells its figures when the pointer rests on it.
  void hits() {
    for (const sample& each : run_.samples) {
      std::string text = fmt::format("{:.2f} s", middle(each));
      for (const series& line : what_.lines) {
        text += fmt::format("\n{}: {}", line.name,
                            what_.base > 1 ? fmt::format("{:.1f} MiB", line.value(each) / 0x1p20)
                                           : fmt::format("{:.0f}", line.value(each)));
      }
      const double begin = x(each.from_seconds);
      out_ += fmt::format(
          "<rect class=\"hit\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"><title>{}</title></rect>", begin,
          top, x(each.to_seconds) - begin, plot_height, text);
    }
    out_ += '\n';
  }

  const run_result& run_;
  const plot& what_;
  double most_ = 0;
  double step_ = 1;
  std::string out_;
};

std::string plots(const run_result& run) {
  const plot reads{{{"records read a second", "--reads", true, [](const sample& s) { return s.reads_per_second; }}},
                   short_number};
  const plot writes{{{"transactions a second", "--writes", true, [](const sample& s) { return s.writes_per_second; }}},
                    short_number};
  const plot bytes{
      {{"size of the store", "--bytes", true, [](const sample& s) { return static_cast<double>(s.committed_bytes); }},
       {"live at the last collection", "--bytes", false,
        [](const sample& s) { return static_cast<double>(s.live_bytes); }}},
      short_bytes,
      0x1p20};
  std::string text = "<h2>Records read and verified, a second</h2>\n" + canvas(run, reads).draw("Reads a second");
  text += "<h2>Transactions committed, a second</h2>\n" + canvas(run, writes).draw("Writes a second");
  text += "<h2>Size of the store</h2>\n";
  text += "<p class=\"soft\">Whole: what its file occupies. Dashed: what was live at the last collection.</p>\n";
  return text + canvas(run, bytes).draw("Bytes of the store");
}

std::string head(const page& content) {
  const bool good = std::any_of(content.table.begin(), content.table.end(),
                                [](const table_row& row) { return row.first == "violations" && row.second == "0"; });
  std::string text = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  text += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  text += fmt::format("<title>Coppice: killed {} times</title>\n<style>{}</style>\n</head>\n<body>\n",
                      content.result.kills.size(), style);
  text +=
      fmt::format("<h1>Killed {} times in {:.0f} seconds</h1>\n", content.result.kills.size(), content.result.seconds);
  text += fmt::format(
      "<p>{} processes read a store in shared memory and {} write it, without a server. One of them, chosen at random, "
      "is "
      "killed by SIGKILL every {:.0f} ms or so, at whatever instruction it is at, and another takes its place. Every "
      "record that is read has its checksum verified, and every whole snapshot its totals.</p>\n",
      content.options.readers, content.options.writers, content.options.mean_seconds_between_kills * 1e3);
  text += fmt::format("<p class=\"verdict {}\">{}</p>\n", good ? "good" : "bad",
                      good ? "No violation" : "Violations: see the table");
  text +=
      "<p class=\"soft\"><span class=\"key\"><svg viewBox=\"0 0 14 8\"><path class=\"writer\" d=\"M7 7l3.5 -6h-7z\"/>"
      "</svg> a writer is killed</span><span class=\"key\"><svg viewBox=\"0 0 14 8\"><circle class=\"reader\" cx=\"7\" "
      "cy=\"4\" r=\"2.5\"/></svg> a reader is killed</span></p>\n";
  return text;
}

std::string tail(const page& content) {
  std::string text = "<h2>The account</h2>\n<div class=\"wide\"><table>\n";
  for (const auto& [label, value] : content.table) {
    text += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(label), escaped(value));
  }
  text += "</table></div>\n<h2>A snapshot that was held all the while</h2>\n<pre>";
  for (const std::string& line : content.differences) text += escaped(line) + '\n';
  return text + "</pre>\n</body>\n</html>\n";
}

}  // namespace

void write_page(const std::string& path, const page& content) {
  const std::string text = head(content) + plots(content.result) + tail(content);
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) throw std::runtime_error("cannot write " + path);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !written) throw std::runtime_error("cannot write " + path);
}

}  // namespace coppice::demo
