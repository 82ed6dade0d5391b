"""What all pages load: styles and scripts."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class Statics(StaticFiles):
    """Sends files from memory: one that is sent from the disk stays open until it was read at the other end, and a
    crowd, or whoever does not read, would hold a file for each connection."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file with the headers of one from the disk, or the word that the browser has it already."""
        found = super().file_response(full_path, stat_result, scope, status_code)
        if not isinstance(found, FileResponse):
            return found
        data = _read(os.fspath(full_path), stat_result.st_mtime_ns)
        headers = {name: value for name, value in found.headers.items() if name in ("etag", "last-modified")}
        return Response(data, status_code, headers, found.media_type)


@cache
def _read(path: str, changed: int) -> bytes:
    """The bytes of a file that was last changed at this moment."""
    return Path(path).read_bytes()
