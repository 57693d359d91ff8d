"""
What an implementation can be asked to do: operations with named, typed inputs and outputs.

Vectors and drivers both speak in operations, so that a vector is a request and its answer.
"""

from payy_ref.operations.forms import Form
from payy_ref.operations.registry import Operation, all_operations, find_operation

__all__ = ["Form", "Operation", "all_operations", "find_operation"]
