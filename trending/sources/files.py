"""Files of a source, local or remote (fsspec): which ones, opened, and their text line by line."""

from __future__ import annotations

import difflib
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast, get_args

from trending.errors import SourceError
from trending.sources.mapping import Format, Location

MAX_RECORD_BYTES = 16 * 2**20
"""A longer line is taken for a file of another form: it would be held in memory whole."""

_BUFFER_BYTES = 2**20

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "json-lines",
    ".ndjson": "json-lines",
    ".json": "json",
    ".parquet": "parquet",
}
_COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True)
class SourceFile:
    """One file: where it is, how it is written, and its short name in row references."""

    path: str
    label: str
    format: Format
    delimiter: str
    encoding: str
    storage_options: dict[str, Any]


@dataclass(frozen=True)
class RawFile:
    """A file as it was when it was ingested."""

    source: str
    path: str
    bytes: int
    sha256: str


def raw_file(source: str, file: SourceFile) -> RawFile:
    """Size and digest of a file as it is stored, compressed or not. Raises `SourceError` where it cannot be read."""
    import fsspec

    try:
        with fsspec.open(file.path, "rb", **file.storage_options) as found:
            handle = cast("Any", found)
            digest = digest_of(handle)
            return RawFile(source, file.path, handle.tell(), digest)
    except OSError as error:
        what = f"cannot be read: {_reason(error)}"
        raise SourceError(file.path, what, "Check that you may read it.") from error


