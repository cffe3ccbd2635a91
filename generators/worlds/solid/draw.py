"""From solid states to pictures, by MuJoCo's renderer. Nothing is simulated: every frame is set up from its states."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from lawful.core.errors import AbsentError
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.scene import Block, Look, Point, Scene, Shape
from lawful.generators.worlds.solid.geometry import turned
from lawful.generators.worlds.solid.gl import drawing, mujoco_package
from lawful.generators.worlds.solid.lamps import lit_room, set_lamps, sun_towards
from lawful.generators.worlds.solid.materials import CubeMap, backdrop_map, body_map
from lawful.generators.worlds.solid.rods import MOST_BOXES, ROD_RGB, Boxes, rods
from lawful.generators.worlds.solid.tiles import Tile, block_mesh, block_tile

Worn = tuple[str, int, int]
"""Name of a body and the indices of its shape and look."""

_SAMPLES = 4
"""Places within a pixel at which outlines are looked at."""
_SLICES, _STACKS = 28, 16
"""Into how many parts balls and cylinders are cut, around and upwards."""
_SHADOW_PX = 1024
"""Width and height of the picture of the scene that the sun has."""
_WHITE = np.ones(4, np.float32)
_ROD_RGBA = np.array([*(c / 255 for c in ROD_RGB), 1.0], np.float32)
_PLAIN = -1
"""Number of no material."""


def render(
    scene: Scene, simulated: Simulated, width_px: int, height_px: int, look_rng: np.random.Generator
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Draw every frame of a solid scene: see `lawful.generators.worlds.draw.draw`.

    Raises:
        AbsentError: MuJoCo, or a system library that it draws with, is not here.
    """
    stage = _Stage(scene, simulated, width_px, height_px, look_rng)
    try:
        for frame in range(len(simulated)):
            yield stage.picture(frame)
    finally:
        stage.close()


