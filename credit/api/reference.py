"""The OpenAPI document as JSON and as a page, and the page behind each problem's `type`."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from credit.api import answers
from credit.api.openapi import document
from credit.api.reasons import EXPLAINED


@require_safe
@login_not_required
def openapi(request: HttpRequest) -> HttpResponse:
    return answers.json(document())


@require_safe
@login_not_required
def docs(request: HttpRequest) -> HttpResponse:
    schema = document()
    operations = [
        _operation(path, method, operation, schema)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    tags = dict.fromkeys(operation["tag"] for operation in operations)
    groups = [(tag, [one for one in operations if one["tag"] == tag]) for tag in tags]
    about = [_marked(line) for line in _paragraphs(schema["info"]["description"])]
    context = {"groups": groups, "about": about, "reasons": EXPLAINED}
    return render(request, "api/docs.html", context)


@require_safe
@login_not_required
def problem(request: HttpRequest, reason: str) -> HttpResponse:
    if reason not in EXPLAINED:
        raise Http404
    what_helps = _marked(EXPLAINED[reason].what_helps)
    context = {"reason": reason, "problem": EXPLAINED[reason], "what_helps": what_helps}
    return render(request, "api/problem.html", context)


def _operation(path: str, method: str, operation: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    done, asked = (_answered(operation, status) for status in ("200", "202"))
    (security,) = operation["security"]
    return {
        "id": operation["operationId"],
        "tag": operation["tags"][0],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": _marked(operation.get("description", "")),
        "security": security,
        "parameters": [_parameter(one) for one in operation.get("parameters", [])],
        "body": _fields(_body(operation), schema),
        "answer": _fields(done, schema),
        "asked": _fields(asked, schema),
        "problems": [
            (status, _marked(response["description"]))
            for status, response in operation["responses"].items()
            if not status.startswith("2")
        ],
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    shape = {**parameter.get("schema", {})}
    text = shape.get("description") or parameter.get("description", "")
    needed = parameter.get("required", False)
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "type": _type(shape),
        "needed": needed,
        "text": text,
    }


def _answered(operation: dict[str, Any], status: str) -> dict[str, Any]:
    answer = operation["responses"].get(status, {})
    return answer.get("content", {}).get("application/json", {}).get("schema", {})


def _body(operation: dict[str, Any]) -> dict[str, Any]:
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})


def _fields(shape: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    found = _resolved(shape, schema)
    needed = found.get("required", [])
    return [
        {"name": name, "type": _type(one), "needed": name in needed, "text": one.get("description", "")}
        for name, one in found.get("properties", {}).items()
    ]


def _resolved(shape: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = shape.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"][name] if name else shape


def _type(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"].rpartition("/")[2])
    if options := shape.get("anyOf") or shape.get("oneOf"):
        return " or ".join(_type(option) for option in options)
    if "enum" in shape:
        return " | ".join(shape["enum"])
    if shape.get("type") == "array":
        return f"list of {_type(shape['items'])}"
    return str(shape.get("format") or shape.get("const") or shape.get("type", ""))


def _paragraphs(text: str) -> list[str]:
    """The lines of a list are joined to the point they belong to."""
    joined = text.strip().replace("\n  ", " ")
    return [line.removeprefix("- ") for line in joined.splitlines() if line]


def _marked(text: str) -> list[tuple[str, str]]:
    """`code` and **strong** of a sentence as (look, words): the page sets them, no markup is written here."""
    parts: list[tuple[str, str]] = []
    for at, chunk in enumerate(text.split("`")):
        if at % 2:
            parts.append(("code", chunk))
            continue
        parts += [("strong" if i % 2 else "", words) for i, words in enumerate(chunk.split("**")) if words]
    return parts