def digest_of(file: Path | IO[bytes]) -> str:
    """SHA-256 of a file's bytes."""
    if isinstance(file, Path):
        with file.open("rb") as opened_file:
            return digest_of(opened_file)
    digest = hashlib.sha256()
    while chunk := file.read(_BUFFER_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def find_files(location: Location, *, told_in: str) -> list[SourceFile]:
    """The files that a location names, sorted by path.

    `told_in`: what named them, for the message. Raises `SourceError` for a file that is not there, a folder
    or pattern without files, an ending that does not tell the format, a storage that cannot be reached.
    """
    if location.path is None:
        raise SourceError(
            told_in, "says no `path`", "Add it to the mapping, or give it: table:MAPPING.yaml=PATH."
        )
    named = [location.path] if isinstance(location.path, str) else location.path
    paths = sorted({path for one in named for path in _matches(one, location)})
    labels = _labels(paths)
    return [
        SourceFile(
            path=path,
            label=label,
            format=location.format or _format_of(path),
            delimiter="\t" if location.delimiter == "," and ".tsv" in label else location.delimiter,
            encoding=location.encoding,
            storage_options=location.storage_options,
        )
        for path, label in zip(paths, labels, strict=True)
    ]


@contextmanager
def opened(file: SourceFile) -> Iterator[IO[bytes]]:
    """The bytes of a file, decompressed; a failure of the storage or the archive becomes a `SourceError`."""
    import fsspec

    compression = None if file.format == "parquet" else "infer"
    try:
        with fsspec.open(file.path, "rb", compression=compression, **file.storage_options) as found:
            handle = cast("Any", found)
            # Not every remote file can read a line up to a limit.
            yield handle if compression is None else io.BufferedReader(handle, _BUFFER_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        what = f"cannot be read: {_reason(error)}"
        raise SourceError(
            file.path, what, "Check that the file is complete and that you may read it."
        ) from error


def text_lines(file: SourceFile) -> Iterator[str]:
    """Lines with their endings. Raises `SourceError` with the line that is not in the file's encoding."""
    with opened(file) as handle:
        for number, line in enumerate(iter(partial(handle.readline, MAX_RECORD_BYTES), b""), start=1):
            if len(line) == MAX_RECORD_BYTES and not line.endswith(b"\n"):
                raise SourceError(
                    f"{file.path}:{number}",
                    f"a line of more than {MAX_RECORD_BYTES // 2**20} MiB",
                    "Is it of another format? Set `format` in the mapping (json for an array of objects).",
                )
            if number == 1 and file.encoding == "utf-8":
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                text = line.decode(file.encoding)
            except UnicodeDecodeError as error:
                raise encoding_error(file, number, error) from error
            yield text


def encoding_error(file: SourceFile, line: int, error: UnicodeDecodeError) -> SourceError:
    """The `SourceError` for bytes that are not text in the file's encoding."""
    byte = error.object[error.start]
    hint = "Save the file as UTF-8, or set `encoding` in the mapping (for example cp1252)."
    return SourceError(f"{file.path}:{line}", f"not {file.encoding.upper()}: byte 0x{byte:02x}", hint)


def _matches(path: str, location: Location) -> list[str]:
    from fsspec.core import url_to_fs

    is_remote = "://" in path
    # Absolute, because the workers that read it may stand in another folder.
    path = path if is_remote else str(Path(path).expanduser().absolute())
    try:
        fs, inner = url_to_fs(path, **location.storage_options)
        if fs.isfile(inner):
            return [path]
        found = _search(fs, inner)
        if found:
            return [fs.unstrip_protocol(name) if is_remote else name for name in found]
        raise _not_found(fs, path, inner)
    except ImportError as error:
        raise SourceError(path, str(error), "Install the package for this storage.") from error
    except ValueError as error:
        raise SourceError(path, str(error), "Known are local paths, s3:// and gs://.") from error
    except Exception as error:
        # Every storage raises types of its own, such as botocore's for missing credentials.
        if isinstance(error, SourceError) or not (is_remote or isinstance(error, OSError)):
            raise
        what = f"cannot be reached: {_reason(error)}"
        raise SourceError(path, what, "Check the address, the region and the credentials.") from error


def _search(fs: Any, inner: str) -> list[str]:
    """Data files below a folder, or those that fit a pattern."""
    if fs.isdir(inner):
        below = len(PurePosixPath(inner).parts)
        names = [name for name in fs.find(inner) if _ending(name) in _ENDINGS]
        return [n for n in names if not any(p.startswith(("_", ".")) for p in PurePosixPath(n).parts[below:])]
    return [name for name in fs.glob(inner) if fs.isfile(name)] if _has_magic(inner) else []


def _not_found(fs: Any, path: str, inner: str) -> SourceError:
    if fs.isdir(inner):
        return SourceError(path, "a folder without data files", f"Known endings: {', '.join(_ENDINGS)}.")
    if _has_magic(inner):
        return SourceError(path, "no file fits this pattern", "Check it; the shell needs it in quotes.")
    return SourceError(path, "no such file", _nearby(path, _neighbours(fs, inner)))


def _has_magic(path: str) -> bool:
    return any(sign in path for sign in "*?[")


def _ending(path: str) -> str:
    pure = PurePosixPath(path.lower())
    return PurePosixPath(pure.stem).suffix if pure.suffix in _COMPRESSIONS else pure.suffix


def _format_of(path: str) -> Format:
    ending = _ending(path)
    if ending not in _ENDINGS:
        formats = ", ".join(get_args(Format))
        hint = f"Known endings: {', '.join(_ENDINGS)}; or set `format` in the mapping ({formats})."
        raise SourceError(path, f"the ending {ending or '(none)'} does not tell the format", hint)
    return _ENDINGS[ending]


def _neighbours(fs: Any, inner: str) -> list[str]:
    parent = inner.rstrip("/").rpartition("/")[0] or "/"
    if not fs.isdir(parent):
        return []
    return [PurePosixPath(str(name)).name for name in fs.ls(parent, detail=False)]


def _nearby(path: str, around: list[str]) -> str:
    close = difflib.get_close_matches(PurePosixPath(path).name, around, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]}?"
    data = sorted(name for name in around if _ending(name) in _ENDINGS)[:5]
    return f"The folder holds {', '.join(data)}." if data else "Check the path."


def _labels(paths: list[str]) -> list[str]:
    """Base names where they tell the files apart, else the paths below what they share."""
    names = [PurePosixPath(path).name for path in paths]
    if len(set(names)) == len(names):
        return names
    parts = [PurePosixPath(path).parts for path in paths]
    shared = 0
    while len({part[shared] for part in parts}) == 1:
        shared += 1
    return ["/".join(part[shared:]) for part in parts]


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split()).rstrip(".")
