"""How drf-spectacular is to describe the REST API. Imported only where it is installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import TextChoices
from django_filters import rest_framework as django_filter
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from response.core.api import filters, idempotency
from response.core.api.base import Closed, Writable
from response.core.api.export import ExportView
from response.core.api.incidents import IncidentViewSet
from response.core.api.pagination import LARGEST_ID, Feed

Schema = dict[str, Any]

INSTANT: Schema = {"type": "string", "format": "date-time"}
#: As a form sends it that was left empty.
INSTANT_OR_EMPTY: Schema = {"type": "string", "anyOf": [INSTANT, {"maxLength": 0}]}
WHOLE: Schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
SENTENCE: Schema = {
    "type": "object",
    "properties": {"detail": {"type": "string"}},
    "required": ["detail"],
}
#: A body that is no JSON has a ``detail``; one that does not fit has sentences at its fields.
AT_FIELDS: Schema = {"type": "object", "additionalProperties": True}

REFUSALS = {
    400: "Something in it does not fit: a sentence for each field.",
    401: "Nobody is signed in, or the token is not known or has expired.",
    403: "The right or the scope for this is missing.",
    404: "It is not there, or not for the caller.",
    406: "None of the forms that are asked for.",
    409: f"The {idempotency.HEADER} was used before, with something else.",
    412: "It was changed since the ETag in If-Match was read.",
    413: "More than 1,000,000 bytes.",
    415: "Only application/json is taken.",
    429: "Too many requests, where the site limits them.",
    503: "The database, or Slack where it has to be asked, is busy or away. Nothing was changed.",
}
_FORMS = ["", "json", "markdown"]
_EVERYWHERE = (401, 403, 406, 429, 503)


class OurEndpoints(EndpointEnumerator):
    def should_include_endpoint(self, path: str, callback: Any) -> bool:
        ours = issubclass(getattr(callback, "cls", object), Closed)
        return ours and bool(super().should_include_endpoint(path, callback))


class OurGenerator(SchemaGenerator):
    """Describes our views, and nothing else of the project they are in."""

    endpoint_inspector_cls = OurEndpoints

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        view = super().create_view(callback, method, request)
        self._set_schema_to_view(view, Operation())
        return view


class Operation(AutoSchema):
    """One method of one address."""

    def is_excluded(self) -> bool:
        # ".json" at the end of an address is the same once more.
        return "drf_format_suffix" in self.path_regex

    def get_summary(self) -> str:
        return self._words().split(". ")[0].removesuffix(".")

    def get_description(self) -> str:  # type: ignore[override]
        return self._words()

    def _words(self) -> str:
        described = str(super().get_description())
        return " ".join(described.split())

    def get_auth(self) -> list[Schema]:
        return [{"token": []}, {"session": []}]

    # What is asked

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "input_classes", {}).get(self.method)

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = []
        if isinstance(self.view, Writable) and self.method in {"PUT", "PATCH", "DELETE"}:
            parameters.append(_header("If-Match", "The ETag of what is to be changed."))
        if isinstance(self.view, ExportView):
            words = "The form; empty: json."
            parameters.append(OpenApiParameter("format", enum=_FORMS, description=words))
        if self._declares():
            words = "The same request with the same key is done once."
            parameters.append(_header(idempotency.HEADER, words, maxLength=255, minLength=1))
            parameters.append(_answered("Location", 201, "Where the incident is."))
        if self._shows_one():
            for status in (200, 201):
                parameters.append(_answered("ETag", status, "For If-Match.", required=False))
        return parameters

    def _get_filter_parameters(self) -> list[Schema]:
        view: Any = self.view
        if self.method != "GET" or getattr(view, "action", "list") != "list":
            return []
        filterset = getattr(view, "filterset_class", None)
        found = [
            _query(name, _schema_of_filter(each), str(each.extra.get("help_text") or each.label))
            for name, each in (filterset.base_filters.items() if filterset else ())
        ]
        backends = getattr(view, "filter_backends", ())
        if filters.Ordering in backends:
            either = [sign + name for name in view.ordering_fields for sign in ("", "-")]
            words = f"One of {', '.join(view.ordering_fields)}, or several with commas; - turns."
            found.append(_query("ordering", {"type": "string", "enum": either}, words))
        if filters.FeedWindow in backends:
            found.append(_query("from", INSTANT_OR_EMPTY, "Not before; by default 24 hours ago."))
            found.append(_query("to", INSTANT_OR_EMPTY, "Not after."))
        return found

    def _get_pagination_parameters(self) -> list[Schema]:
        if getattr(self.view, "action", "") != "list":
            return []
        paginator = self._get_paginator()
        count, first = {"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 0}
        if getattr(paginator, "page_size_query_param", None):
            words = "How many rows; at most 1000 come."
            return [_query("page", count, "Which page."), _query("page_size", count, words)]
        found = [
            _query("limit", count, "How many rows; at most 1000 come."),
            _query("offset", first, "After how many rows."),
        ]
        if isinstance(paginator, Feed):
            cursor = {"type": "string", "pattern": "^(now|[0-9]{0,9})$"}
            found.append(_query("after", cursor, "The cursor of the page before; 0; or now."))
        return found

    def _resolve_path_parameters(self, variables: list[str]) -> list[Schema]:
        known = {
            "year": {"type": "integer", "minimum": 2, "maximum": 9998},
            "month": {"type": "integer", "minimum": 1, "maximum": 12},
        }
        return [
            {"in": "path", "name": name, "required": True, "schema": known.get(name, WHOLE)}
            for name in variables
        ]

    # What is answered

    def get_response_serializers(self) -> Any:
        found: dict[Any, Any] = dict(self._success())
        for status, words in REFUSALS.items():
            if status in self._refusals():
                schema = AT_FIELDS if status == 400 else SENTENCE
                found[status, "application/json"] = OpenApiResponse(schema, words)
        return found

    def _success(self) -> Mapping[Any, Any]:
        shown = getattr(self.view, "serializer_class", None)
        if isinstance(self.view, ExportView):
            return {(200, "application/json"): AT_FIELDS, (200, "text/markdown"): str}
        if self.method == "DELETE":
            return {204: OpenApiResponse(None, "It is deleted.")}
        if shown is None:
            return {200: {"type": "object", "additionalProperties": {"type": "string"}}}
        if getattr(self.view, "action", "") == "list":
            return {200: shown(many=True)}
        return {201 if self.method == "POST" else 200: shown}

    def _refusals(self) -> set[int]:
        found = set(_EVERYWHERE)
        if "{" in self.path:
            found.add(404)
        if self._get_filter_parameters() or self._get_pagination_parameters():
            found |= {400, 404}
        if self.method in {"POST", "PUT", "PATCH"}:
            found |= {400, 413, 415}
        if self.method in {"PUT", "PATCH", "DELETE"}:
            found.add(412)
        if self._declares():
            found.add(409)
        return found

    def _declares(self) -> bool:
        return self.method == "POST" and isinstance(self.view, IncidentViewSet)

    def _shows_one(self) -> bool:
        action = getattr(self.view, "action", "")
        return action in {"retrieve", "create", "update", "partial_update"}


def _header(name: str, words: str, **schema: Any) -> OpenApiParameter:
    kind = {"type": "string", **schema}
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=words)


def _answered(name: str, status: int, words: str, *, required: bool = True) -> OpenApiParameter:
    kind = {"type": "string"}
    return OpenApiParameter(
        name,
        kind,
        OpenApiParameter.HEADER,
        description=words,
        response=[status],
        required=required,
    )


def _query(name: str, schema: Schema, words: str) -> Schema:
    return {"in": "query", "name": name, "schema": schema, "description": words}


def _schema_of_filter(each: django_filter.Filter) -> Schema:
    for kind, schema in _FILTERS.items():
        if isinstance(each, kind):
            return schema(each)
    raise TypeError(f"Nothing says how {type(each).__name__} is described.")


def _text(each: django_filter.Filter) -> Schema:
    # No NUL: no database keeps it.
    longest = each.extra.get("max_length")
    return {"type": "string", "pattern": r"^[^\x00]*$", "maxLength": longest}


_FILTERS: dict[type[Any], Callable[[Any], Schema]] = {
    filters.WordOrNumberFilter: lambda each: {
        "type": "string",
        "enum": _words_and_numbers(each.extra["choices"]),
    },
    filters.FlagFilter: lambda each: {"type": "boolean"},
    filters.InstantFilter: lambda each: INSTANT_OR_EMPTY,
    filters.IdFilter: lambda each: WHOLE,
    django_filter.ChoiceFilter: lambda each: {
        "type": "string",
        "enum": [value for value, _ in each.extra["choices"]],
    },
    django_filter.CharFilter: _text,
}


def _words_and_numbers(choices: type[TextChoices]) -> list[str]:
    return [*choices.values, *(str(label) for label in choices.labels)]


# What is taken, and shown, by fields of our own


class TextSchema(OpenApiSerializerFieldExtension):
    target_class = "response.core.api.fields.Text"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        longest = self.target.max_length
        # No database keeps a NUL.
        pattern = r"^[^\x00]*$"
        if not self.target.allow_blank:
            pattern = r"^[^\x00]*[^\x00\s][^\x00]*$"
        text = {"type": "string", "allOf": [{"pattern": pattern}]}
        return {**text, "maxLength": longest} if longest else text


class PersonSchema(OpenApiSerializerFieldExtension):
    target_class = "response.core.api.fields.Person"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        name = {"type": "string", "minLength": 1, "maxLength": 50}
        email = {"type": "string", "format": "email", "maxLength": 255}
        return {
            "type": "object",
            "description": "Somebody, by app_id and external_id, or by email.",
            "properties": {"app_id": name, "external_id": name, "email": email},
            "anyOf": [{"required": ["app_id", "external_id"]}, {"required": ["email"]}],
            "example": {"app_id": "slack", "external_id": "U012AB3CD"},
        }


class WordOrNumberSchema(OpenApiSerializerFieldExtension):
    target_class = "response.core.api.fields.WordOrNumber"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        choices = self.target.known
        return {"enum": [*_words_and_numbers(choices), *(int(each) for each in choices.values)]}


class FactsSchema(OpenApiSerializerFieldExtension):
    target_class = "response.core.api.fields.Facts"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        return {"type": "object", "additionalProperties": True}


class VisibleIncidentSchema(OpenApiSerializerFieldExtension):
    target_class = "response.core.api.inputs.VisibleIncident"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        return WHOLE


class StoredJSONSchema(OpenApiSerializerFieldExtension):
    target_class = "response.core.serializers.StoredJSONField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        kinds = ("object", "array", "string", "number", "boolean")
        return {
            "anyOf": [{"type": kind} for kind in kinds],
            "description": "JSON as it was stored.",
        }


class ReadableTextSchema(OpenApiSerializerFieldExtension):
    target_class = "response.core.serializers.ReadableTextField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        return {"type": "string", "readOnly": True}
