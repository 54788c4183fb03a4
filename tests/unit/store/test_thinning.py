"""The median that does without masked arrays."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from memgui.store.thinning import median


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e9, 1e9)))
def test_it_is_the_one_of_numpy(values: np.ndarray) -> None:
    assert median(values) == np.median(values)


def test_it_imports_no_masked_arrays() -> None:
    code = "import sys, numpy as np; from memgui.store.thinning import median; median(np.ones(3))"
    asked = f"{code}; sys.exit('numpy.ma' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
