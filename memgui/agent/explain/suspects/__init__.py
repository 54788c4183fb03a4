"""From looks to suspects: what is new, has outlived a step and has become more, by who holds it."""
