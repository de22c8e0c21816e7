"""From an address to an implementation (docs/implementations.md, Addresses)."""

from __future__ import annotations

import importlib
import inspect
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from harness.contracts import Contract, pick_contract
from harness.errors import ImplementationError, UsageError, did_you_mean
from harness.implementations.capabilities import DECLARABLE, SANDBOX_MODES, SandboxMode, declared
from harness.implementations.manifest import (
    MANIFEST,
    Manifest,
    known_names,
    read_manifest,
)
from harness.implementations.results import Unreadable, named
from harness.model import FEATURES, Implementation, ImplementationInfo

if TYPE_CHECKING:
    from harness.implementations.command import Command

__all__ = ["Connection", "Mode", "connect"]

Mode = Literal["shape", "send"]

TIMEOUT_S = 20.0

_adapters: set[str] = set()  # top-level modules that were first imported from an implementation's folder


class Connection(Implementation, Protocol):
    """An implementation that is closed when the block ends."""

    def __enter__(self) -> Connection: ...

    def __exit__(self, *exc: Any) -> None: ...


def connect(
    address: str,
    *,
    mode: Mode | None = None,
    timeout_s: float = TIMEOUT_S,
    folder: Path = Path("implementations"),
    sandbox: SandboxMode | None = None,
    contract: Contract | None = None,
) -> Connection:
    """Return the implementation at `address`; close it, or use it as a context manager.

    `address` is `reference`, a name under `folder`, the path of a folder with an `implementation.yaml`,
    `python:package.module:callable`, `command:PROGRAM ARGUMENTS` or `exec:PROGRAM ARGUMENTS`. `mode`
    overrides what the implementation declares. `timeout_s` is how long one case may take, in seconds.
    `sandbox` says whether a program in mode `send` gets its own network, and overrides its
    `implementation.yaml`; the default, `auto`, uses one if the system allows it. `reference` stands for the
    reference client of `contract`, or of the default contract.

    Raises `UsageError` for an address that does not exist, `LoadError` for an invalid `implementation.yaml`
    and `ImplementationError` if the implementation cannot be imported or started.
    """
    if mode not in (None, "shape", "send"):
        raise UsageError(f"unknown mode {mode!r}; expected shape or send")
    if sandbox is not None and sandbox not in SANDBOX_MODES:
        raise UsageError(
            f"unknown sandbox {sandbox!r}{did_you_mean(sandbox, SANDBOX_MODES, list_known=True)}"
        )
    if address == "reference":
        return _open(_reference_of(contract), Manifest(name="reference"), address, mode, timeout_s, None)
    if address.startswith(("python:", "command:", "exec:")):
        return _open(address, Manifest(sandbox=sandbox), address, mode, timeout_s, None)
    home = _folder_of(address, folder)
    manifest = read_manifest(home / MANIFEST)
    manifest = manifest if sandbox is None else replace(manifest, sandbox=sandbox)
    return _open(manifest.address, manifest, address, mode, timeout_s, home)


def _reference_of(contract: Contract | None) -> str:
    chosen = contract or pick_contract()
    hook = chosen.hook("reference")
    if hook is None:
        whose = f"the contract {chosen.name}" if chosen.name else "a suite outside any contract"
        raise UsageError(f"{whose} has no reference client", hint="name an implementation with -i")
    address: str = hook()
    return address


def _folder_of(address: str, folder: Path) -> Path:
    for home in (folder / address, Path(address)):
        if (home / MANIFEST).is_file():
            return home
    if Path(address).is_dir() or (folder / address).is_dir():
        home = Path(address) if Path(address).is_dir() else folder / address
        raise UsageError(
            f"{home} has no {MANIFEST}",
            hint="Create one with at least `address: command:…` or `address: python:…`.",
        )
    known = ("reference", *known_names(folder))
    raise UsageError(
        f"unknown implementation {address!r}{did_you_mean(address, known)}",
        hint=f"Known: {', '.join(known)}; or give a folder, python:MODULE:CALLABLE or command:PROGRAM.",
    )


def _open(
    address: str, manifest: Manifest, asked: str, mode: Mode | None, timeout_s: float, home: Path | None
) -> Connection:
    kind, _, rest = address.partition(":")
    if kind == "python":
        return _open_python(rest, manifest, asked, mode, timeout_s, home)
    words = _words(kind, rest)
    if kind == "exec":
        return _open_program(words, manifest, asked, mode, timeout_s, home)
    return _open_command(words, manifest, asked, mode, timeout_s, home)


def _open_python(
    path: str, manifest: Manifest, asked: str, mode: Mode | None, timeout_s: float, home: Path | None
) -> Connection:
    from harness.implementations.inprocess import InProcess, Observer, ShapeObserver

    target = _callable(path, home or Path())
    stated = mode or manifest.mode
    about = manifest.applied_to(_about_python(target, path, asked, stated))
    if stated is not None:
        about = replace(about, mode=stated)
    observer: Observer
    if about.mode == "send":
        from harness.implementations.send.in_process import SendObserver

        observer = SendObserver()
    else:
        observer = ShapeObserver()
    promises = manifest.features is not None or "features" in (getattr(target, "harness", None) or {})
    return InProcess(target, about, observer, timeout_s=timeout_s, promises=promises)


