import os
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from lawful.core.errors import InputError
from lawful.video.images import NumberedImages, covering, numbered_images, read_picture
from lawful.video.read import open_video, read_frames, source_sha256


def pixel(folder: Path, image: Image.Image, suffix: str = ".png", **options) -> list[int]:
    for number in (1, 2):
        image.save(folder / f"{number}{suffix}", **options)
    with open_video(folder, image_fps=8.0) as reader:
        return read_frames(reader).rgb[0, 0, 0].tolist()


def test_what_is_no_file_among_numbered_images(tmp_path):
    images = [Image.new("L", (4, 4), 77)] * 2
    for number, image in enumerate(images):
        image.save(tmp_path / f"{number}.png")
    (tmp_path / "2.png").mkdir()
    with open_video(tmp_path, image_fps=8.0) as reader:
        assert len(read_frames(reader)) == 2
    os.mkfifo(tmp_path / "3.png")
    with pytest.raises(InputError, match=r"3\.png is not a regular file"):
        open_video(tmp_path, image_fps=8.0)
    with pytest.raises(InputError, match=r"3\.png is not a regular file"):
        source_sha256(tmp_path, image_fps=8.0)
    (tmp_path / "3.png").unlink()
    (tmp_path / "3.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        open_video(tmp_path, image_fps=8.0)


def grey(values: np.ndarray) -> Image.Image:
    return Image.fromarray(values)


def test_every_mode_becomes_rgb_over_black(tmp_path):
    assert pixel(tmp_path, Image.new("L", (4, 4), 77)) == [77, 77, 77]
    assert pixel(tmp_path, Image.new("1", (4, 4), 1)) == [255, 255, 255]
    assert pixel(tmp_path, Image.new("RGBA", (4, 4), (200, 100, 50, 128))) == [100, 50, 25]
    assert pixel(tmp_path, Image.new("LA", (4, 4), (200, 0))) == [0, 0, 0]
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert pixel(tmp_path, palette) == [10, 20, 30]
    assert pixel(tmp_path, palette, transparency=1) == [0, 0, 0]
    assert pixel(tmp_path, grey(np.full((4, 4), 0x8123, np.uint16))) == [0x81, 0x81, 0x81]


def test_tiff_modes(tmp_path):
    assert pixel(tmp_path, grey(np.full((4, 4), 0x8123, np.uint16)), ".tif") == [0x81, 0x81, 0x81]
    with pytest.raises(InputError, match="floating-point images are not read: store 8 or 16 bits"):
        pixel(tmp_path, grey(np.full((4, 4), 0.5, np.float32)), ".tif")


def test_photographs_are_turned_upright(tmp_path):
    picture = Image.fromarray(np.zeros((10, 20, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in (1, 2):
        picture.save(tmp_path / f"{number}.jpg", exif=exif)
    with open_video(tmp_path, image_fps=8.0) as reader:
        assert (reader.meta.width_px, reader.meta.height_px) == (10, 20)


def test_images_are_ordered_by_number():
    found = numbered_images([Path(f"f{number}.png") for number in (10, 9, 1, 100)])
    assert isinstance(found, NumberedImages)
    assert [path.name for path in found.paths] == ["f1.png", "f9.png", "f10.png", "f100.png"]
    assert found.numbers == (1, 9, 10, 100)


@pytest.mark.parametrize("colorspace", [Colorspace.ITU601, Colorspace.ITU709])
@pytest.mark.parametrize("color_range", [ColorRange.MPEG, ColorRange.JPEG])
def test_the_files_own_colour_matrix_and_range_are_used(colorspace, color_range, tmp_path):
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[:, :32], rgb[:, 32:] = (200, 30, 40), (20, 180, 90)
    with av.open(str(tmp_path / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"qp": "4"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv444p"
        stream.codec_context.color_range = int(color_range)
        stream.codec_context.colorspace = 1 if colorspace == Colorspace.ITU709 else 6
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
            format="yuv444p",
            src_colorspace=colorspace,
            dst_colorspace=colorspace,
            src_color_range=ColorRange.JPEG,
            dst_color_range=color_range,
        )
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with open_video(tmp_path / "clip.mp4") as reader:
        got = read_frames(reader).rgb[0].astype(int)
    assert np.abs(got - rgb)[:, 8:24].max() <= 6
    assert np.abs(got - rgb)[:, 40:56].max() <= 6


def test_a_picture_is_read_upright_and_over_black(tmp_path):
    picture = Image.new("RGBA", (6, 4), (200, 100, 50, 255))
    picture.putpixel((0, 0), (255, 255, 255, 0))
    picture.save(tmp_path / "a.png")
    rgb = read_picture(tmp_path / "a.png")
    assert rgb.shape == (4, 6, 3)
    assert rgb[0, 0].tolist() == [0, 0, 0]
    assert rgb[3, 5].tolist() == [200, 100, 50]
    with pytest.raises(InputError, match=r"none\.png: the picture cannot be read: No such file"):
        read_picture(tmp_path / "none.png")
    (tmp_path / "b.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"b\.png: the picture cannot be read: not an image"):
        read_picture(tmp_path / "b.png")


def test_a_picture_covers_another_size_and_loses_its_sides_evenly():
    rgb = np.zeros((20, 60, 3), np.uint8)
    rgb[:, 20:40] = 200
    assert covering(rgb, 60, 20) is rgb
    middle = covering(rgb, 20, 20)
    assert middle.shape == (20, 20, 3)
    assert (middle > 150).all()
    assert np.array_equal(covering(rgb[:, ::-1], 30, 20), covering(rgb, 30, 20)[:, ::-1])
