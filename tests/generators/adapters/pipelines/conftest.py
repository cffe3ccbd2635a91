"""Tiny random pipelines, saved as diffusers saves them."""

import shutil

import diffusers
import pytest
import torch

COMMON = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "in_channels": 16,
    "out_channels": 16,
    "text_dim": 32,
    "freq_dim": 256,
    "ffn_dim": 32,
    "num_layers": 2,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "rope_max_seq_len": 64,
}


def _without(name):
    return {key: value for key, value in COMMON.items() if key != name}


def anyflow(vae):
    torch.manual_seed(0)
    transformer = diffusers.AnyFlowFARTransformer3DModel(
        **_without("qk_norm"), compressed_patch_size=(1, 4, 4), full_chunk_limit=3, gate_value=0.25, deltatime_type="r",
        chunk_partition=(1, 2, 2),
    )  # fmt: skip
    scheduler = diffusers.FlowMapEulerDiscreteScheduler()
    return diffusers.AnyFlowFARPipeline(None, None, transformer, vae, scheduler)


def skyreels(vae):
    torch.manual_seed(0)
    transformer = diffusers.SkyReelsV2Transformer3DModel(**COMMON)
    scheduler = diffusers.UniPCMultistepScheduler(flow_shift=8.0, use_flow_sigmas=True)
    return diffusers.SkyReelsV2DiffusionForcingPipeline(None, None, transformer, vae, scheduler)


def helios(vae):
    torch.manual_seed(0)
    transformer = diffusers.HeliosTransformer3DModel(
        **_without("rope_max_seq_len"), rope_dim=(4, 4, 4),
        has_multi_term_memory_patch=True, guidance_cross_attn=True, zero_history_timestep=True, is_amplify_history=False,
    )  # fmt: skip
    scheduler = diffusers.HeliosScheduler(stage_range=[0, 1], stages=1, use_dynamic_shifting=True)
    return diffusers.HeliosPipeline(None, None, vae, scheduler, transformer)


MAKERS = {"anyflow-far": anyflow, "skyreels-v2": skyreels, "helios": helios}


@pytest.fixture(scope="session")
def saved(tmp_path_factory, vae, text_folder):
    """The folder of a tiny pipeline: `saved("helios")`."""
    made = {}

    def save(family):
        if family not in made:
            folder = tmp_path_factory.mktemp(family)
            MAKERS[family](vae).save_pretrained(folder)
            for part in ("text_encoder", "tokenizer"):
                shutil.copytree(text_folder / part, folder / part)
            made[family] = folder
        return made[family]

    return save
