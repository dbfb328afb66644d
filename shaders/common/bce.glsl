// Binary cross-entropy with logits, in nats: max(l, 0) - l t + log(1 + e^-|l|).
// log(1 + u) is 2 artanh(u / (2 + u)), whose series is exact to float precision on 0 <= u <= 1 and keeps small u.
float cross_entropy(float logit, float target) {
  float u = exp(-abs(logit));
  float s = u / (2.0 + u);
  float q = s * s;
  float series = fma(q, fma(q, fma(q, fma(q, fma(q, fma(q, 1.0 / 13.0, 1.0 / 11.0), 1.0 / 9.0), 1.0 / 7.0), 1.0 / 5.0), 1.0 / 3.0), 1.0);
  return max(logit, 0.0) - logit * target + 2.0 * s * series;
}

// Its derivative with respect to the logit: sigmoid(l) - t.
float cross_entropy_slope(float logit, float target) { return 1.0 / (1.0 + exp(-logit)) - target; }
