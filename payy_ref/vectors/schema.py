"""
JSON Schemas 2020-12 of the vector files, made from the forms of the operations.

They are closed: an unknown field, an absent one, or a verdict that is neither accepted nor
rejected is refused. What a schema cannot say is in `check`.
"""

from typing import Any, Final

from payy_ref.errors import ErrorCode
from payy_ref.operations import Operation, all_operations
from payy_ref.operations.forms import Bytes, Form, ListOf, Record, Structure, Variant
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.model import FORMAT_VERSION

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
COMMON: Final = "common.schema.json"


def _identifier(name: str) -> str:
    """Name a schema; the host is reserved for examples, nothing is to be fetched."""
    major = FORMAT_VERSION.partition(".")[0]
    return f"https://payy-ref.example/vectors/v{major}/{name}"


def _byte_lengths(form: Form[Any]) -> set[int]:
    match form:
        case Bytes(length=int(length)):
            return {length}
        case ListOf(item=item):
            return _byte_lengths(item)
        case Record(fields=fields):
            return {length for each in fields.values() for length in _byte_lengths(each)}
        case Structure(form=parts):
            return _byte_lengths(parts)
        case Variant(kinds=kinds):
            return {length for each in kinds.values() for length in _byte_lengths(each)}
        case _:
            return set()


def common_schema() -> dict[str, Json]:
    """Define the lexical types that all schemas share."""
    lengths = {32}.union(
        *(
            _byte_lengths(form)
            for operation in all_operations()
            for form in (operation.input_form, operation.output_form)
        )
    )
    # `$` is the end of the text in ECMA-262. Engines that let it match before a final line feed
    # are caught by the bounds on lengths, or by decoding.
    definitions: dict[str, Json] = {
        "bytes": {"type": "string", "pattern": "^0x(?:[0-9a-f]{2})*$"},
        "integer": {
            "type": "string",
            "pattern": "^(?:0|[1-9][0-9]*)$",
            "maxLength": 80,
        },
        "caseId": {"type": "string", "pattern": "^[a-z0-9]+(?:-[a-z0-9]+)*$"},
        "requirement": {"type": "string", "pattern": "^PAYY-[A-Z]+-[0-9]{3}$"},
        "errorCode": {"enum": [str(code) for code in ErrorCode]},
        "rejected": {
            "type": "object",
            "properties": {
                "result": {"const": "rejected"},
                "error": {"$ref": "#/$defs/errorCode"},
            },
            "required": ["result", "error"],
            "additionalProperties": False,
        },
        "note": {
            "type": "object",
            "properties": {
                "bugType": {"type": "string"},
                "description": {"type": "string"},
                "effect": {"type": "string"},
            },
            "required": ["bugType", "description", "effect"],
            "additionalProperties": False,
        },
    }
    for length in sorted(lengths):
        definitions[f"bytes{length}"] = {
            "type": "string",
            "pattern": f"^0x[0-9a-f]{{{2 * length}}}$",
            "maxLength": 2 + 2 * length,
        }
    return {"$schema": DIALECT, "$id": _identifier(COMMON), "$defs": definitions}


def operation_schema(operation: Operation) -> dict[str, Json]:
    """Describe the file of one operation."""
    reference = f"{COMMON}#/$defs"
    accepted: Json = {
        "type": "object",
        "properties": {
            "result": {"const": "accepted"},
            "output": operation.output_form.schema(),
        },
        "required": ["result", "output"],
        "additionalProperties": False,
    }
    # A fault that is found while the fields are read may have malformed fields behind it.
    found_early: Json = [
        str(ErrorCode.MALFORMED_INPUT),
        str(ErrorCode.FIELD_ELEMENT_NOT_CANONICAL),
    ]
    malformed: Json = {
        "properties": {
            "expected": {"properties": {"error": {"enum": found_early}}, "required": ["error"]}
        },
    }
    case: Json = {
        "type": "object",
        "properties": {
            "id": {"$ref": f"{reference}/caseId"},
            "description": {"type": "string", "minLength": 1},
            "requirements": {
                "type": "array",
                "items": {"$ref": f"{reference}/requirement"},
                "minItems": 1,
                "uniqueItems": True,
            },
            "flags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            "input": True,
            "expected": {"oneOf": [accepted, {"$ref": f"{reference}/rejected"}]},
            "_info": {
                "type": "object",
                "properties": {
                    "hash": {"$ref": f"{reference}/bytes32"},
                    "source": {"type": "string"},
                },
                "required": ["hash", "source"],
                "additionalProperties": False,
            },
        },
        "required": ["id", "description", "requirements", "flags", "input", "expected", "_info"],
        "additionalProperties": False,
        # Only a case about reading the fields may hold an input that is not of the form.
        "if": {"not": malformed},
        "then": {"properties": {"input": operation.input_form.schema()}},
    }
    return {
        "$schema": DIALECT,
        "$id": _identifier(f"{operation.suite}.{operation.name}.schema.json"),
        "title": f"{operation.suite} / {operation.name}",
        "description": operation.summary,
        "type": "object",
        "properties": {
            "formatVersion": {"const": FORMAT_VERSION},
            "specVersion": {"type": "string"},
            "schema": {"const": f"schema/{operation.suite}.{operation.name}.schema.json"},
            "preset": {"enum": ["general", "mainnet", "minimal"]},
            "suite": {"const": operation.suite},
            "operation": {"const": operation.name},
            "caseCount": {"type": "integer", "minimum": 1, "maximum": 2147483647},
            "notes": {"type": "object", "additionalProperties": {"$ref": f"{reference}/note"}},
            "cases": {"type": "array", "items": case, "minItems": 1},
        },
        "required": [
            "formatVersion",
            "specVersion",
            "schema",
            "preset",
            "suite",
            "operation",
            "caseCount",
            "notes",
            "cases",
        ],
        "additionalProperties": False,
    }


def all_schemas() -> dict[str, dict[str, Json]]:
    """Give every schema by its file name."""
    schemas = {COMMON: common_schema()}
    for operation in all_operations():
        schemas[f"{operation.suite}.{operation.name}.schema.json"] = operation_schema(operation)
    return schemas
