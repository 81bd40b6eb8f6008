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
    try:
        answer = await client.request(
            request.get_method(),
            request.full_url,
            content=request.data,
            headers=headers,
            timeout=timeout,
            follow_redirects=True,
        )
    except httpx.ConnectTimeout:
        raise urllib.error.URLError(TimeoutError("timed out")) from None
    except httpx.TimeoutException:
        raise TimeoutError("timed out") from None
    except httpx.HTTPError as error:
        raise urllib.error.URLError(error) from error
    body, found = io.BytesIO(answer.content), http.client.HTTPMessage()
    for name, value in answer.headers.multi_items():
        found[name] = value
    if not answer.is_success:
        raise urllib.error.HTTPError(
            str(answer.url), answer.status_code, answer.reason_phrase, found, body
        )
    response = urllib.response.addinfourl(body, found, str(answer.url), answer.status_code)
    response.msg = response.reason = answer.reason_phrase
    response.getheader = found.get
    return response
