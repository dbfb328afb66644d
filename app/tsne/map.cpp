#include "app/tsne/map.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "engine/error.h"

namespace unveil {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSliceMs = 10;
constexpr int kIterations = 1000;   // of a fresh start
constexpr int kAfterRefresh = 120;  // iterations at least, after codes changed …
constexpr int kAfterChange = 250;   // … and after a knob or a kick
constexpr double kKick = 0.35;      // of the layout's standard deviation
constexpr auto kPublishEvery = std::chrono::milliseconds(40);
constexpr double kQualityShare = 12;  // times what measuring takes lie between two measurements, while it moves
constexpr std::size_t kCurve = 1500;  // points; every second is dropped when it is full

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// What the trainer's thread keeps of the map, with the run.
class MapWork {
 public:
  explicit MapWork(Run& run) : tsne_(run.device()) {}

  void take(Run& run, const TsneRequest& request);
  // One slice; false when there is nothing to do.
  bool advance(Run& run);
  std::shared_ptr<const TsneMap> map() const;
  bool due() const { return fresh_ && Clock::now() - published_ > kPublishEvery; }
  void published() { published_ = Clock::now(), fresh_ = false; }
  void refuse(const std::string& why);

 private:
  void set_options();
  bool gather(Run& run);
  bool descend();
  bool measure(Run& run);
  void forget_quality() { quality_iteration_ = -1, measure_.reset(); }
  void clear_curve() { iterations_.clear(), kl_.clear(), forget_quality(); }

