"""Looking at a process from outside: /proc, cgroups, NVML, discovery. No Qt, no torch."""
