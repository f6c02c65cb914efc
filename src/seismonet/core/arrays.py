"""Names for the array types that cross module borders."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
SampleArray: TypeAlias = NDArray[np.int32] | NDArray[np.float64]
AnyArray: TypeAlias = NDArray[Any]
