# SPDX-License-Identifier: Apache-2.0
"""The statistics of the mode, exact enough to be compared with a statistics package: see test_statistics.py."""

import math


def quantile(ordered, share):
    """Between neighbours in a straight line (type 7 of Hyndman and Fan)."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def mean(values):
    return math.fsum(values) / len(values)


def deviation(values):
    """The sample's standard deviation; None of one value."""
    if len(values) < 2:
        return None
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def skewness(values):
    """Fisher's moment coefficient; None where all values are the same."""
    middle = mean(values)
    second = math.fsum((value - middle) ** 2 for value in values) / len(values)
    if second <= 0 or len(values) < 3:
        return None
    return math.fsum((value - middle) ** 3 for value in values) / len(values) / second**1.5


def pearson(xs, ys):
    """None where one of the two does not vary."""
    mx, my = mean(xs), mean(ys)
    sx = math.fsum((x - mx) ** 2 for x in xs)
    sy = math.fsum((y - my) ** 2 for y in ys)
    if sx <= 0 or sy <= 0:
        return None
    r = math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys)) / math.sqrt(sx * sy)
    return max(-1.0, min(1.0, r))


def ranks(values):
    """Ranks from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    result, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            result[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return result


def incomplete_beta(x, a, b):
    """The regularised incomplete beta function by its continued fraction (Abramowitz and Stegun 26.5.8)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 500):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 + numerator * d
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = 1.0 + numerator / c
            c = c if abs(c) > tiny else tiny
            step = c * d
            result *= step
        if abs(step - 1) < 1e-14:
            break
    return front * result


def p_of_correlation(r, n):
    """Two-sided, by Student's t with n - 2 degrees of freedom."""
    if n < 3:
        return 1.0
    if abs(r) >= 1:
        return 0.0
    t2 = r * r * (n - 2) / (1 - r * r)
    return incomplete_beta((n - 2) / (n - 2 + t2), (n - 2) / 2, 0.5)


def anova(groups):
    """(F, p, eta squared) of one-way analysis of variance; None where it cannot be worked out."""
    every = [value for group in groups for value in group]
    n, k = len(every), len(groups)
    if k < 2 or n <= k:
        return None
    middle = mean(every)
    between = math.fsum(len(group) * (mean(group) - middle) ** 2 for group in groups)
    within = math.fsum((value - mean(group)) ** 2 for group in groups for value in group)
    if between + within <= 0:
        return None
    if within <= 0:
        return math.inf, 0.0, 1.0
    f = (between / (k - 1)) / (within / (n - k))
    p = incomplete_beta((n - k) / ((n - k) + (k - 1) * f), (n - k) / 2, (k - 1) / 2)
    return f, p, between / (between + within)


def discovery_rates(p_values):
    """Benjamini-Hochberg q values."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    result, least = [0.0] * len(p_values), 1.0
    for position in range(len(order) - 1, -1, -1):
        least = min(least, p_values[order[position]] * len(p_values) / (position + 1))
        result[order[position]] = least
    return result
