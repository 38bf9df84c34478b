# SPDX-License-Identifier: Apache-2.0
"""The statistics of the baseline, with the standard library alone."""

import math


def mean(values):
    return math.fsum(values) / len(values)


def median(values):
    order = sorted(values)
    middle = len(order) // 2
    return order[middle] if len(order) % 2 else (order[middle - 1] + order[middle]) / 2


def deviation(values):
    """The standard deviation with n - 1."""
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)) if len(values) > 1 else 0.0


def squares(values):
    """The sum of squared distances from the mean."""
    middle = mean(values)
    return math.fsum((value - middle) ** 2 for value in values)


def incomplete_beta(a, b, x):
    """The regularised incomplete beta function, by its continued fraction (Lentz)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d, total = 1.0, 0.0, 1.0
    for step in range(400):
        half = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        else:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        d = 1 + term * d
        d = 1 / (d if abs(d) > 1e-300 else 1e-300)
        c = 1 + term / (c if abs(c) > 1e-300 else 1e-300)
        total *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return front * (total - 1)


def p_of_t(t, freedom):
    """Two-sided p of Student's t."""
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def p_of_f(f, first, second):
    """One-sided p of an F ratio."""
    return incomplete_beta(second / 2, first / 2, second / (second + first * f))


def p_of_z(z):
    """Two-sided p of a standard normal value."""
    return math.erfc(abs(z) / math.sqrt(2))


def correlation(xs, ys):
    """(r, two-sided p) of Pearson's correlation."""
    mx, my = mean(xs), mean(ys)
    sxy = math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys))
    sx, sy = squares(xs), squares(ys)
    if not sx or not sy:
        return 0.0, 1.0
    r = max(-1.0, min(1.0, sxy / math.sqrt(sx * sy)))
    freedom = len(xs) - 2
    if abs(r) == 1 or freedom < 1:
        return r, 0.0 if freedom >= 1 else 1.0
    return r, p_of_t(r * math.sqrt(freedom / (1 - r * r)), freedom)


def line(xs, ys):
    """(intercept, slope, standard error of the slope, p) of a straight line by least squares."""
    mx, my = mean(xs), mean(ys)
    sx = squares(xs)
    slope = math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sx
    intercept = my - slope * mx
    rest = math.fsum((y - intercept - slope * x) ** 2 for x, y in zip(xs, ys))
    error = math.sqrt(rest / (len(xs) - 2) / sx)
    return intercept, slope, error, p_of_t(slope / error, len(xs) - 2) if error else 0.0


def mann_kendall(ys):
    """(tau, p): a trend by ranks, with the correction for ties and the normal approximation."""
    n = len(ys)
    score = sum((b > a) - (b < a) for place, a in enumerate(ys) for b in ys[place + 1:])
    ties = {}
    for y in ys:
        ties[y] = ties.get(y, 0) + 1
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties.values())) / 18
    z = (score - (score > 0) + (score < 0)) / math.sqrt(variance) if variance > 0 else 0.0
    return score / (n * (n - 1) / 2), p_of_z(z)


def step(ys, least=5):
    """(place of the first value after the step, gain in BIC over one mean): two means with the least squared error."""
    n = len(ys)
    if n < 2 * least + 2:
        return None
    place = min(range(least, n - least + 1), key=lambda k: squares(ys[:k]) + squares(ys[k:]))
    whole, parts = squares(ys), squares(ys[:place]) + squares(ys[place:])
    if parts <= 0 or whole <= 0:
        return None
    # Two more parameters than one mean: the second mean and the place.
    return place, n * math.log(whole / parts) - 2 * math.log(n)


def pettitt(ys):
    """(place of the first value after the change, K, p): a change by ranks."""
    n, best, place, sum_ = len(ys), 0, 0, 0
    for t in range(n - 1):
        sum_ += sum((ys[t] > other) - (ys[t] < other) for other in ys)
        if abs(sum_) > best:
            best, place = abs(sum_), t + 1
    return place, best, min(1.0, 2 * math.exp(-6 * best**2 / (n**3 + n**2)))


def analysis_of_variance(groups):
    """(F, p, share of the variance between the groups) of lists of values."""
    values = [value for group in groups for value in group]
    within, whole = math.fsum(squares(group) for group in groups), squares(values)
    between = whole - within
    first, second = len(groups) - 1, len(values) - len(groups)
    if within <= 0 or second < 1:
        return None
    f = (between / first) / (within / second)
    return f, p_of_f(f, first, second), between / whole
