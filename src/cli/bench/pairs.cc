#include "cli/bench/pairs.h"

#include <algorithm>
#include <utility>

#include "cli/bench/side.h"

namespace specter::cli::bench {
namespace {

constexpr std::string_view kFirstMessage = "The first message of this pair.";

double milliseconds(Pair::Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

void PairNews::tell(News news) {
  {
    const std::scoped_lock lock(mutex_);
    news_.push_back(std::move(news));
  }
  changed_.notify_one();
}

std::optional<PairNews::News> PairNews::next(Duration timeout) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, timeout, [&] { return !news_.empty(); })) return std::nullopt;
  News news = std::move(news_.front());
  news_.pop_front();
  return news;
}

class Pair::End final : public Peer {
 public:
  End(Pair& pair, std::size_t index) : pair_(pair), index_(index) {}

 protected:
  void tell(const SessionDescription& description) override { other().take(description); }
  void tell(const IceCandidate& candidate) override { other().take(candidate); }
  void on_failure(const std::string& what) override { pair_.fail(what); }

  void on_open(const DataChannel& channel) override {
    pair_.open_at_[index_] = Clock::now();
    if (index_ == 0) {
      if (const auto sent = channel.send(kFirstMessage); !sent) pair_.fail(sent.error().message);
    }
    pair_.on_step();
  }
  void on_message(const DataChannel& /*channel*/, Bytes message) override {
    pair_.message_at_ = Clock::now();
    if (as_text(message) != kFirstMessage) pair_.fail("the first message came as another");
    pair_.on_step();
  }
  void on_closed() override { pair_.on_closed(); }

 private:
  Peer& other() { return *pair_.ends_[1 - index_]; }

  Pair& pair_;
  const std::size_t index_;
};

Pair::Pair(PairNews& news)
    : news_(news), ends_{std::make_unique<End>(*this, 0), std::make_unique<End>(*this, 1)} {}

void Pair::start(const Api& api) {
  created_ = Clock::now();
  // Either connection keeps the whole pair alive.
  const auto self = shared_from_this();
  for (const auto& end : ends_) Peer::start(std::shared_ptr<Peer>(self, end.get()), api);
  ends_[0]->offer(1, {});
}

void Pair::close() {
  is_closing_ = true;
  for (const auto& end : ends_) end->close();
}

double Pair::open_ms() const { return milliseconds(std::ranges::max(open_at_) - created_); }
double Pair::message_ms() const { return milliseconds(message_at_ - created_); }

void Pair::on_step() {
  if (--steps_left_ == 0) {
    news_.tell({.kind = PairNews::Kind::Opened, .pair = shared_from_this()});
  }
}

void Pair::on_closed() {
  if (!is_closing_) fail("a connection was closed before its time");
  if (--ends_left_ == 0) {
    news_.tell({.kind = PairNews::Kind::Closed, .pair = shared_from_this()});
  }
}

void Pair::fail(const std::string& what) {
  if (is_closing_) return;
  news_.tell({.kind = PairNews::Kind::Failed, .pair = shared_from_this(), .what = what});
}

PairMaker::PairMaker(const Configuration& configuration, Duration timeout)
    : timeout_(timeout), specter_(configuration), api_(default_api(specter_)) {}

Result<PairNews::News> PairMaker::next() {
  auto news = news_.next(timeout_);
  if (!news) return specter::fail(ErrorCode::Timeout, "no pair of connections got on in time");
  if (news->kind == PairNews::Kind::Failed) {
    return specter::fail(ErrorCode::OperationFailed, news->what);
  }
  return *std::move(news);
}

Result<> PairMaker::make(std::size_t count, std::size_t at_once, Then then,
                         const OnOpened& on_opened) {
  std::size_t started = 0, opened = 0, closed = 0;
  while (opened < count || (then == Then::Close && closed < count)) {
    while (started < count && started - opened < at_once) {
      std::make_shared<Pair>(news_)->start(api_);
      ++started;
    }
    auto news = next();
    if (!news) return fail(news.error());
    if (news->kind == PairNews::Kind::Closed) {
      ++closed;
      continue;
    }
    ++opened;
    on_opened(*news->pair);
    if (then == Then::Close)
      news->pair->close();
    else
      kept_.push_back(std::move(news->pair));
  }
  return {};
}

Result<> PairMaker::idle(Duration duration) {
  const auto news = news_.next(duration);
  if (!news) return {};
  return specter::fail(ErrorCode::OperationFailed, news->what);
}

Result<> PairMaker::close_all() {
  for (const auto& pair : kept_) pair->close();
  for (std::size_t left = kept_.size(); left > 0; --left) {
    if (auto news = next(); !news) return fail(news.error());
  }
  kept_.clear();
  return {};
}

}  // namespace specter::cli::bench
