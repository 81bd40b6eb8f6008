async def request_async(
    client,
    method,
    url,
    *,
    session=None,
    timeout=None,
    allow_redirects=True,
    verify=True,
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
    headers = {
        name: value.decode("latin-1") if isinstance(value, bytes) else value
        for name, value in prepared.headers.items()
    }
    limits = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
    where = yarl.URL(prepared.url, encoded=True)
    try:
        async with client.request(
            prepared.method,
            where,
            data=prepared.body,
            headers=headers,
            timeout=limits,
            allow_redirects=allow_redirects,
            ssl=verify,
        ) as answer:
            body = await answer.read()
    except (asyncio.TimeoutError, aiohttp.ServerTimeoutError) as error:
        is_connect = isinstance(error, getattr(aiohttp, "ConnectionTimeoutError", ()))
        kind = requests.exceptions.ConnectTimeout if is_connect else requests.exceptions.ReadTimeout
        raise kind(error, request=prepared) from error
    except aiohttp.TooManyRedirects as error:
        raise requests.exceptions.TooManyRedirects(error, request=prepared) from error
    except aiohttp.ClientPayloadError as error:
        raise requests.exceptions.ChunkedEncodingError(error, request=prepared) from error
    except aiohttp.ClientSSLError as error:
        raise requests.exceptions.SSLError(error, request=prepared) from error
    except aiohttp.ClientError as error:
        raise requests.exceptions.ConnectionError(error, request=prepared) from error
    response = requests.Response()
    response.status_code, response.reason, response.url = (
        answer.status,
        answer.reason,
        str(answer.url),
    )
    for name in answer.headers:
        response.headers[name] = ", ".join(answer.headers.getall(name))
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.cookies.update({name: cookie.value for name, cookie in answer.cookies.items()})
    response.request, response.raw = prepared, io.BytesIO(body)
    response._content, response._content_consumed = body, True
    if session is not None:
        session.cookies.update(response.cookies)
    return response
