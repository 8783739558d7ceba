"""The event handler: one set of routes behind a REST API, an HTTP API and a function URL."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import (
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    CORSConfig,
    LambdaFunctionUrlResolver,
    Response,
)
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError
from aws_lambda_powertools.event_handler.router import Router
from aws_lambda_powertools.shared.cookies import Cookie
from aws_lambda_powertools.utilities.typing import LambdaContext

router = Router()


@router.get("/todos/<todo_id>")
def get_todo(todo_id: str) -> dict[str, Any]:
    if todo_id == "0":
        raise NotFoundError(f"no todo {todo_id}")
    event = router.current_event
    return {
        "id": todo_id,
        "caller": event.get_header_value("x-caller"),
        "page": event.get_query_string_value("page", "1"),
        "kind": type(event).__name__,
    }


@router.post("/todos")
def create_todo() -> Response[str]:
    todo = router.current_event.json_body
    if "title" not in todo:
        raise BadRequestError("a todo needs a title")
    cookies = [Cookie(name="session", value="abc")]
    return Response(status_code=201, content_type="text/plain", body=todo["title"], cookies=cookies)


@router.get("/picture")
def picture() -> Response[bytes]:
    return Response(status_code=200, content_type="image/png", body=b"\x89PNG\x00\xff")


rest_app = APIGatewayRestResolver(cors=CORSConfig(allow_origin="https://shop.example"), strip_prefixes=["/rest"])
api_app = APIGatewayHttpResolver(strip_prefixes=["/api"])
page_app = LambdaFunctionUrlResolver()
for app in (rest_app, api_app, page_app):
    app.include_router(router)


def rest(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return rest_app.resolve(event, context)


def api(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api_app.resolve(event, context)


def page(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return page_app.resolve(event, context)