def _words(kind: str, line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"the command {line!r} cannot be split into words: {error}") from None
    if not words:
        raise UsageError(
            f"the address {kind}: names no program", hint=f"Write it as {kind}:node adapter.mjs, for example."
        )
    return words


def _open_command(
    words: list[str], manifest: Manifest, asked: str, mode: Mode | None, timeout_s: float, home: Path | None
) -> Connection:
    stated = mode or manifest.mode
    command = _command(words, home, timeout_s, manifest, sends=stated == "send")
    try:
        about = manifest.applied_to(replace(command.start(), address=asked))
        if about.mode == "send" and stated is None:
            command.close()
            command = _command(words, home, timeout_s, manifest, sends=True)
            about = manifest.applied_to(replace(command.start(), address=asked))
        chosen = stated or about.mode
        command.about = replace(about, mode=chosen, in_real_time=chosen == "send", notes=command.notes)
    except BaseException:
        command.close()
        raise
    return command


def _command(
    words: list[str], home: Path | None, timeout_s: float, manifest: Manifest, *, sends: bool
) -> Command:
    from harness.implementations.command import Command

    if not sends:
        return Command(words, home or Path(), timeout_s=timeout_s)
    from harness.implementations.send.protocol_capture import CaptureSession

    return Command(
        words, home or Path(), timeout_s=timeout_s, session=CaptureSession(manifest.sandbox or "auto")
    )


def _open_program(
    words: list[str], manifest: Manifest, asked: str, mode: Mode | None, timeout_s: float, home: Path | None
) -> Connection:
    from harness.implementations.send.executable import Program

    if "shape" in (mode, manifest.mode):
        raise UsageError(
            f"{asked}: exec: programs are always in mode send",
            hint="Omit the mode, or write an adapter that returns requests (command:…, docs/protocol.md).",
        )
    program = Program(words, home or Path(), timeout_s=timeout_s, sandbox=manifest.sandbox or "auto")
    program.about = manifest.applied_to(replace(program.about, address=asked))
    return program


# ------------------------------------------------------------------ Python callables


def _callable(path: str, home: Path) -> Callable[..., Any]:
    module_name, _, name = path.partition(":")
    if not module_name or not name:
        raise UsageError(
            f"python:{path} is not the address of a callable",
            hint="Write it as python:package.module:callable.",
        )
    module = _import(module_name, home)
    target: Any = module
    for part in name.split("."):
        try:
            target = getattr(target, part)
        except AttributeError:
            names = [each for each in dir(target) if not each.startswith("_")]
            raise UsageError(f"{module_name} has no {name!r}{did_you_mean(part, names)}") from None
    if not callable(target):
        raise UsageError(f"python:{path} is a {type(target).__name__}, not a callable")
    return cast(Callable[..., Any], target)


def _import(name: str, home: Path) -> Any:
    place = str(home.resolve())
    if place not in sys.path:
        sys.path.insert(0, place)
    top = name.partition(".")[0]
    if _is_elsewhere(top, home):
        for loaded in [each for each in sys.modules if each == top or each.startswith(f"{top}.")]:
            del sys.modules[loaded]
        sys.path.remove(place)
        sys.path.insert(0, place)
    if top not in sys.modules:
        _adapters.add(top)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise UsageError(
                f"no module {name!r} in {place} or on Python's path",
                hint="Install it in this environment, or run from the folder that contains it.",
            ) from None
        raise ImplementationError(f"{name} cannot be imported: {error}") from error
    except Exception as error:
        raise ImplementationError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def _is_elsewhere(top: str, home: Path) -> bool:
    """Return whether another folder's adapter of the same name hides the module `top` of this one."""
    loaded = sys.modules.get(top) if top in _adapters else None
    if loaded is None or not ((home / f"{top}.py").is_file() or (home / top).is_dir()):
        return False
    origin = getattr(loaded, "__file__", None)
    return origin is not None and not Path(origin).resolve().is_relative_to(home.resolve())


def _about_python(target: Callable[..., Any], path: str, asked: str, mode: Mode | None) -> ImplementationInfo:
    about = ImplementationInfo(name=path, address=asked, language="Python")
    said = getattr(target, "harness", None) or {}
    try:
        if not isinstance(said, Mapping):
            raise Unreadable(named(said))
        about = declared(said, about, strict=True)
    except Unreadable as error:
        raise UsageError(
            f"python:{path} declares {error}",
            hint=f"Its attribute `harness` must be a mapping with any of {', '.join(DECLARABLE)}.",
        ) from None
    if "features" in said:
        return about
    return replace(about, features=_features(target, mode or about.mode))


def _features(target: Callable[..., Any], mode: Mode) -> tuple[str, ...]:
    """Return the features of a callable that declares none, by its kind."""
    if mode == "send":
        return ("outcome", "replies", "steps")
    return FEATURES if _is_generator(target) else ("outcome", "steps")


def _is_generator(target: Callable[..., Any]) -> bool:
    call = target if inspect.isfunction(target) else getattr(target, "__call__", None)  # noqa: B004
    return inspect.isgeneratorfunction(call)
