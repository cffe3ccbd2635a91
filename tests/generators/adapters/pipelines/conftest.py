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


def _sizes(without, changes):
    return {key: value for key, value in (COMMON | changes).items() if key != without}


def anyflow(vae, **changes):
    torch.manual_seed(0)
    transformer = diffusers.AnyFlowFARTransformer3DModel(
        **_sizes("qk_norm", changes), compressed_patch_size=(1, 4, 4), full_chunk_limit=3, gate_value=0.25, deltatime_type="r",
        chunk_partition=(1, 2, 2),
    )  # fmt: skip
    scheduler = diffusers.FlowMapEulerDiscreteScheduler()
    return diffusers.AnyFlowFARPipeline(None, None, transformer, vae, scheduler)


def skyreels(vae, **changes):
    torch.manual_seed(0)
    transformer = diffusers.SkyReelsV2Transformer3DModel(**_sizes(None, changes))
    scheduler = diffusers.UniPCMultistepScheduler(flow_shift=8.0, use_flow_sigmas=True)
    return diffusers.SkyReelsV2DiffusionForcingPipeline(None, None, transformer, vae, scheduler)


def helios_transformer(**changes):
    torch.manual_seed(0)
    return diffusers.HeliosTransformer3DModel(
        **_sizes("rope_max_seq_len", {"rope_dim": (4, 4, 4)} | changes),
        has_multi_term_memory_patch=True, guidance_cross_attn=True, zero_history_timestep=True, is_amplify_history=False,
    )  # fmt: skip


def helios(vae, **changes):
    scheduler = diffusers.HeliosScheduler(stage_range=[0, 1], stages=1, use_dynamic_shifting=True)
    return diffusers.HeliosPipeline(None, None, vae, scheduler, helios_transformer(**changes))


def helios_mid(vae, **changes):
    scheduler = diffusers.HeliosScheduler(stage_range=[0, 0.5, 1], stages=2, use_dynamic_shifting=True)
    return diffusers.HeliosPyramidPipeline(
        None, None, vae, scheduler, helios_transformer(**changes), is_cfg_zero_star=True
    )


def helios_distilled(vae, **changes):
    scheduler = diffusers.HeliosDMDScheduler(stage_range=[0, 0.5, 1], stages=2, use_dynamic_shifting=True)
    return diffusers.HeliosPyramidPipeline(
        None, None, vae, scheduler, helios_transformer(**changes), is_distilled=True
    )


def framepack(folder, text_folder, **changes):
    """With encoders of its own, all tiny and random; writes the whole folder."""
    import transformers

    torch.manual_seed(0)
    own = {
        "num_attention_heads": 2, "attention_head_dim": 10, "num_layers": 1, "num_single_layers": 1,
        "rope_axes_dim": (2, 4, 4),
    }  # fmt: skip
    transformer = diffusers.HunyuanVideoFramepackTransformer3DModel(
        **(own | changes), in_channels=4, out_channels=4, num_refiner_layers=1, text_embed_dim=16,
        pooled_projection_dim=8, has_image_proj=True, image_proj_dim=32, has_clean_x_embedder=True,
    )  # fmt: skip
    autoencoder = diffusers.AutoencoderKLHunyuanVideo(
        latent_channels=4, block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4
    )
    sizes = {"num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 16}
    tokenizer = transformers.AutoTokenizer.from_pretrained(text_folder / "tokenizer")
    llama = transformers.LlamaConfig(vocab_size=20, hidden_size=16, max_position_embeddings=512, **sizes)
    clip = transformers.CLIPTextConfig(vocab_size=20, hidden_size=8, eos_token_id=1, **sizes)
    siglip = transformers.SiglipVisionConfig(hidden_size=32, image_size=32, patch_size=16, **sizes)
    pipeline = diffusers.HunyuanVideoFramepackPipeline(
        text_encoder=transformers.LlamaModel(llama),
        tokenizer=tokenizer,
        transformer=transformer,
        vae=autoencoder,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=7.0),
        text_encoder_2=transformers.CLIPTextModel(clip),
        tokenizer_2=tokenizer,
        image_encoder=transformers.SiglipVisionModel(siglip),
        feature_extractor=transformers.SiglipImageProcessor(size={"height": 32, "width": 32}),
    )
    pipeline.save_pretrained(folder)


MAKERS = {
    "anyflow-far": anyflow,
    "skyreels-v2": skyreels,
    "helios": helios,
    "helios-mid": helios_mid,
    "helios-distilled": helios_distilled,
}


@pytest.fixture(scope="session")
def saved(tmp_path_factory, vae, text_folder):
    """The folder of a tiny pipeline, or of one with some other sizes: `saved("helios", num_layers=3)`."""
    made = {}

    def save(family, **changes):
        key = (family, *sorted(changes.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp(family)
            if family == "framepack":
                framepack(folder, text_folder, **changes)
            else:
                MAKERS[family](vae, **changes).save_pretrained(folder)
                for part in ("text_encoder", "tokenizer"):
                    shutil.copytree(text_folder / part, folder / part)
            made[key] = folder
        return made[key]

    return save