  Tsne tsne_;
  TsneRequest request_;
  bool begun_ = false, fresh_ = false, gather_next_ = false;
  std::unique_ptr<PointsGatherer> gatherer_;
  double gathering_ms_ = 0, refresh_ms_ = 0;
  std::shared_ptr<const TsnePoints> points_, coming_;  // of the layout; whose neighbourhoods are being prepared
  int goal_ = 0;
  std::vector<double> iterations_, kl_;
  TsneQuality quality_;
  int quality_iteration_ = -1;
  std::uint64_t quality_step_ = 0;
  double quality_ms_ = 0;
  std::optional<QualityMeasure> measure_;  // under way
  int measure_iteration_ = 0;              // of the layout that it measures
  std::uint64_t measure_step_ = 0;         // of training, of its codes
  Clock::time_point measured_{}, published_{};
  std::uint64_t refreshes_ = 0;
  std::string problem_;
};

void MapWork::refuse(const std::string& why) {
  problem_ = why;
  gatherer_.reset(), coming_.reset();
  refreshes_ = request_.refreshes;
  fresh_ = true;
}

void MapWork::set_options() {
  const int count = coming_ ? coming_->count : points_ ? points_->count : 0;
  auto options = request_.options;
  if (count > 0) options.perplexity = fitting_perplexity(options.perplexity, count);
  if (!(options == tsne_.options())) tsne_.set_options(options);
}

void MapWork::take(Run& run, const TsneRequest& request) {
  // Counters count from the first request on.
  const TsneRequest before = begun_ ? std::exchange(request_, request) : (request_ = request);
  const bool others =
      !begun_ || before.code != request.code || before.split != request.split || before.count != request.count;
  if (others || before.refreshes != request.refreshes) {
    problem_.clear();
    gatherer_ = std::make_unique<PointsGatherer>(run, request.code, request.split, request.count);
    gathering_ms_ = 0;
  }
  begun_ = true;
  if (!(before.options == request.options)) {
    set_options();
    goal_ = std::max(goal_, tsne_.iteration() + kAfterChange);
  }
  if (before.restarts != request.restarts) {
    tsne_.restart();
    clear_curve();
    goal_ = kIterations;
  }
  if (before.kicks != request.kicks) {
    tsne_.perturb(kKick, request.kicks);
    goal_ = std::max(goal_, tsne_.iteration() + kAfterChange);
  }
  if (before.more != request.more) goal_ = std::max(goal_, tsne_.iteration() + kIterations / 2);
  if (before.taken != request.taken && static_cast<int>(request.taken_layout.size()) == tsne_.count()) {
    tsne_.set_layout(procrustes(tsne_.layout(), request.taken_layout));
    forget_quality();
    goal_ = std::max(goal_, tsne_.iteration() + kAfterChange);
  }
  fresh_ = true;
}

bool MapWork::gather(Run& run) {
  const auto began = Clock::now();
  const bool more = gatherer_->advance(run);
  gathering_ms_ += milliseconds_since(began);
  fresh_ = true;
  if (more) return true;
  coming_ = gatherer_->take();
  gatherer_.reset();
  const bool same = points_ && points_->same_items(*coming_);
  // Codes of the same kind go on from where the dots are; others begin anew.
  const bool warm = same && points_->code == coming_->code;
  // Options before the codes, at a perplexity that the old and the new number of points both allow.
  auto options = request_.options;
  options.perplexity = fitting_perplexity(options.perplexity, coming_->count);
  if (points_) options.perplexity = fitting_perplexity(options.perplexity, points_->count);
  tsne_.set_options(options);
  tsne_.set_codes(coming_->values, coming_->count, coming_->dimensions, warm ? TsneStart::warm : TsneStart::pca);
  set_options();
  return true;
}

bool MapWork::descend() {
  if (!coming_ && tsne_.prepared() == 1 && (tsne_.iteration() >= goal_ || !request_.playing)) return false;
  const auto began = Clock::now();
  tsne_.advance_for(kSliceMs);
  fresh_ = true;
  if (tsne_.prepared() < 1) {
    gathering_ms_ += milliseconds_since(began);
    return true;
  }
  if (coming_) {
    const bool warm = points_ && points_->same_items(*coming_) && points_->code == coming_->code;
    if (!warm) clear_curve();
    goal_ = warm ? std::max(goal_, tsne_.iteration() + kAfterRefresh) : kIterations;
    points_ = std::move(coming_);
    coming_.reset();
    refreshes_ = request_.refreshes;
    refresh_ms_ = gathering_ms_;
    problem_.clear();
  }
  if (const double kl = tsne_.kl();
      std::isfinite(kl) && (iterations_.empty() || iterations_.back() < tsne_.iteration())) {
    iterations_.push_back(tsne_.iteration());
    kl_.push_back(kl);
    if (iterations_.size() >= kCurve) {
      for (std::size_t i = 0; 2 * i < kCurve; ++i) iterations_[i] = iterations_[2 * i], kl_[i] = kl_[2 * i];
      iterations_.resize(kCurve / 2), kl_.resize(kCurve / 2);
    }
  }
  return true;
}

// Measured when the layout has come to rest, and now and then on the way. A measurement that has begun ends, though
// codes are made anew meanwhile: else none would end while the model trains. What it says, it says of its step.
bool MapWork::measure(Run& run) {
  const auto began = Clock::now();
  if (!measure_) {
    if (!points_ || coming_ || tsne_.count() != points_->count) return false;
    const int k = std::min(kTsneNeighbours, (points_->count - 1) / 2);
    if (k < 1 || (quality_iteration_ == tsne_.iteration() && quality_step_ == points_->step)) return false;
    const bool moving = request_.playing && tsne_.iteration() < goal_;
    if (moving && milliseconds_since(measured_) < std::max(1000.0, kQualityShare * quality_ms_)) return false;
    measure_.emplace(run.device(), points_->values, points_->count, points_->dimensions, tsne_.layout(), k);
    measure_iteration_ = tsne_.iteration(), measure_step_ = points_->step;
    quality_ms_ = 0;
  }
  bool more = true;
  while (more && milliseconds_since(began) < kSliceMs) more = measure_->advance();
  quality_ms_ += milliseconds_since(began);
  if (more) return true;
  quality_ = measure_->quality(), quality_iteration_ = measure_iteration_, quality_step_ = measure_step_;
  measure_.reset();
  measured_ = Clock::now();
  return fresh_ = true;
}

bool MapWork::advance(Run& run) {
  // By turns, so that the map goes on moving while codes are made.
  gather_next_ = !gather_next_;
  if (gatherer_ && gather_next_) return gather(run);
  if (tsne_.count() > 0 || coming_) {
    if (descend()) {
      measure(run);
      return true;
    }
    if (!gatherer_ && measure(run)) return true;
  }
  return gatherer_ ? gather(run) : false;
}

std::shared_ptr<const TsneMap> MapWork::map() const {
  auto map = std::make_shared<TsneMap>();
  map->points = points_;
  if (points_) map->layout = tsne_.layout();
  map->options = tsne_.options();
  map->iteration = tsne_.iteration();
  map->iterations = iterations_, map->kl = kl_;
  map->quality = quality_, map->quality_iteration = quality_iteration_, map->quality_step = quality_step_;
  if (gatherer_) {
    map->doing = request_.code.empty() ? "principal components" : "encoding";
    map->share = gatherer_->share();
  } else if (tsne_.prepared() < 1) {
    map->doing = "neighbourhoods";
    map->share = tsne_.prepared();
  }
  map->resting = !gatherer_ && !coming_ && tsne_.prepared() == 1 && (tsne_.iteration() >= goal_ || !request_.playing);
  map->problem = problem_;
  map->refreshes = refreshes_;
  map->refresh_ms = refresh_ms_;
  return map;
}

}  // namespace

double fitting_perplexity(double perplexity, int count) {
  // Below a third of the points, and with a little to spare.
  return std::max(1.0, std::min(perplexity, 0.99 * count / 3.0));
}

bool TsneJob::advance(Run& run) {
  if (ended_) return false;
  auto& channel = *channel_;
  auto& work = run.attached<MapWork>("t-SNE map", [&] { return std::make_unique<MapWork>(run); });
  TsneRequest request;
  std::uint64_t serial = 0;
  {
    std::scoped_lock lock(channel.mutex);
    request = channel.request;
    serial = channel.serial;
  }
  bool more = false;
  try {
    if (serial != taken_) work.take(run, request);
    taken_ = serial;
    more = work.advance(run);
  } catch (const Error& error) {
    work.refuse(error.what());
  }
  more = more && channel.looked_at;
  if (work.due() || !more) {
    channel.maps.put(work.map());
    work.published();
    if (!more) channel.handled = serial;
    if (!more) ended_ = true;
    wake_();
  }
  return more;
}

}  // namespace unveil
