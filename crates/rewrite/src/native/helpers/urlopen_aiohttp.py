async def urlopen_async(client, url, data=None, timeout=None):
    """urllib.request.urlopen() on a client that stays open; the answer is read at once."""
    request = url if isinstance(url, urllib.request.Request) else urllib.request.Request(url)
    if data is not None:
        request.data = data
    if request.type not in ("http", "https"):
        return urllib.request.urlopen(request, timeout=timeout)
    headers = {
        "Accept-Encoding": "identity",
        "User-Agent": f"Python-urllib/{sys.version_info[0]}.{sys.version_info[1]}",
    }
    headers |= {name.title(): value for name, value in request.header_items()}
    if request.data is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    limits = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout)
    where = yarl.URL(request.full_url, encoded=True)
    try:
        async with client.request(
            request.get_method(),
            where,
            data=request.data,
            headers=headers,
            skip_auto_headers=("Accept", "Content-Type"),
            timeout=limits,
        ) as answer:
            body = io.BytesIO(await answer.read())
    except (asyncio.TimeoutError, aiohttp.ServerTimeoutError) as error:
        if isinstance(error, getattr(aiohttp, "ConnectionTimeoutError", ())):
            raise urllib.error.URLError(TimeoutError("timed out")) from None
        raise TimeoutError("timed out") from None
    except aiohttp.ClientError as error:
        raise urllib.error.URLError(getattr(error, "os_error", error)) from error
    found = http.client.HTTPMessage()
    for name, value in answer.headers.items():
        found[name] = value
    if not 200 <= answer.status < 300:
        raise urllib.error.HTTPError(str(answer.url), answer.status, answer.reason, found, body)
    response = urllib.response.addinfourl(body, found, str(answer.url), answer.status)
    response.msg = response.reason = answer.reason
    response.getheader = found.get
    return response
