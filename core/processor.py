"""What the processor at hand can do."""

import torch


def has_bfloat16() -> bool:
    """True if it computes in bfloat16 itself; where it does not, PyTorch emulates it: slowly, on float32 copies."""
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
