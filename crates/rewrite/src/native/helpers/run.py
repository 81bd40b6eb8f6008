async def run_async(
    command,
    *,
    input=None,
    capture_output=False,
    timeout=None,
    check=False,
    shell=False,
    text=None,
    universal_newlines=None,
    encoding=None,
    errors=None,
    **options,
):
    """subprocess.run() that lets other tasks go on until the process ends."""
    if capture_output:
        options["stdout"] = options["stderr"] = subprocess.PIPE
    is_text = text or universal_newlines or encoding or errors
    if input is not None:
        options["stdin"] = subprocess.PIPE
        if is_text:
            input = input.encode(encoding or locale.getpreferredencoding(False), errors or "strict")
    words = [command] if shell or isinstance(command, (str, bytes, os.PathLike)) else command
    start = asyncio.create_subprocess_shell if shell else asyncio.create_subprocess_exec
    process = await start(*words, **options)
    try:
        found = await asyncio.wait_for(process.communicate(input), timeout)
    except asyncio.TimeoutError:
        raise subprocess.TimeoutExpired(command, timeout) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if is_text:
        found = [
            data if data is None else io.TextIOWrapper(io.BytesIO(data), encoding, errors).read()
            for data in found
        ]
    result = subprocess.CompletedProcess(command, process.returncode, *found)
    if check:
        result.check_returncode()
    return result
