"""The names that a spec may hold: of apps and volumes, of variables, labels, users, signals and capabilities."""

from __future__ import annotations

import re

from cloudkit.errors import UsageError
from cloudkit.model.checks import check_text, is_word, name_of
from cloudkit.model.refusal import refusal
from cloudkit.model.secret import LostSecret, Secret

__all__ = [
    "CAPABILITIES",
    "OWN_PREFIXES",
    "check_capability",
    "check_host",
    "check_label",
    "check_name",
    "check_signal",
    "check_user",
    "check_variable",
    "check_volume",
]

NAME_LIMIT = 40
PREFIX_LIMIT = 253
OWN_PREFIXES = ("app.kubernetes.io", "cloudkit")
VARIABLE_ALLOWED = "a text without NUL, at most 128 KiB of UTF-8, or a Secret of one"

_NAME = re.compile(r"[a-z][a-z0-9]*+(?:-++[a-z0-9]++)*+")
_OTHER = re.compile(r"[^a-z0-9]++")
_VOLUME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*+")
_LABEL_PREFIX = re.compile(r"[a-z0-9]++(?:[.-]++[a-z0-9]++)*+")
_LABEL_PART = re.compile(r"[A-Za-z0-9]++(?:[-_.]++[A-Za-z0-9]++)*+")
_LABEL_VALUE = re.compile(rf"(?:{_LABEL_PART.pattern})?+")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9]++(?:-++[a-z0-9]++)*+(?:\.[a-z0-9]++(?:-++[a-z0-9]++)*+)++")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}+(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}+)?+")
_SIGNAL = re.compile(
    "SIG(?:ABRT|ALRM|BUS|CHLD|CONT|FPE|HUP|ILL|INT|IO|KILL|PIPE|PROF|PWR|QUIT|SEGV|STKFLT|STOP|SYS|TERM|TRAP|TSTP|"
    r"TTIN|TTOU|URG|USR1|USR2|VTALRM|WINCH|XCPU|XFSZ|RTMIN(?:\+(?:[1-9]|1[0-5]))?|RTMAX(?:-(?:[1-9]|1[0-4]))?)"
)

CAPABILITIES = frozenset(
    {
        "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN",
        "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
        "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST",
        "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
        "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME",
        "SYS_TTY_CONFIG", "WAKE_ALARM",
    }
)  # fmt: skip  # capabilities(7), as of Linux 5.9 and later


def check_name(field: str, value: object) -> None:
    """Refuse what cannot be a host name on both engines: a DNS label that a letter leads (RFC 1035)."""
    if isinstance(value, str) and len(value) <= NAME_LIMIT and _NAME.fullmatch(value):
        return
    allowed = f"lower-case letters, digits and '-', a letter first, no '-' at its end, at most {NAME_LIMIT} characters"
    proposal = _OTHER.sub("-", str(value)[:NAME_LIMIT].lower()).strip("-")
    raise refusal(field, value, allowed, hint=proposal if _NAME.fullmatch(proposal) else "")


def check_host(field: str, value: object) -> None:
    """Refuse what is no host name of at least two parts; the first may be ``*``."""
    check_text(field, value, _HOST, "a host name in lower case, such as web.example.com", limit=253)


def check_volume(field: str, value: object) -> None:
    """Refuse what cannot name a volume."""
    check_text(field, value, _VOLUME, "letters, digits, '_', '.' and '-', a letter or digit first", limit=63)


def check_variable(key: object, value: object) -> None:
    """Refuse an environment variable that a program cannot be given; the error never shows its value."""
    check_text("env: name", key, _VARIABLE, "letters, digits, '_', '.' and '-', no digit first", limit=256)
    if isinstance(value, LostSecret):
        return
    text = value.reveal() if isinstance(value, Secret) else value
    if not is_word(text):
        given = type(text).__name__ if not isinstance(text, str) else f"a text of {len(text)} characters"
        raise UsageError(f"{name_of('env', str(key))} is {given}; allowed is {VARIABLE_ALLOWED}")


def check_label(key: object, value: object) -> None:
    """Refuse a label that a cluster would: the key's prefix a DNS name, key and value at most 63 characters."""
    prefix, slash, part = str(key).rpartition("/")
    if slash:
        check_text("labels: prefix", prefix, _LABEL_PREFIX, "a lower-case DNS name", limit=PREFIX_LIMIT)
    if prefix in OWN_PREFIXES:
        raise refusal("labels: prefix", prefix, "a prefix of your own; this one is kept for cloudkit's labels")
    words = "letters, digits, '-', '_' and '.', a letter or digit at both ends"
    check_text("labels: key", key if not isinstance(key, str) else part, _LABEL_PART, words, limit=63)
    check_text(name_of("labels", str(key)), value, _LABEL_VALUE, words, limit=63)


def check_user(field: str, value: object) -> None:
    """Refuse what is neither ``name``, ``uid`` nor ``uid:gid``; None keeps the image's."""
    check_text(field, value, _USER, "name, uid, name:group or uid:gid", limit=65, optional=True)
    for part in str(value or "").split(":"):
        if part.isdigit() and int(part) > 2**31 - 1:
            raise refusal(field, value, f"ids from 0 to {2**31 - 1}")


def check_signal(field: str, value: object) -> None:
    """Refuse what is no name of a Linux signal; None keeps the image's."""
    check_text(field, value, _SIGNAL, "a signal such as SIGTERM, SIGINT, SIGRTMIN+3", limit=12, optional=True)


def check_capability(field: str, value: object) -> None:
    """Refuse what is no Linux capability, written without ``CAP_``, nor ``ALL``."""
    if value not in CAPABILITIES and value != "ALL":
        raise refusal(field, value, "ALL, or Linux capabilities such as NET_RAW and SYS_ADMIN")
