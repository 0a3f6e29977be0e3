"""Handing a message to the mail server, and what its answers mean: it left, it certainly did not, or nobody knows."""

import smtplib
from contextlib import suppress

from django.core.mail import EmailMessage, get_connection

# A refusal with one of these is not for ever (RFC 5321, section 4.2.1).
_FOR_NOW = range(400, 500)


class NotSent(Exception):
    """The message certainly did not leave. `for_good`: the server will not take it later either."""

    def __init__(self, message: str, *, for_good: bool):
        super().__init__(message)
        self.for_good = for_good


def post(message: EmailMessage) -> None:
    """Returns once the mail server has taken the message. NotSent where it certainly did not.

    Any other exception, such as a line that went dead, leaves open whether it did.
    """
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:  # smtplib's own errors are among them; nothing was handed over yet
        raise NotSent(f"The mail server does not answer: {error}", for_good=False) from error
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(
            "; ".join(_said(*answer) for answer in error.recipients.values()), _codes(error)
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(_said(error.smtp_code, error.smtp_error), [error.smtp_code]) from error
    finally:
        # What the server has taken stays taken, however the good-bye ends.
        with suppress(OSError):
            connection.close()


def _refused(words: str, codes: list[int]) -> NotSent:
    return NotSent(
        f"The mail server refused it: {words}", for_good=not any(code in _FOR_NOW for code in codes)
    )


def _codes(error: smtplib.SMTPRecipientsRefused) -> list[int]:
    return [code for code, _ in error.recipients.values()]


def _said(code: int, words: bytes | str) -> str:
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
