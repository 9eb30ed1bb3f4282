"""Conditions that a person gives to slice titles by: comparisons of known columns, and nothing else."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trending.errors import SliceError

if TYPE_CHECKING:
    import pandas as pd

MAX_LENGTH = 500
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
EXAMPLE = "`release_year < 2010 and kind == 'movie'`"


def matching_rows(facts: pd.DataFrame, expression: str) -> npt.NDArray[np.intp]:
    """Positions of the titles for which the condition holds; an unknown value fulfils no comparison of order.

    It may compare columns with each other, with numbers and with quoted words (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`
    a list) and join this by `and`, `or`, `not` and brackets. Raises `SliceError` for anything else, before anything
    is computed.
    """
    tree = _parsed(expression)
    _check_condition(tree, expression, [str(name) for name in facts.columns])
    try:
        found = facts.eval(ast.unparse(tree), engine="python")
    except (TypeError, ValueError, NotImplementedError) as error:
        raise _refused(expression, f"cannot be computed: {error}") from error
    values = np.asarray(found)
    if values.shape != (len(facts),):
        raise _refused(expression, "names no column")
    if values.dtype == object:  # a column with unknown values
        values = np.array([value is True or value is np.True_ for value in values])
    if values.dtype != bool:
        raise _refused(expression, "is no condition")
    return np.flatnonzero(values)


def _parsed(expression: str) -> ast.expr:
    if len(expression) > MAX_LENGTH:
        raise _refused(expression[:40] + "...", f"is longer than {MAX_LENGTH} characters")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refused(expression, f"cannot be read: {error}") from error


def _check_condition(node: ast.expr, expression: str, columns: list[str]) -> None:
    """Raise unless the node is something that is true or false of a title."""
    match node:
        case ast.BoolOp():
            for part in node.values:
                _check_condition(part, expression, columns)
        case ast.UnaryOp(op=ast.Not()):
            _check_condition(node.operand, expression, columns)
        case ast.Compare():
            _check_value(node.left, expression, columns)
            for kind, right in zip(node.ops, node.comparators, strict=True):
                if isinstance(kind, ast.In | ast.NotIn):
                    _check_list(right, expression)
                elif isinstance(kind, _COMPARISONS):
                    _check_value(right, expression, columns)
                else:
                    raise _refused(expression, f"has `{_shown(node)}`: `is` compares nothing here")
        case ast.Name():
            _check_value(node, expression, columns)
        case _:
            raise _refused(expression, f"has `{_shown(node)}`, which is no comparison")


def _check_value(node: ast.expr, expression: str, columns: list[str]) -> None:
    if isinstance(node, ast.Name):
        if node.id not in columns:
            raise _refused(expression, f"names `{node.id}`; there are {', '.join(columns)}")
    elif not _is_plain(node):
        raise _refused(
            expression, f"has `{_shown(node)}`, which is neither a column, a number nor a quoted word"
        )


def _check_list(node: ast.expr, expression: str) -> None:
    if not (isinstance(node, ast.List | ast.Tuple) and all(map(_is_plain, node.elts))):
        raise _refused(expression, f"has `{_shown(node)}`: after `in` comes a list, `['Netflix', 'Amazon']`")


def _is_plain(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and isinstance(node.value, str | int | float)


def _shown(node: ast.expr) -> str:
    return ast.unparse(node)[:60]


def _refused(expression: str, what: str) -> SliceError:
    return SliceError(f"The slice {expression!r} {what}. Write a condition like {EXAMPLE}.")
