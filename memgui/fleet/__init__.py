"""Many ranks: the per-node exporter."""
