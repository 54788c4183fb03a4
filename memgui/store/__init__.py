"""Time series with min/max tiers, and the timeline of one target. numpy, no Qt."""
