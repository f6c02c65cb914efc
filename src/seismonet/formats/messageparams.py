"""What messages say of their sender, and in which languages."""

import re

from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass as parameters

from .alertmessage import NAME, OFFSET, Line, Sender

_NAMED = r"^[a-z]{2,3}: \S.*$"


@parameters(frozen=True)
class MessageParams:
    """Who warns, in which languages, signed with which key.

    >>> MessageParams(names=("ru: Служба",)).as_sender().names
    {'ru': 'Служба'}
    """

    sender: str = Field(
        default="seismonet", pattern=NAME, max_length=100, description="unique in the world, as alerts@seismo.example"
    )
    name: Line = Field(default="seismonet", min_length=1, description="of the sender, for people")
    names: tuple[Line, ...] = Field(default=(), description='… in other languages, as ["ru: Сейсмологическая служба"]')
    network: str = Field(
        default="XX", pattern=r"^[A-Za-z0-9]{1,8}$", description="network code; identifiers of messages begin with it"
    )
    contact: Line = Field(default="", description="how people reach the sender, as a telephone number")
    local_offset: str = Field(
        default="+05:00", pattern=OFFSET, description="local time against UTC in texts and CAP (Tajikistan: +05:00)"
    )
    languages: tuple[str, ...] = Field(
        default=("tg", "ru", "en"), min_length=1, description="of texts, the most important first; CAP has all"
    )
    texts: str = Field(
        default="", description="folder of texts of your own, as ru.toml; they replace those of seismonet"
    )
    key_file: str = Field(
        default="", description="private key (PEM) that messages are signed with, readable by its owner alone"
    )

    @field_validator("names")
    @classmethod
    def _named(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for one in values:
            if not re.fullmatch(_NAMED, one):
                raise ValueError(f"{one!r} should be like 'ru: Сейсмологическая служба'")
        return values

    def as_sender(self) -> Sender:
        """The sender as messages name it."""
        names = dict(one.split(": ", 1) for one in self.names)
        return Sender(
            id=self.sender,
            name=self.name,
            names=names,
            network=self.network,
            contact=self.contact,
            local_offset=self.local_offset,
        )
