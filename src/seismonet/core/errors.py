"""Errors a caller can act on; bad data is no error but a counted outcome."""


class SeismonetError(Exception):
    """Base of all errors that seismonet raises on purpose.

    ::

        SeismonetError
        ├── ConfigError      the configuration or the command line is wrong: mend it and start again
        ├── FormatError      bytes or a document that are not what they should be
        ├── ProtocolError    the other side of a connection broke the rules: reconnect
        │   └── AuthError    … or refused us: retrying is useless
        ├── ArchiveError     files or databases that cannot be read or written
        └── QueryError       a question that has no answer here

    The message is one line: what is wrong, where, and what to do.
    """


class ConfigError(SeismonetError):
    """The configuration cannot be used."""


class FormatError(SeismonetError):
    """Bytes or a document are not what they should be."""


class ProtocolError(SeismonetError):
    """The other side of a connection broke the protocol."""


class AuthError(ProtocolError):
    """The other side refused our credentials."""


class ArchiveError(SeismonetError):
    """A file, directory or database cannot be read or written."""


class QueryError(SeismonetError):
    """What was asked for does not exist."""
