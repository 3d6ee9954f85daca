"""Where things of the user's are kept when nobody says where: in the folders that the system has for them."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_NAME = "dragoman"


def config_folder() -> Path:
    """Name the folder of the user's settings."""
    return platformdirs.user_config_path(_NAME)


def default_index() -> Path:
    """Name the folder of the index where none is named."""
    return platformdirs.user_data_path(_NAME) / "index"


def collections_folder() -> Path:
    """Name the folder in which each collection has one."""
    return platformdirs.user_data_path(_NAME) / "collections"


def handles_folder() -> Path:
    """Name the folder in which each index that was named by its address has one."""
    return platformdirs.user_data_path(_NAME) / "milvus"


def default_models() -> Path:
    """Name the folder of fetched models where none is named."""
    return platformdirs.user_data_path(_NAME) / "models"


def state_folder() -> Path:
    """Name the folder of what is kept between runs: questions, the theme, jobs, servers that were named."""
    return platformdirs.user_state_path(_NAME)