class _Stage:
    """A renderer with the textures of one clip."""

    def __init__(
        self,
        scene: Scene,
        simulated: Simulated,
        width_px: int,
        height_px: int,
        look_rng: np.random.Generator,
    ) -> None:
        self.mujoco = mujoco = mujoco_package("drawing solid worlds")
        kinds = mujoco.mjtGeom
        self.kinds = {
            "ball": kinds.mjGEOM_ELLIPSOID,
            "box": kinds.mjGEOM_BOX,
            "cylinder": kinds.mjGEOM_CYLINDER,
            "mesh": kinds.mjGEOM_MESH,
        }
        self.scene, self.simulated = scene, simulated
        self.rectangle = mujoco.MjrRect(0, 0, width_px, height_px)
        sun = sun_towards(look_rng)
        # Every choice is made from the scene alone, so that twins are in the same place.
        backdrop = backdrop_map(
            scene.backdrop_rgb, scene.style.backdrop, _side(float(height_px), 64, 512), look_rng
        )
        tiles = [
            block_tile(block, scene.style.blocks, scene.view_height_m, height_px, look_rng)
            for block in scene.blocks
        ]
        maps, self.material_of = _body_maps(simulated, height_px, 1 + len(tiles))
        pictures = [backdrop, *(tile.picture for tile in tiles), *maps]
        self.model = _model(mujoco, scene, tiles, pictures, width_px, height_px)
        joints = len(scene.pivots) + len(scene.springs)
        most = 2 * (len(scene.blocks) + len(simulated.motions)) + joints * MOST_BOXES
        self.stage = mujoco.MjvScene(self.model, maxgeom=max(most, 1))
        self.geoms, self.cameras = self.stage.geoms, self.stage.camera
        self.reach_m = _reach_m(scene)
        self.grain_m = 3 * lit_room(scene)[1] / _SHADOW_PX
        set_lamps(mujoco, self.stage, scene, sun)
        for number, block in enumerate(scene.blocks):
            self._block(block, number)
        self.n_still = self.stage.ngeom
        with drawing() as backend:
            try:
                self.context = mujoco.MjrContext(self.model, mujoco.mjtFontScale.mjFONTSCALE_50)
            except mujoco.FatalError as error:
                raise AbsentError(f"MuJoCo cannot draw by {backend} here: {error}.") from error

    def close(self) -> None:
        """Give back what the renderer holds."""
        with drawing():
            self.context.free()

    def picture(self, frame: int) -> UInt8[np.ndarray, "height width 3"]:
        """Draw one frame."""
        self.stage.ngeom = self.n_still
        self._aim(frame)
        for motion in self.simulated.motions:
            if motion.present[frame]:
                self._body(motion, frame)
        for boxes in rods(self.scene, self.simulated, frame):
            self._rod(boxes)
        picture = np.empty((self.rectangle.height, self.rectangle.width, 3), np.uint8)
        with drawing():
            self.mujoco.mjr_setBuffer(self.mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self.context)
            self.mujoco.mjr_render(self.rectangle, self.stage, self.context)
            self.mujoco.mjr_readPixels(picture, None, self.rectangle, self.context)
        return picture[::-1].copy()  # OpenGL counts rows from below

    def _aim(self, frame: int) -> None:
        view = self.simulated.view
        near = 0.01 * self.scene.view_height_m
        for camera in self.cameras:
            camera.pos = view.position_m[frame]
            camera.forward = -view.axes[frame, :, 2]
            camera.up = view.axes[frame, :, 1]
            camera.frustum_center = 0.0
            camera.frustum_top = near / view.scale[frame] / 2
            camera.frustum_bottom = -camera.frustum_top
            camera.frustum_near = near
            # Nothing of how bodies move may decide it: it would show in frames of before.
            camera.frustum_far = 4 * self.reach_m + 20 * self.scene.view_height_m

    def _block(self, block: Block, number: int) -> None:
        middle = (np.array(block.low) + np.array(block.high)) / 2
        half = (np.array(block.high) - np.array(block.low)) / 2
        rotation = turned(block.turn_rad)
        # A mesh lies in the model along the axes of its inertia.
        own = np.empty(9)
        self.mujoco.mju_quat2Mat(own, self.model.mesh_quat[number])
        place = (middle + rotation @ self.model.mesh_pos[number], rotation @ own.reshape(3, 3))
        geom = self._geom("mesh", half, *place, 1 + number, casts=False)
        geom.dataid, geom.texcoord = 2 * number, 1
        self._core("box", half, middle, rotation)

    def _body(self, motion: Motion, frame: int) -> None:
        worn = (motion.body.name, int(motion.shape_index[frame]), int(motion.look_index[frame]))
        place = (motion.half_size_m[frame], motion.position_m[frame], motion.rotation[frame])
        self._geom(motion.shape(frame), *place, self.material_of[worn], casts=False)
        self._core(motion.shape(frame), *place)

    def _core(
        self,
        shape: Shape,
        half_size_m: Float64[np.ndarray, " 3"],
        position_m: Float64[np.ndarray, " 3"],
        rotation: Float64[np.ndarray, "3 3"],
    ) -> None:
        """What casts a thing's shadow, hidden within it: the shadow of its surface would fall on itself."""
        if self.scene.style.shadow:
            core = half_size_m - np.minimum(0.25 * half_size_m, self.grain_m)
            self._geom(shape, core, position_m, rotation, _PLAIN, casts=True)

    def _rod(self, boxes: Boxes) -> None:
        for half, middle, rotation in zip(boxes.half_size_m, boxes.middle_m, boxes.rotation, strict=True):
            self._geom("box", half, middle, rotation, _PLAIN, casts=True)

    def _geom(
        self,
        kind: str,
        half_size_m: Float64[np.ndarray, " 3"],
        position_m: Float64[np.ndarray, " 3"],
        rotation: Float64[np.ndarray, "3 3"],
        material: int,
        casts: bool,
    ) -> Any:
        geom = self.geoms[self.stage.ngeom]
        self.stage.ngeom += 1
        rgba = _ROD_RGBA if material == _PLAIN else _WHITE
        self.mujoco.mjv_initGeom(geom, self.kinds[kind], half_size_m, position_m, rotation.ravel(), rgba)
        geom.size = half_size_m
        geom.matid = material
        geom.castshadow = int(casts)
        return geom


