"""Arrays of torch and of other libraries, read by numpy where they lie."""

import numpy as np


def numpy_view(array, owner):
    """Return an array of another library as one of numpy that shares its memory.

    Parameters
    ----------
    array : object
        An array that follows the DLPack protocol, such as a tensor of torch. Arrays of
        numpy and whatever is no such array are returned as they are.

    owner : str
        Name of the caller, for the message.

    Returns
    -------
    object
        An array of numpy with the dtype of ``array``, or the object itself.

    Raises
    ------
    TypeError
        If the array lies on another device or has a dtype that numpy lacks.
    """
    # Columns of Arrow follow DLPack, too, but only without text and missing entries.
    is_tensor = hasattr(array, "__dlpack__") and hasattr(array, "device")
    if isinstance(array, np.ndarray | np.generic) or not is_tensor:
        return array
    try:
        return np.from_dlpack(array)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"{owner} expected an array in the memory of the CPU, in a dtype of numpy "
            f"and without a gradient, but got a {type(array).__name__} of "
            f"{array.dtype} on {array.device}. Convert it first, a tensor of torch by "
            "tensor.detach().cpu().float()."
        ) from error
