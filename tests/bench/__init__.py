"""Figures, as ratios against peers in one run; never a bound on time."""
