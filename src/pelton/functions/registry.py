"""Functions made through the API: durable in storage, unpacked in the data folder, defined in ``Functions``.

A change is stored first and takes effect after its commit. Code folders that no function uses any more
are removed at the next start, when no worker can have them open.
"""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from pelton.functions.archive import code_folder, unpack
from pelton.functions.asynchronous.destinations import EventDestinations
from pelton.functions.attached import Attached, Attachment
from pelton.functions.configuration import code_members, function_from, requested, stamped
from pelton.functions.definition import LATEST, Function
from pelton.functions.errors import FunctionConflict, FunctionNotFound, InvalidParameterValue, PreconditionFailed
from pelton.functions.service import Functions
from pelton.operations import JsonObject
from pelton.storage.attachments import attachment, put_attachment, remove_attachments
from pelton.storage.engine import Storage
from pelton.storage.functions import (
    StoredFunction,
    function_code,
    put_function,
    put_version,
    remove_function,
    remove_version,
    version,
    version_code,
    versions,
)
from pelton.storage.functions import (
    function as stored_function,
)
from pelton.storage.functions import (
    functions as stored_functions,
)
from pelton.storage.transaction import Snapshot, WriteTransaction

#: Archives larger than this are unpacked in a thread: the loop serves requests meanwhile.
_UNPACK_INLINE_BYTES = 1 << 20


class Registry:
    """Creates, changes, removes and restores functions."""

    def __init__(
        self, functions: Functions, storage: Storage, attached: Attached, destinations: EventDestinations
    ) -> None:
        self._functions = functions
        self._storage = storage
        self._attached = attached
        self._destinations = destinations
        self._folder = storage.path.resolve() / "functions" / "code"
        self._random = functions.random

    def restore(self) -> list[Function]:
        """Define what was stored before; see ``api.restore``."""
        with self._storage.snapshot() as snapshot:
            stored = [(each, _code(snapshot, each)) for each in stored_functions(snapshot)]
            published = [(each, version_code(snapshot, each)) for each in versions(snapshot)]
        self._remove_unused({code_folder(self._folder, archive).name for _, archive in (*stored, *published)})
        restored = [_function(each, unpack(archive, self._folder)) for each, archive in stored]
        for function in restored:
            self._functions.define(function)
        for each, archive in published:
            self._functions.directory.put_version(_function(each, unpack(archive, self._folder)))
        return restored

    def settings(self, function: Function) -> JsonObject | None:
        """The stored settings; None for a function that was not made through the API."""
        with self._storage.snapshot() as snapshot:
            stored = stored_function(snapshot, function.account, function.region, function.name)
            if stored is not None and function.version != LATEST:
                stored = version(snapshot, stored, int(function.version))
        return None if stored is None else stored.configuration

    async def create(self, draft: StoredFunction, archive: bytes) -> Function:
        """Make the function.

        Raises:
            FunctionConflict: it exists.
            InvalidParameterValue: its settings or its archive cannot run.
        """
        conflict = FunctionConflict(f"Function already exist: {draft.name}")
        if self._functions.get(_arn(draft)) is not None:
            raise conflict
        folder = await self._unpacked(archive)
        function = _function(draft, folder)
        await self._check_dead_letter(draft.configuration)
        created = self._stamped(draft, code_members(archive))

        def store(transaction: WriteTransaction) -> None:
            if stored_function(transaction, draft.account, draft.region, draft.name) is not None:
                raise conflict
            put_function(transaction, created, archive)

        await self._storage.write(store)
        self._functions.define(function)
        return function

    async def configure(self, function: Function, request: JsonObject, now_ms: int) -> Function:
        """Change the settings that the request names.

        Raises:
            FunctionConflict: it is not one made through the API.
            InvalidParameterValue: the settings cannot run.
        """
        await self._check_dead_letter(request)

        def change(stored: StoredFunction) -> StoredFunction:
            _check_revision(stored, request.get("RevisionId"))
            return _with(stored, requested(request, stored.configuration), now_ms)

        return await self._change(function, change, function.code_root, None)

    async def recode(self, function: Function, archive: bytes, now_ms: int, revision: str | None = None) -> Function:
        """Replace the code, where ``revision`` (if given) is the function's latest.

        Raises:
            FunctionConflict: it is not one made through the API.
            InvalidParameterValue: the archive cannot be unpacked.
        """
        folder = await self._unpacked(archive)

        def change(stored: StoredFunction) -> StoredFunction:
            _check_revision(stored, revision)
            return _with(stored, {**stored.configuration, **code_members(archive)}, now_ms)

        return await self._change(function, change, folder, archive)

    async def publish(self, function: Function, request: JsonObject) -> Function:
        """A version of the function as it is now; where nothing has changed since the newest, that one.

        Raises:
            FunctionConflict: it is not one made through the API.
            InvalidParameterValue, PreconditionFailed: its code or revision is not the one given.
        """

        def store(transaction: WriteTransaction) -> StoredFunction:
            stored = stored_function(transaction, function.account, function.region, function.name)
            if stored is None:
                raise _declared(function)
            _check_revision(stored, request.get("RevisionId"))
            _check_code(stored, request.get("CodeSha256"))
            place = (function.arn, Attachment.VERSIONS.value, "")
            last = (attachment(transaction, place) or {"Last": 0})["Last"]
            newest = version(transaction, stored, last)
            if newest is not None and newest.configuration["Published"] == stored.configuration["RevisionId"]:
                return newest
            settings = {**stored.configuration, "Published": stored.configuration["RevisionId"]}
            if request.get("Description"):
                settings["Description"] = request["Description"]
            made = replace(self._stamped(_with(stored, settings, stored.changed_ms), {}), version=last + 1)
            put_version(transaction, made)
            put_attachment(transaction, place, {"Last": last + 1})
            return made

        made = await self._storage.write(store)
        published = _function(made, function.code_root)
        self._functions.directory.put_version(published)
        return published

    async def delete_version(self, function: Function) -> None:
        """Remove a published version."""

        def remove(transaction: WriteTransaction) -> None:
            remove_version(transaction, function.account, function.region, function.name, int(function.version))

        await self._storage.write(remove)
        self._functions.remove_version(function.arn, function.version)

    async def delete(self, function: Function) -> None:
        """Remove the function; an invocation under way ends undisturbed.

        Raises:
            FunctionConflict: it is not one made through the API.
        """
        if self.settings(function) is None:
            raise _declared(function)

        def remove(transaction: WriteTransaction) -> None:
            if not remove_function(transaction, function.account, function.region, function.name):
                raise FunctionNotFound(f"Function not found: {function.arn}")
            remove_attachments(transaction, function.arn)

        await self._storage.write(remove)
        self._attached.forget(function.arn)
        self._functions.concurrency.reserve(function.arn, None)
        self._functions.remove(function.arn)

    async def _change(
        self,
        function: Function,
        change: Callable[[StoredFunction], StoredFunction],
        folder: Path,
        archive: bytes | None,
    ) -> Function:
        def store(transaction: WriteTransaction) -> StoredFunction:
            stored = stored_function(transaction, function.account, function.region, function.name)
            if stored is None:
                raise _declared(function)
            changed = self._stamped(change(stored), {})
            _function(changed, folder)  # Refused before anything is written.
            put_function(transaction, changed, archive)
            return changed

        changed = _function(await self._storage.write(store), folder)
        self._functions.define(changed)
        return changed

    async def _check_dead_letter(self, settings: JsonObject) -> None:
        arn = (settings.get("DeadLetterConfig") or {}).get("TargetArn")
        if not arn:
            return
        if ":s3:" in arn:
            raise InvalidParameterValue(f"The TargetArn {arn} is invalid: dead letters go to a queue or a topic.")
        with self._storage.snapshot() as snapshot:
            self._destinations.check(snapshot, arn)
        await self._destinations.check_elsewhere(arn)

    def _remove_unused(self, used: Collection[str]) -> None:
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            if folder.name not in used:
                shutil.rmtree(folder, ignore_errors=True)

    async def _unpacked(self, archive: bytes) -> Path:
        if not archive:
            raise InvalidParameterValue("Please provide a source for function code.")
        if len(archive) <= _UNPACK_INLINE_BYTES:
            return unpack(archive, self._folder)
        return await asyncio.to_thread(unpack, archive, self._folder)

    def _stamped(self, stored: StoredFunction, members: JsonObject) -> StoredFunction:
        revision = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        settings = stamped({**stored.configuration, **members}, revision=revision, now_ms=stored.changed_ms)
        return _with(stored, settings, stored.changed_ms)


