"""Why a file cannot be shown:

MediaError
├── MediaMissing        the message has no file, or WhatsApp gave no id of one
├── MediaGone           WhatsApp does not have it any more
├── MediaTooLarge       it has more bytes than are passed on
├── MediaTypeRefused    its type is not in the list of what is passed on
├── MediaOff            this dashboard has no access token
├── MediaTokenRefused   WhatsApp refuses the access token
├── MediaElsewhere      the address that WhatsApp gave is not Meta's
├── MediaUnavailable    WhatsApp could not be reached, or gave no file for another reason
└── MediaSlow           WhatsApp did not answer in time

The text of an error is for the log: it names no client, no id and no address of a file.
"""

from __future__ import annotations

from typing import ClassVar


class MediaError(Exception):
    """A file cannot be shown; `key` names the texts of the page that says so, and its status."""

    key: ClassVar[str]

    @property
    def status(self) -> int:
        return int(self.key[:3])


class MediaMissing(MediaError):
    """The message has no file, or WhatsApp gave no id of one."""

    key: ClassVar[str] = "404_media"


class MediaGone(MediaError):
    """WhatsApp does not have the file any more: it keeps one for about 30 days."""

    key: ClassVar[str] = "410_media"


class MediaTooLarge(MediaError):
    """The file has more bytes than are passed on."""

    key: ClassVar[str] = "413_media"


class MediaTypeRefused(MediaError):
    """The file's type is not in the list of what is passed on."""

    key: ClassVar[str] = "415_media"


class MediaOff(MediaError):
    """This dashboard has no access token."""

    key: ClassVar[str] = "501_media"


class MediaTokenRefused(MediaError):
    """WhatsApp refuses the access token, or it lacks the permission."""

    key: ClassVar[str] = "502_media_token"


class MediaElsewhere(MediaError):
    """The address that WhatsApp gave is not Meta's: nothing was fetched from it."""

    key: ClassVar[str] = "502_media_address"


class MediaUnavailable(MediaError):
    """WhatsApp could not be reached, or gave no file for another reason."""

    key: ClassVar[str] = "502_media"


class MediaSlow(MediaError):
    """WhatsApp did not answer in time."""

    key: ClassVar[str] = "504_media"
