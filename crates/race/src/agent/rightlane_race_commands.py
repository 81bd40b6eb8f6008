"""Which commands leave this machine or cannot be undone, by their names."""

import os

# Talk to other machines, or to services of this one.
LEAVING = frozenset(
    """
    curl wget http https aria2c ssh scp sftp rsync ftp lftp tftp telnet nc ncat netcat socat rclone restic
    aws gcloud gsutil az kubectl helm oc terraform pulumi ansible ansible-playbook vagrant
    docker podman nerdctl docker-compose systemctl service shutdown reboot halt poweroff init telinit
    mail mailx mutt sendmail msmtp swaks psql pg_dump pg_restore createdb dropdb mysql mysqldump mariadb
    mongo mongosh mongodump mongorestore redis-cli sqlplus cqlsh influx clickhouse-client kafka-console-producer
    pip pip3 uv pipx conda mamba npm npx yarn pnpm cargo gem apt apt-get dnf yum apk snap brew twine gh glab
    crontab at batch sudo su doas mount umount mkfs fdisk parted dd insmod modprobe rmmod iptables nft
    notify-send wall write xdg-open lp lpr
    """.split()
)
# Of git and others, the words after the name that do.
LEAVING_WORDS = {
    "git": frozenset("push fetch pull clone ls-remote send-email svn p4 remote submodule lfs".split()),
    "hg": frozenset("push pull clone incoming outgoing".split()),
    "svn": frozenset("commit ci checkout co update up".split()),
}
# Only read. Those whose options can make them write are not here.
READING = frozenset(
    """
    uname ldconfig nproc hostname lscpu getconf id whoami true false echo cat ls pwd date sleep which
    file wc head tail grep cut basename dirname readlink realpath stat du df free ps pgrep
    """.split()
)
# Start another command: what follows them counts.
BEFORE = frozenset("env nohup time exec xargs nice ionice timeout stdbuf setsid command then else do !".split())
SHELLS = frozenset("sh bash dash zsh ksh ash".split())
# What separates one command from the next in a shell's line.
BETWEEN = str.maketrans(dict.fromkeys("|&(){}`\n", ";"))


def text(word):
    """A word of a command line as text."""
    try:
        return os.fsdecode(word)
    except TypeError:
        return str(word)


def judge(words):
    """What a command is, and its short form: `leaving`, `reading`, `python` or `other`."""
    words = [text(word) for word in words]
    shown = " ".join(words)[:200]
    name = os.path.basename(words[0]) if words else ""
    if name in SHELLS:
        lines = [word for word in words[1:] if not word.startswith("-")]
        parts = [simple(part.split()) for line in lines[:1] for part in line.translate(BETWEEN).split(";")]
        return ("leaving" if "leaving" in parts else "other"), shown
    return simple(words), shown


def simple(words):
    """What one command is."""
    for place, word in enumerate(words):
        name = os.path.basename(word.strip("'\""))
        if name in BEFORE or name.startswith("-") or "=" in name or name.isdigit():
            continue
        if name in SHELLS and place + 1 < len(words):
            return judge(words[place:])[0]
        return kind(name, words[place + 1 :])
    return "reading"


def kind(name, rest):
    if name in LEAVING or any(word in LEAVING_WORDS.get(name, ()) for word in rest[:4]):
        return "leaving"
    if name.rstrip("t").rstrip("0123456789.") in ("python", "pypy"):
        return "python"
    return "reading" if name in READING else "other"


def takes_hooks(words):
    """Whether a Python started so runs `sitecustomize`."""
    for word in map(text, words[1:]):
        if not word.startswith("-") or word in ("-", "-c", "-m"):
            return True
        if not word.startswith("--") and set("IES") & set(word[1:]):
            return False
        if word.startswith(("-c", "-m")):
            return True
    return True
