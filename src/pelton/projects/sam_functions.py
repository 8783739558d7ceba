"""Functions of a template: ``AWS::Serverless::Function`` and ``AWS::Lambda::Function`` as declarations.

Source: AWS SAM specification, AWS::Serverless::Function; CloudFormation template reference, AWS::Lambda::Function.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pelton.projects.documents import Block, Value
from pelton.projects.files import FileReader
from pelton.projects.function_reader import FunctionReader, FunctionSource
from pelton.projects.intrinsics import Evaluator
from pelton.projects.kinds import FUNCTION_TYPES
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import FunctionDeclaration
from pelton.projects.scalars import block_of, text_of
from pelton.projects.template import Template

_LAYER_TYPES = {"AWS::Serverless::LayerVersion": "ContentUri", "AWS::Lambda::LayerVersion": "Content"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SERVED = _words(
    """Handler Runtime CodeUri Code InlineCode PackageType Environment Timeout MemorySize Description Layers
    FunctionName Events ReservedConcurrentExecutions DeadLetterConfig DeadLetterQueue EventInvokeConfig
    FunctionUrlConfig LoggingConfig"""
)
_DEPLOYMENT = _words(
    """Policies Role PermissionsBoundary VpcConfig Architectures Tracing TracingConfig DeploymentPreference Tags
    ProvisionedConcurrencyConfig AutoPublishAlias AutoPublishAliasAllProperties VersionDescription
    AutoPublishCodeSha256 AssumeRolePolicyDocument KmsKeyArn RolePath SnapStart EphemeralStorage FileSystemConfigs
    RuntimeManagementConfig CodeSigningConfigArn ImageConfig ImageUri PropagateTags RecursiveLoop SourceKMSKeyArn
    PublishToLatestPublished VersionDeletionPolicy"""
)


def read_functions(
    template: Template, evaluator: Evaluator, root: Path, files: FileReader, how: tuple[Mapping[str, str], Notes]
) -> tuple[FunctionDeclaration, ...]:
    """The functions that run here, in the order written.

    Args:
        template: globals are merged in.
        evaluator: of the template.
        root: the template's folder; code folders are relative to it.
        files: tells folders.
        how: what is added to every function's environment, and the notes.

    Raises:
        ProjectRefused: a value that a function needs is missing, wrong or cannot be told.
    """
    environment, notes = how
    reader = FunctionReader(
        evaluator=evaluator,
        resources=template.resources,
        layers=_layers(template, evaluator, root),
        extra_environment=environment,
        environment_setting="Metadata.Pelton.environment",
        notes=notes,
    )
    found = []
    for logical_id in template.resources:
        if template.type_of(logical_id) in FUNCTION_TYPES and evaluator.references.exists(logical_id):
            source = _Sources(template, evaluator, root, files, notes).of(logical_id)
            found.append(None if source is None else reader.read(source))
    return tuple(function for function in found if function is not None)


class _Sources:
    """Where each function's code is."""

    def __init__(self, template: Template, evaluator: Evaluator, root: Path, files: FileReader, notes: Notes) -> None:
        self._template = template
        self._evaluator = evaluator
        self._root = root
        self._files = files
        self._notes = notes

    def of(self, logical_id: str) -> FunctionSource | None:
        """The function's source; None for code that is not here."""
        where = self._template.resources.at(logical_id)
        resource = block_of(self._template.resources[logical_id], where, logical_id)
        properties = block_of(resource.get("Properties"), resource.at("Properties"), logical_id)
        self._note_unknown(logical_id, properties)
        if properties.get("PackageType") == "Image":
            what = f"the function {logical_id} is a container image and does not run here"
            self._notes.warn(properties.at("PackageType"), what, "give it a Handler, a Runtime and a CodeUri")
            return None
        inline = self._inline(properties)
        if inline is not None:
            return self._source(logical_id, self._root, inline)
        return self._in_folder(logical_id, properties)

    def _inline(self, properties: Block) -> str | None:
        """Code written in the template."""
        code = properties.get("Code")
        written = code.get("ZipFile") if isinstance(code, Block) else properties.get("InlineCode")
        value = self._evaluator.evaluate(written, properties.at("InlineCode"))
        return value if isinstance(value, str) else None

    def _in_folder(self, logical_id: str, properties: Block) -> FunctionSource | None:
        name = "CodeUri" if properties.get("Code") is None else "Code"
        where = properties.at(name)
        written = self._evaluator.evaluate(properties.get(name, "."), where)
        if isinstance(written, Block) or (isinstance(written, str) and written.startswith("s3://")):
            what = f"the code of {logical_id} lies in S3 and does not run here"
            self._notes.warn(where, what, "name the folder it is built from")
            return None
        folder = self._root / text_of(written, where, f"{logical_id}: {name}")
        if folder.suffix in (".zip", ".jar"):
            what = f"the code of {logical_id} is the archive {folder.name} and does not run here"
            self._notes.warn(where, what, "name the folder it is built from")
            return None
        if not self._files.is_folder(folder):
            self._notes.warn(
                where, f"{logical_id}: there is no folder {written}", "its invocations fail until it is there"
            )
        return self._source(logical_id, folder, None)

    def _source(self, logical_id: str, folder: Path, inline: str | None) -> FunctionSource:
        return FunctionSource(
            key=logical_id,
            logical_id=logical_id,
            label=logical_id,
            code_root=folder,
            runtime_cure="add Runtime: python3.12 to it, or to Globals.Function",
            inline_code=inline,
        )

    def _note_unknown(self, logical_id: str, properties: Block) -> None:
        known = _SERVED | _DEPLOYMENT
        for name in properties:
            where = properties.at(name)
            if name not in known:
                what = f"{logical_id}: a function has no property {name}, it has no effect"
                self._notes.warn(where, what, did_you_mean(name, known))


def _layers(template: Template, evaluator: Evaluator, root: Path) -> dict[str, Path]:
    """Folders of the template's own layers by ARN."""
    found: dict[str, Path] = {}
    for logical_id in template.resources:
        name = _LAYER_TYPES.get(template.type_of(logical_id) or "")
        if name is None or not evaluator.references.exists(logical_id):
            continue
        where = template.resources.at(logical_id)
        resource = block_of(template.resources[logical_id], where, logical_id)
        properties = block_of(resource.get("Properties"), where, logical_id)
        content: Value = evaluator.evaluate(properties.get(name), where)
        arn = evaluator.references.of_resource(logical_id, None, where)
        if isinstance(content, str) and isinstance(arn, str):
            found[arn] = root / content
    return found