def _code(snapshot: Snapshot, stored: StoredFunction) -> bytes:
    return function_code(snapshot, stored.account, stored.region, stored.name) or b""


def _with(stored: StoredFunction, settings: JsonObject, now_ms: int) -> StoredFunction:
    return replace(stored, configuration=settings, changed_ms=now_ms)


def _function(stored: StoredFunction, folder: Path) -> Function:
    return function_from(
        stored.configuration,
        account=stored.account,
        region=stored.region,
        name=stored.name,
        code_root=folder,
        version=LATEST if stored.version is None else str(stored.version),
    )


def _arn(stored: StoredFunction) -> str:
    return f"arn:aws:lambda:{stored.region}:{stored.account}:function:{stored.name}"


def _check_revision(stored: StoredFunction, revision: str | None) -> None:
    if revision is not None and revision != stored.configuration["RevisionId"]:
        raise PreconditionFailed(
            "The RevisionId provided does not match the latest RevisionId. "
            "Call the GetFunction or the GetAlias API to retrieve the latest RevisionId"
        )


def _check_code(stored: StoredFunction, digest: str | None) -> None:
    own = stored.configuration["CodeSha256"]
    if digest is not None and digest != own:
        raise InvalidParameterValue(
            f"CodeSHA256 ({digest}) is different from current CodeSHA256 in $LATEST ({own}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )


def _declared(function: Function) -> FunctionConflict:
    return FunctionConflict(f"Function {function.name} is declared by the project: change it there")
