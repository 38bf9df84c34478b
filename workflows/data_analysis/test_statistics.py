# SPDX-License-Identifier: Apache-2.0
"""python3 -m unittest discover -s workflows/data_analysis

Known answers: Anscombe (1973), whose four sets have the same mean, variance and correlation; the one-way analysis of
variance of plant growth (Dobson 1983) as statistics packages print it; t and F quantiles of printed tables.
"""

import unittest

import statistics_of as stats

X = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
Y1 = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
Y2 = [9.14, 8.14, 8.74, 8.77, 9.26, 8.1, 6.13, 3.1, 9.13, 7.26, 4.74]
CONTROL = [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14]
TREATMENT_1 = [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69]
TREATMENT_2 = [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26]


class StatisticsTests(unittest.TestCase):
    def test_anscombe(self):
        self.assertAlmostEqual(stats.mean(Y1), 7.50, 2)
        self.assertAlmostEqual(stats.deviation(X) ** 2, 11.0, 9)
        self.assertAlmostEqual(stats.pearson(X, Y1), 0.816421, 6)
        self.assertAlmostEqual(stats.pearson(X, Y2), 0.816237, 6)
        self.assertAlmostEqual(stats.p_of_correlation(stats.pearson(X, Y1), 11), 0.00217, 5)
        self.assertAlmostEqual(stats.pearson(stats.ranks(X), stats.ranks(Y1)), 0.818182, 6)

    def test_plant_growth(self):
        f, p, eta = stats.anova([CONTROL, TREATMENT_1, TREATMENT_2])
        self.assertAlmostEqual(f, 4.846, 3)
        self.assertAlmostEqual(p, 0.01591, 5)
        self.assertAlmostEqual(eta, 0.2641, 4)

    def test_tables(self):
        # t = 2.228 leaves 5 % on both sides with 10 degrees of freedom; F = 4.965 leaves 5 % with 1 and 10.
        self.assertAlmostEqual(stats.incomplete_beta(10 / (10 + 2.228139**2), 5, 0.5), 0.05, 6)
        self.assertAlmostEqual(stats.incomplete_beta(10 / (10 + 4.964603), 5, 0.5), 0.05, 6)
        self.assertEqual(stats.incomplete_beta(0, 2, 3), 0)
        self.assertAlmostEqual(stats.incomplete_beta(0.3, 2, 3) + stats.incomplete_beta(0.7, 3, 2), 1, 12)

    def test_ties_and_edges(self):
        self.assertEqual(stats.ranks([3, 1, 3, 2]), [3.5, 1, 3.5, 2])
        self.assertIsNone(stats.pearson([1, 1, 1], [1, 2, 3]))
        self.assertIsNone(stats.anova([[1, 2, 3]]))
        self.assertIsNone(stats.deviation([4]))
        self.assertEqual(stats.quantile([1, 2, 3, 4], 0.25), 1.75)

    def test_discovery_rates(self):
        self.assertEqual([round(q, 4) for q in stats.discovery_rates([0.01, 0.04, 0.03])], [0.03, 0.04, 0.04])


if __name__ == "__main__":
    unittest.main()
