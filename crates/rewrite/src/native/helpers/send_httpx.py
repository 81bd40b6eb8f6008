async def send_async(client, settings, method, url, **options):
    """A request as an httpx.Client would make it, on a client that stays open."""
    request = settings.build_request(method, url, **options)
    answer = await client.send(
        request, auth=settings.auth, follow_redirects=settings.follow_redirects
    )
    settings.cookies.extract_cookies(answer)
    return answer
