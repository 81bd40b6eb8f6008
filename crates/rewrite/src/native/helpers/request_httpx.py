async def request_async(
    client,
    method,
    url,
    *,
    session=None,
    timeout=None,
    allow_redirects=True,
    stream=False,
    **options,
):
    """requests.request() on a client that stays open; the answer is read at once."""
    if session is None:
        options["headers"] = {**requests.utils.default_headers(), **(options.get("headers") or {})}
        prepared = requests.Request(method, url, **options).prepare()
    else:
        prepared = session.prepare_request(requests.Request(method, url, **options))
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    try:
        answer = await client.request(
            prepared.method,
            prepared.url,
            content=prepared.body,
            headers=prepared.headers,
            timeout=httpx.Timeout(read, connect=connect),
            follow_redirects=allow_redirects,
        )
    except httpx.ConnectTimeout as error:
        raise requests.exceptions.ConnectTimeout(error, request=prepared) from error
    except httpx.TimeoutException as error:
        raise requests.exceptions.ReadTimeout(error, request=prepared) from error
    except httpx.TooManyRedirects as error:
        raise requests.exceptions.TooManyRedirects(error, request=prepared) from error
    except httpx.HTTPError as error:
        raise requests.exceptions.ConnectionError(error, request=prepared) from error
    response = requests.Response()
    response.status_code, response.url = answer.status_code, str(answer.url)
    response.reason = answer.reason_phrase
    response.headers.update(answer.headers)
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.cookies.update(dict(answer.cookies))
    response.request, response.raw = prepared, io.BytesIO(answer.content)
    response._content, response._content_consumed = answer.content, True
    if session is not None:
        session.cookies.update(response.cookies)
    return response