def _reach_m(scene: Scene) -> float:
    """How far from the origin the room and what stands still go, about: the floor goes farthest by much."""
    points = [scene.room[:3], scene.room[3:], *(p for block in scene.blocks for p in (block.low, block.high))]
    return float(np.linalg.norm(points, axis=1).max())


def _body_maps(simulated: Simulated, height_px: int, first: int) -> tuple[list[CubeMap], dict[Worn, int]]:
    """What bodies are painted with in any frame, and numbers from a first one; paint stretches with its body."""
    side_px = _side(height_px / 4, 32, 256)
    maps: list[CubeMap] = []
    numbers: dict[tuple[Shape, Point, Look], int] = {}
    of_bodies: dict[Worn, int] = {}
    for motion in simulated.motions:
        shown = zip(motion.shape_index, motion.look_index, motion.half_size_m, motion.present, strict=True)
        for shape_index, look_index, half_size_m, present in shown:
            worn = (motion.body.name, int(shape_index), int(look_index))
            if not present or worn in of_bodies:
                continue
            paint = (motion.shapes[shape_index], tuple(half_size_m.tolist()), motion.looks[look_index])
            if paint not in numbers:
                numbers[paint] = first + len(maps)
                maps.append(body_map(*paint, side_px))
            of_bodies[worn] = numbers[paint]
    return maps, of_bodies


def _side(wanted_px: float, least_px: int, most_px: int) -> int:
    """A power of two, about as much as is wanted."""
    return int(np.clip(2 ** round(float(np.log2(wanted_px))), least_px, most_px))


def _model(
    mujoco: Any, scene: Scene, tiles: list[Tile], pictures: list[CubeMap], width_px: int, height_px: int
) -> Any:
    """A model of nothing but meshes, textures and settings of the renderer.

    Mesh k is that of block k, and material k has picture k: the background's, those of blocks, those of bodies.
    """
    spec = mujoco.MjSpec()
    spec.visual.global_.offwidth, spec.visual.global_.offheight = width_px, height_px
    quality = spec.visual.quality
    quality.offsamples, quality.numslices, quality.numstacks, quality.numquads = _SAMPLES, _SLICES, _STACKS, 1
    quality.shadowsize = _SHADOW_PX if scene.style.shadow else 0
    spec.stat.extent, spec.visual.map.shadowclip = 1.0, lit_room(scene)[1]
    for number, (block, tile) in enumerate(zip(scene.blocks, tiles, strict=True)):
        mesh = block_mesh(block, tile.period_m)
        added = spec.add_mesh(name=str(number), inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
        added.uservert, added.usertexcoord = mesh.corners_m.ravel(), mesh.paint.ravel()
        added.userface = added.userfacetexcoord = mesh.faces.ravel()
    kinds, flat = mujoco.mjtTexture, mujoco.mjtBuiltin.mjBUILTIN_FLAT
    for number, picture in enumerate(pictures):
        kind = kinds.mjTEXTURE_2D if number <= len(tiles) else kinds.mjTEXTURE_CUBE
        side = picture.shape[1]
        spec.add_texture(
            name=str(number),
            type=kind if number else kinds.mjTEXTURE_SKYBOX,
            builtin=flat,
            width=side,
            height=side,
        )
        material = spec.add_material(name=str(number))
        if number:
            material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = str(number)
    model = spec.compile()
    for start, picture in zip(model.tex_adr, pictures, strict=True):
        model.tex_data[start : start + picture.size] = picture.ravel()
    return model
