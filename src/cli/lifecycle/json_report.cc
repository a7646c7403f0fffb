#include "cli/json.h"
#include "cli/lifecycle/report.h"

#include "specter/specter.h"

namespace specter::cli {
namespace {

class JsonReport final : public LifecycleReport {
 public:
  explicit JsonReport(Output& output) : output_(output) {}

  void begin() override { print({{"event", "begin"}, {"version", version()}}); }

  void step(const Step& step) override {
    Json json{{"event", "step"},
              {"number", step.number},
              {"step", step.name},
              {"connection", step.connection.empty() ? Json(nullptr) : Json(step.connection)},
              {"ok", step.outcome.has_value()},
              {"ms", step.took.count()}};
    if (step.outcome) {
      json["detail"] = *step.outcome;
    } else {
      json["error"] = {{"name", to_string(step.outcome.error().code)},
                       {"message", step.outcome.error().message},
                       {"advice", step.advice}};
    }
    print(json);
  }

  void exchange(const Exchange& exchange) override {
    print({{"event", "message"},
           {"number", exchange.number},
           {"from", exchange.from},
           {"to", exchange.to},
           {"kind", exchange.kind == MessageKind::Text ? "text" : "binary"},
           {"bytes", exchange.data.size()},
           {"ms", exchange.took.count()}});
  }

  void end(const Summary& summary) override {
    Json json{{"event", "summary"},
              {"ok", summary.ok},
              {"steps", summary.steps},
              {"messages", summary.messages},
              {"bytes", summary.bytes},
              {"to_open_ms", summary.to_open ? Json(summary.to_open->count()) : Json(nullptr)},
              {"total_ms", summary.total.count()},
              {"selected_pair", nullptr},
              {"dtls", nullptr}};
    if (summary.stats) {
      const Json stats = to_json(*summary.stats);
      for (const Json& pair : stats["candidate_pairs"]) {
        if (pair["selected"] == true) json["selected_pair"] = pair;
      }
      json["dtls"] = {{"version", summary.stats->transport.tls_version},
                      {"cipher", summary.stats->transport.dtls_cipher},
                      {"role", to_string(summary.stats->transport.dtls_role)}};
    }
    print(json);
  }

 private:
  void print(const Json& json) {
    output_.line(to_line(json));
    output_.flush();
  }

  Output& output_;
};

}  // namespace

std::unique_ptr<LifecycleReport> make_json_report(Output& output) {
  return std::make_unique<JsonReport>(output);
}

}  // namespace specter::cli
